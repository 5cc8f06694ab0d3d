import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { type Done, platformSecrets } from '../../core/platform/secrets.ts';
import type { PlatformContext, PlatformSecret } from '../../core/platform/types.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import { askNewName } from '../secrets/name-input.ts';
import { askValue } from '../secrets/value-input.ts';
import { alone, askPick } from '../steps.ts';
import { askContext, contextGiven } from './choose-workspaces.ts';
import type { PlatformEntry, PlatformNode } from './platform-nodes.ts';
import { ensureSignedIn, type PlatformRoom } from './platform-room.ts';
import { contextTitle } from './platform-words.ts';

/** A name that a quick fix or a hover gives to a command, and the workspace that lacks it. Never a value. */
export interface NamedThere {
  readonly name: string;
  readonly workspaceId: string;
}

/** Name and context that a command was called with: from a row, a quick fix, or the palette. */
export function givenTo(
  [value]: readonly unknown[],
  { model }: PlatformRoom,
): { readonly name: string | undefined; readonly context: PlatformContext | undefined } {
  if (typeof value !== 'object' || value === null) return { name: undefined, context: undefined };
  const { name, workspaceId } = value as Partial<Record<string, unknown>>;
  const context =
    contextGiven(value) ?? model.contexts.find((one) => one.context.workspaceId === workspaceId)?.context;
  return { name: typeof name === 'string' ? name : undefined, context };
}

/** Creates a secret there. It asks for all that the caller did not give. */
export async function createThere(args: readonly unknown[], room: PlatformRoom): Promise<void> {
  ensureSignedIn(room);
  const title = l10n.t('Create Secret on Seqera Platform');
  const given = givenTo(args, room);
  const context = given.context ?? (await askContext(title, l10n.t('Where is it to be created?'), room));
  const there = await listNow(context, room);
  const missing = room.model.missing
    .filter((one) => one.context.workspaceId === context.workspaceId)
    .map(({ name }) => name);
  const name = given.name ?? (await askNewName(alone(title), { missing, taken: new Set(there.keys()) }));
  assertSecretName(name);
  const replaces = there.get(name);
  if (replaces !== undefined && !(await confirmReplace([name], context))) return;
  const value = await askValue(alone(title), { name, canKeep: false });
  if (value === undefined) return;
  await setThere([{ name, value, replaces }], context, room);
}

/** Gives a secret there another value: that of now cannot be read, so it is not shown. */
export async function updateThere(
  args: readonly unknown[],
  room: PlatformRoom,
  selected: readonly PlatformNode[],
): Promise<void> {
  ensureSignedIn(room);
  const title = l10n.t('Update Secret on Seqera Platform');
  const { name, secret, context } = await askEntry(title, args, room, selected);
  const value = await askValue(alone(title), { name, canKeep: false });
  if (value === undefined) return;
  await setThere([{ name, value, replaces: secret }], context, room);
}

/** Deletes secrets there, after a question: nobody can take that back. */
export async function deleteThere(
  args: readonly unknown[],
  room: PlatformRoom,
  selected: readonly PlatformNode[],
): Promise<void> {
  const { client } = ensureSignedIn(room);
  const title = l10n.t('Delete Secret on Seqera Platform');
  const entries = entriesIn(args, selected);
  const chosen = entries.length > 0 ? entries : [await askEntry(title, args, room, [])];
  const [first] = chosen;
  if (first === undefined) return;
  const question =
    chosen.length === 1
      ? l10n.t('Delete {0} in {1}?', printable(first.name), contextTitle(first.context))
      : l10n.t('Delete {0} secrets on {1}?', chosen.length, printable(client.host));
  const detail = [
    ...chosen.map(({ name, context, uses }) =>
      uses.length === 0
        ? l10n.t('{0} ({1}): not used in the code here', printable(name), contextTitle(context))
        : l10n.t('{0} ({1}): {2} uses in the code here', printable(name), contextTitle(context), uses.length),
    ),
    l10n.t('This cannot be undone: nobody can read the values, and no copy is kept.'),
  ].join('\n');
  const yes = l10n.t('Delete');
  if ((await window.showWarningMessage(withoutLinks(question), { modal: true, detail }, yes)) !== yes) return;
  await working(room, async () => {
    for (const { context, secret } of chosen)
      tell(await platformSecrets(client, context).delete(secret), secret.name, context);
  });
}

