// A process in which scripts/test.mjs runs test files, one after the other. It is told of each by a message, prints
// what mocha prints, and answers with what became of the tests.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import Mocha from 'mocha';
import { register } from 'tsx/esm/api';
import './text-imports.mjs';

/**
 * @typedef {object} Task
 * @property {string} path of the file, relative to the current directory
 * @property {string} end is printed last, on stdout and on stderr
 * @property {string} [grep] only tests with this in their title
 * @property {string[]} without no tests with one of these in their title
 * @property {number} retries
 * @property {boolean} color
 *
 * @typedef {object} Outcome
 * @property {number} inFile how many tests the file has
 * @property {number} chosen how many of them were to be run
 * @property {number} ended how many of them were run or are skipped
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} failures what to read at the end: a title and what went wrong
 * @property {string[]} unsteady the same, of tests that passed at the second attempt
 * @property {number} processor seconds of processor time, of programs that were waited for too
 */

register();
// With the process that asked, and not without what is to be done at the end: servers of tests are ended there.
process.once('disconnect', () => process.exit());
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.on('message', (/** @type {Task} */ task) => void run(task));

/** @param {Task} task */
async function run(task) {
  const before = processorSeconds();
  /** @type {Outcome} */
  const outcome = {
    ...{ inFile: 0, chosen: 0, ended: 0, passed: 0, failed: 0, skipped: 0 },
    ...{ failures: [], unsteady: [], processor: 0 },
  };
  try {
    await runMocha(task, outcome);
  } catch (error) {
    outcome.failed += 1;
    outcome.failures.push(`${task.path} could not be loaded\n${shown(error)}`);
  }
  outcome.processor = processorSeconds() - before;
  for (const stream of [process.stdout, process.stderr]) stream.write(task.end);
  process.send?.({ outcome });
}

/**
 * @param {Task} task
 * @param {Outcome} outcome
 */
async function runMocha({ path, grep, without, retries, color }, outcome) {
  // No test asserts a duration; the limit only ends what hangs.
  const mocha = new Mocha({ timeout: 240_000, reporter: 'spec', forbidOnly: true, retries, color });
  if (grep !== undefined) mocha.grep(grep);
  else if (without.length > 0) mocha.grep(new RegExp(without.join('|'))).invert();
  mocha.addFile(resolve(path));
  await mocha.loadFilesAsync();
  outcome.inFile = mocha.suite.total();
  await new Promise((done) => {
    const runner = mocha.run(() => done(undefined));
    outcome.chosen = runner.total;
    /** @type {Map<string, Error>} */
    const firstAttempts = new Map();
    const summary = (/** @type {import('mocha').Runnable} */ test, /** @type {unknown} */ error) =>
      `${relative('', path)}: ${test.fullTitle()}\n${shown(error)}`;
    runner.on('test end', () => {
      outcome.ended += 1;
      process.send?.({ alive: true });
    });
    runner.on('retry', (test, error) => firstAttempts.set(test.fullTitle(), error));
    runner.on('pass', (test) => {
      outcome.passed += 1;
      const error = firstAttempts.get(test.fullTitle());
      if (error !== undefined) outcome.unsteady.push(summary(test, error));
    });
    runner.on('pending', () => {
      outcome.skipped += 1;
    });
    runner.on('fail', (test, error) => {
      outcome.failed += 1;
      outcome.failures.push(summary(test, error));
      const first = firstAttempts.get(test.fullTitle());
      if (first !== undefined) outcome.failures.push(`At the first attempt of it:\n${summary(test, first)}`);
    });
  });
}

/** @param {unknown} error */
function shown(error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text
    .split('\n')
    .slice(0, 40)
    .map((line) => `    ${line}`)
    .join('\n');
}

/** The processor time of this process and of the programs that it has waited for; 0 where /proc does not tell. */
function processorSeconds() {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime, stime, cutime, cstime: in hundredths of a second on every Linux.
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    return process.cpuUsage().user / 1e6;
  }
}
