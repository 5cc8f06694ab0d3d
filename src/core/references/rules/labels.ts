import type { Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';

/** Notes `label 'big'`, by which configs select processes. */
export function noteLabel({ cursor, tokens, scope }: Reading): void {
  const { definition, section, isBody } = scope;
  if (definition === undefined || section !== 'directives') return;
  const next = cursor.at + 1;
  const argument = cursor.kind(next) === T.openParen ? next + 1 : next;
  const isText = cursor.kind(argument) === T.string && cursor.isLastOfStatement(next);
  const isWhole = argument === next || tokens.partner(next) === argument + 1;
  if (isBody && isText && isWhole) definition.labels.push(tokens.constant(argument));
  else definition.hasOtherLabels = true;
}
