import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readRegularFile } from '../system/open-file.ts';

/** Largest `.gitignore` that is read, in bytes; a larger one has no rules. */
const MAX_IGNORE_BYTES = 64 << 10;

/** Tells whether a pattern is matched in bounded time: each star may be tried at every character of a path. */
const isCheap = (pattern: string): boolean => (pattern.match(/\*+/g)?.length ?? 0) <= 3;

/** Rules of one `.gitignore`, for paths below its directory. */
export interface Rules {
  readonly base: string;
  readonly rules: Ignore;
}

/** Reads the `.gitignore` of a directory below a root. */
export async function readRules(root: string, directory: string): Promise<Rules> {
  const path = join(root, directory, '.gitignore');
  // git does not follow a link there either.
  const text = await readRegularFile(path, { limit: MAX_IGNORE_BYTES, followLinks: false })
    .then(String)
    .catch(() => '');
  return {
    base: directory === '' ? '' : `${directory}/`,
    rules: ignore().add(text.split('\n').filter(isCheap)),
  };
}

/** Checks a path against the rules: those nearest to the file win. */
export function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { base, rules: own } of rules.toReversed()) {
    const { ignored, unignored } = own.test(path.slice(base.length));
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}
