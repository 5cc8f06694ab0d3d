/** What a run of the tests tells: one file after the other, and at the end all that a person has to look at. */
import { performance } from 'node:perf_hooks';

/** @typedef {import('./test-workers.mjs').Finished} Finished */
/** @typedef {import('./test-workers.mjs').Death} Death */
/** @typedef {import('./test-workers.mjs').Ended} Ended */

export class Report {
  #started = performance.now();
  #files;
  #counts = { passed: 0, failed: 0, skipped: 0, notRun: 0 };
  /** A title and what went wrong. @type {string[]} */
  #failures = [];
  /** The same, of what passed at the second attempt. @type {string[]} */
  #unsteady = [];
  /** @type {{ path: string, seconds: number, processor: number }[]} */
  #times = [];

  /** @param {number} files how many there are to run */
  constructor(files) {
    this.#files = files;
  }

  /** @param {Finished} finished */
  file({ file: { path }, output, seconds, outcome, death }) {
    this.#times.push({ path, seconds, processor: outcome?.processor ?? 0 });
    // None of its tests is wanted.
    if (outcome !== undefined && outcome.inFile > 0 && outcome.chosen === 0 && outcome.failed === 0) return;
    if (outcome !== undefined) this.#count(path, outcome);
    if (death !== undefined) this.#death(path, death);
    const state = `${this.#times.length} of ${this.#files}, ${this.#time()}: ${this.#line()}`;
    print(`${path} (${state})`, output);
  }

  /**
   * A process that had nothing more to run.
   *
   * @param {Ended} ended
   */
  ended({ output, before, how }) {
    if (output.trim() !== '') print(`The end of a process of tests, after ${before?.path}`, output);
    if (how === undefined) return;
    const words = output.trim().split('\n').slice(-40);
    this.#death('When all was done', { how: [how, ...words].join('\n    ').trimEnd(), before });
  }

  /**
   * Something beside the tests that can fail.
   *
   * @param {string} title
   * @param {{ failed: boolean, output: string }} result
   */
  check(title, { failed, output }) {
    print(title, output);
    if (failed) this.#fail(`${title}: see above`);
  }

  /**
   * Prints all that a person has to look at.
   *
   * @param {readonly { mark: string, why: string }[]} missing marks of tests that were not run
   * @returns {boolean} whether every test has passed
   */
  end(missing) {
    if (this.#times.length !== this.#files)
      this.#fail(`${this.#times.length} of ${this.#files} files were run`);
    const marks = missing.map(({ mark, why }) => `Tests marked ${mark}: ${why}`);
    if (marks.length > 0) print('Not run on this machine', marks.join('\n'));
    if (this.#unsteady.length > 0) print('Passed only at the second attempt', this.#unsteady.join('\n'));
    if (this.#failures.length > 0) print('Failed', this.#failures.join('\n'));
    const { passed, failed, skipped, notRun } = this.#counts;
    if (skipped > 0) console.log('A skipped test counts as a failure: nothing is passed over silently.');
    const longest = this.#times.sort((a, b) => b.seconds - a.seconds).slice(0, 8);
    const processor = this.#times.reduce((sum, time) => sum + time.processor, 0) / 60;
    print('Time', longest.map(({ path, seconds }) => `${path}: ${seconds.toFixed()} s`).join('\n'));
    console.log(`all: ${this.#time()} min, in which processors worked for ${processor.toFixed(1)} min`);
    console.log(`\n${this.#line()}`);
    return failed + skipped + notRun === 0 && passed > 0;
  }

  /**
   * @param {string} path
   * @param {import('./test-worker.mjs').Outcome} outcome
   */
  #count(path, { inFile, chosen, ended, passed, failed, skipped, failures, unsteady }) {
    this.#counts.passed += passed;
    this.#counts.failed += failed;
    this.#counts.skipped += skipped;
    // More than were chosen, where a test has made others.
    this.#counts.notRun += Math.max(0, chosen - ended);
    this.#failures.push(...failures);
    this.#unsteady.push(...unsteady);
    if (chosen > ended) this.#failures.push(`${path}: ${chosen - ended} of its ${chosen} tests were not run`);
    if (inFile === 0 && failed === 0) this.#fail(`${path}: it has no tests`);
  }

  /**
   * @param {string} when
   * @param {Death} death
   */
  #death(when, { how, before }) {
    const after = before === undefined ? '' : `, after ${before.path}`;
    this.#fail(`${when}: the process that ran its tests${after} ended: ${how}`);
  }

  /** @param {string} what */
  #fail(what) {
    this.#counts.failed += 1;
    this.#failures.push(what);
  }

  #line() {
    const { passed, failed, skipped, notRun } = this.#counts;
    return [
      `${passed} passed, ${failed} failed`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(notRun > 0 ? [`${notRun} not run`] : []),
    ].join(', ');
  }

  #time() {
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function print(title, text) {
  console.log(`\n=== ${title} ===`);
  const trimmed = text.replace(/^\n+|\s+$/g, '');
  if (trimmed !== '') console.log(trimmed);
}
