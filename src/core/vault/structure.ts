import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Identity } from './identity.ts';
import type { DataKey } from './data-key.ts';

/*
 * What binds the part in clear of a vault: names, members, dates, descriptions, the types of all leaves.
 *
 * sops's MAC covers the bytes of the leaves one after the other, without their keys, types and borders. So whoever can
 * write the file can, without its key, move text from a leaf in clear into the next one, rename and nest keys, swap
 * what stands between two equal texts, add nulls and empty texts, or have the text `True` read as a boolean; the MAC
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
 * Why this holds:
 * - Nobody without the data key can make this leaf: AES-GCM under the data key, with its path as additional data.
 * - Nobody without it can drop the leaf, or carry one over from an older version: its text is under sops's MAC, and with
 *   its nonce it is a text that occurs once and that nobody else knows. (A bare hash of the part in clear could be
 *   computed by all, and so be put back as text in clear in the place of the leaf.) An old version put back whole has
 *   its own leaf, which fits; that is told by its date and its data key, see acceptance.ts.
 * - It is bound to the plain text, not to the data key: `sops rotate` and `sops updatekeys` leave it right.
 * - sops keeps it as it keeps any text. Where STRUCTURE does not fit, WRITTEN says whose change it was. sops writes a
 *   new `lastmodified` with each change, and the MAC is bound to that: who has changed either had the data key, so the
 *   change is a member's (`changed`: said, and mended with our next write). If both are still those of our write, the
 *   tree was cut anew without the key: refused as damaged.
 *
 * What is left: between a change by sops and our next write the part in clear is bound no better than sops binds it.
 */

/** The key of the leaf, at the top of the tree. */
export const STRUCTURE_KEY = 'structure';

/** How the part in clear is bound. `unbound`: by sops alone. `changed`: by somebody who has the key, since our write. */
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

/** Hashes a tree in an unambiguous encoding: whatever differs in it, differs in the hash. */
export class StructureHash {
  readonly #hmac;

  constructor(nonce: Buffer) {
    this.#hmac = createHmac('sha256', nonce).update('nf-secrets structure\0');
  }

  /** An object or a list, which its entries follow. */
  open(kind: 'object' | 'list', size: number): void {
    this.#hmac.update(`${kind} ${size}\n`);
  }

  /** @param type - of a leaf, or `key`. */
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
 * Proves that whoever made a data key has this identity: on another machine of theirs, it is their own. Of use only to
 * them, and known only to those who have the data key.
 */
export function makerTag(key: DataKey, identity: Identity): Buffer {
  const secret = hkdfSync('sha256', identity.key.reveal(), '', 'nf-secrets maker of a data key', 32);
  return createHmac('sha256', Buffer.from(secret)).update(key).digest().subarray(0, 16);
}

export function sameTag(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
