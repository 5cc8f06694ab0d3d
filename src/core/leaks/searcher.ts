/** Bytes to search for. */
export interface Pattern {
  readonly bytes: Uint8Array;
  /** True if ends of lines may be anywhere within them. */
  readonly isWrapped: boolean;
}

/** A pattern that was found, with the offset of its first byte and that after its last. */
type OnHit = (pattern: number, start: number, end: number) => void;

/** Longest window: programs break base64 into lines of 64 characters and more, so one of two windows is whole. */
const LONGEST_WINDOW = 32;
/**
 * Most comparisons for each byte of a buffer. Only a text that was made of beginnings of a value needs more, and it must
 * not take longer than others.
 */
const MOST_WORK = 32;
const LF = 0x0a;
const CR = 0x0d;

/** The text that is searched, up to an end. */
interface Search {
  readonly text: Uint8Array;
  readonly end: number;
  readonly onHit: OnHit;
  /** Comparisons that are left. */
  work: number;
}

/** A part of a pattern, of the length that all have. */
interface Window {
  readonly bytes: Uint8Array;
  readonly pattern: number;
  /** Offset in the pattern of its first byte and of the byte after it. */
  readonly from: number;
  readonly to: number;
}

/**
 * Finds many patterns at once, in one pass, after Wu and Manber: the last two bytes of a window of the text tell how far
 * no pattern can begin. Looks at about one byte of a window.
 */
export class Searcher {
  readonly #patterns: readonly Pattern[];
  readonly #length: number;
  readonly #shifts = new Uint8Array(1 << 16);
  /** For the last two bytes of a window: its index in the list, plus one. */
  readonly #first = new Int32Array(1 << 16);
  readonly #next: number[] = [];
  readonly #windows: Window[] = [];
  /** The longest stretch of text that a pattern takes. */
  readonly span: number;

  /** @param patterns - none is shorter than 8 bytes. */
  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    this.#length = Math.min(LONGEST_WINDOW, ...patterns.map(({ bytes }) => bytes.length));
    this.span = Math.max(0, ...patterns.map(({ bytes, isWrapped }) => stretch(bytes.length, isWrapped)));
    this.#shifts.fill(this.#length - 1);
    patterns.forEach((one, index) => {
      for (const window of windowsOf(one, index, this.#length)) this.#add(window);
    });
  }

  #add(window: Window): void {
    const { bytes } = window;
    for (let at = 1; at < bytes.length; at++) {
      const pair = ((bytes[at - 1] ?? 0) << 8) | (bytes[at] ?? 0);
      this.#shifts[pair] = Math.min(this.#shifts[pair] ?? 0, bytes.length - 1 - at);
    }
    const last = ((bytes[bytes.length - 2] ?? 0) << 8) | (bytes[bytes.length - 1] ?? 0);
    this.#next.push(this.#first[last] ?? 0);
    this.#windows.push(window);
    this.#first[last] = this.#windows.length;
  }

