/** Runs test files in a few processes beside each other. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./test-files.mjs').TestFile} TestFile */
/** @typedef {import('./test-worker.mjs').Outcome} Outcome */

/** What gives no sign for so long hangs. The longest limit that a test sets itself is 20 minutes. */
const HANGS = 25 * 60_000;

/** A process that has nothing more to run has so long for what is done at the end: servers of tests are ended there. */
const ENDS = 2 * 60_000;

/**
 * @typedef {object} Finished a file that has run to its end, or whose process died
 * @property {TestFile} file
 * @property {string} output all that its process printed since the last file
 * @property {number} seconds
 * @property {Outcome} [outcome] undefined if it died
 * @property {Death} [death]
 *
 * @typedef {object} Death of a process that runs tests
 * @property {string} how
 * @property {TestFile | undefined} before the file that it had run before: it may have left something that ends the process
 *
 * @typedef {object} Ended a process that had nothing more to run
 * @property {string} output all that it printed since its last file
 * @property {TestFile | undefined} before the file that it had run last
 * @property {string} [how] undefined if it ended as it should
 */

/**
 * Runs each file once: in the given order, several at a time.
 *
 * @param {readonly TestFile[]} files
 * @param {object} options
 * @param {number} options.jobs so many at a time
 * @param {(file: TestFile) => Omit<import('./test-worker.mjs').Task, 'path' | 'end'>} options.task
 * @param {(finished: Finished) => void} options.onFinished
 * @param {(ended: Ended) => void} options.onEnded
 * @param {{ hangs: number, ends: number }} [options.limits] in milliseconds
 * @returns {Promise<void>}
 */
export async function runFiles(
  files,
  { jobs, task, onFinished, onEnded, limits = { hangs: HANGS, ends: ENDS } },
) {
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
    const worker = new Worker(limits);
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
    const ended = await worker.end();
    if (ended !== undefined) onEnded(ended);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, work));
}

/** A process for one file after the other; a new one where the last has died. */
class Worker {
  /** @type {{ child: Child, output: Output } | undefined} */
  #process;
  /** The file that it ran last. @type {TestFile | undefined} */
  #last;
  #limits;

  /** @param {{ hangs: number, ends: number }} limits in milliseconds */
  constructor(limits) {
    this.#limits = limits;
  }

