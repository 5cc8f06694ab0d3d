import { SecretValue } from '../../secrets/secret-value.ts';
import type { KeptPast, SecretVersion, VersionChoice } from '../../secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type JsonObject, object } from '../../system/json-tree.ts';
import { joined, phrase } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import { timestamp, type World } from '../../system/world.ts';
import { author } from '../author.ts';
import { loadIdentities } from '../identity.ts';
import { readVault, unlock } from '../read-vault.ts';
import { leafText } from '../sops-leaf.ts';
import type { SopsDocument } from '../sops-document.ts';
import { UnlockedDocument } from '../unlocked-document.ts';
import { updateVault } from '../update-vault.ts';
import type { VaultLocation } from '../vault-location.ts';
import {
  agreedMembers,
  clone,
  encryptedSecrets,
  secretFields,
  secretInfo,
  secretLeaf,
  secretPath,
} from '../vault-shape.ts';
import { type Candidate, confirmDoubt, type Read, vouchedFor } from './git-doubts.ts';
import { type CommittedVault, MOST_COMMITS, vaultHistory } from './git-versions.ts';

/** A value in the history of a vault. */
interface GitVersion {
  /** The versions of the vault that have it, from the newest on. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** Undefined if this person cannot read it. */
  readonly value: SecretValue | undefined;
  readonly isCurrent: boolean;
  /** Time of the version that replaced or deleted it. */
  readonly ended: string | null;
}

/**
 * The past of the secrets of a workspace's vault: the versions of its file that git has. Reading it decrypts with the keys
 * of this person alone, and asks nobody. An undo is a write like any other.
 */
export function gitPast(location: VaultLocation, world: World): KeptPast {
  const reader = { location, world };
  return {
    deleted: async () => {
      const read = await readAll(reader).catch((error: unknown) => {
        if (!(error instanceof HumanError) || error.exitCode === ExitCode.data) throw error;
        // No vault, or one without a history, has no deleted secrets. That git does not tell it is said.
        if (error.exitCode === ExitCode.unavailable) world.notice(error.phrase, error.remedies);
        return undefined;
      });
      if (read === undefined) return new Map();
      const { files, history } = read;
      const present = encryptedSecrets(files.document);
      const names = history.versions.flatMap(({ document }) =>
        document === undefined ? [] : [...encryptedSecrets(document).keys()],
      );
      return new Map(names.filter((name) => !present.has(name)).map((name) => [name, null]));
    },
    history: async (name) => {
      const read = await readAll(reader);
      const versions = await versionsOf(name, read);
      if (versions.length === 0) throw noSecret(name, location);
      const isDeleted = secretLeaf(read.files.document, name) === undefined;
      return {
        versions: await shown(versions, { read, name, isDeleted, world }),
        isDeleted,
        deletedUntil: null,
      };
    },
    undo: async (name, to) => undo(name, to, reader),
    forget: (names) => Promise.reject(cannotForget(names, location)),
  };
}

interface Reader {
  readonly location: VaultLocation;
  readonly world: World;
}

async function readAll({ location, world }: Reader): Promise<Read> {
  const files = await readVault(location, world);
  if (files === undefined)
    throw new HumanError(
      ExitCode.missing,
      phrase`${printable(location.path)} is not there, so it has no history.`,
    );
  const history = await vaultHistory(files.real.path, world);
  const shownPath = printable(files.real.path);
  if (history === undefined)
    throw new HumanError(
      ExitCode.unavailable,
      phrase`git tells no history of ${shownPath}: it is in no repository, git is not installed, or git refuses the repository.`,
      run(phrase`See what git says`, `git -C ${shellWord(files.real.path.replace(/\/[^/]*$/, ''))} status`),
    );
  if (history.versions.length === 0 && history.unread.length === 0)
    throw new HumanError(
      ExitCode.usage,
      phrase`${shownPath} was never committed here, so git has no earlier values.`,
    );
  if (history.isPart)
    world.notice(
      phrase`This clone has only a part of the history of ${shownPath}, or there are more than ${MOST_COMMITS} commits of it:
        older values are not known here.`,
      run(phrase`For all of a shallow clone`, 'git fetch --unshallow'),
    );
  if (history.unread.length > 0)
    world.notice(
      phrase`git did not give ${history.unread.length} versions of ${shownPath}, so values may be left out.`,
    );
  const identities = await loadIdentities(world, files.document.recipients);
  return { files, history, identities, open: await UnlockedDocument.unlock(files.document, identities) };
}

