import { join } from 'node:path';
import { writePrivateFile } from './durable-file.ts';
import { logDirectory } from './paths.ts';
import { printable } from './printable.ts';
import { timestamp, type World } from './world.ts';
import { readFileTail } from './open-file.ts';
import { ensureHomeDirectory } from './tool-home.ts';

/** Most bytes of notes that are kept: the newest. */
const KEPT = 128 << 10;
const MAX_LINES = 60;

/** Path of the log of problems that nobody was there to read, and of the stacks of bugs. */
export const problemLogPath = (world: World): string => join(logDirectory(world), 'problems.log');

/**
 * Notes a problem for a person to read later, or to report. It has no value of a secret in it.
 *
 * @returns true if it could be noted. Never throws: it is called where something has gone wrong already.
 */
export async function noteProblem(title: string, lines: readonly string[], world: World): Promise<boolean> {
  try {
    await ensureHomeDirectory(logDirectory(world), world);
    const before = await notedProblems(world);
    const shown = [title, ...lines.slice(0, MAX_LINES)].map((line) => printable(line).slice(0, 2_000));
    const text = `${before}${timestamp(world.now())} ${shown.join('\n  ')}\n`;
    const bytes = Buffer.from(text);
    await writePrivateFile(problemLogPath(world), bytes.subarray(Math.max(0, bytes.length - KEPT)));
    return true;
  } catch {
    return false;
  }
}

/** Reads the problems that were noted; empty if there are none, or they cannot be read. */
export async function notedProblems(world: World): Promise<string> {
  const tail = await readFileTail(problemLogPath(world), KEPT).catch(() => Buffer.alloc(0));
  return tail.toString('utf8');
}

/**
 * Describes an error that no person was meant to read: its location, without the text that its message quotes, since
 * that may be from a file or an input.
 */
export function bugLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [typeof error];
  const message = error.message.replace(/(["'`]).*\1/gs, '$1…$1').slice(0, 300);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.name}: ${message}`, ...frames.map((line) => line.trim())];
}
