import { spawn } from 'node:child_process';
// eslint-disable-next-line no-restricted-imports -- makes the log of the run
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { PRIVATE_FILE } from '../core/system/durable-file.ts';
import { ExitCode, fileError, HumanError } from '../core/system/human-error.ts';
import type { ChildRunner } from '../core/launch/child-runner.ts';
import { logDirectory } from '../core/system/paths.ts';
import {
  forgetBackgroundRun,
  logPath,
  recordEnd,
  recordStart,
  removeOldLogs,
} from '../core/runs/background.ts';
import { isRunId, type RunId } from '../core/system/run-id.ts';
import { giveCoreDumpsBack } from '../core/system/core-dumps.ts';
import { readFileTail } from '../core/system/open-file.ts';
import { ensureHomeDirectory } from '../core/system/tool-home.ts';
import type { World } from '../core/system/world.ts';
import { ownProgram } from './own-program.ts';

// `launch --background` checks in the foreground, where a person can be asked, then starts the same command again in
// a session of its own, with its output in a log, and ends when Nextflow has been started there.

/** Variable with the run's id, in the process that goes on in the background. */
const VARIABLE = 'NF_SECRETS_BACKGROUND_RUN';
/** Its end of the pipe over which it reports that Nextflow was started. */
const STARTED_FD = 3;
/** Size of the part that is shown of the log of a launch that ended at once. In bytes. */
const SHOWN_BYTES = 1 << 20;

/** The run of this very process, if it was started to run in the background. */
export function ownBackgroundRun(world: World): RunId | undefined {
  const runId = world.env[VARIABLE];
  return runId !== undefined && isRunId(runId) ? runId : undefined;
}

/**
 * Starts this command again in the background.
 *
 * @returns when Nextflow was started.
 * @throws HumanError 73, 74 if that is impossible. If the launch ended before, shows its output and throws its exit
 *   code.
 */
export async function goOnInBackground(runId: RunId, world: World): Promise<void> {
  await ensureHomeDirectory(logDirectory(world), world);
  await removeOldLogs(world);
  const path = logPath(runId, world);
  let log;
  try {
    log = openSync(path, 'wx', PRIVATE_FILE);
  } catch (error) {
    throw fileError(error, 'create the log', path);
  }
  const [program, ...script] = ownProgram();
  const child = spawn(program, [...process.execArgv, ...script, ...process.argv.slice(2)], {
    env: { ...world.env, [VARIABLE]: runId },
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  // Its Nextflow inherits the setting for core dumps from it.
  if (child.pid !== undefined) giveCoreDumpsBack(child.pid);
  const channel = child.stdio[STARTED_FD] as Socket;
  channel.on('error', () => undefined);
  const code = await new Promise<number | undefined>((resolve) => {
    channel.once('data', () => {
      resolve(undefined);
    });
    child.once('error', () => {
      resolve(ExitCode.io);
    });
    child.once('exit', (exitCode) => {
      resolve(exitCode ?? ExitCode.io);
    });
  });
  if (code === undefined) {
    channel.destroy();
    child.unref();
    return;
  }
  const output = (await readFileTail(path, SHOWN_BYTES)).toString('utf8').trimEnd();
  await forgetBackgroundRun(runId, world);
  for (const line of output === '' ? [] : output.split('\n')) world.say(line.replace(/^nf-secrets: /, ''));
  throw new HumanError(
    (code === 0 ? ExitCode.io : code) as ExitCode,
    `Run ${runId} ended with exit code ${code} before Nextflow was started.`,
  );
}

/** The run of this process, which was started for it in the background. */
export interface BackgroundRun {
  readonly runId: RunId;
  /** Its name in `runs`. */
  readonly pipeline: string;
}

/**
 * Launches in the process that {@link goOnInBackground} started, and records how that ends.
 *
 * @param launch - gets a runner that reports the start.
 */
export async function runInBackground(
  { runId, pipeline }: BackgroundRun,
  runner: ChildRunner,
  launch: (runner: ChildRunner) => Promise<number>,
  world: World,
): Promise<number> {
  const channel = new Socket({ fd: STARTED_FD });
  channel.on('error', () => undefined);
  let started = false;
  // The process that waits for the start has given up, by Ctrl-C perhaps.
  channel.once('close', () => {
    if (!started) process.kill(process.pid, 'SIGTERM');
  });
  channel.resume();
  channel.unref();
  await recordStart(runId, pipeline, world);
  let exitCode: number = ExitCode.io;
  try {
    exitCode = await launch({
      ...runner,
      run: (command, args, env, onStart) =>
        runner.run(command, args, env, (pid) => {
          onStart(pid);
          started = true;
          channel.end('started\n');
        }),
    });
    return exitCode;
  } catch (error) {
    if (error instanceof HumanError) exitCode = error.exitCode;
    throw error;
  } finally {
    await recordEnd(runId, exitCode, world);
  }
}
