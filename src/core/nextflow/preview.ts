import { execFile, type ExecFileException } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { readRegularFile } from '../system/open-file.ts';
import { printable } from '../system/printable.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { MASK, masked } from '../secrets/mask.ts';
import { isRecord } from '../system/state-file.ts';
import type { World } from '../system/world.ts';
import { cacheDirectory, lockedInGroovy } from './session-lock.ts';
import { type NextflowCommand, optionValue } from './nextflow-command.ts';
import type { RunId } from '../system/run-id.ts';

// What a run will do, said by Nextflow itself: `nextflow run -preview` builds the pipeline's graph with all of the
// run's options and starts no task. The same happens in `nextflow inspect`, which is not used because it takes only
// some of the options, and since 25.04 answers for processes that the run does not reach, under names without their
// workflows and without what `withName` says (https://github.com/nextflow-io/nextflow/issues/6164).

/** Nextflow's name of the executor. */
export const AWS_BATCH = 'awsbatch';

/** Something that Nextflow could not work out before a task runs: the class of the error. */
export interface Unknown {
  readonly failed: string;
}

/** Docker's options as Nextflow reads them: long and short names without dashes, each with all its values. */
export type ContainerOptions = Readonly<Record<string, readonly string[]>>;

/** What the pipeline's config says about AWS Batch: `aws.region`, `aws.profile` and `aws.batch.*`. */
export interface BatchSettings {
  readonly region: string | null;
  readonly profile: string | null;
  readonly jobRole: string | null;
  readonly executionRole: string | null;
  readonly logsGroup: string | null;
  /** Absolute path of `aws` on the machines of the compute environment; it may name `s5cmd` instead. */
  readonly cliPath: string | null;
  /** `host[:container[:ro]]`. */
  readonly volumes: readonly string[];
  /** `platformType = 'fargate'`. */
  readonly fargate: boolean;
}

/** Stands for all queues of the account: no queue can have that name. */
export const ANY_QUEUE = '*';

/** A process of the run's graph. */
export interface PreviewedProcess {
  /** Fully qualified. */
  readonly name: string;
  readonly executor: string;
  /** Its `container`, as the pipeline and the configs have it. */
  readonly container: string | null | Unknown;
  /** What Nextflow makes of that for AWS Batch, with the registry; null for other executors, which may have to pull it. */
  readonly image: string | null | Unknown;
  /** Effective `secret` directives. */
  readonly secrets: readonly string[] | Unknown;
  readonly containerOptions: ContainerOptions | Unknown;
  /** In GiB. */
  readonly disk: number | null | Unknown;
  /** `arm64`, `x86_64`. */
  readonly arch: string | null | Unknown;
  /**
   * Where its jobs go at the first attempts; {@link ANY_QUEUE} among them if code computes it; empty if the pipeline does
   * not say.
   */
  readonly queues: readonly string[] | Unknown;
}

/** A run's session, which is a part of every task's hash. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** Whether it is one of earlier runs that goes on: by `-resume`, or `resume` in a config. */
  readonly resumed: boolean;
  /** Whether another Nextflow runs it now, as far as Nextflow could tell. */
  readonly locked: boolean;
}

/** What Nextflow says about a run. */
export interface Preview {
  readonly session: Session;
  readonly settings: BatchSettings;
  readonly wave: boolean;
  readonly fusion: boolean;
  /** The names of variables that the configs set for all tasks: `env`, `-e.NAME`, `-E`. */
  readonly env: readonly string[];
  /** Those that the run reaches with its parameters; empty with Wave or Fusion. */
  readonly processes: readonly PreviewedProcess[];
}

/** Longest wait: a remote pipeline is downloaded first. In milliseconds. */
const PATIENCE = 600_000;
const MAX_OUTPUT = 64 << 20;
/** Nextflow adds a line of about 200 bytes for each run. In bytes. */
const MAX_HISTORY = 64 << 20;

/** What `aws.batch` settings are asked for. */
const TEXT_SETTINGS = ['jobRole', 'executionRole', 'logsGroup', 'cliPath', 'platformType'] as const;

/**
 * The inputs of a process `p`, in Groovy. In a preview they are null, and "image:${x}" is "image:null"; so each is given
 * something that fails at every use. A typed process (`nextflow.preview.types` of 25.10, `nextflow.enable.types` of
 * 26.04) has an object with `params` in the place of the list, and tuples have `components` instead of `inner`.
 */
