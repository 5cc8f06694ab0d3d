import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable, shellWord } from '../system/printable.ts';
import { secretNameProblem } from '../secrets/secret-name.ts';
import { type JsonObject, JsonNumber, type JsonTree, object } from '../system/json-tree.ts';
import type { SopsDocument } from './sops-document.ts';
import { isEncryptedLeaf } from './sops-leaf.ts';
import { damaged } from './vault-error.ts';
import type { Role } from './members/role.ts';
import { expiryDay } from '../secrets/expiry.ts';
import type { SecretInfo } from '../secrets/secret-store.ts';
import { phrase } from '../system/phrase.ts';
import { run } from '../system/remedy.ts';

/** The newest vault format that this version knows. */
const FORMAT = 1;

export const KEYS = {
  secrets: 'secrets',
  info: 'info_unencrypted',
  members: 'members_unencrypted',
  format: 'format_unencrypted',
  roster: 'roster_unencrypted',
  private: 'private',
} as const;

/** A recipient as a vault's own list names it, for people. */
export interface Member {
  readonly recipient: string;
  readonly label: string;
  readonly since: string;
  readonly by: string;
  /** The role that the roster gives it. */
  readonly role?: Role;
}

const memberEntry = ({ recipient, label, since, by }: Member): JsonObject =>
  object({ recipient, label, since, by });

/** Makes the tree of a new vault. */
export function newVaultTree(members: readonly Member[]): JsonObject {
  return object({
    [KEYS.secrets]: new Map(),
    [KEYS.info]: new Map(),
    [KEYS.members]: members.map(memberEntry),
    [KEYS.format]: new JsonNumber(String(FORMAT)),
  });
}

/** Path of a secret's leaf: it binds its cipher text to its name. */
export function secretPath(name: string): readonly string[] {
  return [KEYS.secrets, name];
}

/**
 * Lists the secrets of a vault by name, still encrypted.
 *
 * @throws HumanError 65 if the file does not have the shape of a vault: a newer format, a name that cannot be one, a
 *   value that is not encrypted.
 */
export function encryptedSecrets(document: SopsDocument): Map<string, string> {
  const { tree, path } = document;
  checkFormat(tree.get(KEYS.format), path);
  const secrets = tree.get(KEYS.secrets);
  if (!(secrets instanceof Map)) throw damaged(path, phrase`it has no "${KEYS.secrets}"`);
  // sops binds a leaf to its path with colons between the keys: such a key would be taken for one of `secrets`.
  const alias = [...tree.keys()].find((key) => key.startsWith(`${KEYS.secrets}:`));
  if (alias !== undefined)
    throw damaged(path, phrase`"${printable(alias).slice(0, 120)}" in it is not below "${KEYS.secrets}"`);
  const leaves = new Map<string, string>();
  for (const [name, node] of secrets) {
    const problem = secretNameProblem(name);
    if (problem !== undefined) {
      throw damaged(
        path,
        phrase`"${printable(name).slice(0, 120)}" in it cannot be the name of a secret: ${problem}`,
      );
    }
    if (node === '') throw damaged(path, phrase`${name} in it has an empty value`);
    if (!isEncryptedLeaf(node)) throw damaged(path, phrase`the value of ${name} in it is not encrypted`);
    leaves.set(name, node);
  }
  return leaves;
}

/** Returns one secret's leaf, in a document of a shape that {@link encryptedSecrets} has checked. */
export function secretLeaf({ tree }: SopsDocument, name: string): string | undefined {
  const leaf = section(tree, KEYS.secrets).get(name);
  return typeof leaf === 'string' ? leaf : undefined;
}

