import { isSince, type NextflowVersion, parseVersion } from './version.ts';

// The secrets store that a Nextflow reads, found in its log or in its environment. Measured on 22.10, 24.10 and 25.04,
// with both parsers: a run names its store before its first process starts, even if its code uses no secret. It names
// none if secrets are switched off.

/** Source of a Nextflow's secrets: a file, nothing at all, or a provider of a plugin. */
export type ObservedStore =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'off' }
  | { readonly kind: 'provider'; readonly name: string };

/** A process as a log names it. */
export interface ProcessOfLog {
  /** Process id in its own pid namespace. */
  readonly pid: number;
  readonly host: string;
}

/** The first version whose log is known to name the store. */
const NAMES_STORE = [22, 10] as const;
/** Longest line that is looked for. In characters. */
const LONGEST_LINE = 1 << 16;

/** Follows a Nextflow's log as it grows and keeps its facts about secrets. */
export class ObservedLog {
  /** The command line, as the log has it. */
  command: string | undefined;
  process: ProcessOfLog | undefined;
  /** Number of tasks that were submitted, without the children of job arrays. */
  submitted = 0;
  #named: ObservedStore | undefined;
  #version: NextflowVersion | undefined;
  #starts = false;
  #rest = '';

  /** Takes a text that was added to the log. */
  add(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) this.#read(line);
  }

  /** The store; undefined as long as it is not known. */
  get store(): ObservedStore | undefined {
    if (this.#named !== undefined || !this.#starts) return this.#named;
    // Only for a version that is known to name its store.
    const names = this.#version !== undefined && isSince(this.#version, NAMES_STORE);
    return names ? { kind: 'off' } : undefined;
  }

  #read(line: string): void {
    if (this.command === undefined && / \S*cli\.Launcher - \$> /.test(line)) {
      this.command = line.slice(line.indexOf('$> ') + 3);
      return;
    }
    if (/Unable to access 'secrets\..*' because secrets feature is disabled/.test(line)) {
      this.#named ??= { kind: 'off' };
    }
    const path = / \S*LocalSecretsProvider - Secrets store: (.+)$/.exec(line)?.[1];
    if (path !== undefined) this.#named ??= { kind: 'file', path };
    const provider = / \S*SecretsLoader - Discovered .* activable => ([^\s@]+)/.exec(line)?.[1];
    if (provider !== undefined && provider !== 'null' && !provider.includes('LocalSecretsProvider')) {
      this.#named = { kind: 'provider', name: provider };
    }
    const version = /^ {2}Version: (\S+) build /.exec(line)?.[1];
    if (version !== undefined) this.#version = parseVersion(version);
    const [, pid, host] = /^ {2}Process: (\d+)@(\S+) /.exec(line) ?? [];
    if (pid !== undefined && host !== undefined) this.process ??= { pid: Number(pid), host };
    if (/ \S*TaskProcessor - Starting process > /.test(line)) this.#starts = true;
    if (/ \S*Session - \[[^\]]*\] Submitted process > /.test(line)) this.submitted += 1;
  }
}

/**
 * Finds the store that a Nextflow with this environment reads.
 *
 * @param env - environment of the process; it is empty while the process is still being made.
 * @returns undefined if the environment is empty.
 */
export function storeOfEnvironment(env: ReadonlyMap<string, string>): ObservedStore | undefined {
  if (env.size === 0) return undefined;
  const enabled = env.get('NXF_ENABLE_SECRETS');
  // Any other value than this one switches them off, an empty one too.
  if (enabled !== undefined && enabled !== 'true') return { kind: 'off' };
  const file = env.get('NXF_SECRETS_FILE') ?? '';
  if (file.startsWith('/')) return { kind: 'file', path: file };
  const home = env.get('NXF_HOME') || `${env.get('HOME') ?? '~'}/.nextflow`;
  return { kind: 'file', path: file === '' ? `${home}/secrets/store.json` : `${home}/${file}` };
}

/** Subcommands of Nextflow, to find the one of a command line after the global options. */
const SUBCOMMANDS = new Set(
  'clean clone cloud config console drop fs help info inspect kuberun launch lineage lint list log login module node plugin pull run secrets self-update view'.split(
    ' ',
  ),
);

/** Tells whether a Java command line is that of a Nextflow. */
export function isNextflow(words: readonly string[]): boolean {
  return programOf(words) >= 0;
}

/** Checks a Java command line for `nextflow run`, or since 26.04 `nextflow module run`: these alone have tasks. */
export function isNextflowRun(words: readonly string[]): boolean {
  const program = programOf(words);
  if (program < 0) return false;
  const command = words.findIndex((word, index) => index > program && SUBCOMMANDS.has(word));
  return words[command] === 'run' || (words[command] === 'module' && words[command + 1] === 'run');
}

/** Names of the log that Nextflow writes if no other is given; `nextflow module run` writes the last one. */
export const LOG_NAMES: readonly string[] = ['.nextflow.log', '.module.log'];

function programOf(words: readonly string[]): number {
  if (!/(^|\/)java$/.test(words[0] ?? '')) return -1;
  return words.findIndex(
    (word, index) =>
      word === 'nextflow.cli.Launcher' || (words[index - 1] === '-jar' && /nextflow[^/]*$/.test(word)),
  );
}
