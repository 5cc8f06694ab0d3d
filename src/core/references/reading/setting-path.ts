import type { Reading } from './reading.ts';

export const isSelector = (name: string): boolean => /^(withName|withLabel):/.test(name);

/** The path of the setting that is read, without its profile. */
export function settingPath({ scope: { path } }: Reading): readonly string[] {
  return path[0] === 'profiles' ? path.slice(2) : path;
}

/** The selector of the processes that the setting is for. */
export function selectorOf(reading: Reading): string | null {
  const path = settingPath(reading);
  if (path[0] !== 'process') return null;
  return path.findLast(isSelector) ?? null;
}
