// eslint-disable-next-line no-restricted-imports -- /proc alone is read
import { closeSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { ChildRunner } from '../core/launch/child-runner.ts';
import { printable } from '../core/system/printable.ts';
import { giveCoreDumpsBack } from '../core/system/core-dumps.ts';
import type { Shell } from './shell.ts';
import { startGuardian } from './start-guardian.ts';

type HeldSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT';

/**
 * Runs one program with our terminal and lets it answer the signals:
 * - Ctrl-C and Ctrl-\ reach the whole foreground process group, so the program has them already. Only where no
 *   terminal can have sent it is an INT passed on.
 * - TERM and HUP are passed on, each once: after a second one Nextflow would not clean up better.
 * - Terminal size, Ctrl-Z and colours need nothing from us, because the program has the terminal itself.
 */
export function terminalRunner({ world, programDirectory }: Shell): ChildRunner {
  const { platform, say } = world;
  // Loaded while the vaults are read; it takes longer than starting the program does.
  const loading = import('execa');
  loading.catch(() => undefined);
  let pass: ((signal: HeldSignal) => void) | undefined;
  let early: HeldSignal | undefined;
  const passed = new Set<HeldSignal>();
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
    run: async (command, args, env, onStart) => {
      const { execa } = await loading;
      if (early !== undefined) return 128 + constants.signals[early];
      const child = execa(command, args, {
        env,
        extendEnv: false,
        stdio: 'inherit',
        reject: false,
        // Its end is ours to wait for, however long its own clean-up takes.
        cleanup: false,
        forceKillAfterDelay: false,
      });
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
      const result = await child;
      pass = () => undefined;
      if (result.exitCode !== undefined) return result.exitCode;
      if (result.signal !== undefined) return 128 + constants.signals[result.signal];
      if (result.code === 'ENOENT') {
        say(`${printable(command)}: command not found`);
        return 127;
      }
      if (result.code !== undefined) {
        say(`${printable(command)}: cannot be executed (${result.code})`);
        return 126;
      }
      throw new Error('the program ended in an unknown way', { cause: result.cause });
    },
  };
}

/**
 * Node.js puts the terminal's modes back when it ends, and aborts with a core dump, which would have values in it,
 * if the terminal has hung up meanwhile. What is closed is left alone.
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
