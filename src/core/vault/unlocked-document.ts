import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Identity } from './identity.ts';
import { printable } from '../system/printable.ts';
import { CLEAR_SUFFIX } from '../secrets/secret-name.ts';
import { type DataKey, dataKeyId, newDataKey, wrapForAll, unwrapDataKey } from './data-key.ts';
import { formatJson, type JsonNumber, type JsonTree, type JsonObject, object } from '../system/json-tree.ts';
import { explainOrder } from './not-as-written.ts';
import {
  additionalData,
  clearLeafBytes,
  decryptLeaf,
  encryptLeaf,
  type Leaf,
  type LeafType,
  textLeaf,
} from './sops-leaf.ts';
import {
  type Binding,
  formatStructure,
  makerTag,
  NONCE_BYTES,
  parseStructure,
  sameTag,
  STRUCTURE_KEY,
  StructureHash,
  type StructureLeaf,
  writtenTag,
} from './structure.ts';
import { damaged } from './vault-error.ts';
import { SopsDocument } from './sops-document.ts';
import { phrase } from '../system/phrase.ts';

/** The version of sops that has this file format. */
const SOPS_VERSION = '3.9.4';

/** Wraps a new data key for the holders that are not of age. @returns sops's lists of them, by kind. */
export type WrapOthers = (key: DataKey) => Promise<ReadonlyMap<string, JsonTree[]>>;

/** A sops file whose data key is at hand. */
export class UnlockedDocument {
  readonly document: SopsDocument;
  #key: DataKey;
  /** The {@link makerTag}; empty if nobody has noted it. */
  #maker: Buffer;
  #binding: Binding = 'unbound';

  /** @param maker - identity that has just made the key. */
  constructor(document: SopsDocument, key: DataKey, maker?: Identity) {
    this.document = document;
    this.#key = key;
    this.#maker = maker === undefined ? Buffer.alloc(0) : makerTag(key, maker);
  }

  /**
   * Makes a new document with a new data key.
   *
   * @param maker - identity that makes the key.
   */
  static async create(
    tree: JsonObject,
    recipients: readonly string[],
    path: string,
    maker?: Identity,
  ): Promise<UnlockedDocument> {
    const key = newDataKey();
    const metadata = object({
      age: await wrapForAll(key, recipients),
      lastmodified: '',
      mac: '',
      unencrypted_suffix: CLEAR_SUFFIX,
      version: SOPS_VERSION,
    });
    return new UnlockedDocument(new SopsDocument(tree, metadata, path), key, maker);
  }

  /**
   * Decrypts the data key and checks the MAC.
   *
   * @returns undefined if none of the identities is a recipient.
   * @throws HumanError 65 if anything was changed without the key.
   */
  static async unlock(
    document: SopsDocument,
    identities: readonly Identity[],
  ): Promise<UnlockedDocument | undefined> {
    const key = await unwrapDataKey(document.wrappedKeys(), identities);
    if (key === 'not-a-recipient') return undefined;
    if (key === 'damaged') throw damaged(document.path, phrase`the key for you in it does not open`);
    return UnlockedDocument.unlockWith(document, key);
  }

  /**
   * Opens a file with a data key that was decrypted elsewhere, and checks the MAC.
   *
   * @throws HumanError 65 if it is another one, or anything was changed without the key.
   */
  static unlockWith(document: SopsDocument, key: DataKey): UnlockedDocument {
    const unlocked = new UnlockedDocument(document, key);
    unlocked.verify();
    return unlocked;
  }

