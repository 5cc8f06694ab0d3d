import { checkedKey, roleArn } from './arns.ts';
import type { PolicyOptions } from './policy-options.ts';
import { workspaceArns } from './policy-workspace.ts';
import type { Subject } from './statements.ts';

type OfWorkspace = Extract<Subject, `workspace${string}`>;

/** The ARNs of all subjects, or patterns of them. */
export function resourcesOf(options: PolicyOptions): Readonly<Record<Subject, readonly string[]>> {
  const { partition, account, region, prefix, jobRole, kmsKey, headRole } = options;
  const arn = (service: string, rest: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const execution = roleArn(options.executionRole, options);
  const key = kmsKey === undefined ? [] : [checkedKey(kmsKey, partition)];
  return {
    everything: ['*'],
    secrets: [arn('secretsmanager', `secret:${prefix}nfs-*`)],
    definitions: [arn('batch', `job-definition/${prefix}nfs-*`)],
    jobs: [arn('batch', 'job/*')],
    'task-roles': [execution, ...(jobRole === undefined ? [] : [roleArn(jobRole, options)])],
    'role-that-head-job-passes': headRole === 'custom' ? [execution] : [],
    'managed-policies': ['aws', account].map((owner) => `arn:${partition}:iam::${owner}:policy/*`),
    key,
    ...ofWorkspace(options, key),
  };
}

function ofWorkspace(
  { partition, account, region, workspace }: PolicyOptions,
  keys: readonly string[],
): Readonly<Record<OfWorkspace, readonly string[]>> {
  if (workspace === undefined) {
    return {
      ...{ workspace: [], 'workspace-to-set': [], 'workspace-prefix': [], 'workspace-of-tasks': [] },
      ...{ 'workspace-to-copy': [], 'workspace-key': [], 'workspace-key-to-copy': [] },
    };
  }
  const { own, mapped, toSet } = workspaceArns(workspace, { partition, account });
  const all = [own, ...mapped];
  // Secrets Manager takes a key of the same region.
  const key = keys.filter((one) => one.split(':')[3] === workspace.region);
  const isCopied = workspace.isCopied === true || workspace.region !== region;
  return {
    workspace: all,
    'workspace-to-set': [own, ...toSet],
    'workspace-prefix': [own],
    'workspace-of-tasks': isCopied ? [] : all,
    'workspace-to-copy': isCopied ? all : [],
    'workspace-key': key,
    'workspace-key-to-copy': isCopied ? key : [],
  };
}
