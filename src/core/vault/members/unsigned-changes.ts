import { basename, dirname } from 'node:path';
import { formatJson, type JsonObject } from '../../system/json-tree.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import type { Identity } from '../identity.ts';
import { SopsDocument } from '../sops-document.ts';
import { UnlockedDocument } from '../unlocked-document.ts';
import { STRUCTURE_KEY } from '../structure.ts';
import { encryptedSecrets, KEYS, secretFields, secretPath } from '../vault-shape.ts';
import type { Roster, RosterMember } from './roster.ts';
import type { VaultFiles } from './vault-files.ts';
import { checkSignature, parseVaultSignature, readSignatures, signaturePath } from './vault-signature.ts';

/** Names of secrets that differ between two versions of a vault, each list sorted. */
export interface NameChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Fields of the file beside the secrets and what is known of them: the list of members, or fields of other programs. */
  readonly fields: readonly string[];
}

/** Changes of a vault since a member signed it. */
export interface UnsignedChanges extends NameChanges {
  readonly signedBy: RosterMember;
}

/** Most commits of a vault that are looked at. */
const MAX_COMMITS = 50;

/**
 * Compares a vault with the newest version that a member who may change secrets has signed, as far as git has it.
 *
 * @param identities - keys to tell by whether a value is another one, or only encrypted anew.
 * @returns undefined if git has no such version.
 */
export async function unsignedChanges(
  { location, real, document }: Pick<VaultFiles, 'location' | 'real' | 'document'>,
  { roster, identities }: { readonly roster: Roster; readonly identities: readonly Identity[] },
  world: World,
): Promise<UnsignedChanges | undefined> {
  for await (const { vault, signatures } of earlierVersions(location.path, real.path, world)) {
    const checked = checkSignature(vault, signatures, roster);
    if (!('signedBy' in checked)) continue;
    const before = SopsDocument.parse(vault, real.path);
    return { ...(await changesBetween(before, document, identities)), signedBy: checked.signedBy };
  }
  return undefined;
}

interface SignedVersion {
  readonly vault: Buffer;
  readonly signatures: readonly string[];
}

/**
 * Gives the versions that git has: first the one that the present signature names.
 *
 * @param entry - path of the vault in `.nf-secrets`, beside its signature; `real` is the target, if that is a link.
 */
async function* earlierVersions(entry: string, real: string, world: World): AsyncGenerator<SignedVersion> {
  const directory = dirname(real);
  const file = `./${basename(real)}`;
  const blobOf = async (object: string, from = directory): Promise<Buffer | undefined> =>
    git(from, ['cat-file', 'blob', object], world);
  for (const text of await readSignatures(entry)) {
    const blob = parseVaultSignature(text)?.blob;
    const vault = blob === undefined ? undefined : await blobOf(blob);
    if (vault !== undefined) yield { vault, signatures: [text] };
  }
  const listed = await git(directory, ['rev-list', `--max-count=${MAX_COMMITS}`, 'HEAD', '--', file], world);
  for (const commit of listed?.toString('latin1').split('\n').filter(Boolean) ?? []) {
    const vault = await blobOf(`${commit}:${file}`);
    const signature = await blobOf(`${commit}:./${basename(signaturePath(entry))}`, dirname(entry));
    if (vault !== undefined && signature !== undefined)
      yield { vault, signatures: [signature.toString('latin1')] };
  }
}

async function changesBetween(
  before: SopsDocument,
  now: SopsDocument,
  identities: readonly Identity[],
): Promise<NameChanges> {
  const [old, present] = [encryptedSecrets(before), encryptedSecrets(now)];
  const isOther = await comparison(before, now, identities);
  return {
    added: [...present.keys()].filter((name) => !old.has(name)).sort(),
    changed: [...present.keys()].filter((name) => old.has(name) && isOther(name)).sort(),
    removed: [...old.keys()].filter((name) => !present.has(name)).sort(),
    fields: changedFields(before, now),
  };
}

/** Fields that the names of secrets tell of, and the binding of the others, which is encrypted anew with each change. */
const OF_SECRETS: ReadonlySet<string> = new Set([KEYS.secrets, KEYS.info, STRUCTURE_KEY]);

function changedFields({ tree: before }: SopsDocument, { tree: now }: SopsDocument): string[] {
  const textOf = (tree: JsonObject, field: string): string =>
    formatJson(new Map(tree.has(field) ? [[field, tree.get(field) ?? null]] : []));
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((field) => !OF_SECRETS.has(field) && textOf(before, field) !== textOf(now, field))
    .sort();
}

/** Makes the function that tells whether a secret of both versions has another value, or other data beside it. */
async function comparison(
  before: SopsDocument,
  now: SopsDocument,
  identities: readonly Identity[],
): Promise<(name: string) => boolean> {
  const [old, present] = [encryptedSecrets(before), encryptedSecrets(now)];
  const unlocked = await Promise.all(
    [before, now].map(async (document) =>
      UnlockedDocument.unlock(document, identities).catch(() => undefined),
    ),
  );
  const [one, other] = unlocked;
  const valueOf = (vault: UnlockedDocument, leaf: string, name: string): string =>
    JSON.stringify(vault.decrypt(leaf, secretPath(name)));
  return (name) => {
    const [was, is] = [old.get(name) ?? '', present.get(name) ?? ''];
    if (shownFields(before, name) !== shownFields(now, name)) return true;
    if (was === is) return false;
    if (one === undefined || other === undefined) return true;
    return valueOf(one, was, name) !== valueOf(other, is, name);
  };
}

/** Writes data beside a value as text, to compare it. */
const shownFields = (document: SopsDocument, name: string): string =>
  formatJson(secretFields(document, name) ?? new Map());