/** Lists the values that a secret had, from the newest on; the one in the file is the first, also if it is not committed. */
async function versionsOf(name: string, read: Read): Promise<GitVersion[]> {
  const { files, history } = read;
  const all: CommittedVault[] = [
    { document: files.document, bytes: files.bytes, commit: undefined },
    ...history.versions,
  ];
  const versions: GitVersion[] = [];
  // The version that follows in time, and the leaf there.
  let after: { readonly leaf: string | undefined; readonly at: string | null } = {
    leaf: undefined,
    at: null,
  };
  for (const [index, { document, bytes, commit }] of all.entries()) {
    if (document === undefined) continue;
    const leaf = secretLeaf(document, name);
    const last = versions.at(-1);
    if (leaf !== undefined) {
      const value = leaf === after.leaf ? last?.value : await valueOf(document, name, leaf, read);
      const isSame =
        leaf === after.leaf ||
        (after.leaf !== undefined && value !== undefined && value.reveal() === last?.value?.reveal());
      const candidate = { document, bytes, commit };
      if (last !== undefined && isSame)
        versions[versions.length - 1] = { ...last, candidates: [...last.candidates, candidate] };
      else versions.push({ candidates: [candidate], value, isCurrent: index === 0, ended: after.at });
    }
    after = { leaf, at: timeOf(document) };
  }
  return versions;
}

const timeOf = ({ lastModified }: SopsDocument): string | null => (lastModified === '' ? null : lastModified);

/** Reads a value with the keys of this person. @returns undefined if they do not open that version. */
async function valueOf(
  document: SopsDocument,
  name: string,
  leaf: string,
  { open, identities }: Read,
): Promise<SecretValue | undefined> {
  try {
    const vault = open?.openWithSameKey(document) ?? (await UnlockedDocument.unlock(document, identities));
    const text = vault && leafText(vault.decrypt(leaf, secretPath(name)));
    return text === undefined ? undefined : new SecretValue(text);
  } catch (error) {
    // It is damaged, or was changed without its key.
    if (error instanceof HumanError) return undefined;
    throw error;
  }
}

async function shown(
  versions: readonly GitVersion[],
  { read, name, isDeleted, world }: { read: Read; name: string; isDeleted: boolean; world: World },
): Promise<SecretVersion[]> {
  const rows: SecretVersion[] = [];
  for (const [index, version] of versions.entries()) {
    const { updated, updatedBy, expires } = secretInfo(version.candidates[0].document, name);
    const { doubt } = version.isCurrent ? {} : await vouchedFor(version, read, world);
    rows.push({
      number: index + 1,
      version: version.candidates.at(-1)?.commit ?? '',
      ...{ created: updated, by: updatedBy, ended: version.ended, expires, lastUsed: null },
      bytes: version.value?.byteLength ?? null,
      isCurrent: version.isCurrent,
      isPrevious: index === (isDeleted ? 0 : 1),
      doubt: doubt === undefined ? null : String(doubt),
    });
  }
  return rows;
}

