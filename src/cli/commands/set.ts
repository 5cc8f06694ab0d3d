import { basename, dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readdir } from '../../core/system/file-calls.ts';
import { fileError, ExitCode, HumanError, systemErrorCode } from '../../core/system/human-error.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import { listIfHere } from '../../core/secrets/resolve.ts';
import type { Scope, VaultScope } from '../../core/secrets/scope.ts';
import { assertSecretName, isSetByTheShell } from '../../core/secrets/secret-name.ts';
import { daysLeft, expiryIn, parseExpiry } from '../../core/secrets/expiry.ts';
import {
  DEFAULT_LENGTH,
  generateValue,
  MAX_VALUE_BYTES,
  SecretValue,
} from '../../core/secrets/secret-value.ts';
import { openGiven } from '../../core/system/open-file.ts';
import { askHidden, readInput, refuseToEcho } from '../ask.ts';
import { oddityLines, type ValueSource } from '../odd-values.ts';
import { acceptOption, scopeOption, workspaceOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import type { WritableStore } from '../../core/secrets/writable-store.ts';
import { storesOf, writableStore } from '../../core/stores/stores.ts';

interface SetOptions {
  readonly scope: VaultScope;
  readonly workspace?: string;
  readonly description?: string;
  readonly fromFile?: string;
  readonly fromEnv?: string;
  readonly generate?: number;
  readonly keepNewline?: true;
  readonly expires?: string;
  readonly keepValue?: true;
  readonly acceptMembers?: true;
}

export function addSet(program: Command, shell: Shell): void {
  program
    .command('set')
    .summary('create or update a secret')
    .description(
      'Creates or updates a secret. On a terminal, set asks for the value and does not show it. Without a terminal, ' +
        'it reads the value from stdin and drops one final newline.',
    )
    .argument('<name>', 'letters, digits and single underscores')
    .addOption(scopeOption('scope of the secret').default('user'))
    .option('--description <text>', 'purpose of the secret; it is stored as plain text')
    .addOption(fromFileOption())
    .addOption(fromEnvOption())
    .addOption(generateOption())
    .option(
      '--expires <day>',
      'last day that the value counts: YYYY-MM-DD, a number of days as 90d, or never',
    )
    .addOption(
      new Option('--keep-value', 'change only the description and the day of expiry').conflicts([
        'fromFile',
        'fromEnv',
        'generate',
      ]),
    )
    .addOption(keepNewlineOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      `${examples(
        'nf-secrets set NCBI_API_KEY                         # asks for the value',
        'nf-secrets set SSH_KEY --from-file ~/.ssh/id_demo   # a value of several lines',
        'pass show db | nf-secrets set DB_PASSWORD --scope workspace',
        'nf-secrets set WEBHOOK_TOKEN --generate=48',
        'nf-secrets set NCBI_API_KEY --expires 90d           # list and launches say when it ends',
        'nf-secrets set NCBI_API_KEY --keep-value --expires 2027-06-30',
      )}

A value is never an argument: other users see arguments in the process list, and the shell keeps them.`,
    )
    .action(async (name: string, options: SetOptions) => {
      assertSecretName(name);
      await set(name, options, shell);
    });
}

// Where a value comes from.

export const fromFileOption = (): Option =>
  new Option('--from-file <file>', 'take the value from a file, byte for byte').conflicts([
    'fromEnv',
    'generate',
  ]);

export const fromEnvOption = (): Option =>
  new Option('--from-env <variable>', 'take the value from an environment variable').conflicts('generate');

export const generateOption = (): Option =>
  new Option(
    '--generate [length]',
    `make a random value of letters and digits (default length: ${DEFAULT_LENGTH})`,
  ).argParser(parseLength);

export const keepNewlineOption = (): Option =>
  new Option('--keep-newline', 'keep the final newline of stdin or of a paste');

export type ValueOptions = Pick<SetOptions, 'fromFile' | 'fromEnv' | 'generate' | 'keepNewline'>;

async function set(name: string, options: SetOptions, { world, canAsk }: Shell): Promise<void> {
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const target = await writableStore(options.scope, workspace, world);
  const typed = typedExpiry(options, target.keepsExpiry, world.now());
  // Before the value is asked for: nobody likes to type it twice.
  await target.assertMayWrite();
  await target.ensureAccepted(options.acceptMembers === true);
  const others: Scope[] = [];
  for (const store of storesOf(workspace, world))
    if (store.scope !== options.scope && (await listIfHere(store)).has(name)) others.push(store.scope);
  // A value that somebody sets meanwhile must not be lost for the one that is kept.
  const kept = options.keepValue === true ? (await target.list({ asked: [name] })).get(name) : undefined;
  const value =
    options.keepValue === true
      ? (await target.fetch(name)).value
      : await readValue(name, options, { world, canAsk });
  value.assertDeliverable(name);
  const { expires, line: expiryLine } =
    options.keepValue === true ? { expires: typed } : expiryOf(value, typed, target.keepsExpiry);
  const before = await expiryOfSet(name, target);
  const done = await target.set(name, value, {
    ...{ description: options.description, expires },
    ...(kept !== undefined && { replaces: kept }),
  });
  const lower = others.find((scope) => scope === 'nextflow' || options.scope === 'user');
  const higher = others.find((scope) => scope === 'user');
  const note =
    higher !== undefined
      ? ` Your user secret of the same name overrides it.`
      : lower !== undefined
        ? ` It overrides the one in ${lower === 'nextflow' ? "Nextflow's own store" : 'the workspace'}.`
        : '';
  const store = options.scope === 'user' ? 'user' : `workspace ${printable(workspace)}`;
  world.say(`${done === 'created' ? 'Created' : 'Updated'} ${name} (${store}).${note}`);
  if (isSetByTheShell(name)) {
    world.say(
      `Tasks cannot get it by secret '${name}': their shell sets the variable ${name} itself. Choose another name.`,
    );
  }
  if (expiryLine !== undefined) world.say(expiryLine);
  else if (before != null && (await expiryOfSet(name, target)) === null)
    world.say(earlierExpiry(name, before, options));
  if (options.keepValue === true) return;
  for (const line of oddityLines(name, value, sourceOf(name, options, canAsk))) world.say(line);
}

/**
 * Reads `--expires`.
 *
 * @returns null for `never`, undefined if it was not typed.
 * @throws HumanError 64 if it is no day, or one that is over, or the store keeps none.
 */
function typedExpiry(
  { expires: typed }: SetOptions,
  keepsExpiry: boolean,
  now: Date,
): string | null | undefined {
  if (typed === undefined) return undefined;
  if (!keepsExpiry)
    throw new HumanError(
      ExitCode.usage,
      'nf-secrets keeps no day of expiry in AWS Secrets Manager yet. Nothing was set.',
      'Leave --expires out, and write the day into --description.',
    );
  const day = parseExpiry(typed, now);
  if (day === undefined)
    throw new HumanError(
      ExitCode.usage,
      `--expires ${printable(typed)} is no day. Nothing was set.`,
      'Write it as 2027-01-31, or as a number of days (90d), or never.',
    );
  if (day !== null && daysLeft(day, now) < 0)
    throw new HumanError(
      ExitCode.usage,
      `--expires ${day} is over. Nothing was set.`,
      'Give the last day that the value counts.',
    );
  return day;
}

/** The day that was typed, or else the one in the value itself, and a line that says the latter. */
function expiryOf(
  value: SecretValue,
  typed: string | null | undefined,
  keepsExpiry: boolean,
): { readonly expires: string | null | undefined; readonly line?: string } {
  if (typed !== undefined || !keepsExpiry) return { expires: typed };
  const found = expiryIn(value);
  if (found === undefined) return { expires: undefined };
  const what = found.kind === 'jwt' ? 'JSON Web Token' : 'certificate';
  return {
    expires: found.day,
    line: `It expires on ${found.day}, says the value, which is a ${what}. If that is wrong: --expires`,
  };
}

/** The day that the present value expires; undefined if the store keeps none, null if nobody has said one. */
const expiryOfSet = async (name: string, target: WritableStore): Promise<string | null | undefined> =>
  target.keepsExpiry ? (await target.list({ asked: [name] })).get(name)?.expires : undefined;

function earlierExpiry(name: string, before: string, { scope, expires }: SetOptions): string {
  if (expires === 'never') return `It does not expire any more (${before} until now).`;
  const again = `nf-secrets set ${name}${scope === 'user' ? '' : ` --scope ${scope}`} --keep-value --expires DAY`;
  return `Its last day was ${before}; that was of the earlier value. To say the new one: ${again}`;
}

function sourceOf(name: string, options: SetOptions, canAsk: boolean): ValueSource {
  const { fromFile, fromEnv, scope } = options;
  const again = `nf-secrets set ${name}${scope === 'user' ? '' : ` --scope ${scope}`}`;
  if (fromFile !== undefined) return { kind: 'file', named: fromFile, again };
  if (fromEnv !== undefined) return { kind: 'variable', named: fromEnv, again };
  return { kind: canAsk ? 'prompt' : 'stdin', keepsNewline: options.keepNewline === true, again };
}

/** Reads the value for a secret from where the options say, or asks for it. */
export async function readValue(
  name: string,
  options: ValueOptions,
  { world, canAsk }: Pick<Shell, 'world' | 'canAsk'>,
): Promise<SecretValue> {
  if (options.generate !== undefined) return generateValue(options.generate);
  if (options.fromEnv !== undefined) return fromEnvironment(options.fromEnv, world.env);
  if (options.fromFile !== undefined) {
    return SecretValue.fromUtf8(await fromFile(resolve(world.cwd, options.fromFile), name), name);
  }
  const trim = options.keepNewline === true ? (bytes: Buffer) => bytes : withoutFinalNewline;
  if (canAsk) {
    const typed = await askHidden(`Value for ${name} (hidden; paste several lines as they are):`);
    const text = typed.reveal();
    // A paste of one line often ends with a newline that nobody means. In a key of several lines it belongs to the key.
    return text.indexOf('\n') === text.length - 1
      ? SecretValue.fromUtf8(trim(Buffer.from(text)), name)
      : typed;
  }
  refuseToEcho();
  const bytes = await readInput(process.stdin, MAX_VALUE_BYTES + 2, `The value for ${name}`);
  return SecretValue.fromUtf8(trim(bytes), name);
}

function fromEnvironment(variable: string, env: Shell['world']['env']): SecretValue {
  const value = env[variable];
  // Node.js has put this character instead of bytes that are not UTF-8.
  if (value?.includes('\ufffd') === true) {
    throw new HumanError(
      ExitCode.data,
      `The environment variable ${printable(variable)} is not UTF-8 text.`,
      'Encode binary data first, for example with base64, and decode it in the task.',
    );
  }
  if (value !== undefined) return new SecretValue(value);
  throw new HumanError(
    ExitCode.usage,
    `The environment variable ${printable(variable)} is not set.${String(didYouMean(variable, Object.keys(env)))}`,
  );
}

async function fromFile(path: string, name: string): Promise<Buffer> {
  try {
    // A stream, so that pipes work too: --from-file <(command).
    return await readInput(await openGiven(path), MAX_VALUE_BYTES, `The value for ${name}`);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, 'read', printable(path), false);
    const beside = await readdir(dirname(path)).catch(() => []);
    const hint = printable(String(didYouMean(basename(path), beside)));
    throw new HumanError(ExitCode.usage, `The file ${printable(path)} does not exist.${hint}`);
  }
}

function withoutFinalNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

function parseLength(text: string): number {
  const length = Number(text);
  if (/^\d+$/.test(text) && length >= 1 && length <= MAX_VALUE_BYTES) return length;
  throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_VALUE_BYTES}.`);
}

/**
 * Gives `--generate` its default length if it has none. It takes a length only after an equals sign: commander would
 * take the name in `set --generate NAME` for it.
 */
export function withDefaultLength(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((word, index) =>
    word === '--generate' && (end < 0 || index < end) ? `--generate=${DEFAULT_LENGTH}` : word,
  );
}
