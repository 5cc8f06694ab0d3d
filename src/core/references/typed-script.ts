import { TokenKind as T, type Tokens } from './tokens.ts';

/** `nextflow.preview.types` of Nextflow 25.10, `nextflow.enable.types` since 26.04. */
const STAGES = ['preview', 'enable'];

/**
 * Tells whether the processes of a script are typed: each script sets `nextflow.enable.types = true` for itself. In
 * typed processes Nextflow computes every directive that is no constant for each task, as if it were a closure
 * (`ProcessToGroovyVisitorV2`).
 */
export function isTypedScript(tokens: Tokens): boolean {
  // Nearly no script has the word.
  if (!/\btypes\b/.test(tokens.text)) return false;
  let isTyped = false;
  for (let index = 0; index + 6 < tokens.count; index++) {
    if (tokens.kind(index) !== T.word || !tokens.is(index, 'nextflow')) continue;
    const isFlag =
      tokens.kind(index + 1) === T.dot &&
      STAGES.some((stage) => tokens.is(index + 2, stage)) &&
      tokens.kind(index + 3) === T.dot &&
      tokens.is(index + 4, 'types') &&
      tokens.kind(index + 5) === T.assign;
    if (isFlag) isTyped = tokens.is(index + 6, 'true');
  }
  return isTyped;
}
