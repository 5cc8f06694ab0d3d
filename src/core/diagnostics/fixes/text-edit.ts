/** A replacement in a text. Offsets count in UTF-16 units, the end is exclusive. */
export interface TextEdit {
  readonly offset: number;
  readonly endOffset: number;
  readonly text: string;
}

/** The text after edits that do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let from = 0;
  for (const edit of [...edits].sort((a, b) => a.offset - b.offset)) {
    result += text.slice(from, edit.offset) + edit.text;
    from = edit.endOffset;
  }
  return result + text.slice(from);
}

/** The single edit that changes one text into another, without their common start and end. */
export function difference(before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return {
    offset: start,
    endOffset: before.length - same,
    text: after.slice(start, after.length - same),
  };
}
