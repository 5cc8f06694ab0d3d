import { type Command, Option } from 'commander';
import { resolve } from 'node:path';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace, workspaceVaultPath } from '../../core/system/paths.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { countsIn, type Diagnostic, STRICTNESS } from '../../core/diagnostics/diagnostics.ts';
import type { Strictness } from '../../core/diagnostics/rules/rule.ts';
import { type PathScan, scanPath } from '../../core/diagnostics/scan-path.ts';
import { endingSecrets } from '../../core/secrets/expiry.ts';
import { listSecrets } from '../../core/secrets/resolve.ts';
import { homeProblem } from '../../core/system/tool-home.ts';
import { choices, jsonOption, workspaceOption, examples } from '../options.ts';
import { useJson } from '../plan.ts';
import { remedyLines } from '../words/remedies.ts';
import type { World } from '../../core/system/world.ts';
import type { Shell } from '../shell.ts';
import { table } from '../table.ts';
import { isInVault, lateStores, storesOf } from '../../core/stores/stores.ts';

interface ScanOptions {
  readonly json?: true;
  readonly strict?: Strictness;
  readonly workspace?: string;
  readonly ignored?: true;
}

export function addScan(program: Command, shell: Shell): void {
  program
    .command('scan')
    .summary('show the secrets that code uses, and faults in their use')
    .description(
      'Shows the secrets that code uses, and faults in their use. Of a directory, scan reads all .nf and .config ' +
        'files and the templates of processes, but not work/, .nextflow/ and files that git ignores. It also looks for ' +
        'keys and passwords in the files beside the code: parameters, bin/, lib/, templates/, .env, shell scripts, ' +
        'Dockerfiles, YAML and JSON. Of a file, it reads all that the file includes. It decrypts nothing and runs nothing.',
    )
    .argument('[path]', 'a directory, a script or a config', '.')
    .addOption(
      choices(
        new Option(
          '--strict [what]',
          'end with exit code 1 if the code has a fault; with --strict=set also if a secret is not set',
        ),
        STRICTNESS,
      ),
    )
    .option('--ignored', 'read also the files that git ignores, such as .env')
    .addOption(jsonOption())
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets scan',
        'nf-secrets scan main.nf',
        'nf-secrets scan --strict       # in CI, where no secrets are set',
        'nf-secrets scan --strict=set   # before a launch',
        'nf-secrets scan --ignored      # also in .env and others that git ignores',
        'nf-secrets scan --json . | jq ".diagnostics"',
      ),
    )
    .action(async (path: string, options: ScanOptions) => {
      await scan(path, options, shell);
    });
}

async function scan(path: string, options: ScanOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const { directory: workspace } = await findWorkspace(world, options.workspace, resolve(world.cwd, path));
  const unused = await homeProblem(world);
  if (unused !== undefined) world.say(`Your own secrets count as not set: ${unused.message}`);
  const isVault = await isInVault('workspace', workspace);
  const listing = listSecrets(storesOf(workspace, world), unused === undefined ? undefined : 'workspace');
  const mustKnow = isVault || options.strict === 'set';
  const listed = await (mustKnow ? listing : listing.catch(sayNotKnown(world)));
  const names = listed?.filter(({ scope }) => scope === 'workspace').map(({ name }) => name) ?? [];
  const root = resolve(world.cwd, path);
  const scanWith = (known: Iterable<string> | undefined): Promise<PathScan> =>
    scanPath(root, world, {
      names: known && new Set(known),
      ending: listed && endingSecrets(listed, world.now()),
      literals: true,
      ignored: options.ignored,
      vault:
        isVault && root === workspace && names.length > 0
          ? { file: workspaceVaultPath(workspace), names }
          : undefined,
    });
  const known = listed?.map(({ name }) => name);
  let found = await scanWith(known);
  const late = known === undefined ? [] : await lateNames(found, new Set(known), workspace, world);
  if (late.length > 0) found = await scanWith([...(known ?? []), ...late]);
  if (options.json === true) await shell.print(`${printableJson(toJson(found))}\n`);
  else await show(found, path, shell);
  sayNotSearched(found, world);
  if (options.strict !== undefined) judge(found, options.strict, shell);
}

/** Most files that a sentence names. */
const MAX_NAMED = 5;

const countOf = (notSearched: PathScan['notSearched']): number =>
  notSearched.reduce((sum, one) => sum + one.count, 0);

/** A file that was not searched may have a key. */
function sayNotSearched({ notSearched }: PathScan, world: World): void {
  if (notSearched.length === 0) return;
  const count = countOf(notSearched);
  const named = notSearched
    .slice(0, MAX_NAMED)
    .map(
      ({ file, count: own, reason }) =>
        `${file === undefined ? `${own} more` : printable(file)} (${String(reason)})`,
    );
  const rest = notSearched.length > MAX_NAMED ? ', …' : '';
  world.say(`Not searched for keys: ${count} ${count === 1 ? 'file' : 'files'}: ${named.join(', ')}${rest}`);
}

