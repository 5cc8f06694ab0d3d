import { l10n, Uri } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { PageLine, PagePart } from '../code/linked-page.ts';
import { useLabel, useUri } from '../code/use-link.ts';
import type { Use } from '../code/uses.ts';
import { type CommandId, commandId } from '../command-id.ts';
import type { NamedSecret } from '../command-arguments.ts';
import { scopeTitle } from '../scope-words.ts';
import { datesOf, expiryOf, usedOf } from '../secret-text.ts';
import type { SecretEntry } from '../state/secret-nodes.ts';
import type { SecretState } from '../state/secret-states.ts';
import { stateText, unknownReason } from './state-text.ts';

/** What a page is about. */
export interface PageSubject {
  readonly name: string;
  readonly state: SecretState | undefined;
  readonly uses: readonly Use[];
  /** The secrets of that name that count for the folder. */
  readonly entries: readonly SecretEntry[];
  /** False where nothing may be changed, so that nothing is offered. */
  readonly mayAct: boolean;
}

/** The page of a secret: its scopes with what can be done there, and its uses, each of which leads to the code. */
export function secretPage({ name, state, uses, entries, mayAct }: PageSubject): PageLine[] {
  const lines: PageLine[] = [printable(name), state === undefined ? '' : stateText(state)];
  for (const [index, row] of (state?.kind === 'set' ? state.rows : []).entries()) {
    const title = scopeTitle(row.scope);
    lines.push('', index === 0 ? title : l10n.t('{0}, overridden', title));
    if (row.description !== null) lines.push(`  ${printable(row.description)}`);
    for (const fact of [...expiryOf(row), ...datesOf(row), ...usedOf(row)]) lines.push(`  ${fact}`);
    const entry = entries.find(({ scope }) => scope === row.scope);
    if (mayAct && entry !== undefined) lines.push(...actions(entry));
  }
  const reason = state && unknownReason(state);
  if (reason !== undefined) lines.push('', printable(reason));
  if (mayAct && (state?.kind === 'missing' || state?.kind === 'optional'))
    lines.push(['  ', action(l10n.t('Create Secret…'), 'createSecret', { name })]);
  if (uses.length > 0) lines.push('', l10n.t('Used in'));
  for (const use of uses) {
    const process = use.process === undefined ? '' : `  ${printable(use.process)}`;
    lines.push(['  ', { text: printable(useLabel(use)), target: useUri(use) }, process]);
  }
  return lines;
}

/** What can be done with a secret. Nothing is offered that the role of the person, or its store, forbids. */
function actions({ name, scope, cannotWrite }: SecretEntry): PageLine[] {
  if (scope === 'nextflow') return [];
  if (cannotWrite !== undefined) return [`  ${printable(cannotWrite)}`];
  const of = { name, scope };
  return [
    [
      '  ',
      action(l10n.t('Change value…'), 'updateSecret', of),
      '  ',
      action(l10n.t('Edit description…'), 'describeSecret', of),
      '  ',
      action(l10n.t('Set expiry…'), 'setExpiry', of),
      '  ',
      action(l10n.t('Rename…'), 'renameSecret', of),
      '  ',
      action(l10n.t('Delete…'), 'deleteSecret', of),
    ],
  ];
}

const action = (text: string, command: CommandId, of: NamedSecret): PagePart => ({
  text,
  target: Uri.parse(`command:${commandId(command)}?${encodeURIComponent(JSON.stringify([of]))}`),
});
