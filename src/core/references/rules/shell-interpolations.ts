/** The code of `!{ … }` in a text, and its offset. Nextflow itself fills in its value. */
export interface ShellInterpolation {
  readonly code: string;
  readonly offset: number;
}

/** Finds the code of each `!{ … }` in a part of a text of the section `shell:`, up to the first unclosed one. */
export function* shellInterpolations(
  text: string,
  start: number,
  end: number,
): Generator<ShellInterpolation> {
  for (let open = text.indexOf('!{', start); open >= 0 && open < end;) {
    const offset = open + '!{'.length;
    const close = closingBrace(text, offset, end);
    if (close === undefined) return;
    yield { code: text.slice(offset, close), offset };
    open = text.indexOf('!{', close);
  }
}

/** The offset at which a brace that was opened before is closed, if it is. Nextflow, too, only counts braces. */
function closingBrace(text: string, from: number, end: number): number | undefined {
  let depth = 1;
  for (let at = from; at < end; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}
