// Things are measured in turn, so that whatever else the machine does meets all of them alike, and compared as ratios
// of medians: seconds of one machine say nothing about another one. Each is measured twice: the time of the clock, and
// the time of the processors, which other work on the machine changes much less.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';

/** True for fewer rounds and smaller sets: enough to see what a change did. */
export const QUICK = process.env['BENCH_QUICK'] === '1';

/**
 * How often each is measured, after a first time that does not count.
 *
 * @param {number} usual
 * @param {number} [quick]
 */
export const rounds = (usual, quick = 3) => Number(process.env['BENCH_ROUNDS'] ?? (QUICK ? quick : usual));

/**
 * What something took, in milliseconds. The time of the processors is that of user and system, of the program and of
 * all that it waited for.
 *
 * @typedef {{ readonly cpu: number, readonly wall: number }} Taken
 */

/**
 * @param {Record<string, () => Taken>} contestants each does the whole of what is measured
 * @param {number} times
 * @returns {Record<string, Taken>} the medians of each
 */
export function medians(contestants, times) {
  const entries = Object.entries(contestants);
  // What is read for the first time comes from the disk.
  for (const [, measure] of entries) measure();
  /** @type {Record<string, Taken[]>} */
  const taken = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < times; round++) {
    for (const [name, measure] of entries) taken[name]?.push(measure());
  }
  return mediansOf(taken);
}

/**
 * Does the same for contestants that this process has to answer while they run.
 *
 * @param {Record<string, () => Promise<Taken>>} contestants
 * @param {number} times
 * @returns {Promise<Record<string, Taken>>}
 */
export async function mediansOfAnswered(contestants, times) {
  const entries = Object.entries(contestants);
  for (const [, measure] of entries) await measure();
  /** @type {Record<string, Taken[]>} */
  const taken = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < times; round++) {
    for (const [name, measure] of entries) taken[name]?.push(await measure());
  }
  return mediansOf(taken);
}

/** @param {Record<string, readonly Taken[]>} taken */
const mediansOf = (taken) =>
  Object.fromEntries(
    Object.entries(taken).map(([name, all]) => [
      name,
      { cpu: median(all.map(({ cpu }) => cpu)), wall: median(all.map(({ wall }) => wall)) },
    ]),
  );

/** @param {readonly number[]} numbers */
export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

/**
 * Prints each contestant as a multiple of one of them, and keeps those that the page has.
 *
 * @param {string} title
 * @param {Record<string, Taken>} taken
 * @param {string} base
 * @param {Record<string, { what: string, beside: string, aim?: string, table?: string }>} [page] by contestant
 */
export function report(title, taken, base, page = {}) {
  console.log(`\n${title}`);
  const width = Math.max(...Object.keys(taken).map((name) => name.length));
  const { cpu: baseCpu, wall: baseWall } = taken[base] ?? { cpu: NaN, wall: NaN };
  for (const [name, { cpu, wall }] of Object.entries(taken)) {
    const [CPU, clock] = [ratio(cpu / baseCpu), ratio(wall / baseWall)];
    console.log(
      `  ${name.padEnd(width)}  CPU ${CPU.padStart(5)}  wall ${clock.padStart(5)}  ` +
        `(${cpu.toFixed(0)} and ${wall.toFixed(0)} ms here)`,
    );
    const line = page[name];
    if (line === undefined) continue;
    const { table = 'Ratios', what, beside, aim = '-' } = line;
    figure(table, { what, beside, CPU, wall: clock, 'aim (CPU)': aim });
  }
}

/** @param {number} number */
export const ratio = (number) => number.toFixed(number >= 10 ? 0 : number >= 2 ? 1 : 2);

/**
 * Keeps a line of a table of docs/performance.md, which `npm run bench` prints at its end.
 *
 * @param {string} table
 * @param {Record<string, string>} cells by column
 */
export function figure(table, cells) {
  const file = process.env['BENCH_PAGE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ table, cells })}\n`);
}

/** Node.js itself cannot tell what its children took; the shell tells it in thousandths. */
const TIMED = 'TIMEFORMAT="%3U %3S %3R"; { time "$@" >/dev/null 2>&3; } 2>&4';

/**
 * Runs a program to its end, without its output.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, input?: string }} [options]
 * @returns {Taken}
 * @throws {Error} if it fails
 */
export function run(program, args, { env = process.env, ...options } = {}) {
  const { status, output, error } = spawnSync('bash', ['-c', TIMED, 'bash', program, ...args], {
    ...options,
    // With certificates of its own Node.js reads their file at each start, which makes all ratios look better.
    env: { PATH: process.env['PATH'], ...env, NODE_EXTRA_CA_CERTS: undefined },
    stdio: ['pipe', 'ignore', 'inherit', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const [stderr, times] = [output?.[3] ?? '', output?.[4] ?? ''];
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return takenOf(times);
}

/**
 * Does the same while this process goes on, and answers the program.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<Taken>}
 */
export async function runAnswered(program, args, { cwd, env = process.env }) {
  const child = spawn('bash', ['-c', TIMED, 'bash', program, ...args], {
    ...(cwd !== undefined && { cwd }),
    env: { PATH: process.env['PATH'], ...env, NODE_EXTRA_CA_CERTS: undefined },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
  });
  const texts = ['', ''];
  for (const index of [0, 1]) child.stdio[index + 3]?.on('data', (chunk) => (texts[index] += String(chunk)));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${texts[0]}`);
  return takenOf(texts[1] ?? '');
}

/** @param {string} times */
function takenOf(times) {
  const [user = NaN, system = NaN, wall = NaN] = times
    .trim()
    .split(' ')
    .map((seconds) => 1000 * Number(seconds.replace(',', '.')));
  return { cpu: user + system, wall };
}
