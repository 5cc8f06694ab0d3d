import { basename, join, resolve } from 'node:path';
import { lstatIfThere, readFileIfThere, readOwnFileIfThere } from '../system/durable-file.ts';
import { HumanError } from '../system/human-error.ts';
import { identityPath } from '../system/paths.ts';
import { printable, shellWord } from '../system/printable.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { UnfitFile } from '../system/open-file.ts';
import { commandOutput } from '../system/command-output.ts';
import { splitWords } from '../system/shell-words.ts';
import type { World } from '../system/world.ts';
import { type KeyProblem, type KeyText, readKeyText } from './key-text.ts';
import { parseSshKey, sshRecipient } from './ssh-key.ts';
import { clause, Phrase, phrase, type PhraseArgument, verbatim } from '../system/phrase.ts';
import type { Remedy } from '../system/remedy.ts';

/** Largest file of keys, in bytes: far more than anybody's keys need. */
const MAX_KEY_BYTES = 1 << 20;
/** Time limit of a command: enough to touch a token or to type a passphrase that the command asks for. */
const COMMAND_TIMEOUT_MS = 120_000;

/** A source of a person's keys. */
export interface KeySource {
  /** `own` is our file, a variable of the environment names a `configured` one, sops itself looks at a `usual` one. */
  readonly kind: 'own' | 'configured' | 'usual';
  /** The source as `identity show` names it. */
  readonly label: string;
  /** Beginning of a message about its content. */
  readonly subject: PhraseArgument;
  /** Command that unsets its variable, for remedies. */
  readonly unset?: string;
  /** Reads its keys; undefined if there is nothing. */
  readonly read: () => Promise<KeyText | undefined>;
}

/**
 * Lists the sources in the order in which they count. Keys of age come before those of SSH, which sops before 3.10 does
 * not know.
 */
export function keySources(world: World): KeySource[] {
  const own = identityPath(world);
  const usual = sopsKeyFile(world);
  return [
    {
      kind: 'own',
      label: own,
      subject: phrase`Your identity ${printable(own)}`,
      read: () => readOwnFile(own),
    },
    ...variable(world, 'SOPS_AGE_KEY', (text) => ({
      label: 'SOPS_AGE_KEY',
      subject: 'SOPS_AGE_KEY',
      read: () => readKeyText(Buffer.from(text), 'age -d FILE'),
    })),
    ...variable(world, 'SOPS_AGE_KEY_FILE', (file) => fileOf('SOPS_AGE_KEY_FILE', file, readAgeFile, world)),
    ...variable(world, 'SOPS_AGE_KEY_CMD', (command) =>
      outputOf('SOPS_AGE_KEY_CMD', command, (bytes) => readKeyText(bytes, 'age -d FILE'), world),
    ),
    ...usual.map((path): KeySource => usualSource(path, () => readAgeFile(path, false))),
    ...variable(world, 'SOPS_AGE_SSH_PRIVATE_KEY_FILE', (file) =>
      fileOf('SOPS_AGE_SSH_PRIVATE_KEY_FILE', file, readSshFile, world),
    ),
    ...variable(world, 'SOPS_AGE_SSH_PRIVATE_KEY_CMD', (command) =>
      outputOf('SOPS_AGE_SSH_PRIVATE_KEY_CMD', command, readSshKey, world),
    ),
  ];
}

/**
 * Finds the SSH key that sops tries by itself. Nobody chose it, so it counts only for a file that is encrypted to it.
 *
 * @param recipients - recipients of the file to open.
 */
export async function usualSshKey(
  recipients: readonly string[],
  world: World,
): Promise<KeySource | undefined> {
  if (!recipients.some((recipient) => recipient.startsWith('ssh-ed25519 '))) return undefined;
  if (world.homeDir === undefined) return undefined;
  const path = join(world.homeDir, '.ssh', 'id_ed25519');
  const half = await readFileIfThere(`${path}.pub`, MAX_KEY_BYTES).catch(() => undefined);
  const named = half?.toString('latin1').trim().split(/\s+/).slice(0, 2).join(' ');
  if (named === undefined || !recipients.includes(named)) return undefined;
  return usualSource(path, () => readSshFile(path, false));
}

const usualSource = (path: string, read: KeySource['read']): KeySource => ({
  kind: 'usual',
  label: path,
  subject: printable(path),
  read,
});

/** Path of sops's own default, by platform: see `filippo.io/age` support in sops 3.9. None if there is no home. */
function sopsKeyFile(world: World): string[] {
  const usual = world.platform === 'darwin' ? ['Library', 'Application Support'] : ['.config'];
  const configs = world.env['XDG_CONFIG_HOME'] || (world.homeDir && join(world.homeDir, ...usual));
  return configs ? [join(configs, 'sops', 'age', 'keys.txt')] : [];
}

type ConfiguredSource = Omit<KeySource, 'kind' | 'unset'>;

/** Makes the source that a variable names. An empty variable counts as unset. */
function variable(world: World, name: string, sourceOf: (text: string) => ConfiguredSource): KeySource[] {
  const text = world.env[name];
  return text ? [{ kind: 'configured', unset: `unset ${name}`, ...sourceOf(text) }] : [];
}

type FileReader = (path: string, expected: boolean) => Promise<KeyText | undefined>;

