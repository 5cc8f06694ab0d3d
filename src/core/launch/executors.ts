import { dirname, join, resolve } from 'node:path';
import { readFileIfThere } from '../durable-file.ts';
import { ExitCode, HumanError } from '../human-error.ts';
import { nextflowHome } from '../places.ts';
import { printable } from '../printable.ts';
import type { World } from '../world.ts';
import { type NextflowCommand, optionValue, optionValues } from './nextflow-command.ts';

/** Executors that run tasks here, or through a scheduler with a shared file system. */
const SHARED_FILE_SYSTEM = new Set([
  'local',
  'bridge',
  'condor',
  'crg',
  'flux',
  'hq',
  'hyperqueue',
  'lsf',
  'moab',
  'nqsii',
  'oar',
  'oge',
  'pbs',
  'pbspro',
  'sge',
  'slurm',
  'tcs',
  'uge',
]);

/** A config is read as far as this. In bytes. */
const MAX_CONFIG_BYTES = 4 << 20;
const MAX_INCLUDES = 200;

/** A setting that keeps secrets from reaching tasks, and where it is. */
interface Obstacle {
  readonly what: string;
  readonly where: string;
}

/**
 * Refuses a run whose executor cannot get secrets from a private store, because Nextflow would run its tasks
 * with unset variables and say nothing. A cheap look at the text of the configs that the run reads, not an
 * evaluation: what is computed there goes unseen.
 *
 * @param pipelineDirectory - of a local pipeline; undefined for a remote one.
 * @throws HumanError 69 with the place.
 */
export async function refuseUnreachableExecutors(
  { args }: NextflowCommand,
  pipelineDirectory: string | undefined,
  world: World,
): Promise<void> {
  const obstacle = onCommandLine(args, world) ?? (await inConfigs(args, pipelineDirectory, world));
  if (obstacle === undefined) return;
  throw new HumanError(
    ExitCode.unavailable,
    `${obstacle.what} (${printable(obstacle.where)}) cannot get secrets from this machine: ` +
      'Nextflow would run its tasks with unset variables, so it was not started.',
    'Use the local executor or a scheduler with a shared file system (Slurm, SGE, LSF, PBS, …) for this run.',
  );
}

function onCommandLine(args: readonly string[], world: World): Obstacle | undefined {
  const option = args.find((word) => word.startsWith('-process.executor='))?.split('=')[1];
  const named = option ?? optionValue(args, '-process.executor');
  if (named !== undefined) return executorObstacle(named, '-process.executor');
  if (args.includes('-with-fusion')) return { what: 'Fusion', where: '-with-fusion' };
  const byEnvironment = world.env['NXF_EXECUTOR'];
  return byEnvironment ? executorObstacle(byEnvironment, 'NXF_EXECUTOR') : undefined;
}

async function inConfigs(
  args: readonly string[],
  pipelineDirectory: string | undefined,
  world: World,
): Promise<Obstacle | undefined> {
  const only = optionValues(args, '-C').flatMap((files) => files.split(','));
  const added = optionValues(args, '-c', '-config').flatMap((files) => files.split(','));
  const usual = [join(nextflowHome(world), 'config'), join(world.cwd, 'nextflow.config')];
  if (pipelineDirectory !== undefined) usual.push(join(pipelineDirectory, 'nextflow.config'));
  const files = (only.length > 0 ? only : [...usual, ...added]).map((file) => resolve(world.cwd, file));
  const profiles = new Set((optionValue(args, '-profile') ?? 'standard').split(','));
  // Later ones win in Nextflow; any one that cannot work is worth a stop.
  const waiting = [...new Set(files)].map((file) => ({ file, within: [] as readonly string[] }));
  const read = new Set<string>();
  for (let next = waiting.shift(); next !== undefined && read.size < MAX_INCLUDES; next = waiting.shift()) {
    const { file, within } = next;
    const key = `${within.join('.')} ${file}`;
    if (read.has(key)) continue;
    read.add(key);
    const text = await readFileIfThere(file, MAX_CONFIG_BYTES).catch(() => undefined);
    if (text === undefined) continue;
    for (const { path, value, line } of assignments(text.toString('utf8'), within)) {
      const active = withoutProfile(path, profiles);
      if (active === undefined) continue;
      if (active.at(-1) === 'includeConfig') {
        waiting.push({ file: resolve(dirname(file), value), within: path.slice(0, -1) });
        continue;
      }
      const obstacle = settingObstacle(active, value, `${file}:${line}`);
      if (obstacle !== undefined) return obstacle;
    }
  }
  return undefined;
}

