import { randomInt } from 'node:crypto';

/** The id of a run, twelve of `[a-z0-9]`: 62 bits. */
export type RunId = string;

export function newRunId(): RunId {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export const isRunId = (text: string): boolean => /^[a-z0-9]{12}$/.test(text);