function checkFormat(node: JsonTree | undefined, path: string): void {
  if (node instanceof JsonNumber && Number(node.text) === FORMAT) return;
  if (node instanceof JsonNumber && Number(node.text) > FORMAT) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} has the vault format ${node.text}; this version of nf-secrets knows format
        ${FORMAT}. It was not changed.`,
      phrase`Update nf-secrets.`,
    );
  }
  throw damaged(path, phrase`its ${KEYS.format} is not ${FORMAT}, so it is not a vault of nf-secrets`);
}

/** Length of a version, in characters. */
const VERSION_LENGTH = 64;

/** Returns the info of a secret that the vault has in clear text. */
export function secretInfo(document: SopsDocument, name: string): SecretInfo {
  const all = document.tree.get(KEYS.info);
  const info = all instanceof Map ? all.get(name) : undefined;
  const text = (key: string): string | null => {
    const value = info instanceof Map ? info.get(key) : undefined;
    return typeof value === 'string' ? value : null;
  };
  return {
    // The end of the encrypted text: a part of its random start value, and its tag.
    version: secretLeaf(document, name)?.slice(-VERSION_LENGTH) ?? '',
    created: text('created'),
    updated: text('updated'),
    updatedBy: text('updatedBy'),
    description: text('description'),
    exposed: exposuresOf(info).map(({ label }) => label),
    expires: expiryDay(text('expires') ?? '') ?? null,
  };
}

/** Somebody who has lost the right to read a secret, but has had its present value. */
export interface Exposure {
  readonly label: string;
  /** Time of the removal, ISO 8601. */
  readonly since: string;
}

/** Key of the exposures in the data of a secret. */
const EXPOSED = 'exposed';

function exposuresOf(info: JsonTree | undefined): Exposure[] {
  const list = info instanceof Map ? info.get(EXPOSED) : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => {
    const label = entry instanceof Map ? entry.get('label') : undefined;
    const since = entry instanceof Map ? entry.get('since') : undefined;
    return typeof label === 'string' ? [{ label, since: typeof since === 'string' ? since : '' }] : [];
  });
}

/** Marks a secret as known to people who may not read it any more. An older mark of the same label stays. */
export function markExposed({ tree }: SopsDocument, name: string, exposures: readonly Exposure[]): void {
  const all = section(tree, KEYS.info);
  const old = all.get(name);
  const info: JsonObject = old instanceof Map ? old : new Map<string, JsonTree>();
  all.set(name, info);
  const list = info.get(EXPOSED);
  const known = new Set(exposuresOf(info).map(({ label }) => label));
  const added = exposures.filter(({ label }) => !known.has(label)).map((exposure) => object({ ...exposure }));
  if (added.length > 0) info.set(EXPOSED, [...(Array.isArray(list) ? list : []), ...added]);
}

/** Removes these marks: the secret has another value now. */
export function clearExposed({ tree }: SopsDocument, name: string): void {
  const all = tree.get(KEYS.info);
  const info = all instanceof Map ? all.get(name) : undefined;
  if (info instanceof Map) info.delete(EXPOSED);
}

/** Returns the root of the roster that a vault belongs to; undefined for one without a roster. */
export function rosterRoot({ tree, path }: SopsDocument): string | undefined {
  const root = tree.get(KEYS.roster) ?? null;
  if (root === null) return undefined;
  if (typeof root !== 'string') throw damaged(path, phrase`its ${KEYS.roster} is not a text`);
  return root;
}

/**
 * Makes a vault list these members, with their labels, also for programs that know no roster. Entries of members that
 * stay are kept as they are.
 */
export function putMembers({ tree }: SopsDocument, root: string, members: readonly Member[]): void {
  const list = tree.get(KEYS.members);
  const entries = Array.isArray(list) ? list : [];
  const entryOf = ({ recipient }: Member): JsonTree | undefined =>
    entries.find((entry) => entry instanceof Map && entry.get('recipient') === recipient);
  tree.set(
    KEYS.members,
    members.map((member): JsonTree => {
      const entry = entryOf(member);
      return entry instanceof Map ? entry.set('label', member.label) : memberEntry(member);
    }),
  );
  tree.set(KEYS.roster, root);
}

/** Returns all data beside a value in clear text, also data that this version does not know. */
export function secretFields({ tree }: SopsDocument, name: string): JsonObject | undefined {
  const all = tree.get(KEYS.info);
  const info = all instanceof Map ? all.get(name) : undefined;
  return info instanceof Map ? info : undefined;
}

/** Returns the newest change of a secret, as the file claims. */
export function lastChange(document: SopsDocument): { readonly by: string; readonly at: string } | undefined {
  const all = document.tree.get(KEYS.info);
  const names = all instanceof Map ? [...all.keys()] : [];
  let last: { by: string; at: string } | undefined;
  for (const name of names) {
    const { updated: at, updatedBy: by } = secretInfo(document, name);
    if (at !== null && by !== null && (last === undefined || at > last.at)) last = { by, at };
  }
  return last;
}

/**
 * Lists the members of a vault from its own list. The MAC covers this list, but not sops's list of recipients, so both
 * must name the same keys.
 *
 * @throws HumanError 65 if they do not.
 */
export function agreedMembers(document: SopsDocument): Member[] {
  const { tree, path, recipients } = document;
  const listed = tree.get(KEYS.members) ?? [];
  if (!Array.isArray(listed)) throw damaged(path, phrase`its ${KEYS.members} is not a list`);
  const members = listed.map((node): Member => {
    const text = (key: string): string => {
      const value = node instanceof Map ? node.get(key) : undefined;
      return typeof value === 'string' ? value : '';
    };
    return { recipient: text('recipient'), label: text('label'), since: text('since'), by: text('by') };
  });
  const named = new Set(members.map(({ recipient }) => recipient));
  const twice = [members.map(({ recipient }) => recipient), recipients].some(
    (list) => new Set(list).size < list.length,
  );
  if (twice) throw damaged(path, phrase`one of its members is listed twice`);
  const stranger = recipients.find((recipient) => !named.has(recipient));
  const encryptedTo = new Set(recipients);
  const absent = members.find(({ recipient }) => !encryptedTo.has(recipient));
  if (stranger !== undefined || absent !== undefined) {
    const what =
      stranger !== undefined
        ? phrase`it is encrypted to ${printable(stranger)}, who is none of its members`
        : phrase`its member ${printable(absent?.label ?? '')} (${printable(absent?.recipient ?? '')}) is no
          recipient of it`;
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} is not used: ${what}. Someone may have changed it by hand. It was not changed.`,
      [
        run(
          phrase`Put the file back from git. If the change was made with sops on purpose, change ${KEYS.members} too`,
          `sops edit ${shellWord(path)}`,
        ),
        { do: 'open-file', path },
      ],
    );
  }
  return members;
}

