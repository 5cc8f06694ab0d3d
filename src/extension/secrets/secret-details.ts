import { l10n } from 'vscode';
import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { askText, type Frame, type Step, type TextQuestion } from '../steps.ts';
import type { StoreAccess } from '../store-access.ts';
import { askExpiry, expiryButton, mayExpire } from './expiry-input.ts';

/** What a person says of a secret beside its value. Undefined if they were not asked. */
export interface SecretDetails {
  description: string | undefined;
  /** The last day of the value; null for never. */
  expires: string | null | undefined;
}

export const noDetails = (): SecretDetails => ({ description: undefined, expires: undefined });

/** The secret that the questions are about. */
interface Subject {
  readonly name: string;
  readonly access: StoreAccess | undefined;
  /** The new value; undefined if the present one is kept. */
  readonly value: SecretValue | undefined;
  /** What is there now. */
  readonly before: Pick<SecretInfo, 'description' | 'expires'> | undefined;
}

/**
 * The questions after that for the value. The one for the end of the value comes only if it has one, or if the person
 * presses a button for it.
 */
export function detailSteps(details: SecretDetails, subject: () => Subject): Step[] {
  let wantsExpiry = false;
  return [
    async (frame) => {
      wantsExpiry = false;
      const { name, access, before } = subject();
      const more = access?.store.keepsExpiry === true ? expiryButton(() => (wantsExpiry = true)) : undefined;
      details.description = await askDescription(frame, name, before?.description ?? '', more);
      return undefined;
    },
    async (frame) => {
      details.expires = undefined;
      const { name, access, value, before } = subject();
      const question = { name, value, before: before?.expires ?? null };
      if (access?.store.keepsExpiry !== true || !(wantsExpiry || mayExpire(question))) return 'skip';
      details.expires = await askExpiry(frame, { ...question, now: access.world.now() });
      return undefined;
    },
  ];
}

/** Asks for the description of a secret. @param more - a button for one more question. */
export async function askDescription(
  frame: Frame,
  name: string,
  current: string,
  more?: TextQuestion['more'],
): Promise<string> {
  const text = await askText(frame, {
    prompt: l10n.t(
      'What {0} is for. Everybody who sees its name sees this; leave it empty if you like.',
      name,
    ),
    placeholder: l10n.t('such as: key of the lab, renewed each May'),
    value: current,
    ...(more !== undefined && { more }),
  });
  return text.trim();
}