export const INPUTS =
  "[p.config.getInputs()].flatten().collectMany { i -> i.hasProperty('params') ? i.params : [i] }" +
  ".collectMany { i -> [i] + (i.hasProperty('inner') ? i.inner : []) + (i.hasProperty('components') ? i.components : []) }" +
  ".findAll { i -> i.hasProperty('name') }";

/** What `task` has beside its attempt that differs from task to task, or from one attempt to the next. In Groovy. */
const ONE_TASK =
  "['exitStatus', 'errorCount', 'retryCount', 'submitAttempt', 'previousTrace', 'previousException', 'index', 'id', 'hash', 'name', 'tag', 'workDir']";

/**
 * A config, to be given last, that makes a preview print one line when the graph is built: the marker and JSON. It is
 * Groovy that the strict parser takes too: one expression, no variables. The JVM is halted right after, so that
 * nothing of the pipeline's own `onComplete` happens, such as a mail.
 *
 * @param cache - the directory of the run's own cache, where it would lock its session.
 */
export function previewConfig(marker: string, cache: string, profiles = ''): string {
  const session = "Class.forName('nextflow.Global').session";
  const processors = `${session}.dag.vertices.collect { v -> v.process }.findAll { p -> p != null }`;
  const batch = `${session}.config.aws?.batch`;
  const enabled = (scope: string): string => `(${session}.config.${scope}?.enabled?.toString() == 'true')`;
  // What depends on a task's input fails here, and is told from what is not set.
  const each = (value: string): string =>
    `${processors}.collect { p -> try { return ${value} } catch (Throwable e) { return [failed: e.class.simpleName] } }`;
  // What depends on `task.attempt` is another one after a failure.
  const attempts = (value: string): string =>
    `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].collect { n -> ${value} }.unique()`;
  const eachAttempt = (value: string): string =>
    each(`${attempts(value)}.with { r -> r.size() > 1 ? [failed: 'task.attempt'] : r[0] }`);
  const fails = "throw new IllegalStateException('of a task')";
  // Each look at an input fails, not only what is done with it: `1 == x` would be false for whatever stands for it.
  const context =
    `${INPUTS}.collect { i -> i.name }.with { names -> ` +
    `[:].withDefault { k -> if (names.contains(k.toString())) { ${fails} }; return t.context.get(k) } }`;
  const task = `p.createTaskPreview().with { t -> t.config.setContext(${context}); ${ONE_TASK}.each { k -> t.config.put(k, { -> ${fails} }) }; t.config.put('attempt', n); return t }`;
  const fields: [string, string][] = [
    ['names', `${processors}.collect { p -> p.name }`],
    ['executors', each('p.executor.name.toString()')],
    ['containers', eachAttempt(`${task}.config.get('container')?.toString()`)],
    [
      'images',
      eachAttempt(`p.executor.name.toString() == '${AWS_BATCH}' ? ${task}.container?.toString() : null`),
    ],
    [
      'secrets',
      eachAttempt(
        `[${task}.config.get('secret')].flatten().findAll { s -> s }.collect { s -> s.toString() }`,
      ),
    ],
    [
      'options',
      eachAttempt(
        `${task}.config.getContainerOptionsMap().options.collectEntries { k, v -> [k.toString(), v.collect { x -> x.toString() }] }`,
      ),
    ],
    ['disks', eachAttempt(`${task}.config.getDisk()?.toGiga()`)],
    ['archs', eachAttempt(`${task}.config.getArchitecture()?.dockerArch?.toString()`)],
    [
      'queues',
      // What is computed may be another one after another exit status; a text may have the attempt in it. That of a
      // later attempt, which may never be, is not said.
      each(
        `${attempts(`${task}.config.get('queue')?.toString()`)}.with { r -> ` +
          `(p.config.get('queue') instanceof Closure || r.size() > 1 ? ['${ANY_QUEUE}'] : []) + [r[0]] }`,
      ),
    ],
  ];
  return `// Written by nf-secrets for one look at the pipeline; it can go.
${profiles}report.enabled = false
timeline.enabled = false
trace.enabled = false
dag.enabled = false
tower.enabled = false
weblog.enabled = false
notification.enabled = false
workflow.onComplete = {
  // From 25.10 on this happens after an error too, when the graph is not whole: then Nextflow says what is wrong.
  if (!(${session}.workflowMetadata?.success)) return
  System.out.println('\\n${marker}' + groovy.json.JsonOutput.toJson([
    region: ${session}.config.aws?.region?.toString(),
    profile: ${session}.config.aws?.profile?.toString(),
    success: ${session}.workflowMetadata?.success,
    session: ${session}.uniqueId.toString(),
    resumed: ${session}.resumeMode,
    locked: ${lockedInGroovy(cache, session)},
${TEXT_SETTINGS.map((name) => `    ${name}: ${batch}?.${name}?.toString(),`).join('\n')}
    volumes: ${batch}?.volumes instanceof List ? ${batch}.volumes.collect { x -> x.toString() } : ${batch}?.volumes?.toString(),
    env: ${session}.config.env instanceof Map ? ${session}.config.env.keySet().collect { x -> x.toString() } : [],
    wave: ${enabled('wave')},
    fusion: ${enabled('fusion')},
    processes: (${enabled('wave')} || ${enabled('fusion')}) ? null : [
${fields.map(([name, value]) => `      ${name}: ${value},`).join('\n')}
    ]
  ]))
  System.out.flush()
  Runtime.getRuntime().halt(0)
}
`;
}