  /**
   * @param {TestFile} file
   * @param {Omit<import('./test-worker.mjs').Task, 'path' | 'end'>} task
   * @returns {Promise<Finished>}
   */
  async run(file, task) {
    const { child, output } = (this.#process ??= start());
    const started = performance.now();
    const { outcome, death } = await conversation(child, output, {
      task: { ...task, path: file.path },
      hangs: this.#limits.hangs,
    });
    const before = this.#last;
    this.#last = file;
    if (death !== undefined) {
      this.#process = undefined;
      this.#last = undefined;
      output.close();
    }
    const seconds = (performance.now() - started) / 1000;
    return {
      file,
      output: output.take(),
      seconds,
      ...(outcome && { outcome }),
      ...(death !== undefined && { death: { how: death, before } }),
    };
  }

  /** @returns {Promise<Ended | undefined>} undefined if there is no process that could end */
  async end() {
    if (this.#process === undefined) return undefined;
    const { child, output } = this.#process;
    let blocks = false;
    const patience = setTimeout(() => {
      blocks = true;
      child.kill('SIGKILL');
    }, this.#limits.ends);
    if (!hasEnded(child)) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.connected) child.disconnect();
      await ended;
    }
    clearTimeout(patience);
    await lastWords(child);
    output.close();
    const how = blocks ? 'it did not end by itself' : child.exitCode === 0 ? undefined : ending(child);
    return { output: output.take(), before: this.#last, ...(how !== undefined && { how }) };
  }
}

/** @typedef {import('node:child_process').ChildProcess} Child */

const start = () => {
  const child = fork(fileURLToPath(new URL('test-worker.mjs', import.meta.url)), [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return { child, output: new Output(child) };
};

const hasEnded = (/** @type {Child} */ child) => child.exitCode !== null || child.signalCode !== null;

const ending = (/** @type {Child} */ child) =>
  child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;

/**
 * Waits for what a process that is gone has printed last. Programs that it has left may hold the pipes for long.
 *
 * @param {Child} child
 */
const lastWords = (child) =>
  new Promise((resolve) => {
    const enough = setTimeout(resolve, 500);
    child.once('close', () => {
      clearTimeout(enough);
      resolve(undefined);
    });
  });

/**
 * Hands a task to a process, and waits until it is done, or until the process is gone.
 *
 * @param {Child} child
 * @param {Output} output of it
 * @param {object} options
 * @param {Omit<import('./test-worker.mjs').Task, 'end'>} options.task
 * @param {number} options.hangs
 * @returns {Promise<{ outcome?: Outcome, death?: string }>}
 */
function conversation(child, output, { task, hangs: limit }) {
  return new Promise((resolve) => {
    /** @type {Outcome | undefined} */
    let outcome;
    let hangs = false;
    const patience = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, limit);
    const finish = (/** @type {string | undefined} */ death) => {
      clearTimeout(patience);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      resolve(death !== undefined ? { death } : outcome !== undefined ? { outcome } : {});
    };
    const finishIfDone = () => {
      if (outcome !== undefined && output.isComplete) finish(undefined);
    };
    const onMessage = (/** @type {{ outcome?: Outcome }} */ message) => {
      patience.refresh();
      outcome = message.outcome ?? outcome;
      finishIfDone();
    };
    const onExit = async () => {
      await lastWords(child);
      finish(hangs ? 'it gave no sign any more' : ending(child));
    };
    const onError = (/** @type {Error} */ error) => {
      child.on('error', () => undefined).kill('SIGKILL');
      finish(error.message);
    };
    child.on('message', onMessage).once('exit', onExit).once('error', onError);
    const end = output.expectEnd(finishIfDone);
    if (hasEnded(child)) void onExit();
    else child.send({ ...task, end });
  });
}

/** What a process prints on stdout and on stderr, and whether a mark came on each of them. */
class Output {
  /** @type {Buffer[]} in the order in which they came */
  #chunks = [];
  #child;
  #end = '';
  #tails = { stdout: '', stderr: '' };
  #ended = { stdout: false, stderr: false };
  #onMore = () => {};

  /** @param {Child} child */
  constructor(child) {
    this.#child = child;
    for (const name of /** @type {const} */ (['stdout', 'stderr']))
      child[name]?.on('data', (/** @type {Buffer} */ chunk) => this.#add(name, chunk));
  }

  /**
   * @param {() => void} onMore
   * @returns {string} a new mark
   */
  expectEnd(onMore) {
    this.#end = `\n${randomUUID()}\n`;
    this.#tails = { stdout: '', stderr: '' };
    this.#ended = { stdout: false, stderr: false };
    this.#onMore = onMore;
    return this.#end;
  }

  /** More may come after the marks: of a program that a test has left, for example. */
  get isComplete() {
    return this.#ended.stdout && this.#ended.stderr;
  }

  /** @returns {string} all that came since the last time */
  take() {
    const text = Buffer.concat(this.#chunks.splice(0)).toString('utf8');
    return this.#end === '' ? text : text.replaceAll(this.#end, '');
  }

  close() {
    this.#child.stdout?.removeAllListeners('data');
    this.#child.stderr?.removeAllListeners('data');
  }

  /**
   * @param {'stdout' | 'stderr'} name
   * @param {Buffer} chunk
   */
  #add(name, chunk) {
    this.#chunks.push(chunk);
    const seen = this.#tails[name] + chunk.toString('latin1');
    this.#ended[name] ||= this.#end !== '' && seen.includes(this.#end);
    this.#tails[name] = seen.slice(-this.#end.length);
    this.#onMore();
  }
}
