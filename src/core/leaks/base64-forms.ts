import type { Needle } from './form.ts';

/** Shortest base64 that is looked for: 48 bits. */
const SHORTEST = 8;

/**
 * Makes the base64 of some bytes as it is within that of a longer text, for each number of bytes before them modulo 3:
 * without the characters that also depend on the bytes around them. Programs break it into lines.
 */
export function base64Needles(value: Buffer): Needle[] {
  const needles: Needle[] = [];
  for (const before of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(before), value]);
    const whole = padded.toString('base64').replace(/=+$/, '');
    padded.fill(0);
    const core = whole.slice(Math.ceil((8 * before) / 6), (before + value.length) % 3 === 0 ? undefined : -1);
    if (core.length < SHORTEST) continue;
    needles.push({ bytes: Buffer.from(core), form: { kind: 'base64' }, isWrapped: true });
    const inUrl = core.replaceAll('+', '-').replaceAll('/', '_');
    if (inUrl !== core)
      needles.push({ bytes: Buffer.from(inUrl), form: { kind: 'base64url' }, isWrapped: true });
  }
  return needles;
}
