import { createHash } from 'node:crypto';
import { printable } from '../system/printable.ts';
import { canEncryptTo, type WrappedKey } from './data-key.ts';
import { checkRule } from './encryption-rule.ts';
import { JsonError, type JsonObject, type JsonTree, parseJson } from '../system/json-tree.ts';
import { nameOfHolder, OTHER_KEYS } from './key-holders.ts';
import { type KmsEntry, MAX_KMS_ENTRIES, readKmsEntry, type UnfitEntry } from './kms/kms-entry.ts';
import { explainText } from './not-as-written.ts';
import { damaged } from './vault-error.ts';
import { phrase } from '../system/phrase.ts';

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

  constructor(tree: JsonObject, metadata: JsonObject, path: string) {
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
      throw damaged(path, phrase`it has no "sops" part, so it is not a file of sops`);
    }
    checkRule(metadata, path);
    root.delete('sops');
    return new SopsDocument(root, metadata, path);
  }

  /** Recipients that can open this file, by its own list, which sops does not authenticate. */
  get recipients(): readonly string[] {
    return this.wrappedKeys().map(({ recipient }) => recipient);
  }

  /** A fingerprint of the encrypted data keys. Another one means another data key, or the same one wrapped anew. */
  get envelope(): string {
    const wrapped = this.wrappedKeys().map(({ recipient, enc }) => `${recipient}\n${enc}`);
    for (const entry of this.kmsEntries) if ('key' in entry) wrapped.push(`${entry.key.arn}\n${entry.enc}`);
    return createHash('sha256').update(JSON.stringify(wrapped.sort())).digest('hex').slice(0, 32);
  }

  /** The data key, encrypted to each age recipient. */
  wrappedKeys(): WrappedKey[] {
    const age = this.#metadata.get('age') ?? null;
    if (age === null) return [];
    if (!Array.isArray(age)) throw damaged(this.path, phrase`its list of age recipients is not a list`);
    return age.map((entry) => {
      const recipient = entry instanceof Map ? entry.get('recipient') : undefined;
      const enc = entry instanceof Map ? entry.get('enc') : undefined;
      if (typeof recipient !== 'string' || typeof enc !== 'string') {
        throw damaged(this.path, phrase`an age recipient in it has no key`);
      }
      return { recipient, enc };
    });
  }

  /**
   * True if everybody who holds the data key can be given a new one: not for PGP, RSA, plugins and KMS of others than AWS.
   */
  get canRenewKey(): boolean {
    const others = [...OTHER_KEYS.keys()].filter((kind) => kind !== 'kms');
    return (
      others.every((kind) => this.#listOf(kind).length === 0) &&
      this.kmsEntries.every((entry) => 'key' in entry) &&
      this.recipients.every(canEncryptTo)
    );
  }

  /** Holders of the data key besides age recipients: each as the kind of key and its name, such as `PGP 85D7…`. */
  get otherHolders(): readonly string[] {
    return [...OTHER_KEYS].flatMap(([kind, called]) =>
      this.#listOf(kind).map(
        (holder) => `${called} ${holder instanceof Map ? nameOfHolder(kind, holder) : ''}`,
      ),
    );
  }

  /** The data key, wrapped by keys of AWS KMS; and entries that cannot be such. */
  get kmsEntries(): readonly (KmsEntry | UnfitEntry)[] {
    return this.#listOf('kms').map(readKmsEntry);
  }

  /** @throws HumanError 65 if sops's list of these keys is none, or longer than anybody's. */
  #listOf(kind: string): readonly JsonTree[] {
    const holders = this.#metadata.get(kind) ?? null;
    if (holders === null) return [];
    if (!Array.isArray(holders)) throw damaged(this.path, phrase`its "${kind}" is not a list`);
    if (kind === 'kms' && holders.length > MAX_KMS_ENTRIES) {
      throw damaged(
        this.path,
        phrase`it is encrypted to ${holders.length} keys of KMS, and ${MAX_KMS_ENTRIES} is the most`,
      );
    }
    return holders;
  }

  /** Time of the last write, as the file gives it under its MAC: ISO 8601. */
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

function parse(bytes: Uint8Array, path: string): JsonTree {
  let text: string;
  try {
    // A byte order mark, which some editors put there, is passed over.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(path, phrase`it is not UTF-8 text`);
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw damaged(path, phrase`it is not JSON: ${error.phrase}`, explainText(text, path));
  }
}
