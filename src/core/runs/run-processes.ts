import { execFileSync } from 'node:child_process';
// eslint-disable-next-line no-restricted-imports -- /proc alone is read
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { canSeeProcesses } from '../system/process-identity.ts';
import type { RunId } from '../system/run-id.ts';

/** A process of this machine that has a run's environment. */
export interface RunProcess {
  readonly pid: number;
  /** Its argument list, joined by spaces. */
  readonly command: string;
}

/**
 * The processes of this machine that were started within a run: Nextflow, its wrappers, its local tasks. They
 * inherit `NF_SECRETS_RUN`. Another user's are not seen; a zombie is none.
 *
 * Linux: /proc/PID/environ, which shows the environment that a process was started with, see proc(5). Elsewhere:
 * `ps -E`, which does not show the environment of the system's own programs, such as /bin/sh on macOS.
 *
 * @throws UnseenProcessesError where the system does not tell.
 */
export function runProcesses(runId: RunId, platform: NodeJS.Platform): RunProcess[] {
  const variable = `NF_SECRETS_RUN=${runId}`;
  return platform === 'linux' ? fromProc(variable) : fromPs(variable);
}

/**
 * The processes of a run that are a Nextflow. It is found by its name too, because the process that was started is not
 * always the Nextflow itself: a wrapper may have died before it, a script may have put it into the background.
 */
export function runNextflows(runId: RunId, platform: NodeJS.Platform): RunProcess[] {
  return runProcesses(runId, platform).filter(isNextflowProcess);
}

/** Tells whether a process is a Nextflow, by its command line. */
export const isNextflowProcess = ({ command }: RunProcess): boolean =>
  NEXTFLOW.some((pattern) => pattern.test(command));

/** Nextflow as Java runs it, and its launcher script, which may download Nextflow for minutes before that. */
const NEXTFLOW = [
  /^\S*\bjava .*(nextflow\.cli\.Launcher|-jar \S*nextflow)/s,
  /^\S*sh (-\S+ )*(\S*\/)?nextflow( |$)/,
];

/** The system does not show which processes there are, so nothing is known of those of a run. */
export class UnseenProcessesError extends HumanError {
  constructor() {
    super(
      ExitCode.unavailable,
      phrase`/proc does not show the processes of this machine, so nobody can tell whether one of the run lives.`,
    );
  }
}

function fromProc(variable: string): RunProcess[] {
  if (!canSeeProcesses('linux')) throw new UnseenProcessesError();
  const found: RunProcess[] = [];
  // Another user's environment cannot be read, and only root sees all: who asks for each of thousands pays for each no.
  const uid = process.geteuid?.();
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    if (uid !== 0 && ownerOf(`/proc/${name}`) !== uid) continue;
    const environment = contentOf(`/proc/${name}/environ`);
    if (environment === undefined || !hasVariable(environment, variable)) continue;
    const command = contentOf(`/proc/${name}/cmdline`)?.toString('latin1').replaceAll('\0', ' ').trimEnd();
    if (command !== undefined) found.push({ pid: Number(name), command });
  }
  return found;
}

/** @returns undefined if the process has ended meanwhile, or if the system shows us nothing of it. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

function hasVariable(environment: Buffer, variable: string): boolean {
  const text = `${variable}\0`;
  return (
    environment.includes(`\0${text}`, 0, 'latin1') ||
    environment.subarray(0, text.length).toString('latin1') === text
  );
}

/** It grows if an environment needs that. */
let buffer = Buffer.allocUnsafe(64 << 10);

/**
 * Reads a file of /proc, which tells no size, without a new buffer for each.
 *
 * @returns the content, until the next call; undefined if the process has ended meanwhile or is not ours.
 */
function contentOf(path: string): Buffer | undefined {
  let file;
  try {
    file = openSync(path, 'r');
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0) return buffer.subarray(0, length);
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)]);
    }
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function fromPs(variable: string): RunProcess[] {
  // If it cannot be run, that is an error and no empty list: a run may live.
  const lines = execFileSync('/bin/ps', ['-x', '-E', '-ww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 << 20,
  });
  return lines.split('\n').flatMap((line) => {
    const [, pid, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid !== undefined && ` ${command} `.includes(` ${variable} `)
      ? [{ pid: Number(pid), command }]
      : [];
  });
}
