import { createHash, type Hash } from 'node:crypto';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readHead } from '../system/file-head.ts';
import { findOnPath } from '../system/find-on-path.ts';
import { readRegularFile } from '../system/open-file.ts';
import type { World } from '../system/world.ts';
import type { NextflowCommand } from './nextflow-command.ts';
import { previewArguments } from './preview-arguments.ts';
import { previewConfig } from './preview-config.ts';
import { JAVA_OPTIONS } from './quick-java.ts';
import { isPlainWish, takeResume } from './resumed-session.ts';

/** The code of a run; see `pipeline/closed-code.ts`. */
interface Code {
  readonly states: ReadonlyMap<string, string>;
  readonly mentions: (text: string) => boolean;
}

type Environment = Readonly<Record<string, string>>;

/** Options of a run that name nothing that we do not look at. */
const KNOWN_OPTION =
  /^(?:-(?:q|log|preview|ansi-log|c|C|config|profile|params-file|w|work-dir|bucket-dir|entry|stub|stub-run|offline|E|qs|queue-size|test|without-(?:docker|podman|conda|spack)|with-(?:docker|singularity|apptainer|podman|conda))|-(?:process|executor|e)\..*)$/;

/** Variables that shells and terminals set anew in each window. */
const OF_A_WINDOW =
  /^(?:_|SHLVL|OLDPWD|WINDOWID|COLUMNS|LINES|STY|TMUX|TMUX_PANE|GPG_TTY|(?:TERM|ITERM)_SESSION_ID|SSH_(?:CLIENT|CONNECTION|TTY|AUTH_SOCK|AGENT_PID)|(?:KITTY|ALACRITTY)_WINDOW_ID|KITTY_PID|GNOME_TERMINAL_SCREEN|KONSOLE_DBUS_SESSION|TERMINATOR_UUID|WT_SESSION|XDG_SESSION_ID|DBUS_SESSION_BUS_ADDRESS|INVOCATION_ID|JOURNAL_STREAM|VSCODE_\w*)$/;

/** Variables that differ from run to run, because we set them. */
const OF_A_RUN = ['NXF_SECRETS_FILE', 'NF_SECRETS_RUN'];

/** Variables that name code which we do not look at, or a session. */
const WITH_CODE = [
  'BASH_ENV',
  'NXF_CLI_OPTS',
  'NXF_LIB',
  'NXF_CLASSPATH',
  'CLASSPATH',
  'NXF_PLUGINS_MODE',
  'NXF_UUID',
];
/** Plugins without a version: the newest is looked for at each start. */
const PLUGINS = 'NXF_PLUGINS_DEFAULT';

/** Options of Java that bring no code and no other options. Java itself refuses an archive that is not of its jars. */
const PLAIN_JAVA_OPTION =
  /^(?:-X(?:m[sxn]|ss)\d+\w?|-XX:[+-]Use\w+|-XX:SharedArchiveFile=\S+|-XX:\w+=\d+(?:\.\d+)?\w?|-D(?!nextflow\.|java\.|jdk\.)[\w.-]+=[^@]*)$/;

const LAUNCHER_HEAD = 64 << 10;
const MAX_STORE = 256 << 20;

/**
 * Computes a digest of all that decides about Nextflow's answer to a question about a run: two questions with the same
 * digest have the same answer, but for the session.
 *
 * @param env - the environment of the question.
 * @returns undefined if something may decide that is not looked at.
 */
export async function answerKey(
  command: NextflowCommand,
  code: Code,
  env: Environment,
  world: World,
): Promise<Buffer | undefined> {
  const { rest, wish } = takeResume(command.args, command.pipeline);
  if (wish !== undefined && !isPlainWish(wish)) return undefined;
  const args = previewArguments({ ...command, args: rest }, '', '');
  if (args.some((word) => /^-[^-]/.test(word) && !KNOWN_OPTION.test(word))) return undefined;
  if (WITH_CODE.some((name) => env[name]) || OF_A_RUN.some(code.mentions)) return undefined;
  const options = JAVA_OPTIONS.flatMap((name) => (env[name] ?? '').split(/\s+/)).filter(
    (word) => word !== '',
  );
  if (!options.every((word) => PLAIN_JAVA_OPTION.test(word))) return undefined;
  if (/[a-z]/.test((env[PLUGINS] ?? '').replace(/^(?:true|false)$/, ''))) return undefined;
  const executable = await launcherState(command.executable);
  if (executable === undefined) return undefined;
  const variables = Object.entries(env)
    .filter(([name]) => !OF_A_RUN.includes(name) && (!OF_A_WINDOW.test(name) || code.mentions(name)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const store = await readRegularFile(env['NXF_SECRETS_FILE'] ?? '', { limit: MAX_STORE });
  const hash = createHash('sha256');
  add(hash, previewConfig('', ''), executable, world.cwd, ...javas(env, world));
  add(hash, ...args);
  add(hash, ...variables.flat());
  add(hash, ...[...code.states].sort(([a], [b]) => (a < b ? -1 : 1)).flat());
  hash.update(store);
  return hash.digest();
}

/** Adds a list to a hash, so that no other list gives the same. */
function add(hash: Hash, ...texts: readonly string[]): void {
  hash.update(JSON.stringify(texts));
}

/** The state of Nextflow's launcher; undefined for a script that may start any other Nextflow. */
async function launcherState(executable: string): Promise<string | undefined> {
  const head = await readHead(executable, LAUNCHER_HEAD);
  return /^NXF_VER=\$\{NXF_VER:-/m.test(head) ? `${fileState(executable) ?? ''} ${head}` : undefined;
}

/** The states of all Javas that the launcher may choose from. */
function javas(env: Environment, world: World): string[] {
  const homes = ['NXF_JAVA_HOME', 'JAVA_HOME'].flatMap((name) => (env[name] ? [env[name]] : []));
  const paths = [...homes.map((home) => join(home, 'bin', 'java')), env['JAVA_CMD'] ?? ''];
  const onPath = findOnPath('java', { ...world, env }) ?? '';
  return [...paths, onPath].map((path) => (path === '' ? '' : `${path} ${fileState(path) ?? ''}`));
}

/** Files of a directory that is a part of Nextflow. */
const MAX_ENTRIES = 500;

/**
 * The state of a part of Nextflow: another file, or one that was written since, has another state. A directory's state
 * is that of all that is in it, and a file's that of its directory too.
 *
 * @returns undefined if it is not there, or has too many files.
 */
export function partState(path: string): string | undefined {
  const hash = createHash('sha256');
  // A jar that is put beside another one may be loaded too.
  if (entriesOf(path)?.length === 0) add(hash, fileState(dirname(path)) ?? '');
  const waiting = [path];
  for (const one of waiting) {
    const state = fileState(one);
    const entries = entriesOf(one);
    if (state === undefined || entries === undefined || waiting.length > MAX_ENTRIES) return undefined;
    add(hash, one, state);
    waiting.push(...entries.sort().map((name) => join(one, name)));
  }
  return hash.digest('hex');
}

/** The names in a directory; none for a file; undefined if it cannot be read. */
function entriesOf(path: string): string[] | undefined {
  try {
    return statSync(path).isDirectory() ? readdirSync(path) : [];
  } catch {
    return undefined;
  }
}

function fileState(path: string): string | undefined {
  try {
    // A copy that keeps the times of a file has another time of its own.
    const { size, mtimeMs, ctimeMs, ino } = statSync(path);
    return `${realpathSync(path)} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  } catch {
    return undefined;
  }
}