/** Finds the names that the code uses and that a list has not told yet. */
async function lateNames(
  { references }: PathScan,
  known: ReadonlySet<string>,
  workspace: string,
  world: World,
): Promise<string[]> {
  const asked = [...new Set(references.map(({ name }) => name))].filter((name) => !known.has(name));
  const stores = asked.length === 0 ? [] : await lateStores(workspace, world);
  return (await listSecrets(stores, undefined, { asked })).map(({ name }) => name);
}

/** Code can be checked without a service that has the secrets, as in CI: what is set is not known then. */
const sayNotKnown =
  (world: World) =>
  (error: unknown): undefined => {
    const isClosed =
      error instanceof HumanError &&
      (error.exitCode === ExitCode.notPermitted || error.exitCode === ExitCode.unavailable);
    if (!isClosed) throw error;
    world.say(`Which secrets are set is not known: ${error.message}`);
  };

/** Sets the exit code, and reports the reason. */
function judge({ diagnostics, notSearched }: PathScan, strictness: Strictness, { world }: Shell): void {
  const counted = diagnostics.filter(({ code }) => countsIn(code, strictness));
  if (counted.length > 0) {
    process.exitCode = 1;
    const codes = [...new Set(counted.map(({ code }) => code))].sort();
    world.say(`--strict: ${counted.length} of these count (${codes.join(', ')}).`);
  }
  if (notSearched.length > 0) {
    process.exitCode = 1;
    const count = countOf(notSearched);
    world.say(
      `--strict: ${count} ${count === 1 ? 'file was' : 'files were'} not searched for keys, so it counts. ` +
        'Make a large file smaller, or take it out of the repository.',
    );
  }
  if (strictness !== 'set' && diagnostics.some(({ code }) => code === 'not-set')) {
    world.say(
      '--strict: not-set is about the secrets of this machine and does not count; --strict=set counts it.',
    );
  }
}

/**
 * Gives `--strict` its default if it has no value: commander would take the path for the value. A value that asks for
 * more stays, whatever comes after it.
 */
export function withDefaultStrictness(args: readonly string[], program: Command): string[] {
  const options = program.commands.find((command) => command.name() === 'scan')?.options ?? [];
  const isSet = args.includes('--strict=set');
  const words = [...args];
  for (let index = 1; index < words.length && words[index] !== '--'; index++) {
    const word = words[index];
    if (word === '--strict') words[index] = isSet ? '--strict=set' : '--strict=code';
    else if (options.find(({ long }) => long === word)?.required === true) index += 1;
  }
  return words;
}

/** A diagnostic and its remedies, as one line. */
const diagnosticLine = ({ message, remedies }: Diagnostic): string =>
  [String(message), ...remedyLines(remedies)].join(' ');

function toJson({ references, dynamic, diagnostics, notSearched }: PathScan): object {
  return {
    references: references.map(useJson),
    dynamic: dynamic.map(({ file, line, column, text }) => ({ file, line, column, text })),
    diagnostics: diagnostics.map((found) => {
      const { code, severity, file, line, column, endColumn } = found;
      return { code, severity, message: diagnosticLine(found), file, line, column, endColumn };
    }),
    notSearched: notSearched.map(({ file, count, reason }) => ({ file, count, reason: String(reason) })),
  };
}

async function show(
  { references, dynamic, diagnostics }: PathScan,
  path: string,
  shell: Shell,
): Promise<void> {
  const { world, colors } = shell;
  if (references.length === 0 && dynamic.length === 0) {
    world.say(`No secret is used in ${printable(path)}.`);
  } else {
    await shell.print(
      table([
        ['NAME', 'KIND', 'PROCESS', 'PLACE'],
        ...references.map(({ name, kind, optional, process, file, line, column }) => [
          name,
          optional ? `${kind}, optional` : kind,
          process ?? '-',
          `${file}:${line}:${column}`,
        ]),
        ...dynamic.map(({ text, process, file, line, column }) => [
          `(${text})`,
          'dynamic',
          process ?? '-',
          `${file}:${line}:${column}`,
        ]),
      ]),
    );
  }
  const paint = { error: colors.red, warning: colors.yellow, info: colors.dim };
  for (const found of diagnostics) {
    const { severity, code, file, line, column } = found;
    const where = `${printable(file)}:${line}:${column}`;
    world.say(`${where} ${paint[severity](`${severity} ${code}`)}: ${diagnosticLine(found)}`);
  }
}
