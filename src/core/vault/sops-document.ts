import { createHash, timingSafeEqual } from 'node:crypto';
import { ExitCode, HumanError } from '../human-error.ts';
import type { Identity } from '../identity.ts';
import { printable } from '../printable.ts';
import { CLEAR_SUFFIX } from '../secret-name.ts';
import {
  canEncryptTo,
  type DataKey,
  dataKeyId,
  newDataKey,
  unwrapDataKey,
  wrapDataKey,
  type WrappedKey,
} from './data-key.ts';
import { formatJson, JsonError, type JsonObject, JsonNumber, type JsonTree, parseJson } from './json-tree.ts';
import { explainOrder, explainText } from './not-as-written.ts';
import {
  additionalData,
  clearLeafBytes,
  decryptLeaf,
  encryptLeaf,
  type Leaf,
  textLeaf,
} from './sops-leaf.ts';

/** The version of sops whose file format this is. */
const SOPS_VERSION = '3.9.4';

/**
 * A SOPS JSON file with age recipients: a tree whose leaves are encrypted, except those whose path has a key
 * that ends in `_unencrypted`, and a MAC over all of them. Format: getsops/sops 3.9.4, files `sops.go`,
 * `aes/cipher.go` and `stores/stores.go`.
 */
export class SopsDocument {
  readonly tree: JsonObject;
  readonly #metadata: JsonObject;
  /** The file, as it was opened. */
  readonly path: string;

  private constructor(tree: JsonObject, metadata: JsonObject, path: string) {
    this.tree = tree;
    this.#metadata = metadata;
    this.path = path;
  }

  /**
   * Reads a file without decrypting anything.
   *
   * @throws HumanError 65 if it is not a sops file, or follows another encryption rule than ours.
   */
  static parse(bytes: Uint8Array, path: string): SopsDocument {
    const root = parse(bytes, path);
    const metadata = root instanceof Map ? root.get('sops') : undefined;
    if (!(root instanceof Map) || !(metadata instanceof Map)) {
      throw damaged(path, 'it has no "sops" part, so it is not a file of sops');
    }
    checkRule(metadata, path);
    root.delete('sops');
    return new SopsDocument(root, metadata, path);
  }

  /** A new document with a new data key. */
  static async create(
    tree: JsonObject,
    recipients: readonly string[],
    path: string,
  ): Promise<UnlockedDocument> {
    const key = newDataKey();
    const age: JsonTree[] = [];
    for (const recipient of recipients) {
      age.push(object({ recipient, enc: await wrapDataKey(key, recipient) }));
    }
    const metadata = object({
      age,
      lastmodified: '',
      mac: '',
      unencrypted_suffix: CLEAR_SUFFIX,
      version: SOPS_VERSION,
    });
    return new UnlockedDocument(new SopsDocument(tree, metadata, path), key);
  }

  /** Who can open this file, as it says itself: sops does not authenticate this list. */
  get recipients(): readonly string[] {
    return this.#wrappedKeys().map(({ recipient }) => recipient);
  }

  /**
   * Decrypts the data key and checks the MAC.
   *
   * @returns undefined if none of the identities is a recipient.
   * @throws HumanError 65 if anything was changed without the key.
   */
  async unlock(identities: readonly Identity[]): Promise<UnlockedDocument | undefined> {
    const key = await unwrapDataKey(this.#wrappedKeys(), identities);
    if (key === 'not-a-recipient') return undefined;
    if (key === 'damaged') throw damaged(this.path, 'the key for you in it does not open');
    const unlocked = new UnlockedDocument(this, key);
    unlocked.verify();
    return unlocked;
  }

  #wrappedKeys(): WrappedKey[] {
    const age = this.#metadata.get('age') ?? null;
    if (age === null) return [];
    if (!Array.isArray(age)) throw damaged(this.path, 'its list of age recipients is not a list');
    return age.map((entry) => {
      const recipient = entry instanceof Map ? entry.get('recipient') : undefined;
      const enc = entry instanceof Map ? entry.get('enc') : undefined;
      if (typeof recipient !== 'string' || typeof enc !== 'string') {
        throw damaged(this.path, 'an age recipient in it has no key');
      }
      return { recipient, enc };
    });
  }

  /** Whether everybody who holds the data key can be given a new one: not for KMS, PGP, SSH and plugins. */
  get canRenewKey(): boolean {
    return this.otherHolders.length === 0 && this.recipients.every(canEncryptTo);
  }

