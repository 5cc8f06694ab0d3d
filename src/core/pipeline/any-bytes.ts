/** Number of first bytes that tell whether a text is one of UTF-16. */
const WINDOW = 512;

/** Reads bytes with NULs as a text: of UTF-16, as some editors and PowerShell write it, or with words in it. */
export function textOfAnyBytes(bytes: Buffer, latin1: string): string {
  const order = orderOf(bytes);
  // A space that ends no line.
  if (order === undefined) return latin1.replaceAll('\0', '\v');
  const even = bytes.subarray(0, bytes.length & ~1);
  return (order === 'big' ? Buffer.from(even).swap16() : even).toString('utf16le').replace(/^\ufeff/, '');
}

/** Tells the order of the bytes of a text of UTF-16, by its mark or by the zeros of ASCII; undefined for another text. */
function orderOf(bytes: Buffer): 'little' | 'big' | undefined {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (mark === 0xfffe) return 'little';
  if (mark === 0xfeff) return 'big';
  const zeros = [0, 0];
  const length = Math.min(bytes.length, WINDOW) & ~1;
  for (let index = 0; index < length; index++)
    if (bytes[index] === 0) zeros[index & 1] = (zeros[index & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = length * 0.4;
  if (odd > most && even === 0) return 'little';
  return even > most && odd === 0 ? 'big' : undefined;
}
