import { BATCH_ROLES, type BatchRole, type StatementRow, STATEMENTS } from './statements.ts';
import { WORKSPACE_ROLES, WORKSPACE_STATEMENTS, type WorkspaceRole } from './workspace-statements.ts';

export const POLICY_ROLES = [...BATCH_ROLES, ...WORKSPACE_ROLES] as const;

export type PolicyRole = BatchRole | WorkspaceRole;

/** The statements of all roles. */
export const ALL_STATEMENTS: Readonly<Record<PolicyRole, readonly StatementRow[]>> = {
  ...STATEMENTS,
  ...WORKSPACE_STATEMENTS,
};

/** The actions that know no narrower resource. */
export const ACTIONS_ON_EVERYTHING: ReadonlySet<string> = new Set(
  Object.values(ALL_STATEMENTS)
    .flat()
    .flatMap(({ subject, actions }) => (subject === 'everything' ? actions : [])),
);