  /**
   * Searches the bytes up to an end. Hits come in no order.
   *
   * @returns false if it gave up, see {@link MOST_WORK}.
   */
  search(text: Uint8Array, end: number, onHit: OnHit): boolean {
    if (this.#patterns.length === 0) return true;
    const search: Search = { text, end, onHit, work: MOST_WORK * (end + this.#length) };
    const first = Math.min(this.#length - 1, end);
    const part = (end - first) >> 2;
    if (part < this.#length) return this.#searchFrom(first, end, search);
    return this.#searchParts(first, part, search);
  }

  /**
   * Searches four parts of the text at once: the processor looks up one while it waits for another.
   *
   * @param first - offset of the last byte of the first window.
   */
  #searchParts(first: number, part: number, search: Search): boolean {
    const { text, end } = search;
    const shifts = this.#shifts;
    const [endA, endB, endC] = [first + part, first + 2 * part, first + 3 * part];
    let [a, b, c, d] = [first, endA, endB, endC];
    while (a < endA && b < endB && c < endC && d < end) {
      const ofA = shifts[((text[a - 1] ?? 0) << 8) | (text[a] ?? 0)] ?? 1;
      const ofB = shifts[((text[b - 1] ?? 0) << 8) | (text[b] ?? 0)] ?? 1;
      const ofC = shifts[((text[c - 1] ?? 0) << 8) | (text[c] ?? 0)] ?? 1;
      const ofD = shifts[((text[d - 1] ?? 0) << 8) | (text[d] ?? 0)] ?? 1;
      a += ofA;
      b += ofB;
      c += ofC;
      d += ofD;
      if (ofA !== 0 && ofB !== 0 && ofC !== 0 && ofD !== 0) continue;
      if (ofA === 0) a = this.#compareAll(a, search);
      if (ofB === 0) b = this.#compareAll(b, search);
      if (ofC === 0) c = this.#compareAll(c, search);
      if (ofD === 0) d = this.#compareAll(d, search);
      if (search.work < 0) return false;
    }
    return (
      this.#searchFrom(a, endA, search) &&
      this.#searchFrom(b, endB, search) &&
      this.#searchFrom(c, endC, search) &&
      this.#searchFrom(d, end, search)
    );
  }

  /** Searches the windows that end from an offset on, up to another one. */
  #searchFrom(from: number, to: number, search: Search): boolean {
    const { text } = search;
    const shifts = this.#shifts;
    for (let at = from; at < to;) {
      const shift = shifts[((text[at - 1] ?? 0) << 8) | (text[at] ?? 0)] ?? 1;
      at = shift > 0 ? at + shift : this.#compareAll(at, search);
      if (search.work < 0) return false;
    }
    return true;
  }

  /** Compares all windows that may end at an offset. @returns the next offset. */
  #compareAll(at: number, search: Search): number {
    const { text } = search;
    const pair = ((text[at - 1] ?? 0) << 8) | (text[at] ?? 0);
    for (let one = this.#first[pair] ?? 0; one > 0; one = this.#next[one - 1] ?? 0)
      search.work -= this.#compare(search, at + 1, this.#windows[one - 1]);
    return at + 1;
  }

  /** Overwrites what it looks for. */
  clear(): void {
    for (const { bytes } of this.#windows) bytes.fill(0);
    this.#windows.length = 0;
    this.#first.fill(0);
    this.#shifts.fill(1);
  }

  /** @param windowEnd - offset after the window in the text. @returns the number of comparisons. */
  #compare({ text, end, onHit }: Search, windowEnd: number, window: Window | undefined): number {
    if (window === undefined) return 0;
    const { bytes, pattern, from, to } = window;
    const windowStart = windowEnd - bytes.length;
    for (let at = 0; at < bytes.length; at++) if (text[windowStart + at] !== bytes[at]) return at + 1;
    const found = this.#patterns[pattern];
    if (found === undefined) return 0;
    const { bytes: all, isWrapped } = found;
    const before = isWrapped ? breaks : none;
    let work = bytes.length;
    let start = windowStart;
    for (let at = from - 1; at >= 0; at--, work++) {
      start = before(text, start - 1, -1);
      if (start < 0 || text[start] !== all[at]) return work;
    }
    let after = windowEnd - 1;
    for (let at = to; at < all.length; at++, work++) {
      after = before(text, after + 1, 1);
      if (after >= end || text[after] !== all[at]) return work;
    }
    onHit(pattern, start, after + 1);
    return work;
  }
}

const none = (_: Uint8Array, at: number): number => at;

/** Passes over the ends of lines. @returns the offset of the next other byte in a direction. */
function breaks(text: Uint8Array, from: number, step: 1 | -1): number {
  let at = from;
  // One end of a line, not an empty line: that is none of a wrapped text.
  for (let count = 0; count < 2 && (text[at] === LF || text[at] === CR); count++) at += step;
  return at;
}

/** Length of a pattern in a text, with the ends of lines. */
const stretch = (length: number, isWrapped: boolean): number =>
  isWrapped ? length + 2 * Math.ceil(length / 20) : length;

function windowsOf({ bytes, isWrapped }: Pattern, pattern: number, length: number): Window[] {
  const whole = (from: number): Window => ({
    bytes: bytes.subarray(from, from + length),
    ...{ pattern, from, to: from + length },
  });
  if (!isWrapped) return [whole(0)];
  if (bytes.length >= 2 * length) return [whole(0), whole(length)];
  const windows = bytes.length === length ? [whole(0)] : [whole(0), whole(bytes.length - length)];
  // A line may end in the bytes that both windows have.
  for (let to = bytes.length - length + 1; to < length; to++) {
    for (const end of [[LF], [CR, LF]]) {
      const broken = Uint8Array.from([...bytes.subarray(0, to), ...end, ...bytes.subarray(to)]);
      const taken = Math.min(bytes.length, Math.max(to, length - end.length));
      windows.push({ bytes: broken.subarray(0, length), pattern, from: 0, to: taken });
    }
  }
  return windows;
}
