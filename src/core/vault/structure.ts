import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Identity } from './identity.ts';
import type { DataKey } from './data-key.ts';

/*
 * The leaf that binds the part in clear of a vault: names, members, dates, descriptions, the types of all leaves.
 *
 * sops's MAC covers the bytes of the leaves one after the other, without their keys, types and borders. So anybody who
 * can write the file can, without its key, move text from a leaf in clear into the next one, rename and nest keys, swap
 * the leaves between two equal texts, add nulls and empty texts, or have the text `True` read as a boolean; the MAC
 * stays right. Therefore each write of ours puts one more encrypted leaf at the top, `structure`, with
 *
 *     1.NONCE.WRITTEN.STRUCTURE.MAKER        each base64url; MAKER may be empty
 *
 * - NONCE: 128 random bits, new with each write, and the key of the two that follow.
 * - STRUCTURE: HMAC-SHA256 of the whole tree in an encoding that is unambiguous: each object and list with its kind and
 *   size, each key and leaf with its type and length; of encrypted leaves the plain text. Without sops's own part.
 * - WRITTEN: HMAC-SHA256 of sops's `lastmodified` and of the leaves' bytes, without this one, as its MAC takes them.
 * - MAKER: see {@link makerTag}.
 *
 * Reasons that this holds:
 * - Nobody without the data key can make this leaf: AES-GCM under the data key, with its path as additional data.
 * - Nobody without it can drop the leaf, or carry one over from an older version: its text is under sops's MAC, and
 *   with its nonce it is a text that occurs once and that nobody else knows. (Anybody could compute a bare hash of the
 *   part in clear, and put it back as text in clear instead of the leaf.) An old version put back whole has its own
 *   leaf, which fits; its date and its data key show that it is old, see acceptance.ts.
 * - It is bound to the plain text, not to the data key: `sops rotate` and `sops updatekeys` leave it right.
 * - sops keeps it as it keeps any text. If STRUCTURE does not fit, WRITTEN tells who made the change. sops writes a new
 *   `lastmodified` with each change, and the MAC is bound to that: somebody who changed either had the data key, so a
 *   member made the change (`changed`: reported, and mended with our next write). If both are still those of our write,
 *   the tree was cut anew without the key: refused as damaged.
 *
 * The remaining gap: from a change by sops to our next write, the part in clear is bound no better than sops binds it.
 */

/** The key of the leaf, at the top of the tree. */
export const STRUCTURE_KEY = 'structure';

/** Binding of the part in clear. `unbound`: by sops alone. `changed`: by a holder of the key, after our write. */
export type Binding = 'bound' | 'changed' | 'unbound';

/** The content of the leaf. */
export interface StructureLeaf {
  readonly nonce: Buffer;
  readonly written: Buffer;
  readonly structure: Buffer;
  /** Empty if the maker of the data key is not noted. */
  readonly maker: Buffer;
}

export const NONCE_BYTES = 16;

const FORM = /^1\.([\w-]{22})\.([\w-]{43})\.([\w-]{43})\.([\w-]{22})?$/;

/** @returns undefined for a text that is not of this form. */
export function parseStructure(text: string): StructureLeaf | undefined {
  const [, nonce, written, structure, maker = ''] = FORM.exec(text) ?? [];
  if (nonce === undefined || written === undefined || structure === undefined) return undefined;
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64url');
  return {
    nonce: bytes(nonce),
    written: bytes(written),
    structure: bytes(structure),
    maker: bytes(maker),
  };
}

export function formatStructure({ nonce, written, structure, maker }: StructureLeaf): string {
  return ['1', ...[nonce, written, structure, maker].map((part) => part.toString('base64url'))].join('.');
}

/** Hashes a tree in an unambiguous encoding: any difference in the tree is a difference in the hash. */
export class StructureHash {
  readonly #hmac;

  constructor(nonce: Buffer) {
    this.#hmac = createHmac('sha256', nonce).update('nf-secrets structure\0');
  }

  /** Adds an object or a list; its entries follow. */
  open(kind: 'object' | 'list', size: number): void {
    this.#hmac.update(`${kind} ${size}\n`);
  }

  /** @param type - type of a leaf, or `key`. */
  put(type: string, bytes: Uint8Array): void {
    this.#hmac.update(`${type} ${bytes.length}\n`).update(bytes);
  }

  digest(): Buffer {
    return this.#hmac.digest();
  }
}

/** @param values - digest of the leaves' bytes. */
export function writtenTag(nonce: Buffer, lastModified: string, values: Buffer): Buffer {
  return createHmac('sha256', nonce).update(`nf-secrets written\0${lastModified}\n`).update(values).digest();
}

/**
 * Proves that the maker of a data key has this identity: on another machine of theirs, they recognize it as their own.
 * Useful only to them, and known only to those who have the data key.
 */
export function makerTag(key: DataKey, identity: Identity): Buffer {
  const secret = hkdfSync('sha256', identity.key.reveal(), '', 'nf-secrets maker of a data key', 32);
  return createHmac('sha256', Buffer.from(secret)).update(key).digest().subarray(0, 16);
}

export function sameTag(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
