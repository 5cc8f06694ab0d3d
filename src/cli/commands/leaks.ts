import type { Command } from 'commander';
import { resolve } from 'node:path';
import { type Look, lookInto } from '../../core/leaks/look.ts';
import { Needles } from '../../core/leaks/needles.ts';
import { gapsOf, valueGaps } from '../../core/leaks/gap.ts';
import { recorded } from '../../core/leaks/record.ts';
import { leakLines, sayGaps } from '../../core/leaks/say-leaks.ts';
import { storesOfRuns } from '../../core/runs/own-stores.ts';
import { PathsToSearch } from '../../core/leaks/paths-to-search.ts';
import type { Scope } from '../../core/secrets/scope.ts';
import { RefusedStore, type SecretStore } from '../../core/secrets/secret-store.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { storeOf, storesOf } from '../../core/stores/stores.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { Phrase } from '../../core/system/phrase.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printableJson } from '../../core/system/printable.ts';
import type { World } from '../../core/system/world.ts';
import { acceptOption, examples, jsonOption, scopeOption, workspaceOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface LeaksOptions {
  readonly json?: true;
  readonly failOnLeak?: true;
  readonly scope?: Scope;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addLeaks(program: Command, shell: Shell): void {
  program
    .command('leaks')
    .summary('look for the values of your secrets in files')
    .description(
      'Looks for the values of all your secrets in files: as they are, and as JSON, HTML, URLs, shells, base64, hex ' +
        'and octal write them. It shows names, files and lines, never a value. Of a directory it reads all files, ' +
        'and follows no symbolic link. It finds nothing in compressed or encrypted files. docs/leaks.md tells what to ' +
        'do about a leak.',
    )
    .argument('[paths...]', 'files and directories (default: the current directory)')
    .addOption(jsonOption())
    .option('--fail-on-leak', 'end with exit code 74 if there is a leak, or if not all could be looked at')
    .addOption(scopeOption('look for the secrets of this scope only', ['user', 'workspace', 'nextflow']))
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets leaks',
        'nf-secrets leaks results work .nextflow.log',
        'nf-secrets leaks --fail-on-leak results   # before you publish them',
        'nf-secrets leaks --json . | jq ".leaks"',
      ),
    )
    .action(async (paths: string[], options: LeaksOptions) => {
      await leaks(paths.length === 0 ? ['.'] : paths, options, shell);
    });
}

/** The values to look for. */
interface Sought {
  readonly values: readonly (readonly [name: string, value: SecretValue])[];
  /** Names of secrets with a value that this person cannot read. */
  readonly withheld: readonly string[];
  /** Scopes that cannot be read. */
  readonly closed: readonly Scope[];
}

async function leaks(paths: readonly string[], options: LeaksOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  // Before anything is decrypted.
  const files = await PathsToSearch.open(
    paths.map((path) => resolve(world.cwd, path)),
    await storesOfRuns(world),
    world,
  );
  const { scope } = options;
  const stores = scope === undefined ? storesOf(workspace, world) : [storeOf(scope, workspace, world)];
  const { values, withheld, closed } = await read(stores, options, world);
  const needles = new Needles(values);
  for (const [, value] of values) value.forget();
  const limits = { fromEachEnd: Infinity, time: Infinity };
  let look: Look;
  try {
    look = await lookInto(files.list(), needles, limits);
    look = { ...look, unread: [...look.unread, ...files.unread.map((path) => needles.masked(path))].sort() };
  } finally {
    needles.clear();
  }
  const { tooShort, tooLong } = needles;
  const kept = withheld.map((subject) => ({ code: 'withheld', subject }) as const);
  const gaps = [...kept, ...valueGaps(needles), ...gapsOf(look)];
  const isAll = gaps.length + closed.length === 0;
  if (options.json === true) {
    const { files: count, bytes, unread, inPart } = look;
    const notLookedFor = { tooShort, tooLong, withheld, scopes: closed };
    const found = { leaks: recorded(look.leaks), files: count, bytes, unread, inPart, links: files.links };
    await shell.print(`${printableJson({ ...found, notLookedFor, complete: isAll })}\n`);
  } else {
    for (const line of leakLines(look.leaks, world)) await shell.print(`${String(line)}\n`);
    if (files.links > 0) world.say(`Symbolic links that were not followed: ${files.links}.`);
    sayGaps(gaps, { ...limits, files: look.files }, world);
    world.say(summary(look, needles.names.length));
  }
  if (options.failOnLeak === true && (look.leaks.length > 0 || !isAll)) process.exitCode = ExitCode.io;
}

function summary({ leaks: found, files, bytes }: Look, names: number): string {
  const inFiles = `${files} ${files === 1 ? 'file' : 'files'} (${Math.ceil(bytes / 1000)} kB)`;
  const secrets = `${names} ${names === 1 ? 'secret' : 'secrets'}`;
  if (names === 0) return 'There is no secret to look for.';
  if (found.length === 0) return `Looked for ${secrets} in ${inFiles}: found none.`;
  const leaking = new Set(found.map(({ name }) => name)).size;
  const leakingFiles = new Set(found.map(({ path }) => path)).size;
  return `Looked for ${secrets} in ${inFiles}: ${leaking} leaked, into ${leakingFiles} of them. Delete these files or the value in them, and make a new value where it comes from.`;
}

/**
 * Reads the values of stores, also those that are overridden. A store that does not open for this person is said and
 * left out.
 *
 * @throws HumanError 65, 74 if a store is damaged; 77 if one is not accepted.
 */
async function read(
  stores: readonly SecretStore[],
  { acceptMembers }: LeaksOptions,
  world: World,
): Promise<Sought> {
  const values: (readonly [string, SecretValue])[] = [];
  const withheld: string[] = [];
  const closed: Scope[] = [];
  const accept = acceptMembers === true;
  for (const store of stores) {
    let opened;
    try {
      opened = await store.read({ accept, mayWithhold: () => true });
    } catch (error) {
      if (!isClosed(error)) throw error;
      closed.push(store.scope);
      world.say(`The secrets of the scope ${store.scope} are not looked for: ${error.message}`);
      continue;
    }
    await opened.acceptance?.ensure(accept);
    values.push(...opened.values);
    withheld.push(...(opened.withheld?.keys() ?? []));
  }
  return { values, withheld: withheld.sort(), closed };
}

/** Tells whether a store does not open for this person, or is out of reach. One that is not accepted is refused. */
const isClosed = (error: unknown): error is HumanError =>
  error instanceof HumanError &&
  !(error instanceof RefusedStore) &&
  [ExitCode.notPermitted, ExitCode.unavailable].some((code) => code === error.exitCode) &&
  !error.remedies.some((remedy) => !(remedy instanceof Phrase) && remedy.do === 'accept-members');