async function undo(
  name: string,
  to: VersionChoice | undefined,
  reader: Reader,
): Promise<Awaited<ReturnType<KeptPast['undo']>>> {
  const { location, world } = reader;
  const first = await readAll(reader);
  // Also with a key of KMS, which is asked now that the person has accepted the vault.
  const read = { ...first, open: first.open ?? (await unlock(first.files, first.identities, world)) };
  const versions = await versionsOf(name, read);
  if (versions.length === 0) throw noSecret(name, location);
  const present = secretLeaf(read.files.document, name);
  const version = chosenOf(versions, to, { name, isSet: present !== undefined });
  const { candidate, doubt } = await vouchedFor(version, read, world);
  const { value } = version;
  if (doubt !== undefined) await confirmDoubt(name, { candidate, value }, doubt, world);
  if (value === undefined) throw noSecret(name, location);
  const fields = fieldsOf(name, candidate, read, world);
  await updateVault(location, world, await author(world), (draft) => {
    const now = draft.has(name) ? draft.get(name).info.version : undefined;
    if (now !== (present === undefined ? undefined : secretInfo(read.files.document, name).version))
      throw new HumanError(
        ExitCode.usage,
        phrase`${name} was set meanwhile. Nothing was undone.`,
        phrase`Try again.`,
      );
    draft.set(name, value, { fields });
  });
  return present === undefined
    ? { what: 'deletion' }
    : { what: 'value', created: secretInfo(candidate.document, name).updated };
}

function chosenOf(
  versions: readonly GitVersion[],
  to: VersionChoice | undefined,
  { name, isSet }: { readonly name: string; readonly isSet: boolean },
): GitVersion {
  const chosen =
    typeof to === 'string'
      ? versions.find(({ candidates }) => candidates.some(({ commit }) => commit?.startsWith(to) === true))
      : versions[(to ?? (isSet ? 2 : 1)) - 1];
  const remedy = { do: 'show-history', name } as const;
  if (chosen === undefined)
    throw new HumanError(
      ExitCode.usage,
      to === undefined
        ? phrase`git has no earlier value of ${name}, so there is nothing to undo.`
        : phrase`git has no version ${printable(String(to))} of ${name}.`,
      remedy,
    );
  if (chosen.isCurrent)
    throw new HumanError(ExitCode.usage, phrase`That version of ${name} is the current one already.`, remedy);
  return chosen;
}

/** The data beside a value as it was, with marks for those who could read it and are no members any more. */
function fieldsOf(name: string, { document }: Candidate, { files }: Read, world: World): JsonObject {
  const fields = clone(secretFields(document, name) ?? object({}));
  const now = new Set(files.document.recipients);
  const gone = agreedMembers(document).filter(({ recipient }) => !now.has(recipient));
  if (gone.length === 0) return fields;
  const labels = gone.map(({ label }) => label);
  const marks = fields.get('exposed');
  const old = Array.isArray(marks) ? marks : [];
  const known = new Set(old.map((mark) => (mark instanceof Map ? mark.get('label') : undefined)));
  const since = timestamp(world.now());
  const added = labels.filter((label) => !known.has(label)).map((label) => object({ label, since }));
  fields.set('exposed', [...old, ...added]);
  world.notice(
    phrase`${name} is marked exposed: ${joined(labels.map(printable))} could read that value, and is no member any more.`,
  );
  return fields;
}

const noSecret = (name: string, { path }: VaultLocation): HumanError =>
  new HumanError(
    ExitCode.missing,
    phrase`${printable(path)} has no secret ${printable(name)}, and git has no earlier value of it.`,
  );

const cannotForget = (names: readonly string[], { path }: VaultLocation): HumanError =>
  new HumanError(
    ExitCode.usage,
    phrase`The earlier values of ${joined(names.map(printable))} are in git's history, in each clone and on the server: they
      cannot be forgotten here. Nothing was removed.`,
    [
      phrase`Renew them at the services that they are for: then the earlier values are worth nothing.`,
      run(
        phrase`To take the vault's history out of a repository, which everybody has to clone anew then`,
        `git filter-repo --invert-paths --path ${shellWord(path.split('/').slice(-2).join('/'))}`,
      ),
    ],
  );
