// eslint-disable-next-line no-restricted-imports -- /proc alone is read
import { closeSync, readFileSync } from 'node:fs';
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { ChildRunner } from '../core/launch/child-runner.ts';
import { printable } from '../core/system/printable.ts';
import { systemErrorCode } from '../core/system/human-error.ts';
import { giveCoreDumpsBack } from '../core/system/core-dumps.ts';
import type { World } from '../core/system/world.ts';
import { startGuardian } from './start-guardian.ts';

type HeldSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT';

/**
 * Runs one program with our terminal and lets it answer the signals:
 * - Ctrl-C and Ctrl-\ reach the whole foreground process group, so the program has them already. An INT is passed on
 *   only if no terminal can have sent it.
 * - TERM and HUP are passed on, each once: after a second one Nextflow would not clean up better.
 * - Terminal size, Ctrl-Z and colours need nothing from us, because the program has the terminal itself.
 */
export function terminalRunner(world: World, programDirectory: string): ChildRunner {
  const { platform, say } = world;
  let pass: ((signal: HeldSignal) => void) | undefined;
  let early: HeldSignal | undefined;
  const passed = new Set<HeldSignal>();
  const late = new AbortController();
  const onSignal = (signal: HeldSignal): void => {
    if (pass === undefined) early ??= signal;
    else pass(signal);
  };
  return {
    startGuardian: (runId, targets) => startGuardian(runId, targets, programDirectory, world),
    holdSignals: () => {
      closeLostTerminalsAtExit();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, onSignal);
    },
    heldSignal: () => (early === undefined ? undefined : 128 + constants.signals[early]),
    lateSignal: () => late.signal,
    run: async (command, args, env, onStart) => {
      if (early !== undefined) return 128 + constants.signals[early];
      const child = startOf(command, args, env);
      if ('code' in child) return refused(command, child.code, say);
      const ended = endOf(child);
      // A Ctrl-C that came just before the start reached us alone, though its handler runs only now.
      let fresh = true;
      setImmediate(() => setImmediate(() => (fresh = false)));
      pass = (signal) => {
        if (passed.has(signal) || (!fresh && sentByTerminal(signal, platform))) return;
        passed.add(signal);
        child.kill(signal);
      };
      if (child.pid !== undefined) {
        giveCoreDumpsBack(child.pid);
        onStart(child.pid);
      }
      const end = await ended;
      pass = () => {
        late.abort();
      };
      if ('code' in end) return refused(command, end.code, say);
      if (end.signal !== null) return 128 + constants.signals[end.signal];
      if (end.status === null) throw new Error('the program ended in an unknown way');
      return end.status;
    },
  };
}

/** @returns the code of the system error if the system does not even try, as with too long arguments. */
function startOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ChildProcess | { readonly code: string } {
  try {
    return spawn(command, args, { env, stdio: 'inherit' });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return { code };
  }
}

type End =
  { readonly status: number | null; readonly signal: NodeJS.Signals | null } | { readonly code: string };

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once('exit', (status, signal) => {
      resolve({ status, signal });
    });
    child.on('error', (error) => {
      const code = systemErrorCode(error);
      // The error is about a signal that could not be sent: the program goes on.
      if (child.pid !== undefined) return;
      if (code === undefined) reject(error);
      else resolve({ code });
    });
  });
}

/** The exit codes of shells for a command that did not start. */
function refused(command: string, code: string, say: (line: string) => void): number {
  if (code === 'ENOENT') {
    say(`${printable(command)}: command not found`);
    return 127;
  }
  say(`${printable(command)}: cannot be executed (${code})`);
  return 126;
}

/**
 * Closes terminals that have hung up, when we end. Node.js puts back the modes of a terminal that is open. If it has
 * hung up, Node.js aborts with a core dump, which would have values in it.
 */
function closeLostTerminalsAtExit(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.once('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

function sentByTerminal(signal: HeldSignal, platform: NodeJS.Platform): boolean {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false;
  if (platform !== 'linux') return process.stdin.isTTY || process.stderr.isTTY;
  // proc(5): after the name in parentheses come state, ppid, pgrp, session, tty_nr and the process group that
  // is in the foreground of our terminal.
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[2] === fields[5];
}
