import { assertAccount } from './arns.ts';
import { CONDITION_OPERATOR, conditionValue } from './conditions.ts';
import { ALL_STATEMENTS, type PolicyRole } from './roles.ts';
import { serviceDomain, TASK_SERVICE } from './services.ts';
import type { NeededBy, StatementRow } from './statements.ts';
import type { PolicyOptions } from './policy-options.ts';
import { resourcesOf } from './subjects.ts';
import { policyName } from './policy-workspace.ts';
import { WORKSPACE_ROLES, type WorkspaceRole } from './workspace-statements.ts';

/** One statement of a policy. */
export interface Statement {
  readonly sid: string;
  /** A sentence. */
  readonly purpose: string;
  readonly neededBy: NeededBy;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator → key → values. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** The permissions of one role. */
export interface RolePermissions {
  readonly role: PolicyRole;
  /** The name of a new policy or role. */
  readonly name: string;
  /** A sentence that tells who has these permissions. */
  readonly purpose: string;
  readonly statements: readonly Statement[];
  /** ARNs of policies of AWS's own that are attached too. */
  readonly managedPolicies: readonly string[];
  /** The service that assumes the role; undefined for what is attached to a user or role that a person has. */
  readonly trusted: string | undefined;
}

/** The execution role that is made if there is none. */
export const DEFAULT_EXECUTION_ROLE = 'nf-secrets-execution-role';

/**
 * The permissions of all roles, least privilege.
 *
 * @throws HumanError 64 if account, region, role or key cannot be one.
 */
export function rolePermissions(options: PolicyOptions): readonly RolePermissions[] {
  assertAccount(options);
  const { partition, headRole } = options;
  const resources = resourcesOf(options);
  const statements = (role: PolicyRole): Statement[] =>
    ALL_STATEMENTS[role].flatMap((row) => statementOf(row, resources[row.subject], options));
  const [execution = ''] = resources['task-roles'];
  return [
    {
      role: 'launcher',
      name: 'nf-secrets-launcher',
      purpose: 'Whoever runs nf-secrets launch, besides what Nextflow itself needs for AWS Batch.',
      managedPolicies: [],
      trusted: undefined,
      statements: statements('launcher'),
    },
    {
      role: 'execution-role',
      name: execution.slice(execution.lastIndexOf('/') + 1),
      purpose:
        'The execution role of tasks, with which the ECS agent starts a container and hands it its secrets.',
      managedPolicies: [`arn:${partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`],
      trusted: TASK_SERVICE,
      statements: statements('execution-role'),
    },
    {
      role: 'head-job',
      name: 'nf-secrets-head-job',
      purpose:
        'Nextflow with a licensed secrets plugin in a head job of AWS Batch. A launch by nf-secrets does not need it.',
      managedPolicies: [],
      trusted: headRole === 'custom' ? TASK_SERVICE : `ec2.${serviceDomain(partition)}`,
      statements: statements('head-job'),
    },
    ...workspaceRoles(options, statements),
  ];
}

/** Sentences that tell who has the role. */
const PURPOSES: Readonly<Record<WorkspaceRole, string>> = {
  list: 'Whoever sees which secrets the workspace has, and reads none.',
  launch:
    'Whoever launches on AWS Batch with the secrets of the workspace, besides what Nextflow itself needs there. Reads no value.',
  'launch-local': 'Whoever launches on a machine or an HPC cluster: reads the values.',
  maintain: 'Whoever sets and deletes secrets of the workspace, and need not be able to read one.',
  owner: 'Whoever reads and changes the secrets, and decides by their policies who else may.',
};

function workspaceRoles(
  { workspace, region }: PolicyOptions,
  statements: (role: PolicyRole) => Statement[],
): RolePermissions[] {
  if (workspace === undefined) return [];
  return WORKSPACE_ROLES.map((role) => ({
    role,
    name: policyName(workspace, role),
    purpose:
      role === 'launch' && workspace.region !== region
        ? `Whoever launches on AWS Batch in ${region}: values of the workspace are read in ${workspace.region}, and copied.`
        : PURPOSES[role],
    ...{ managedPolicies: [], trusted: undefined },
    statements: statements(role),
  }));
}

function statementOf(
  { sid, purpose, neededBy, actions, condition, subject }: StatementRow,
  resources: readonly string[],
  { partition, region, workspace }: PolicyOptions,
): Statement[] {
  if (resources.length === 0) return [];
  const statement = { sid, purpose, neededBy, actions, resources };
  if (condition === undefined) return [statement];
  const isOfWorkspace = subject.startsWith('workspace');
  const place = { partition, region: isOfWorkspace ? (workspace?.region ?? region) : region };
  const [key, value] = conditionValue(condition, place);
  return [{ ...statement, condition: { [CONDITION_OPERATOR]: { [key]: [value] } } }];
}