/**
 * Lines for a config that comes beside others: the strict parser of 25.04 wants every profile in use in each file. The
 * other parser would no longer find a misspelled one.
 */
export function sharedProfiles(args: readonly string[], { env }: World): string {
  if (env['NXF_SYNTAX_PARSER'] !== 'v2') return '';
  const names = (optionValue(args, '-profile') ?? '').split(',').filter((name) => /^\w+$/.test(name));
  return names.map((name) => `profiles { ${name} { } }\n`).join('');
}

/** Options of a run that leave something behind, or would end the look; each with whether it has a value. */
const LEFT_OUT: Readonly<Record<string, 'always' | 'maybe' | 'never'>> = {
  '-log': 'always',
  '-q': 'never',
  '-quiet': 'never',
  '-ansi-log': 'always',
  '-name': 'always',
  '-cache': 'always',
  '-preview': 'never',
  '-N': 'always',
  '-with-notification': 'maybe',
  '-with-report': 'maybe',
  '-with-timeline': 'maybe',
  '-with-trace': 'maybe',
  '-with-dag': 'maybe',
  '-with-weblog': 'maybe',
  '-with-tower': 'maybe',
  '-with-cloudcache': 'maybe',
  '-dump-channels': 'maybe',
  '-dump-hashes': 'maybe',
};

/** The arguments of a preview of the same run. */
export function previewArguments(
  { args, pipeline }: Pick<NextflowCommand, 'args' | 'pipeline'>,
  logFile: string,
  configFile: string,
): string[] {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    if (word === '--') {
      kept.push(...args.slice(index));
      break;
    }
    const value = LEFT_OUT[word];
    if (value === undefined) {
      kept.push(word);
      continue;
    }
    const next = args[index + 1];
    // `-resume last` has a value, `-resume main.nf` none.
    const hasValue = value === 'maybe' && next?.startsWith('-') === false && next !== pipeline;
    if (value === 'always' || hasValue) index += 1;
  }
  const run = kept.indexOf('run');
  kept.splice(run + 1, 0, '-preview', '-ansi-log', 'false');
  return ['-q', '-log', logFile, ...withLastConfig(kept, configFile)];
}

/**
 * A run's arguments with one more config that wins over all others. Beside `-C FILE`, which makes Nextflow read nothing
 * else, a `-c` is ignored; another `-C` is not.
 */
export function withLastConfig(args: readonly string[], file: string): string[] {
  const only = args.lastIndexOf('-C');
  if (only >= 0) return args.toSpliced(only + 2, 0, '-C', file);
  const dashes = args.indexOf('--');
  return args.toSpliced(dashes < 0 ? args.length : dashes, 0, '-c', file);
}

/** Nextflow did not say what a run will do. */
export class NoPreviewError extends HumanError {
  /**
   * @param printed - the last of what it printed, without any value of the store that it had. It belongs to a person who
   * has to mend the pipeline.
   */
  constructor(
    { pipeline }: Pick<NextflowCommand, 'pipeline'>,
    how: string,
    readonly printed: readonly string[],
  ) {
    super(
      ExitCode.unavailable,
      `Nextflow could not say which secrets and containers the processes of ${printable(pipeline)} need (${how}).`,
      'Mend what it says. To see it without nf-secrets: run the same with -preview added.',
    );
  }
}

/** What Nextflow printed instead of an answer, for the person. */
export function sayPrinted({ printed }: NoPreviewError, world: World): void {
  if (printed.length === 0) return;
  world.say(`Nextflow printed (${MASK} stands for values of secrets):`);
  for (const line of printed) world.say(`  ${line}`);
}

/** The directory of its files in the run's own directory. */
export const PREVIEW_DIRECTORY = 'preview';