  /** Who holds the data key besides age recipients: each as the kind of key and its name, such as `PGP 85D7…`. */
  get otherHolders(): readonly string[] {
    return [...OTHER_KEYS].flatMap(([kind, called]) => {
      const holders = this.#metadata.get(kind) ?? null;
      if (holders === null) return [];
      if (!Array.isArray(holders)) throw damaged(this.path, `its "${kind}" is not a list`);
      return holders.map((holder) => `${called} ${holder instanceof Map ? nameOfHolder(holder) : ''}`);
    });
  }

  /** When the file was last written, as it says itself under its MAC: ISO 8601. */
  get lastModified(): string {
    const date = this.#metadata.get('lastmodified');
    return typeof date === 'string' ? date : '';
  }

  /** The file's path, fit to be shown. */
  get shown(): string {
    return printable(this.path);
  }

  /** sops's own part of the file. */
  get metadata(): JsonObject {
    return this.#metadata;
  }
}

/** A sops file whose data key is at hand. */
export class UnlockedDocument {
  readonly document: SopsDocument;
  #key: DataKey;

  constructor(document: SopsDocument, key: DataKey) {
    this.document = document;
    this.#key = key;
  }

  /** The plain text of a leaf that is known to be encrypted, checked by {@link verify} before. */
  decrypt(text: string, path: readonly string[]): Leaf {
    const leaf = decryptLeaf(text, this.#key, additionalData(path));
    if (leaf === undefined) {
      throw damaged(this.document.path, `${printable(path.join('.'))} was changed or moved without the key`);
    }
    return leaf;
  }

  encrypt(leaf: Leaf, path: readonly string[]): string {
    return encryptLeaf(leaf, this.#key, additionalData(path));
  }

  /** What the data key is known by. */
  get keyId(): string {
    return dataKeyId(this.#key);
  }

  /**
   * Encrypts everything anew under a fresh data key, for the same recipients: who only knew the old one, without
   * being a recipient, reads nothing that is written from now on.
   *
   * Only for a document that {@link SopsDocument.canRenewKey}.
   */
  async renewKey(): Promise<void> {
    const { metadata, recipients, tree } = this.document;
    const key = newDataKey();
    const age = await wrapForAll(key, recipients);
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
    this.#key = key;
  }

  /** @throws HumanError 65 if the MAC is missing or another than that of the leaves. */
  verify(): void {
    const { metadata, path } = this.document;
    const mac = metadata.get('mac');
    const lastModified = metadata.get('lastmodified');
    if (typeof mac !== 'string' || typeof lastModified !== 'string') throw damaged(path, 'it has no MAC');
    if (!RFC_3339.test(lastModified)) throw damaged(path, 'its lastmodified is not a date');
    const stored = decryptLeaf(mac, this.#key, lastModified);
    if (stored === undefined) throw damaged(path, 'its MAC was changed without the key');
    const actual = Buffer.from(this.#mac());
    if (stored.bytes.length !== actual.length || !timingSafeEqual(stored.bytes, actual)) {
      const { what, remedy } = explainOrder(this.document.tree, path);
      throw damaged(
        path,
        `its MAC does not fit its content, so it was changed without the key.${what}`,
        remedy,
      );
    }
  }

  /**
   * The whole file with a new MAC.
   *
   * @param now - ISO 8601 in UTC, to the second: the time that sops binds the MAC to.
   */
  serialize(now: string): Buffer {
    const { metadata, tree } = this.document;
    metadata.set('lastmodified', now);
    metadata.set('mac', encryptLeaf(textLeaf(this.#mac()), this.#key, now));
    return Buffer.from(formatJson(new Map([...tree, ['sops', metadata]])), 'utf8');
  }

  /** The upper-case hexadecimal SHA-512 of all leaves' plain bytes, in the order of the file. */
  #mac(): string {
    const hash = createHash('sha512');
    const walk = (node: JsonTree, path: readonly string[]): void => {
      if (node instanceof Map) {
        for (const [key, value] of node) walk(value, [...path, key]);
      } else if (Array.isArray(node)) {
        for (const value of node) walk(value, path);
      } else {
        const bytes = this.#leafBytes(node, path);
        if (bytes !== undefined) hash.update(bytes);
      }
    };
    walk(this.document.tree, []);
    return hash.digest('hex').toUpperCase();
  }

  #leafBytes(node: string | boolean | JsonNumber | null, path: readonly string[]): Buffer | undefined {
    if (isClearPath(path) || node === null || node === '') return clearLeafBytes(node);
    if (typeof node !== 'string') {
      throw damaged(this.document.path, `${printable(path.join('.'))} is not encrypted`);
    }
    const leaf = this.decrypt(node, path);
    return leaf.type === 'comment' ? undefined : leaf.bytes;
  }
}

/** The form of times in sops's metadata. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** The parts of sops's metadata that hold the data key for others than age recipients, as people call them. */
const OTHER_KEYS: ReadonlyMap<string, string> = new Map([
  ['kms', 'KMS'],
  ['gcp_kms', 'GCP KMS'],
  ['azure_kv', 'Azure Key Vault'],
  ['hc_vault', 'HashiCorp Vault'],
  ['pgp', 'PGP'],
]);

/** What sops calls the key in each kind of entry. */
function nameOfHolder(holder: JsonObject): string {
  const parts = [
    'arn',
    'fp',
    'resource_id',
    'vault_url',
    'vaultUrl',
    'vault_address',
    'engine_path',
    'key_name',
    'name',
    'version',
  ];
  return parts
    .flatMap((part) => {
      const value = holder.get(part);
      return typeof value === 'string' ? [value] : [];
    })
    .join(' ');
}

async function wrapForAll(key: DataKey, recipients: readonly string[]): Promise<JsonTree[]> {
  const wrapped: JsonTree[] = [];
  for (const recipient of recipients)
    wrapped.push(object({ recipient, enc: await wrapDataKey(key, recipient) }));
  return wrapped;
}

/** Whether sops leaves what is below this path in clear text under the rule `unencrypted_suffix`. */
function isClearPath(path: readonly string[]): boolean {
  return path.some((key) => key.endsWith(CLEAR_SUFFIX));
}

/** A {@link JsonObject} from a plain one. */
export function object(members: Record<string, JsonTree>): JsonObject {
  return new Map(Object.entries(members));
}

/** The error for a file that cannot be trusted or understood. */
export function damaged(path: string, what: string, remedy?: string): HumanError {
  return new HumanError(
    ExitCode.data,
    `${printable(path)} is damaged or was tampered with: ${what.replace(/\.$/, '')}. It was not changed.`,
    remedy ?? 'Put the file back from git or a backup. Your other vault still works.',
  ).about({ kind: 'file', path });
}

function parse(bytes: Uint8Array, path: string): JsonTree {
  let text: string;
  try {
    // A byte order mark, which some editors put there, is passed over.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(path, 'it is not UTF-8 text');
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const { what, remedy } = explainText(text, path);
    throw damaged(path, `it is not JSON: ${printable(error.message)}${what}`, remedy);
  }
}

/** Rules of sops that would leave values in clear text or out of the MAC, or need other keys than ours. */
const OTHER_RULES = [
  'encrypted_suffix',
  'encrypted_regex',
  'unencrypted_regex',
  'encrypted_comment_regex',
  'unencrypted_comment_regex',
  'mac_only_encrypted',
  'shamir_threshold',
  'key_groups',
];

function checkRule(metadata: JsonObject, path: string): void {
  const suffix = metadata.get('unencrypted_suffix');
  if (suffix !== CLEAR_SUFFIX) {
    throw new HumanError(
      ExitCode.data,
      `${printable(path)} does not have the encryption rule of a vault: unencrypted_suffix must be "${CLEAR_SUFFIX}". It was not changed.`,
      `Put the file back from git or a backup, or encrypt it anew: sops encrypt --unencrypted-suffix ${CLEAR_SUFFIX} …`,
    ).about({ kind: 'file', path });
  }
  for (const rule of OTHER_RULES) {
    const value = metadata.get(rule) ?? null;
    const off =
      value === null ||
      value === false ||
      value === '' ||
      (value instanceof JsonNumber && Number(value.text) === 0) ||
      (Array.isArray(value) && value.length === 0);
    if (off) continue;
    throw new HumanError(
      ExitCode.data,
      `${printable(path)} sets the sops rule "${rule}", which vaults do not use. It was not changed.`,
      'Someone may have changed it by hand. Put the file back from git or a backup.',
    ).about({ kind: 'file', path });
  }
}
