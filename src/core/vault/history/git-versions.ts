import { basename, dirname } from 'node:path';
import { HumanError } from '../../system/human-error.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import { isShallow } from '../git-version.ts';
import { signaturePath } from '../members/vault-signature.ts';
import { SopsDocument } from '../sops-document.ts';
import { MAX_VAULT_BYTES } from '../vault-location.ts';
import { encryptedSecrets } from '../vault-shape.ts';

/** Most commits of a vault that are looked at. */
export const MOST_COMMITS = 1000;
/** Versions that are read at once, so that they fit into what is taken of git's answer. */
const AT_ONCE = 20;

/** A vault as a commit has it. Nothing is decrypted. */
export interface CommittedVault {
  /** Undefined for the file that is not committed. */
  readonly commit: string | undefined;
  readonly bytes: Buffer;
  /** Undefined if it is no vault that can be read. */
  readonly document: SopsDocument | undefined;
}

/** The vault in the commits that changed it on the way of the first parents, from the newest to the oldest. */
export interface VaultHistory {
  readonly versions: readonly CommittedVault[];
  /** True if there may be older ones: the clone is shallow, or they are too many. */
  readonly isPart: boolean;
  /** Commits whose version git did not give: those of a partial clone, for example. */
  readonly unread: readonly string[];
}

/**
 * Reads the history of a vault from git.
 *
 * @returns undefined if there is no git, no repository, or git refuses; no version if the vault was never committed.
 */
export async function vaultHistory(path: string, world: World): Promise<VaultHistory | undefined> {
  const directory = dirname(path);
  const file = `./${basename(path)}`;
  if ((await git(directory, ['rev-parse', '--git-dir'], world)) === undefined) return undefined;
  // Not `log`: a repository's configuration can make it start a program to check signatures.
  const asked = ['rev-list', '--first-parent', `--max-count=${MOST_COMMITS + 1}`, 'HEAD', '--', file];
  const commits = ((await git(directory, asked, world)) ?? Buffer.alloc(0))
    .toString('latin1')
    .split('\n')
    .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
  const versions: CommittedVault[] = [];
  const unread: string[] = [];
  for (let at = 0; at < Math.min(commits.length, MOST_COMMITS); at += AT_ONCE) {
    const some = commits.slice(at, Math.min(at + AT_ONCE, MOST_COMMITS));
    const blobs = await readBlobs(directory, some, file, world);
    for (const [index, commit] of some.entries()) {
      const bytes = blobs[index];
      if (bytes === 'unread') unread.push(commit);
      else if (bytes !== undefined) versions.push({ commit, bytes, document: parsed(bytes, path) });
    }
  }
  const isPart = commits.length > MOST_COMMITS || (await isShallow(path, world));
  return { versions, isPart, unread };
}

type Blob = Buffer | 'unread' | undefined;

/** @returns for each commit the file; undefined where the commit has none. */
async function readBlobs(
  directory: string,
  commits: readonly string[],
  file: string,
  world: World,
): Promise<Blob[]> {
  const input = commits.map((commit) => `${commit}:${file}\n`).join('');
  const output = await git(directory, ['cat-file', '--batch'], world, { input });
  if (output !== undefined) return piecesOf(output, commits.length);
  if (commits.length === 1) return ['unread'];
  // Together they may be too large.
  const alone = commits.map((commit) => readBlobs(directory, [commit], file, world));
  return (await Promise.all(alone)).flat();
}

/** Cuts the output of `cat-file --batch`: for each object a line with its size, and the object. */
function piecesOf(output: Buffer, count: number): Blob[] {
  const pieces: Blob[] = [];
  for (let at = 0; pieces.length < count;) {
    const end = output.indexOf('\n', at);
    if (end < 0) break;
    const line = output.toString('latin1', at, end);
    const size = Number(/^[0-9a-f]+ blob (\d{1,10})$/.exec(line)?.[1] ?? NaN);
    at = end + 1;
    if (Number.isNaN(size)) {
      // A commit that removes the file has none. An object that is missing is named by its id.
      pieces.push(
        /^[0-9a-f]{40,64} missing$/.test(line) || !line.endsWith(' missing') ? 'unread' : undefined,
      );
      continue;
    }
    pieces.push(size > MAX_VAULT_BYTES ? 'unread' : output.subarray(at, at + size));
    at += size + 1;
  }
  return [...pieces, ...Array<Blob>(count - pieces.length).fill('unread')];
}

function parsed(bytes: Buffer, path: string): SopsDocument | undefined {
  try {
    const document = SopsDocument.parse(bytes, path);
    encryptedSecrets(document);
    return document;
  } catch (error) {
    if (error instanceof HumanError) return undefined;
    throw error;
  }
}

/** Reads the signature that a commit has beside the vault. */
export async function signatureOf(commit: string, path: string, world: World): Promise<string | undefined> {
  const file = `./${basename(signaturePath(path))}`;
  return (await git(dirname(path), ['cat-file', 'blob', `${commit}:${file}`], world))?.toString('latin1');
}
