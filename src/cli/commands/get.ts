import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { isPlainOnTerminal, printable } from '../../core/system/printable.ts';
import { layered, type ListedSecret, listIfHere } from '../../core/secrets/resolve.ts';
import { type Scope, SCOPES } from '../../core/secrets/scope.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { recordUsage } from '../../core/secrets/usage.ts';
import {
  type ReadOptions,
  RefusedStore,
  type SecretInfo,
  type SecretStore,
} from '../../core/secrets/secret-store.ts';
import type { World } from '../../core/system/world.ts';
import { acceptOption, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { storesOf } from '../../core/stores/stores.ts';

interface GetOptions {
  readonly scope?: Scope;
  readonly reveal?: true;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addGet(program: Command, shell: Shell): void {
  program
    .command('get')
    .summary('write the value of a secret to stdout')
    .description(
      'Writes the value of a secret to stdout, byte for byte. User secrets override those of the workspace, and these ' +
        'override your own Nextflow store. On a terminal, get shows a value only with --reveal.',
    )
    .argument('<name>', 'name of the secret')
    .addOption(scopeOption('take the value of this scope', SCOPES))
    .option('--reveal', 'show the value on the terminal')
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples('nf-secrets get SSH_KEY > key.pem', 'nf-secrets get NCBI_API_KEY --scope workspace --reveal'),
    )
    .action(async (name: string, options: GetOptions) => {
      await get(name, options, shell);
    });
}

async function get(name: string, options: GetOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  if (shell.outputIsTerminal && options.reveal !== true) {
    throw new HumanError(
      ExitCode.usage,
      'The value would be shown on the terminal.',
      'Add --reveal if you want that, or send it to a file or a program.',
    );
  }
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const accept = options.acceptMembers === true;
  const { store, known, passed } = await winningStore(name, options.scope, workspace, world);
  // Names are in clear text: only a valid MAC proves that a scope does not have this one.
  for (const lacking of passed) await assertUntouched(lacking, name, accept);
  const value = store && (await readAccepted(store, { names: [name], accept })).get(name);
  if (store === undefined || value === undefined)
    throw notSet(name, known, { scope: options.scope, remedy: setIt(name) });
  if (shell.outputIsTerminal) assertPlain(value.reveal());
  await shell.print(Buffer.from(value.reveal(), 'utf8'));
  await recordUsage([{ name, from: store.scope }], workspace, world);
}

/** @throws HumanError 65 if a value has text that a terminal would obey. */
export function assertPlain(text: string): void {
  if (isPlainOnTerminal(text)) return;
  throw new HumanError(
    ExitCode.data,
    'Not shown: there are control characters, which could change what this terminal shows or does.',
    'Send it to a file or a program instead, where every byte arrives as it is.',
  );
}

/**
 * Looks for the store that has the name, from the scope that wins down. Of those below it, one that is elsewhere is not asked.
 *
 * @returns `known`: the secrets of the stores that were asked, `passed`: the stores that do not have it.
 */
async function winningStore(
  name: string,
  scope: Scope | undefined,
  workspace: string,
  world: World,
): Promise<{ store: SecretStore | undefined; known: ListedSecret[]; passed: SecretStore[] }> {
  const infos = new Map<Scope, ReadonlyMap<string, SecretInfo>>();
  const passed: SecretStore[] = [];
  let winner: SecretStore | undefined;
  for (const store of storesOf(workspace, world)) {
    const matters = (scope ?? store.scope) === store.scope;
    const isBelow = winner !== undefined;
    const list = isBelow ? listUnlessElsewhere : (one: SecretStore) => one.list({ asked: [name] });
    const here = await (matters ? list(store) : listIfHere(store));
    infos.set(store.scope, here);
    if (!matters || isBelow) continue;
    if (here.has(name)) winner = store;
    else passed.push(store);
  }
  return { store: winner, known: layered(infos), passed };
}

/** A file of ours that is damaged is reported, also where another scope wins. */
const listUnlessElsewhere = async (store: SecretStore): Promise<ReadonlyMap<string, SecretInfo>> =>
  store.list({ isLocal: true }).catch((error: unknown) => {
    if (error instanceof HumanError && error.exitCode === ExitCode.unavailable) return new Map();
    throw error;
  });

/** Reads values of a store that the person has accepted, or accepts now. */
export async function readAccepted(
  store: SecretStore,
  options: ReadOptions & { readonly accept: boolean },
): Promise<ReadonlyMap<string, SecretValue>> {
  const { values, acceptance } = await store.read(options);
  await acceptance?.ensure(options.accept);
  return values;
}

/**
 * Checks a scope that does not have the name. One that does not open for us tells nothing.
 *
 * @throws HumanError 65 if its file was changed without the key, 77 if the file replaces the one that was accepted.
 */
async function assertUntouched(store: SecretStore, name: string, accept: boolean): Promise<void> {
  const read = await store.read({ names: [name] }).catch((error: unknown) => {
    const isClosed = error instanceof HumanError && error.exitCode === ExitCode.notPermitted;
    if (isClosed && !(error instanceof RefusedStore)) return undefined;
    throw error;
  });
  if (read?.acceptance?.mayBeAnother === true) await read.acceptance.ensure(accept);
}

const setIt = (name: string): string => `Set it: nf-secrets set ${printable(name)}`;

interface NotSetOptions {
  /** The scope that was asked for, if one was named. */
  readonly scope: Scope | undefined;
  /** The remedy if no scope has the name. */
  readonly remedy: string;
  readonly exitCode?: ExitCode;
}

/** The error for a name that is not set, with its other scopes or a near miss. */
export function notSet(
  name: string,
  known: readonly { readonly name: string; readonly scope: Scope }[],
  { scope, remedy, exitCode = ExitCode.missing }: NotSetOptions,
): HumanError {
  const where = scope === undefined ? '' : ` in the scope ${scope}`;
  const elsewhere = known.filter((secret) => secret.name === name).map((secret) => secret.scope);
  const hint =
    elsewhere.length > 0
      ? ` It is set in ${elsewhere.join(' and ')}.`
      : String(
          didYouMean(
            name,
            known.map((secret) => secret.name),
          ),
        );
  return new HumanError(
    exitCode,
    `Secret ${printable(name)} is not set${where}.${hint}`,
    elsewhere.length > 0 ? undefined : remedy,
  );
}