/** The path of a setting without `profiles.NAME`, or undefined if that profile is not in use. */
function withoutProfile(
  path: readonly string[],
  profiles: ReadonlySet<string>,
): readonly string[] | undefined {
  if (path[0] !== 'profiles') return path;
  return profiles.has(path[1] ?? '') ? path.slice(2) : undefined;
}

function settingObstacle(path: readonly string[], value: string, where: string): Obstacle | undefined {
  const key = path.join('.');
  if (key === 'fusion.enabled') return value === 'true' ? { what: 'Fusion', where } : undefined;
  const isExecutor = key === 'executor.name' || (path[0] === 'process' && path.at(-1) === 'executor');
  return isExecutor ? executorObstacle(value, where) : undefined;
}

function executorObstacle(name: string, where: string): Obstacle | undefined {
  // A name that is computed is left to Nextflow.
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name) || SHARED_FILE_SYSTEM.has(name.toLowerCase())) return undefined;
  return { what: `The executor "${name}"`, where };
}

/** One `a.b = 'c'` or `includeConfig 'c'` of a config, with the blocks that it stands in. */
interface Assignment {
  readonly path: readonly string[];
  readonly value: string;
  readonly line: number;
}

interface Token {
  readonly kind: 'word' | 'string' | 'sign';
  readonly text: string;
  readonly line: number;
}

/** The literal assignments of a config's text, in order. Linear, and never fails. */
function* assignments(text: string, within: readonly string[]): Generator<Assignment> {
  const blocks: string[][] = [];
  let words: Token[] = [];
  const path = (last: string): string[] => [...within, ...blocks.flat(), ...last.split('.')];
  const tokens = tokenize(text);
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    if (token.kind !== 'sign') {
      const previous = words.at(-1);
      if (token.kind === 'string' && previous?.text === 'includeConfig') {
        yield { path: path('includeConfig'), value: token.text, line: token.line };
      }
      words.push(token);
      continue;
    }
    const name = words.at(-1);
    if (token.text === '{') {
      // A selector's block (`withName: 'X' {`) is called by what it selects, any other by its name.
      blocks.push(name === undefined ? [''] : name.kind === 'string' ? [name.text] : name.text.split('.'));
    } else if (token.text === '}') {
      blocks.pop();
    } else if (token.text === '=' && name !== undefined && next !== undefined && next.kind !== 'sign') {
      yield { path: path(name.text), value: next.text, line: name.line };
    }
    if (token.text !== ':') words = [];
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const word = /[A-Za-z_$][\w$.-]*/y;
  let line = 1;
  for (let at = 0; at < text.length;) {
    const start = at;
    const skipTo = (mark: string, from: number): void => {
      const end = text.indexOf(mark, from);
      at = end < 0 ? text.length : end + mark.length;
    };
    const quote = ["'''", '"""', "'", '"'].find((mark) => text.startsWith(mark, at));
    word.lastIndex = at;
    if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith('/*', at)) {
      skipTo('*/', at + 2);
    } else if (quote !== undefined) {
      at = endOfString(text, at + quote.length, quote);
      tokens.push({ kind: 'string', text: text.slice(start + quote.length, at - quote.length), line });
    } else if (word.test(text)) {
      at = word.lastIndex;
      tokens.push({ kind: 'word', text: text.slice(start, at), line });
    } else {
      at += 1;
      const sign = text[start] ?? '';
      if (sign.trim() !== '' || sign === '\n') tokens.push({ kind: 'sign', text: sign, line });
    }
    for (let i = start; i < at; i++) if (text.charCodeAt(i) === 10) line += 1;
  }
  return tokens;
}

/** The index behind a string's closing quote; a one-line string that is not closed ends with its line. */
function endOfString(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (quote.length === 1 && text[at] === '\n') return at;
  }
  return text.length;
}
