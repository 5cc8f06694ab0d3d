import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { JsonNumber, type JsonTree } from '../system/json-tree.ts';

/** The types that sops gives its leaves; a `comment` counts neither as a value nor in the MAC. */
export type LeafType = 'str' | 'int' | 'float' | 'bool' | 'bytes' | 'comment';

export interface Leaf {
  readonly type: LeafType;
  /** The plain text as sops encrypts it: booleans as `True` and `False`, floats without an exponent. */
  readonly bytes: Buffer;
}

interface EncryptedLeaf {
  readonly data: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
  readonly type: LeafType;
}

const LEAF =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]+)\]$/;
/** Form of each type's plain text: the type itself is not authenticated, so it must fit the content. */
const FORMS: Readonly<Record<LeafType, RegExp>> = {
  str: /^/,
  int: /^-?\d+$/,
  float: /^([+-]?\d+(\.\d+)?|[+-]?Inf|NaN)$/,
  bool: /^(True|False)$/,
  bytes: /^/,
  comment: /^/,
};
const IV_BYTES = 32;
const TAG_BYTES = 16;

/** Finds the parts of `ENC[AES256_GCM,…]`, or undefined if a text is not of this form. */
function parseLeaf(text: string): EncryptedLeaf | undefined {
  const [, data, iv, tag, type] = LEAF.exec(text) ?? [];
  if (data === undefined || iv === undefined || tag === undefined) return undefined;
  if (type === undefined || !isLeafType(type)) return undefined;
  const leaf = { data: base64(data), iv: base64(iv), tag: base64(tag), type };
  // A short tag would be quick to forge; sops writes neither short tags nor short initialization vectors.
  return leaf.tag.length === TAG_BYTES && leaf.iv.length >= 12 ? leaf : undefined;
}

const isLeafType = (type: string): type is LeafType => Object.hasOwn(FORMS, type);

const base64 = (text: string): Buffer => Buffer.from(text, 'base64');

export function isEncryptedLeaf(node: JsonTree): node is string {
  return typeof node === 'string' && parseLeaf(node) !== undefined;
}

/** Path of a leaf, as sops binds it to its cipher text: its keys, each with a colon after it. */
export function additionalData(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

/**
 * Decrypts one leaf of a sops file.
 *
 * @param context - the {@link additionalData} that the leaf was encrypted with.
 * @returns undefined if the text is no leaf, or was changed or moved, or the key is another file's.
 */
export function decryptLeaf(text: string, key: Buffer, context: string): Leaf | undefined {
  const leaf = parseLeaf(text);
  if (leaf === undefined) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, leaf.iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context, 'utf8'));
    decipher.setAuthTag(leaf.tag);
    const bytes = Buffer.concat([decipher.update(leaf.data), decipher.final()]);
    return FORMS[leaf.type].test(bytes.toString('latin1')) ? { type: leaf.type, bytes } : undefined;
  } catch {
    return undefined;
  }
}

/** Encrypts a leaf as sops does: AES-256-GCM with a 32-byte initialization vector, new each time. */
export function encryptLeaf({ type, bytes }: Leaf, key: Buffer, context: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const data = Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
  const tag = cipher.getAuthTag().toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${tag},type:${type}]`;
}

/** Makes a leaf of a text. */
export function textLeaf(text: string): Leaf {
  return { type: 'str', bytes: Buffer.from(text, 'utf8') };
}

/**
 * Returns the bytes that a leaf in clear text adds to the MAC: texts as they are, booleans as `True` and `False`,
 * numbers as Go's `strconv.FormatFloat(n, 'f', -1, 64)` writes them. Undefined for null, which adds nothing.
 */
export function clearLeafBytes(node: string | boolean | JsonNumber | null): Buffer | undefined {
  if (node === null) return undefined;
  if (typeof node === 'boolean') return Buffer.from(node ? 'True' : 'False');
  return Buffer.from(node instanceof JsonNumber ? withoutExponent(Number(node.text)) : node, 'utf8');
}

/** Writes the shortest digits that give back the same double, without an exponent: 1e21 is a 1 and 21 zeros. */
export function withoutExponent(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

/**
 * Returns the text of a leaf as a person wrote it into a sops editor: `true` rather than `True`.
 *
 * @returns undefined if it is no text: a comment, or bytes that are not UTF-8.
 */
export function leafText({ type, bytes }: Leaf): string | undefined {
  if (type === 'comment') return undefined;
  if (type === 'bool') return bytes.toString('latin1').toLowerCase();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
