import type { TextRange } from '../reading/findings.ts';
import { Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';
import { tokenize } from '../tokenize.ts';
import { shellInterpolations } from './shell-interpolations.ts';

/** Reads the code of `!{ … }` in the text of the section `shell:` that is read next. The text itself is read later. */
export function noteShellText(reading: Reading): void {
  const { cursor, tokens } = reading;
  const last = cursor.kind() === T.openText ? tokens.partner(cursor.at) : cursor.at;
  readShellCode(reading, tokens.start(cursor.at), tokens.end(last));
}

/** Reads the code of each `!{ … }` between two offsets. */
export function readShellCode(reading: Reading, start: number, end: number): void {
  for (const { code, offset } of shellInterpolations(reading.tokens.text, start, end))
    if (!reading.variables.areNone || code.includes('secrets')) readInner(reading, code, offset);
}

function readInner(reading: Reading, code: string, offset: number): void {
  const inner = new Reading(tokenize(code), reading.grammar);
  inner.scope = { ...reading.scope, isBody: false, names: undefined, callEnd: undefined };
  inner.guards = reading.guards;
  inner.variables = reading.variables.forInnerCode();
  const { references, dynamic, diagnostics } = inner.readAll();
  const moved = <Found extends TextRange>(found: Found): Found => ({
    ...found,
    offset: found.offset + offset,
    endOffset: found.endOffset + offset,
  });
  for (const one of references) reading.found.references.push(moved(one));
  for (const one of dynamic) reading.found.dynamic.push(moved(one));
  for (const one of diagnostics) reading.found.diagnostics.push(moved(one));
}
