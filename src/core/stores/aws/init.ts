import { dirname } from 'node:path';
import { paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import { type AwsSession, openSession } from '../../aws/session.ts';
import { lstatIfThere, removeAbandoned, renameDurably, writeBeside } from '../../system/durable-file.ts';
import { withLock } from '../../system/file-lock.ts';
import { ExitCode, fileError, HumanError } from '../../system/human-error.ts';
import { makeDirectories } from '../../system/make-directories.ts';
import { workspaceFilePath, workspaceVaultPath } from '../../system/paths.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { ensureGitFiles } from '../../vault/vault-directory.ts';
import { workspaceVault } from '../../vault/vault-location.ts';
import {
  parseWorkspaceFile,
  readWorkspaceFile,
  type WorkspaceFile,
  workspaceFileText,
} from '../workspace-file.ts';
import { assertNoVault } from '../no-vault.ts';
import { noteAccepted } from './place-acceptance.ts';

/** The choice of a store in AWS. */
export interface AwsStoreChoice {
  /** Absolute path. */
  readonly workspace: string;
  readonly prefix: string;
  /** Undefined for the one of the environment or the profile. */
  readonly region: string | undefined;
  /** The account that the person has agreed to; undefined for that of the credentials, whichever it is. */
  readonly account?: string;
}

/** A store in AWS that a workspace has now. */
export interface MadeStore {
  readonly file: WorkspaceFile;
  /** False if the workspace had it already. */
  readonly isNew: boolean;
  /** Names that are in AWS under the prefix already; undefined if that is not known. */
  readonly there: number | undefined;
}

/**
 * Makes the file that names the store of a workspace, for the account of the credentials in use, and notes it as accepted.
 * Makes nothing in AWS.
 *
 * @throws HumanError 64 if the workspace has a store already, or no region is known; 69, 73, 77.
 */
export async function initAwsStore(choice: AwsStoreChoice, world: World): Promise<MadeStore> {
  const { workspace } = choice;
  const path = workspaceFilePath(workspace);
  await assertNoVault(workspace);
  // One that is damaged is not replaced.
  const before = await readWorkspaceFile(workspace);
  const session = await sessionFor(choice.region, world);
  const { account, region } = session.aws;
  if (choice.account !== undefined && choice.account !== account)
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`Your AWS credentials are of account ${account} by now, not of ${choice.account}. Nothing was changed.`,
      { do: 'choose-profile' },
    );
  const text = workspaceFileText({ account, region, prefix: choice.prefix });
  const wanted = parseWorkspaceFile(Buffer.from(text), path);
  const isNew = before === undefined && (await create(workspace, text, world));
  const file = isNew ? wanted : await readWorkspaceFile(workspace);
  if (file === undefined || !isSame(file, wanted)) throw otherStore(path, file, wanted);
  await noteAccepted(file, world);
  return { file, isNew, there: await countThere(session.secrets, file) };
}

const sessionFor = (region: string | undefined, world: World): Promise<AwsSession> =>
  openSession(
    { region: region ?? null, profile: world.env['AWS_PROFILE'] || null },
    world,
    () =>
      new HumanError(
        ExitCode.usage,
        phrase`It is not known in which AWS region the secrets of this workspace are to be.`,
        phrase`Set AWS_REGION, or a region in the profile.`,
      ),
  );

/** Whose account a store would be in. */
export interface StoreOwner extends Pick<AwsSession['aws'], 'account' | 'region'> {
  /** ARN of the user or role that the credentials are of. */
  readonly caller: string;
}

/**
 * Looks whose account a store would be in. Writes nothing.
 *
 * @param choice - the store, without its prefix.
 * @throws HumanError 64 if the workspace has a vault, or no region is known; 69, 77.
 */
export async function ownerOfStore(
  { workspace, region }: Omit<AwsStoreChoice, 'prefix'>,
  world: World,
): Promise<StoreOwner> {
  await assertNoVault(workspace);
  const { aws, caller, secrets } = await sessionFor(region, world);
  secrets.destroy();
  return { account: aws.account, region: aws.region, caller };
}

const isSame = (a: WorkspaceFile, b: WorkspaceFile): boolean =>
  a.account === b.account && a.region === b.region && a.prefix === b.prefix;

function otherStore(path: string, now: WorkspaceFile | undefined, wanted: WorkspaceFile): HumanError {
  const shown = ({ account, region, prefix }: WorkspaceFile): string => `${account} ${region} ${prefix}`;
  return new HumanError(
    ExitCode.usage,
    phrase`This workspace has another store already: ${printable(path)} names ${now === undefined ? '' : shown(now)},
      not ${shown(wanted)}. Nothing was changed.`,
    [phrase`If it is to be another one, move that file away first.`, { do: 'open-file', path }],
  );
}

/** @returns false if somebody else has made one meanwhile. */
async function create(workspace: string, text: string, world: World): Promise<boolean> {
  const path = workspaceFilePath(workspace);
  try {
    await makeDirectories(dirname(path));
  } catch (error) {
    throw fileError(error, 'create', dirname(path));
  }
  // The lock of the vault: nobody makes one meanwhile.
  return withLock(workspaceVaultPath(workspace), world, async (lock) => {
    await assertNoVault(workspace);
    await removeAbandoned(path);
    if ((await lstatIfThere(path)) !== undefined) return false;
    await ensureGitFiles(workspaceVault(workspace));
    const temporary = await writeBeside(path, Buffer.from(text), 'by-umask');
    await lock.assertHeld();
    await renameDurably(temporary, path);
    return true;
  });
}

/** Counts what is under the prefix already, if that is permitted: somebody else may use it for something else. */
async function countThere(
  client: Parameters<typeof paginateListSecrets>[0]['client'],
  { prefix }: WorkspaceFile,
): Promise<number | undefined> {
  const start = `${prefix}/`;
  try {
    let count = 0;
    for await (const { SecretList = [] } of paginateListSecrets(
      { client, pageSize: 100 },
      { Filters: [{ Key: 'name', Values: [start] }] },
    ))
      count += SecretList.filter(({ Name = '' }) => Name.startsWith(start)).length;
    return count;
  } catch {
    return undefined;
  }
}
