/** The code of `!{ … }` in a text that Nextflow fills in itself, and its offset. */
export interface ShellInterpolation {
  readonly code: string;
  readonly offset: number;
}

/** Finds the code in a part of a text of the section `shell:`, up to the first that is not closed. */
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

/** The end of a brace that was opened before an offset, if it is closed. Nextflow, too, only counts them. */
function closingBrace(text: string, from: number, end: number): number | undefined {
  let depth = 1;
  for (let at = from; at < end; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}