/** Puts an encrypted value and its dates into the tree, at its old position or at the end. Unknown fields stay. */
export function putSecret(
  { tree }: SopsDocument,
  name: string,
  leaf: string,
  change: {
    readonly at: string;
    readonly by: string;
    /** Day that it was made, only for a new secret. */
    readonly created?: string | undefined;
    /** New description: an empty text removes it, undefined leaves it. */
    readonly description?: string | undefined;
    /** New day of expiry: null removes it, undefined leaves it. */
    readonly expires?: string | null | undefined;
    /** Data in clear text that replaces the old data, but for the day that it was made. */
    readonly fields?: JsonObject | undefined;
    /** True if the day that it was made is the one in `fields`. */
    readonly isPutBack?: boolean;
  },
): void {
  const secrets = section(tree, KEYS.secrets);
  const all = section(tree, KEYS.info);
  // sops removes a value but not the data beside it, which does not belong to the new value.
  const old = secrets.has(name) ? all.get(name) : undefined;
  secrets.set(name, leaf);
  const made = object({ created: change.created ?? change.at });
  const kept: JsonObject = old instanceof Map ? old : made;
  const info = change.fields === undefined ? kept : clone(change.fields);
  const created = (change.isPutBack === true ? info.get('created') : undefined) ?? kept.get('created');
  if (created !== undefined) info.set('created', created);
  info.set('updated', change.at);
  info.set('updatedBy', change.by);
  if (change.description === '') info.delete('description');
  else if (change.description !== undefined) info.set('description', change.description);
  if (change.expires === null) info.delete('expires');
  else if (change.expires !== undefined) info.set('expires', change.expires);
  all.set(name, info);
}

export const clone = (fields: JsonObject): JsonObject =>
  new Map(Array.from(fields, ([key, node]) => [key, copyOf(node)]));

function copyOf(node: JsonTree): JsonTree {
  if (node instanceof Map) return clone(node);
  return Array.isArray(node) ? node.map(copyOf) : node;
}

/** Path of the leaf of an entry that is no secret. */
export const privatePath = (entry: string): readonly string[] => [KEYS.private, entry];

/** Returns the leaf of an entry that is no secret: no pipeline gets it, and no list shows it. */
export function privateLeaf({ tree, path }: SopsDocument, entry: string): string | undefined {
  const entries = tree.get(KEYS.private) ?? null;
  const leaf = entries instanceof Map ? (entries.get(entry) ?? null) : null;
  if (leaf === null) return undefined;
  if (!isEncryptedLeaf(leaf)) throw damaged(path, phrase`its "${KEYS.private}" is not encrypted`);
  return leaf;
}

/** Puts such an entry into the tree; undefined removes it. */
export function putPrivate({ tree }: SopsDocument, entry: string, leaf: string | undefined): void {
  const entries = section(tree, KEYS.private);
  if (leaf === undefined) entries.delete(entry);
  else entries.set(entry, leaf);
  if (entries.size === 0) tree.delete(KEYS.private);
}

export function removeSecret({ tree }: SopsDocument, name: string): void {
  section(tree, KEYS.secrets).delete(name);
  section(tree, KEYS.info).delete(name);
}

function section(tree: JsonObject, key: string): JsonObject {
  const found = tree.get(key);
  if (found instanceof Map) return found;
  const made: JsonObject = new Map();
  tree.set(key, made);
  return made;
}