/** A value to be sent. */
export interface ToSet {
  readonly name: string;
  readonly value: SecretValue;
  /** The secret of this name that the person agreed to lose the value of. */
  readonly replaces: PlatformSecret | undefined;
}

/** Sends values one after the other, and shows the new state, also if one of them failed. */
export async function setThere(
  secrets: readonly ToSet[],
  context: PlatformContext,
  room: PlatformRoom,
): Promise<void> {
  const { client } = ensureSignedIn(room);
  const store = platformSecrets(client, context);
  await working(room, async () => {
    for (const { name, value, replaces } of secrets)
      tell(await store.set(name, value, replaces), name, context);
  });
}

/** The secrets of a context as they are now. @throws PlatformError */
export async function listNow(
  context: PlatformContext,
  room: PlatformRoom,
): Promise<ReadonlyMap<string, PlatformSecret>> {
  const { client } = ensureSignedIn(room);
  const options = { location: { viewId: 'nextflowSecrets.platform' } };
  return window.withProgress(options, () => platformSecrets(client, context).list());
}

/** Asks whether values that are there may be lost. */
async function confirmReplace(names: readonly string[], context: PlatformContext): Promise<boolean> {
  const yes = l10n.t('Replace');
  const question = l10n.t('{0} has {1} already. Replace its value?', contextTitle(context), names.join(', '));
  const detail = l10n.t('The value of now is lost: nobody can read it there.');
  return (await window.showWarningMessage(withoutLinks(question), { modal: true, detail }, yes)) === yes;
}

async function working(room: PlatformRoom, work: () => Promise<void>): Promise<void> {
  const options = { location: { viewId: 'nextflowSecrets.platform' } };
  await window.withProgress(options, async () => {
    try {
      await work();
    } finally {
      await room.model.ask();
    }
  });
}

function tell({ what, isObserved }: Done, name: string, context: PlatformContext): void {
  const words = [printable(name), contextTitle(context)] as const;
  const told = {
    created: () => l10n.t('{0} is in {1} now.', ...words),
    updated: () => l10n.t('{0} has another value in {1} now.', ...words),
    deleted: () => l10n.t('{0} was deleted in {1}.', ...words),
  }[what]();
  const seen = isObserved ? [l10n.t('The answer was lost; a look there shows it.')] : [];
  void window.showInformationMessage(withoutLinks([told, ...seen].join(' ')));
}

/** The secrets that a command was called on in the view, without those that may not be changed. */
function entriesIn(
  [node, selection]: readonly unknown[],
  selected: readonly PlatformNode[],
): PlatformEntry[] {
  const nodes: readonly unknown[] =
    Array.isArray(selection) && selection.length > 0 ? selection : node === undefined ? selected : [node];
  return (nodes as readonly (Partial<PlatformEntry> | null | undefined)[]).filter(
    (one): one is PlatformEntry => one?.kind === 'platformSecret' && one.isReadable === false,
  );
}

async function askEntry(
  title: string,
  args: readonly unknown[],
  { model }: PlatformRoom,
  selected: readonly PlatformNode[],
): Promise<PlatformEntry> {
  const [given] = entriesIn(args, selected);
  if (given !== undefined) return given;
  await model.see();
  const entries = model.contexts.flatMap(({ secrets }) => secrets).filter(({ isReadable }) => !isReadable);
  if (entries.length === 0)
    throw new HumanError(
      ExitCode.missing,
      l10n.t('There is no secret on Seqera Platform that this could be done with.'),
    );
  const items = entries.map((entry): QuickPickItem & { readonly entry: PlatformEntry } => ({
    label: withoutLinks(printable(entry.name)),
    description: withoutLinks(contextTitle(entry.context)),
    iconPath: new ThemeIcon('key'),
    entry,
  }));
  return (await askPick(alone(title), { placeholder: l10n.t('Which one?'), items })).entry;
}
