import { locator } from '../references/locator.ts';
import { type Diagnostic, diagnostic } from './diagnostics.ts';
import { mayHaveWellKnownKey } from './key-signs.ts';
import { commandKeys } from './keys/command-keys.ts';
import type { KeyHit } from './keys/key-hit.ts';
import { signsIn } from './keys/key-words.ts';
import { namedKeys } from './keys/named-keys.ts';
import { shapedKeys } from './keys/shapes.ts';
import { LITERAL_REMEDY, literalSecretMessage } from './rules/literal-secret.ts';

/**
 * Finds keys and passwords in a text. The message does not repeat them.
 *
 * @returns diagnostics `literal-secret`, in order.
 */
export async function findLiteralSecrets(text: string): Promise<Diagnostic[]> {
  const [found = []] = await findLiteralSecretsInEach([text]);
  return found;
}

/** Does the same for many texts at once, which takes a fraction of the time. */
export async function findLiteralSecretsInEach(texts: readonly string[]): Promise<Diagnostic[][]> {
  const wellKnown = await wellKnownKeys(texts);
  return texts.map((text, index) => {
    const { ofShape, ofCommand } = signsIn(text);
    // The surest first: a key that two of them find is named by the first.
    const hits = [
      ...(wellKnown.get(index) ?? []),
      ...(ofShape ? shapedKeys(text) : []),
      ...(ofCommand ? commandKeys(text) : []),
      ...namedKeys(text),
    ];
    if (hits.length === 0) return [];
    const locate = locator(text);
    return apart(hits).map(({ start, end, kind }) => {
      const [line = ''] = text.slice(start, end).split(/[\r\n]/, 1);
      const span = locate(start, start + line.length);
      return diagnostic('literal-secret', span, literalSecretMessage(kind), LITERAL_REMEDY);
    });
  });
}

/** Finds keys by the rules of secretlint, which load with the first text that may have one. By the text's index. */
async function wellKnownKeys(texts: readonly string[]): Promise<ReadonlyMap<number, readonly KeyHit[]>> {
  const some = texts.flatMap((text, index) => (mayHaveWellKnownKey(text) ? [index] : []));
  if (some.length === 0) return new Map();
  const { wellKnownKeysInEach } = await import('./keys/well-known-keys.ts');
  const found = await wellKnownKeysInEach(some.map((index) => texts[index] ?? ''));
  return new Map(some.map((index, position) => [index, found[position] ?? []]));
}

/** Leaves out what overlaps with something before it. @returns the others, in order of the text. */
function apart(hits: readonly KeyHit[]): KeyHit[] {
  const sorted = hits
    .map((hit, rank) => ({ hit, rank }))
    .sort((a, b) => a.hit.start - b.hit.start || a.rank - b.rank);
  const kept: { hit: KeyHit; rank: number }[] = [];
  for (const one of sorted) {
    const last = kept.at(-1);
    if (last === undefined || last.hit.end <= one.hit.start) kept.push(one);
    else if (one.rank < last.rank) kept[kept.length - 1] = one;
  }
  return kept.map(({ hit }) => hit);
}
