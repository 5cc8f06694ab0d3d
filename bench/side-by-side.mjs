// Things are measured in turn, so that whatever else the machine does meets all of them alike, and compared as ratios
// of medians: seconds of one machine say nothing about another one.
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/**
 * @param {Record<string, () => void>} contestants each does the whole of what is measured
 * @param {number} rounds
 * @returns {Record<string, number>} the median of each, in milliseconds
 */
export function medians(contestants, rounds) {
  const entries = Object.entries(contestants);
  // What is read for the first time comes from the disk.
  for (const [, run] of entries) run();
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of entries) {
      const start = performance.now();
      run();
      times[name]?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1] ?? NaN]),
  );
}

/**
 * Prints each contestant as a multiple of one of them.
 *
 * @param {string} title
 * @param {Record<string, number>} times
 * @param {string} base
 */
export function report(title, times, base) {
  console.log(`\n${title}`);
  const width = Math.max(...Object.keys(times).map((name) => name.length));
  for (const [name, time] of Object.entries(times)) {
    const ratio = (time / (times[base] ?? NaN)).toFixed(2);
    console.log(`  ${name.padEnd(width)}  ${ratio.padStart(6)}  (${time.toFixed(0)} ms here)`);
  }
}

/**
 * Runs a program to its end, without its output.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string }} [options]
 * @throws {Error} if it fails
 */
export function run(program, args, options = {}) {
  const { status, stderr, error } = spawnSync(program, args, {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
