import { printable } from '../../../core/system/printable.ts';

/** Tells what the removal of a member or of a key has done, and what is left to do. */
export function goneLines(gone: string, exposed: readonly string[]): string[] {
  const done = `Removed ${gone}. The vault has a new data key.`;
  if (exposed.length === 0) return [`${done} There is no value that they could read.`];
  return [
    done,
    `${gone} could read these values and may keep them. Change each where it is used, then set it anew:`,
    ...[...exposed].sort().map((name) => `  ${printable(name)}`),
    'Until then nf-secrets list shows them as exposed. What is in the history of git stays readable to them.',
  ];
}