function fileOf(name: string, file: string, read: FileReader, world: World): ConfiguredSource {
  const path = resolve(world.cwd, file);
  return { label: path, subject: `${name} (${printable(path)})`, read: () => read(path, true) };
}

/** Reads our own file. An error is reported as for all our files. */
async function readOwnFile(path: string): Promise<KeyText | undefined> {
  const bytes = await readOwnFileIfThere(path, MAX_KEY_BYTES);
  if (bytes !== undefined) return readKeyText(bytes, `age -d ${shellWord(path)}`);
  return (await lstatIfThere(path)) === undefined ? undefined : LEADS_NOWHERE;
}

async function readAgeFile(path: string, expected: boolean): Promise<KeyText | undefined> {
  const bytes = await readKeyFile(path, expected);
  return Buffer.isBuffer(bytes) ? readKeyText(bytes, `age -d ${shellWord(path)}`) : bytes;
}

async function readSshFile(path: string, expected: boolean): Promise<KeyText | undefined> {
  const bytes = await readKeyFile(path, expected);
  return Buffer.isBuffer(bytes) ? readSshKey(bytes) : bytes;
}

function readSshKey(bytes: Buffer): KeyText {
  const parsed = parseSshKey(bytes);
  if ('reason' in parsed) return { keys: [], problems: [parsed] };
  const recipient = sshRecipient(parsed.publicKey);
  return { keys: [{ key: new SecretValue(bytes.toString('latin1')), recipient }], problems: [] };
}

/** @param expected - true if the person has named the file, so that it has to exist. */
async function readKeyFile(path: string, expected: boolean): Promise<Buffer | KeyText | undefined> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readFileIfThere(path, MAX_KEY_BYTES);
    if (bytes === undefined && (await lstatIfThere(path)) !== undefined) return LEADS_NOWHERE;
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    if (expected && error instanceof UnfitFile && error.reason === 'kind') {
      return unreadable(
        phrase`is not a regular file`,
        phrase`Name the file that has your key. For a key that a program prints, as in <(…), use
          SOPS_AGE_KEY_CMD or SOPS_AGE_SSH_PRIVATE_KEY_CMD.`,
      );
    }
    return unreadable(phrase`cannot be read: ${clause(error.phrase)}`, ...error.remedies);
  }
  if (bytes !== undefined || !expected) return bytes;
  const tilde = path.includes('/~/') ? [phrase`No shell has replaced the ~ by your home.`] : [];
  return unreadable(phrase`does not exist`, phrase`Name the file that has your key.`, ...tilde);
}

function unreadable(reason: Phrase, ...remedies: Remedy[]): KeyText {
  return { keys: [], problems: [{ kind: 'broken', reason, remedies }] };
}

const LEADS_NOWHERE = unreadable(
  phrase`is a link that leads nowhere`,
  phrase`Make its target available, or remove the link.`,
);

/** Output of each command, so that a command asks a person once. */
const outputs = new WeakMap<World, Map<string, Promise<Buffer | KeyProblem>>>();

function outputOf(
  name: string,
  command: string,
  parse: (bytes: Buffer) => KeyText | Promise<KeyText>,
  world: World,
): ConfiguredSource {
  const words = splitWords(command);
  const program = words?.[0] === undefined ? '' : ` (${printable(words[0])})`;
  const read = async (): Promise<KeyText> => {
    const known = outputs.get(world) ?? new Map<string, Promise<Buffer | KeyProblem>>();
    outputs.set(world, known);
    const output = known.get(name) ?? runKeyCommand(name, words, world);
    known.set(name, output);
    const outcome = await output;
    return Buffer.isBuffer(outcome) ? parse(outcome) : { keys: [], problems: [outcome] };
  };
  return { label: name, subject: `${name}${program}`, read };
}

/** Runs a command as sops does since 3.10: without a shell, with the person's own environment. */
async function runKeyCommand(
  name: string,
  words: readonly string[] | undefined,
  world: World,
): Promise<Buffer | KeyProblem> {
  const problem = (reason: Phrase): KeyProblem => ({
    kind: 'broken',
    reason,
    remedies: [
      phrase`Name a command that prints your key, such as 'pass show age-key'. It runs without a shell: for pipes and
        variables write sh -c '…'.`,
    ],
  });
  if (words === undefined) return problem(phrase`has a quote that is not closed`);
  if (words.length === 0) return problem(phrase`names no command`);
  if (world.startsNothing === true) return problem(phrase`is not started in Restricted Mode`);
  const shown = printable(basename(words[0] ?? ''));
  const output = await commandOutput(words, {
    env: world.env,
    cwd: world.cwd,
    maxBytes: MAX_KEY_BYTES,
    timeoutMs: COMMAND_TIMEOUT_MS,
    onLine: (line) => {
      world.notice(verbatim(`  ${shown}: ${withoutKeys(printable(line))}`));
    },
  });
  return output instanceof Phrase ? problem(phrase`gave no key: ${output}`) : output;
}

/** Hides keys in a line: a command that fails may show the key that it should have printed. */
function withoutKeys(line: string): string {
  return line.replace(/AGE-(SECRET-KEY|PLUGIN)-\S*/gi, '***').replace(/^\s*[A-Za-z0-9+/=]{40,}\s*$/, '***');
}