  /**
   * Opens another version of the file that has the same data key, also one that this person is no recipient of.
   *
   * @returns undefined if it has another data key.
   * @throws HumanError 65 if anything in it was changed without the key.
   */
  openWithSameKey(document: SopsDocument): UnlockedDocument | undefined {
    const { mac, lastmodified } = Object.fromEntries(document.metadata);
    if (typeof mac !== 'string' || typeof lastmodified !== 'string') return undefined;
    if (decryptLeaf(mac, this.#key, lastmodified) === undefined) return undefined;
    const unlocked = new UnlockedDocument(document, this.#key);
    unlocked.verify();
    return unlocked;
  }

  /** Binding of the part in clear, as {@link verify} has found it. */
  get binding(): Binding {
    return this.#binding;
  }

  /** Tells whether the data key was made with one of these identities. */
  isMadeBy(identities: readonly Identity[]): boolean {
    return identities.some((identity) => sameTag(this.#maker, makerTag(this.#key, identity)));
  }

  /** Decrypts a leaf that is known to be encrypted, and that {@link verify} has checked before. */
  decrypt(text: string, path: readonly string[]): Leaf {
    const leaf = decryptLeaf(text, this.#key, additionalData(path));
    if (leaf === undefined) {
      throw damaged(
        this.document.path,
        phrase`${printable(path.join('.'))} was changed or moved without the key`,
      );
    }
    return leaf;
  }

  encrypt(leaf: Leaf, path: readonly string[]): string {
    return encryptLeaf(leaf, this.#key, additionalData(path));
  }

  /**
   * Gives the data key to exactly these age recipients, in this order. Who has it keeps the form that it is wrapped in.
   * Who goes still knows it, so {@link renewKey} has to follow then.
   */
  async setRecipients(recipients: readonly string[]): Promise<void> {
    const { metadata } = this.document;
    const age = metadata.get('age') ?? [];
    const known = new Map(
      (Array.isArray(age) ? age : []).flatMap((entry) =>
        entry instanceof Map ? [[entry.get('recipient') ?? null, entry] as const] : [],
      ),
    );
    const entries: JsonTree[] = [];
    for (const recipient of recipients)
      entries.push(known.get(recipient) ?? (await wrapForAll(this.#key, [recipient]))[0] ?? null);
    metadata.set('age', entries);
  }

  /** Gives the data key to one more holder that is not of age. */
  async addHolder(kind: string, wrap: (key: DataKey) => Promise<JsonTree>): Promise<void> {
    const { metadata } = this.document;
    const entries = metadata.get(kind) ?? [];
    metadata.set(kind, [...(Array.isArray(entries) ? entries : []), await wrap(this.#key)]);
  }

  /** Fingerprint of the data key. */
  get keyId(): string {
    return dataKeyId(this.#key);
  }

  /**
   * Encrypts everything anew under a fresh data key, for the same recipients: a person who only knew the old one and is
   * no recipient reads nothing that is written from now on.
   *
   * Only for a document that {@link SopsDocument.canRenewKey}.
   *
   * @param maker - identity that makes the new key.
   * @param wrapOthers - gives the new key to the holders that are not of age: sops's lists of them. If it throws, nothing
   *   is changed.
   */
  async renewKey(maker: Identity | undefined, wrapOthers?: WrapOthers): Promise<void> {
    const { metadata, recipients, tree } = this.document;
    const key = newDataKey();
    const age = await wrapForAll(key, recipients);
    const others = (await wrapOthers?.(key)) ?? new Map<string, JsonTree[]>();
    if (others.size === 0 && this.document.otherHolders.length > 0)
      throw new Error('a data key was renewed that not all holders get');
    const renew = (node: JsonTree, path: readonly string[]): JsonTree => {
      if (node instanceof Map) {
        for (const [name, value] of node) node.set(name, renew(value, [...path, name]));
        return node;
      }
      if (Array.isArray(node)) return node.map((value) => renew(value, path));
      if (typeof node !== 'string' || node === '' || isClearPath(path)) return node;
      return encryptLeaf(this.decrypt(node, path), key, additionalData(path));
    };
    for (const [name, value] of tree) tree.set(name, renew(value, [name]));
    metadata.set('age', age);
    for (const [kind, entries] of others) metadata.set(kind, entries);
    this.#key = key;
    this.#maker = maker === undefined ? Buffer.alloc(0) : makerTag(key, maker);
  }

  /**
   * Checks sops's MAC, and the leaf that binds the part in clear: see structure.ts.
   *
   * @throws HumanError 65 if anything was changed without the key.
   */
  verify(): void {
    const { metadata, path } = this.document;
    const mac = metadata.get('mac');
    const lastModified = metadata.get('lastmodified');
    if (typeof mac !== 'string' || typeof lastModified !== 'string')
      throw damaged(path, phrase`it has no MAC`);
    if (!RFC_3339.test(lastModified)) throw damaged(path, phrase`its lastmodified is not a date`);
    const stored = decryptLeaf(mac, this.#key, lastModified);
    if (stored === undefined) throw damaged(path, phrase`its MAC was changed without the key`);
    const leaf = this.#structureLeaf();
    const now = this.#digests(leaf?.nonce ?? Buffer.alloc(NONCE_BYTES));
    const actual = Buffer.from(now.mac);
    if (stored.bytes.length !== actual.length || !timingSafeEqual(stored.bytes, actual)) {
      throw damaged(
        path,
        phrase`its MAC does not fit its content, so it was changed without the key`,
        explainOrder(this.document.tree, path),
      );
    }
    this.#binding = leaf === undefined ? this.#binding : 'bound';
    if (leaf === undefined) return;
    this.#maker = leaf.maker;
    if (sameTag(leaf.structure, now.structure)) return;
    if (sameTag(leaf.written, writtenTag(leaf.nonce, lastModified, now.values))) {
      throw damaged(
        path,
        phrase`its names, descriptions, members or types of values were changed or moved without the
          key`,
        explainOrder(this.document.tree, path),
      );
    }
    this.#binding = 'changed';
  }

  /** Reads the leaf about the structure; undefined if there is none. Sets `changed` for a leaf that is not ours. */
  #structureLeaf(): StructureLeaf | undefined {
    const { tree, path } = this.document;
    const node = tree.get(STRUCTURE_KEY) ?? null;
    const isEmpty = node === null || node === '' || (node instanceof Map && node.size === 0);
    if (isEmpty || (Array.isArray(node) && node.length === 0)) return undefined;
    if (typeof node !== 'string') throw damaged(path, phrase`its "${STRUCTURE_KEY}" was changed or moved`);
    const { type, bytes } = this.decrypt(node, [STRUCTURE_KEY]);
    if (type !== 'str')
      throw damaged(path, phrase`the type of its "${STRUCTURE_KEY}" was changed without the key`);
    const leaf = parseStructure(bytes.toString('utf8'));
    if (leaf === undefined) this.#binding = 'changed';
    return leaf;
  }

  /**
   * Writes the whole file with a new MAC, and with the leaf that binds its part in clear.
   *
   * @param now - ISO 8601 in UTC, to the second: the time that sops binds the MAC to.
   */
  serialize(now: string): Buffer {
    const { metadata, tree } = this.document;
    const nonce = randomBytes(NONCE_BYTES);
    // The hash covers the position of this leaf; it cannot cover its content.
    tree.set(STRUCTURE_KEY, '');
    const { structure, values } = this.#digests(nonce);
    const leaf = { nonce, written: writtenTag(nonce, now, values), structure, maker: this.#maker };
    tree.set(STRUCTURE_KEY, this.encrypt(textLeaf(formatStructure(leaf)), [STRUCTURE_KEY]));
    metadata.set('lastmodified', now);
    metadata.set('mac', encryptLeaf(textLeaf(this.#digests(nonce).mac), this.#key, now));
    this.#binding = 'bound';
    return Buffer.from(formatJson(new Map([...tree, ['sops', metadata]])), 'utf8');
  }

  #digests(nonce: Buffer): Digests {
    const mac = createHash('sha512');
    const values = createHash('sha512');
    const structure = new StructureHash(nonce);
    const walk = (node: JsonTree, path: readonly string[]): void => {
      if (node instanceof Map) {
        structure.open('object', node.size);
        for (const [key, value] of node) {
          structure.put('key', Buffer.from(key, 'utf8'));
          walk(value, [...path, key]);
        }
      } else if (Array.isArray(node)) {
        structure.open('list', node.length);
        for (const value of node) walk(value, path);
      } else {
        const { type, bytes } = this.plainLeaf(node, path);
        const isOwn = path.length === 1 && path[0] === STRUCTURE_KEY;
        structure.put(isOwn ? STRUCTURE_KEY : type, isOwn ? Buffer.alloc(0) : bytes);
        if (type === 'comment') return;
        mac.update(bytes);
        if (!isOwn) values.update(bytes);
      }
    };
    walk(this.document.tree, []);
    return {
      mac: mac.digest('hex').toUpperCase(),
      values: values.digest(),
      structure: structure.digest(),
    };
  }

  /** Returns a leaf's plain bytes and its type, which has a mark if the leaf is in clear. */
  plainLeaf(
    node: string | boolean | JsonNumber | null,
    path: readonly string[],
  ): { readonly type: LeafType | `clear ${string}`; readonly bytes: Buffer } {
    if (isClearPath(path) || node === null || node === '') {
      const type = node === null ? 'null' : typeof node;
      return { type: `clear ${type}`, bytes: clearLeafBytes(node) ?? Buffer.alloc(0) };
    }
    if (typeof node !== 'string') {
      throw damaged(this.document.path, phrase`${printable(path.join('.'))} is not encrypted`);
    }
    return this.decrypt(node, path);
  }
}

interface Digests {
  /** Upper-case hexadecimal SHA-512 of all leaves' plain bytes, in the order of the file: as sops has it. */
  readonly mac: string;
  /** Hash of the same bytes without our own leaf about the structure. */
  readonly values: Buffer;
  readonly structure: Buffer;
}

/** The form of times in sops's metadata. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Tells whether sops leaves the content below this path in clear text under the rule `unencrypted_suffix`. */
export function isClearPath(path: readonly string[]): boolean {
  return path.some((key) => key.endsWith(CLEAR_SUFFIX));
}
