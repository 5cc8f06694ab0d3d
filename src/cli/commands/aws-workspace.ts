import { Option } from 'commander';
import { type PolicyAccount, partitionOf } from '../../core/aws/policy/arns.ts';
import type { PolicyWorkspace } from '../../core/aws/policy/policy-workspace.ts';
import type { PolicyRole } from '../../core/aws/policy/roles.ts';
import { isWorkspaceRole } from '../../core/aws/policy/workspace-statements.ts';
import {
  isPrefix,
  PREFIX_FORM,
  readWorkspaceFile,
  type WorkspaceFile,
} from '../../core/stores/workspace-file.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import type { World } from '../../core/system/world.ts';
import { checked } from '../options.ts';

/** `--workspace-prefix`: for policies of a workspace that is not here. */
export const workspacePrefixOption = (): Option =>
  new Option(
    '--workspace-prefix <prefix>',
    'beginning of the names of the secrets of a workspace in AWS (default: that of its workspace.json)',
  ).argParser(checked(isPrefix, PREFIX_FORM));

/** Reads the file of the workspace in AWS that the person is in. @returns undefined if it is none. */
export async function workspaceInAws(
  directory: string | undefined,
  world: World,
): Promise<WorkspaceFile | undefined> {
  return readWorkspaceFile((await findWorkspace(world, directory)).directory);
}

/** The error for a role of a workspace whose secrets are not in AWS. */
export const noWorkspace = (role: string): HumanError =>
  new HumanError(
    ExitCode.usage,
    `${role} is a role of a workspace in AWS, and this workspace is none.`,
    'Make it one: nf-secrets workspace init --aws. Or name another: --workspace DIR',
  );

/** Options of `aws policy` that say for which workspace. */
export interface WorkspaceChoice {
  readonly role: PolicyRole | undefined;
  readonly workspace?: string;
  readonly workspacePrefix?: string;
  readonly account?: string;
  readonly region?: string;
  readonly acceptMembers?: true;
}

/** What is known of an account without a question to AWS, and the workspace in it. */
export interface Known {
  readonly workspace?: PolicyWorkspace & Partial<PolicyAccount>;
  readonly account?: string;
  readonly region?: string;
}

/**
 * Finds the workspace that policies are for. Its file can come from a stranger, and would decide whose secrets a policy
 * opens, so it has to be accepted first.
 *
 * @throws HumanError 64 for a role of a workspace where there is none, 65 if its file is damaged, 77 if it is not accepted.
 */
export async function workspaceForPolicies(choice: WorkspaceChoice, world: World): Promise<Known> {
  const { role, workspace, workspacePrefix: prefix, account, region } = choice;
  const known = {
    ...(account !== undefined && { account }),
    ...(region !== undefined && { region }),
  };
  // These roles have no part in a workspace.
  if (role === 'launcher' || role === 'head-job') return known;
  if (prefix !== undefined)
    return { ...known, workspace: { region: region ?? '', prefix, names: new Map() } };
  const file = await workspaceInAws(workspace, world);
  const isWanted = role !== undefined && isWorkspaceRole(role);
  if (file === undefined) {
    if (isWanted) throw noWorkspace(role);
    return known;
  }
  const shown = printable(file.path);
  if (account !== undefined && account !== file.account) {
    if (isWanted)
      throw new HumanError(
        ExitCode.usage,
        `--account is ${printable(account)}, and the secrets of this workspace are in account ${file.account} (${shown}).`,
        'Leave out --account, or name the prefix of the other workspace: --workspace-prefix PREFIX',
      );
    world.say(`${shown} names account ${file.account}, so these policies do not have its secrets.`);
    return known;
  }
  const { ensurePlaceAccepted } = await import('../../core/stores/aws/place-acceptance.ts');
  await ensurePlaceAccepted(file, choice.acceptMembers === true, world);
  world.say(
    `For the workspace of ${shown}: account ${file.account}, region ${file.region}, secrets ${file.prefix}/NAME` +
      `${file.names.size > 0 ? ` and ${file.names.size} with ARNs of their own` : ''}.`,
  );
  return {
    workspace: file,
    account: file.account,
    region: region ?? file.region,
  };
}

/** The workspace in a known account. */
export function placed(
  { workspace }: Known,
  { region, partition }: PolicyAccount,
): PolicyWorkspace | undefined {
  if (workspace === undefined) return undefined;
  const own = workspace.region === '' ? region : workspace.region;
  if (partitionOf(own) !== partition && partitionOf(own) !== 'aws')
    throw new HumanError(
      ExitCode.usage,
      `The secrets of this workspace are in ${own}, which is not in the partition ${printable(partition)}.`,
      'Leave out --partition, or correct it.',
    );
  return { region: own, prefix: workspace.prefix, names: workspace.names };
}
