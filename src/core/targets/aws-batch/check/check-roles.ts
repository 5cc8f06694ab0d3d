import type { PolicyWorkspace } from '../../../aws/policy/policy-workspace.ts';
import type { WorkspaceRole } from '../../../aws/policy/workspace-statements.ts';
import { openPlace, type Place } from '../../../stores/aws/place.ts';
import type { WorkspaceFile } from '../../../stores/workspace-file.ts';
import { phrase } from '../../../system/phrase.ts';
import type { World } from '../../../system/world.ts';
import type { AwsAccount } from '../items.ts';
import { type Hint, info } from './hints.ts';
import { openIam } from './iam.ts';
import type { PermissionScope } from './permissions.ts';
import type { Check, WorkspaceReport } from './report.ts';
import {
  lookAtWorkspace,
  neededOfRoles,
  roleResults,
  type SeenWorkspace,
  workspaceChecks,
} from './workspace-roles.ts';

/** Tries of one request to IAM. */
const IAM_ATTEMPTS = 2;

/** A workspace in AWS that is reached, and the roles to check. */
export interface OpenRoles {
  readonly place: Place;
  readonly roles: readonly WorkspaceRole[];
  readonly seen: SeenWorkspace;
}

/** @throws HumanError 69 if AWS cannot be reached, 77 if the credentials are of another account. */
export async function openRoles(
  { file, roles }: { readonly file: WorkspaceFile; readonly roles: readonly WorkspaceRole[] },
  world: World,
): Promise<OpenRoles> {
  const place = await openPlace(file, world);
  return { place, roles, seen: await lookAtWorkspace(place) };
}

/** The workspace for the policies of an account that runs tasks: another one's secrets are copied. */
export function policyWorkspace({ file }: Place, aws: AwsAccount): PolicyWorkspace {
  return {
    region: file.region,
    prefix: file.prefix,
    names: file.names,
    isCopied: file.account !== aws.account,
  };
}

export interface CheckedRoles {
  readonly checks: readonly Check[];
  readonly hints: readonly Hint[];
  /** @param launching - the checks on a launch on AWS Batch. */
  readonly report: (launching: readonly Check[]) => WorkspaceReport;
}

/** Checks the roles, with the credentials that the store of the workspace is used with. */
export async function checkRoles(
  { place, roles, seen }: OpenRoles,
  { minimal }: { readonly minimal: boolean },
  scope: PermissionScope,
): Promise<CheckedRoles> {
  const { file, session } = place;
  const batch = scope.account;
  const isCopied = batch.region !== file.region || batch.account !== file.account;
  // ARNs of the workspace's own account; the region of AWS Batch decides whether values are copied.
  const own = { partition: session.aws.partition, account: file.account, region: batch.region };
  const ofWorkspace: PermissionScope = {
    ...scope,
    account: own,
    workspace: policyWorkspace(place, { ...session.aws, account: batch.account }),
  };
  const all = neededOfRoles(roles, ofWorkspace, seen.keys);
  const needed = minimal
    ? new Map([...all].map(([role, some]) => [role, some.filter(({ neededBy }) => neededBy !== 'speed')]))
    : all;
  const iam = openIam(session, IAM_ATTEMPTS);
  try {
    const checks = await workspaceChecks(needed, place, seen, { iam, caller: session.caller });
    const { path, account, region, prefix } = file;
    return {
      checks,
      hints: [...seen.hints, ...(isCopied && roles.includes('launch') ? [copies(file, batch)] : [])],
      report: (launching) => ({
        ...{ path, account, region, prefix },
        roles: roleResults(needed, checks, launching),
      }),
    };
  } finally {
    iam.destroy();
  }
}

const copies = (file: WorkspaceFile, { account, region }: PermissionScope['account']): Hint =>
  info(
    phrase`Tasks run in account ${account}, ${region}, and the secrets of the workspace are in account ${file.account},
      ${file.region}: a launch copies them for its run, so it has to read them.`,
  );
