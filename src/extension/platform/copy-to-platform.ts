import { l10n, window } from 'vscode';
import type { PlatformContext } from '../../core/platform/types.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import { printable } from '../../core/system/printable.ts';
import { scopeTitle } from '../scope-words.ts';
import { valueOf } from '../secrets/copy-secret.ts';
import { secretsFor } from '../secrets/secret-argument.ts';
import type { SecretEntry, SecretNode } from '../state/secret-nodes.ts';
import { givenTo, listNow, setThere, type ToSet } from './change-secret.ts';
import { askContext } from './choose-workspaces.ts';
import { ensureSignedIn, type PlatformRoom } from './platform-room.ts';
import { contextTitle } from './platform-words.ts';

/**
 * Copies secrets of this machine to a Platform, after a question: their values are decrypted and sent. Nothing comes back
 * from there.
 *
 * @param selected - the selection in the view of secrets.
 */
export async function copyToPlatform(
  args: readonly unknown[],
  room: PlatformRoom,
  selected: readonly SecretNode[],
): Promise<void> {
  const { client } = ensureSignedIn(room);
  const { services } = room;
  const title = l10n.t('Copy to Seqera Platform');
  const given = givenTo(args, room);
  // Names of a row of the Platform's view are looked for here; the rows of secrets are taken as they are.
  const local = given.context === undefined ? args : given.name === undefined ? [] : [given.name];
  const question = { title, placeholder: l10n.t('Which one?') };
  const entries = oneEach(
    await secretsFor(local, services.secrets, question, given.context === undefined ? selected : []),
  );
  const context = given.context ?? (await askContext(title, l10n.t('Where is it to be copied to?'), room));
  for (const { name } of entries) assertSecretName(name);
  const there = await listNow(context, room);
  if (!(await confirm(entries, { context, host: client.host, taken: new Set(there.keys()) }))) return;
  const secrets: ToSet[] = [];
  for (const entry of entries) {
    const value = await valueOf(entry, services);
    secrets.push({ name: entry.name, value, replaces: there.get(entry.name) });
  }
  await setThere(secrets, context, room);
}

/** One secret for each name: the first, which is the one that wins. */
const oneEach = (entries: readonly SecretEntry[]): SecretEntry[] =>
  [...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values()].reverse();

interface Destination {
  readonly context: PlatformContext;
  readonly host: string;
  readonly taken: ReadonlySet<string>;
}

async function confirm(
  entries: readonly SecretEntry[],
  { context, host, taken }: Destination,
): Promise<boolean> {
  const lost = entries.filter(({ name }) => taken.has(name)).map(({ name }) => name);
  const names = entries.map(({ name }) => name).join(', ');
  const question = l10n.t('Copy {0} to {1} on {2}?', names, contextTitle(context), printable(host));
  const detail = [
    ...entries.map(({ name, scope }) => l10n.t('{0}, from the scope {1}', name, scopeTitle(scope))),
    l10n.t(
      'Their values are decrypted on this machine and sent there. They cannot be read there, or brought back.',
    ),
    context.workspaceId === undefined
      ? l10n.t('Your own runs can use them then.')
      : l10n.t('Everybody who may launch in this workspace can use them then.'),
    ...(lost.length === 0 ? [] : [l10n.t('These values are lost there: {0}', lost.join(', '))]),
  ].join('\n');
  const yes = lost.length > 0 ? l10n.t('Copy and Replace') : l10n.t('Copy');
  return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
