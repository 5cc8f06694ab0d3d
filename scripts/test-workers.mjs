/** Runs test files in a few processes beside each other. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./test-files.mjs').TestFile} TestFile */
/** @typedef {import('./test-worker.mjs').Outcome} Outcome */

/** No test takes so long: what gives no sign for this time hangs. */
const HANGS = 20 * 60_000;

/**
 * @typedef {object} Finished a file that has run to its end, or whose process died
 * @property {TestFile} file
 * @property {string} output all that it printed
 * @property {number} seconds
 * @property {Outcome} [outcome] undefined if it died
 * @property {Death} [death]
 *
 * @typedef {object} Death of a process that runs tests
 * @property {string} how
 * @property {TestFile | undefined} before the file that it had run before: it may have left something that ends the process
 */

/**
 * Runs each file once: in the given order, several at a time.
 *
 * @param {readonly TestFile[]} files
 * @param {object} options
 * @param {number} options.jobs so many at a time
 * @param {(file: TestFile) => Omit<import('./test-worker.mjs').Task, 'path' | 'end'>} options.task
 * @param {(finished: Finished) => void} options.onFinished
 * @param {(death: Death) => void} options.onLateDeath a process died after its last file
 * @returns {Promise<void>}
 */
export async function runFiles(files, { jobs, task, onFinished, onLateDeath }) {
  const waiting = [...files];
  /** @type {Set<TestFile>} */
  const running = new Set();
  /** @type {(() => void)[]} */
  const sleepers = [];

  const take = () => {
    const blocked = [...running].some(({ alone }) => alone);
    const index = waiting.findIndex(
      ({ alone, group }) =>
        !blocked &&
        (!alone || running.size === 0) &&
        (group === undefined || ![...running].some((other) => other.group === group)),
    );
    const [file] = index === -1 ? [] : waiting.splice(index, 1);
    if (file !== undefined) running.add(file);
    return file;
  };
  const work = async () => {
    const worker = new Worker();
    while (waiting.length > 0) {
      const file = take();
      if (file === undefined) {
        await new Promise((wake) => sleepers.push(() => wake(undefined)));
        continue;
      }
      const finished = await worker.run(file, task(file));
      running.delete(file);
      onFinished(finished);
      for (const wake of sleepers.splice(0)) wake();
    }
    const death = await worker.end();
    if (death !== undefined) onLateDeath(death);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, work));
}

/** A process for one file after the other; a new one where the last has died. */
class Worker {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** The file that it ran last. @type {TestFile | undefined} */
  #last;

  /**
   * @param {TestFile} file
   * @param {Omit<import('./test-worker.mjs').Task, 'path' | 'end'>} task
   * @returns {Promise<Finished>}
   */
  async run(file, task) {
    const child = (this.#child ??= start());
    const started = performance.now();
    const { output, outcome, death } = await conversation(child, { ...task, path: file.path });
    const before = this.#last;
    this.#last = file;
    if (death !== undefined) {
      this.#child = undefined;
      this.#last = undefined;
    }
    const seconds = (performance.now() - started) / 1000;
    return {
      file,
      output,
      seconds,
      ...(outcome && { outcome }),
      ...(death !== undefined && { death: { how: death, before } }),
    };
  }

  /** @returns {Promise<Death | undefined>} how it has died after the last file, if it has */
  async end() {
    const child = this.#child;
    if (child === undefined) return undefined;
    if (hasEnded(child)) return { how: ending(child), before: this.#last };
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
    return undefined;
  }
}

const start = () =>
  fork(fileURLToPath(new URL('test-worker.mjs', import.meta.url)), [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });

const hasEnded = (/** @type {import('node:child_process').ChildProcess} */ child) =>
  child.exitCode !== null || child.signalCode !== null;

const ending = (/** @type {import('node:child_process').ChildProcess} */ child) =>
  child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;

/**
 * Hands a task to a process, and collects what it prints until the end, or until the process is gone.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {Omit<import('./test-worker.mjs').Task, 'end'>} task
 * @returns {Promise<{ output: string, outcome?: Outcome, death?: string }>}
 */
function conversation(child, task) {
  return new Promise((resolve) => {
    const end = `\n${randomUUID()}\n`;
    const output = new Output(child, end, () => finishIfDone());
    /** @type {Outcome | undefined} */
    let outcome;
    let hangs = false;
    const patience = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, HANGS);
    const finish = (/** @type {string | undefined} */ death) => {
      clearTimeout(patience);
      output.close();
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      resolve({
        output: output.text,
        ...(death !== undefined ? { death } : outcome !== undefined ? { outcome } : {}),
      });
    };
    const finishIfDone = () => {
      if (outcome !== undefined && output.isComplete) finish(undefined);
    };
    const onMessage = (/** @type {{ outcome?: Outcome }} */ message) => {
      patience.refresh();
      outcome = message.outcome ?? outcome;
      finishIfDone();
    };
    const onExit = () => {
      // What it printed last may still be on its way; programs that it has left may hold the pipes for long.
      setTimeout(() => finish(hangs ? 'it gave no sign any more' : ending(child)), 500);
    };
    const onError = (/** @type {Error} */ error) => finish(error.message);
    child.on('message', onMessage).once('exit', onExit).once('error', onError);
    if (hasEnded(child)) onExit();
    else child.send({ ...task, end });
  });
}

/** What a process prints on stdout and on stderr, up to a mark on each of them. */
class Output {
  /** @type {Buffer[]} in the order in which they came */
  #chunks = [];
  #tails = { stdout: '', stderr: '' };
  #child;
  #end;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} end the mark
   * @param {() => void} onMore
   */
  constructor(child, end, onMore) {
    this.#child = child;
    this.#end = end;
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name]?.on('data', (/** @type {Buffer} */ chunk) => {
        this.#chunks.push(chunk);
        this.#tails[name] = `${this.#tails[name]}${chunk.toString('latin1')}`.slice(-end.length);
        onMore();
      });
    }
  }

  get isComplete() {
    return this.#tails.stdout === this.#end && this.#tails.stderr === this.#end;
  }

  get text() {
    return Buffer.concat(this.#chunks).toString('utf8').replaceAll(this.#end, '');
  }

  close() {
    this.#child.stdout?.removeAllListeners('data');
    this.#child.stderr?.removeAllListeners('data');
  }
}