/** What a preview is asked with. */
export interface PreviewPlace {
  /** The environment that the run will have. */
  readonly env: Readonly<Record<string, string>>;
  /** The run's own directory, where the look keeps its files. */
  readonly directory: string;
  /** All values that the pipeline's code can read there. */
  readonly values: readonly SecretValue[];
}

/**
 * What a secret has in a preview that is only looked at: the pipeline's code, which runs then, reads no value. It is as
 * good as a value for a test whether there is one.
 */
export const placeholder = (name: string): SecretValue => new SecretValue(`placeholder-of-${name}`);

/** What a preview's private store is made for. */
export interface PreviewRequest {
  /** What `runs` calls it meanwhile. */
  readonly label: string;
  readonly runId?: RunId;
  /** `--run-root`. */
  readonly runRoot?: string | undefined;
  /** What the pipeline's code can read. */
  readonly stored: readonly (readonly [name: string, value: SecretValue])[];
}

/** Gives a look a private store that is removed again. */
export type WithPreviewStore = <T>(
  request: PreviewRequest,
  look: (place: PreviewPlace) => Promise<T>,
  world: World,
) => Promise<T>;

/**
 * Asks Nextflow what the run will do. What it prints may have values in it: it is not kept, and shown only without
 * them.
 *
 * @throws NoPreviewError if Nextflow does not say.
 */
export async function previewRun(
  command: NextflowCommand,
  { env, directory, values }: PreviewPlace,
  world: World,
): Promise<Preview> {
  const noPreview = (how: string, output: string): NoPreviewError =>
    new NoPreviewError(
      command,
      how,
      // Its log is removed with the store; where it was helps nobody.
      lastLines(output, values).filter((text) => !text.includes(place)),
    );
  const place = join(directory, PREVIEW_DIRECTORY);
  const marker = `nf-secrets-${randomUUID()}:`;
  const shared = cacheDirectory(env, world);
  const config = join(place, 'preview.config');
  await mkdir(place, { mode: 0o700 });
  await writeFile(config, previewConfig(marker, shared, sharedProfiles(command.args, world)), {
    mode: 0o600,
    flag: 'wx',
  });
  const args = previewArguments(command, join(place, 'log'), config);
  // Its cache and its lock must not be those of the run, and it is no run that `-resume` should find later.
  const cache = join(place, 'cache');
  const own: Record<string, string> = { ...env, NXF_CACHE_DIR: cache };
  delete own['NXF_CLOUDCACHE_PATH'];
  await mkdir(cache, { mode: 0o700 });
  // What is resumed, if anything, is said there.
  const history = await readRegularFile(join(shared, 'history'), { limit: MAX_HISTORY }).catch(
    () => undefined,
  );
  if (history !== undefined) await writeFile(join(cache, 'history'), history, { mode: 0o600 });
  const stdout = await new Promise<string>((resolve, reject) => {
    const options = {
      cwd: world.cwd,
      env: own,
      timeout: PATIENCE,
      maxBuffer: MAX_OUTPUT,
      encoding: 'utf8',
    } as const;
    const child = execFile(command.executable, args, options, (error, out, stderr) => {
      if (out.includes(marker)) resolve(out);
      else if (error === null) reject(noPreview(NO_ANSWER, out + stderr));
      else reject(noPreview(howItEnded(error), `${out}\n${stderr}`));
    });
    // A script from stdin is read by the run itself.
    child.stdin?.end();
  });
  const line = stdout.split('\n').find((text) => text.startsWith(marker));
  try {
    return readPreview(JSON.parse(line?.slice(marker.length) ?? ''));
  } catch {
    throw noPreview('its answer makes no sense', '');
  }
}

/** Of a Nextflow that ended well. */
const NO_ANSWER =
  'it ended without an answer: the pipeline ends itself with exit, as for --help, or Nextflow is older than 23.10';

function howItEnded({ code, signal, killed }: ExecFileException): string {
  if (killed === true) return `no answer within ${PATIENCE / 60_000} minutes, or too much output`;
  if (typeof code === 'number') return `exit code ${code}`;
  return typeof signal === 'string'
    ? `ended by ${signal}`
    : `it cannot be started: ${code ?? 'unknown error'}`;
}

/** How much of an output is shown. In characters, and in lines. */
const SHOWN_OUTPUT = 64 << 10;
const SHOWN_LINES = 40;

