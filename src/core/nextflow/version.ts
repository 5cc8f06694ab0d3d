import { execFile } from 'node:child_process';
import { readHead } from '../system/file-head.ts';
import { withoutOurs } from './child-environment.ts';
import { findOnPath } from '../system/find-on-path.ts';
import type { World } from '../system/world.ts';

/** A version of Nextflow by its numbers: `25.12.0-edge` is 25, 12, 0. */
export type NextflowVersion = readonly [year: number, month: number, patch: number];

/** Longest wait for `nextflow -v`, which may have to download Nextflow first. In milliseconds. */
const PATIENCE = 300_000;
/** Size of the launcher script's beginning, which has the line with its version. In bytes. */
const LAUNCHER_HEAD = 64 << 10;

/** Finds the first version in a text, or undefined. */
export function parseVersion(text: string): NextflowVersion | undefined {
  const found = /(?<![\d.])(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
}

/** Tells whether a version is of this year and month, or later. */
export function isSince(
  [year, month]: NextflowVersion,
  [sinceYear, sinceMonth]: readonly [number, number],
): boolean {
  return year > sinceYear || (year === sinceYear && month >= sinceMonth);
}

/**
 * Finds the version that a `nextflow` would run, if its text has it: the official launcher is a shell script that
 * names its version, and `NXF_VER` replaces that.
 */
export async function namedVersion(executable: string, world: World): Promise<NextflowVersion | undefined> {
  const path = executable.includes('/') ? executable : findOnPath(executable, world);
  if (path === undefined) return undefined;
  const head = await readHead(path, LAUNCHER_HEAD);
  const own = /^NXF_VER=\$\{NXF_VER:-["']?([\d.]+)/m.exec(head)?.[1];
  if (own === undefined) return undefined;
  return parseVersion(world.env['NXF_VER'] || own);
}

/** Finds the version that a `nextflow` would run: in its text, else by `nextflow -v`. Starts no pipeline. */
export async function askedVersion(executable: string, world: World): Promise<NextflowVersion | undefined> {
  const named = await namedVersion(executable, world);
  if (named !== undefined) return named;
  const output = await new Promise<string>((resolve) => {
    const options = {
      cwd: world.cwd,
      env: withoutOurs(world.env),
      timeout: PATIENCE,
      encoding: 'utf8',
    } as const;
    execFile(executable, ['-v'], options, (_error, stdout) => {
      resolve(stdout);
    }).stdin?.end();
  });
  return parseVersion(/nextflow version .*/.exec(output)?.[0] ?? '');
}
