import { TokenKind as T, type Tokens } from '../tokens.ts';

/**
 * The words in each line of the inputs of a process or workflow, the name of the input among them.
 *
 * @param isInput - tells whether a label starts inputs; undefined if it starts no section.
 */
export function inputNames(
  tokens: Tokens,
  brace: number,
  isInput: (label: string) => boolean | undefined,
): string[][] {
  const inputs: string[][] = [];
  const close = tokens.partner(brace);
  let line: string[] | undefined;
  for (let index = brace + 1; index < close; index++) {
    const kind = tokens.kind(index);
    if (kind === T.word) {
      const starts = tokens.kind(index + 1) === T.colon ? isInput(tokens.source(index)) : undefined;
      if (starts === undefined) line?.push(tokens.source(index));
      else line = starts ? [] : undefined;
    } else if (kind === T.newLine || kind === T.semicolon) {
      if (line !== undefined && line.length > 0) inputs.push(line);
      if (line !== undefined) line = [];
    } else if (kind !== T.openParen) {
      index = Math.max(index, tokens.partner(index));
    }
  }
  return inputs;
}
