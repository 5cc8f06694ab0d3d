import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { canEncryptTo } from '../data-key.ts';
import type { Identity } from '../identity.ts';
import type { UnlockedDocument, WrapOthers } from '../unlocked-document.ts';
import { written } from './merge-tree.ts';
import type { MergeInput, MergePlan } from './plan-merge.ts';

/**
 * Makes the vault of a merge without conflicts. Changes the side that has its data key, which is of no use afterwards.
 *
 * @param maker - identity that makes a new data key, if it takes one.
 * @param wrapOthers - see {@link UnlockedDocument.renewKey}.
 * @throws HumanError 69 if the data key would have to be given to somebody whom we cannot encrypt to.
 */
export async function buildMerge(
  plan: MergePlan,
  input: MergeInput,
  maker: Identity | undefined,
  wrapOthers?: WrapOthers,
): Promise<UnlockedDocument> {
  const vault = input[plan.key];
  assertCanWrap(plan, input);
  const { tree } = vault.document;
  const merged = [...plan.tree].map(([key, value]) => [key, written(value, vault, [key])] as const);
  tree.clear();
  for (const [key, value] of merged) tree.set(key, value);
  await vault.setRecipients(plan.recipients);
  if (plan.isKeyToRenew && vault.document.canRenewKey) await vault.renewKey(maker, wrapOthers);
  return vault;
}

/** Holders of other kinds of keys are taken over as they are; only sops can give the data key to them. */
function assertCanWrap({ key, recipients }: MergePlan, { ours, theirs }: MergeInput): void {
  const { document } = key === 'ours' ? ours : theirs;
  const holders = (side: UnlockedDocument): string => [...side.document.otherHolders].sort().join('\n');
  const known = new Set(document.recipients);
  const stranger = recipients.find((recipient) => !known.has(recipient) && !canEncryptTo(recipient));
  if (stranger === undefined && holders(ours) === holders(theirs)) return;
  const who = stranger ?? [...ours.document.otherHolders, ...theirs.document.otherHolders].join(', ');
  throw new HumanError(
    ExitCode.unavailable,
    phrase`${document.shown} cannot be merged here: only one side is encrypted to ${printable(who)}, and
      nf-secrets cannot encrypt to keys that are not of age or ssh-ed25519.`,
    phrase`Make the same change of keys in both branches (sops updatekeys), and merge again.`,
  );
}
