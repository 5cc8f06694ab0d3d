import { isKindOf, TokenKind as T, type Tokens } from '../tokens.ts';
import type { Section } from '../reading/scope.ts';

/** The labels in the bodies of processes and workflows. A variable with a type looks like one: `reads: Path`. */
export const SECTIONS: ReadonlyMap<string, Section> = new Map([
  ['input', 'input'],
  ['take', 'input'],
  ['output', 'output'],
  ['emit', 'output'],
  ['publish', 'output'],
  ['when', 'when'],
  ['script', 'script'],
  ['shell', 'script'],
  ['stub', 'script'],
  ['exec', 'other'],
  ['topic', 'output'],
  ['prompt', 'prompt'],
  ['stage', 'input'],
  ['main', 'other'],
  ['onComplete', 'other'],
  ['onError', 'other'],
]);

/** Tells whether a label starts inputs; undefined if it starts no section. */
export const isInput = (label: string): boolean | undefined => {
  const section = SECTIONS.get(label);
  return section === undefined ? undefined : section === 'input';
};

const AFTER_INPUT = isKindOf(T.newLine, T.semicolon, T.comma, T.closeParen, T.closeBrace, T.colon);

/** Tells whether an input of the process or workflow with this body is called `secrets`. */
export function hasSecretsInput(tokens: Tokens, brace: number): boolean {
  const close = tokens.partner(brace);
  if (!tokens.text.slice(tokens.start(brace), tokens.start(close)).includes('secrets')) return false;
  let isInInput = false;
  for (let index = brace + 1; index < close; index++) {
    const kind = tokens.kind(index);
    if (kind === T.word) {
      const section = tokens.kind(index + 1) === T.colon ? SECTIONS.get(tokens.source(index)) : undefined;
      if (section !== undefined) isInInput = section === 'input';
      else if (isInInput && isSecrets(tokens, index)) return true;
    } else if (!(isInInput && kind === T.openParen)) {
      index = Math.max(index, tokens.partner(index));
    }
  }
  return false;
}

/** Tells whether a word is the name of an input: `val secrets`, `path(secrets, stageAs: 'x')`, `secrets: Path`. */
const isSecrets = (tokens: Tokens, index: number): boolean =>
  tokens.is(index, 'secrets') && tokens.kind(index - 1) !== T.dot && AFTER_INPUT(tokens.kind(index + 1));