/** The end of an output, made safe to show. A line that the cut goes through is left out: it may begin within a value. */
function lastLines(output: string, values: readonly SecretValue[]): string[] {
  const cut = output.length > SHOWN_OUTPUT;
  const end = output.slice(-SHOWN_OUTPUT);
  const whole = cut ? end.slice(end.indexOf('\n') + 1) : end;
  const lines = masked(whole, values).split('\n');
  return lines
    .map((line) => printable(line).trimEnd())
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES);
}

/** @throws Error if it is not what {@link previewConfig} prints. */
export function readPreview(answer: unknown): Preview {
  if (!isRecord(answer)) throw new Error('no object');
  // From 25.10 on `onComplete` happens after an error too, when the graph is not whole.
  if (answer['success'] !== true) throw new Error('the workflow did not succeed');
  const processes = isRecord(answer['processes']) ? answer['processes'] : undefined;
  const column = (name: string): unknown[] => {
    const values = processes?.[name];
    if (!Array.isArray(values)) throw new Error(`no ${name}`);
    return values;
  };
  // Only with Wave or Fusion nothing is said of processes; else none would be taken for "none asks for a secret".
  if (processes === undefined && answer['wave'] === false && answer['fusion'] === false)
    throw new Error('no processes');
  const names = processes === undefined ? [] : column('names');
  const session = text(answer['session']);
  if (session === null || !UUID.test(session)) throw new Error('no session');
  const volumes = answer['volumes'];
  return {
    session: {
      id: session.toLowerCase(),
      resumed: answer['resumed'] === true,
      locked: answer['locked'] === true,
    },
    settings: {
      region: text(answer['region']),
      profile: text(answer['profile']),
      jobRole: text(answer['jobRole']),
      executionRole: text(answer['executionRole']),
      logsGroup: text(answer['logsGroup']),
      cliPath: text(answer['cliPath']),
      volumes: (Array.isArray(volumes) ? volumes.map(String) : (text(volumes) ?? '').split(','))
        .map((volume) => volume.trim().replace(/(?<=.)\/+$/, ''))
        .filter((volume) => volume !== ''),
      // Nextflow takes no other spelling for it.
      fargate: answer['platformType'] === 'fargate',
    },
    wave: answer['wave'] === true,
    fusion: answer['fusion'] === true,
    env: answer['env'] === undefined ? [] : list(answer['env']),
    processes: names.map((name, index) => {
      const cell = (column_: string): unknown => {
        const cells = column(column_);
        if (cells.length !== names.length) throw new Error(`${cells.length} ${column_}`);
        return cells[index];
      };
      const known = <T>(value: unknown, read: (value: unknown) => T): T | Unknown =>
        isRecord(value) && typeof value['failed'] === 'string' ? { failed: value['failed'] } : read(value);
      return {
        name: String(name),
        executor: executorOf(cell('executors')),
        container: known(cell('containers'), textCell),
        image: known(cell('images'), textCell),
        secrets: known(cell('secrets'), texts),
        containerOptions: optionsOf(cell('options')),
        disk: known(cell('disks'), numberCell),
        arch: known(cell('archs'), architecture),
        queues: known(cell('queues'), (value) =>
          list(value).filter((queue) => queue !== 'null' && queue !== ''),
        ),
      };
    }),
  };
}

/** Nothing can be said of a run if it is not known where one of its processes runs. */
function executorOf(value: unknown): string {
  const name = text(value);
  if (name === null) throw new Error('no executor');
  return name;
}

/** The failure of an `arch` that has more than one. */
export const SEVERAL = 'several architectures';

/** Of `linux/arm64`; since 26.04 a process may have several. */
function architecture(value: unknown): string | null | Unknown {
  const names = (textCell(value)?.split(',') ?? []).map((name) => name.trim().split('/')[1] ?? name);
  return names.length > 1 ? { failed: SEVERAL } : (names[0] ?? null);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** What is neither said nor left open, but something else, is an error and no default. */
function textCell(value: unknown): string | null {
  if (value !== null && typeof value !== 'string') throw new Error('no text');
  return text(value);
}

function numberCell(value: unknown): number | null {
  if (value !== null && typeof value !== 'number') throw new Error('no number');
  return value;
}

function list(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error('no list');
  return value.map((one: unknown) => {
    if (typeof one === 'object' && one !== null) throw new Error('no text in a list');
    return String(one);
  });
}

const texts = (value: unknown): string[] => [...new Set(list(value))];

function optionsOf(value: unknown): ContainerOptions | Unknown {
  if (!isRecord(value)) throw new Error('no options');
  // An option of that name would have a list.
  if (typeof value['failed'] === 'string') return { failed: value['failed'] };
  return Object.fromEntries(Object.entries(value).map(([name, values]) => [name, list(values)]));
}
