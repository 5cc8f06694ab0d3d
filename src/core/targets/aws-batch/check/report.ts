import type { Phrase } from '../../../system/phrase.ts';
import type { Leftover } from '../../lease-entry.ts';
import type { PolicyRole } from '../../../aws/policy/roles.ts';
import type { WorkspaceRole } from '../../../aws/policy/workspace-statements.ts';
import type { Hint } from './hints.ts';
import type { Queue } from './queues.ts';

/** One permission of one role. */
export interface Check {
  readonly role: PolicyRole;
  /** ARN of the user or role that needs it; null if it is unknown. */
  readonly principal: string | null;
  readonly action: string;
  readonly resource: string;
  readonly result: 'allowed' | 'denied' | 'unknown';
  readonly reason: Phrase;
  /** Statement to add, if something is missing and a statement helps. */
  readonly statement: object | null;
}

/** The answer to the question whether somebody has a role of a workspace in AWS. */
export interface RoleResult {
  readonly role: WorkspaceRole;
  readonly result: 'yes' | 'no' | 'unknown';
  /** Actions that are missing. */
  readonly denied: readonly string[];
  /** Actions that could not be found out. */
  readonly unknown: readonly string[];
  /** Actions that are missing, and that the role can do without. */
  readonly optional: readonly string[];
}

/** A workspace in AWS, and the roles in it that the caller has. */
export interface WorkspaceReport {
  /** Its file. */
  readonly path: string;
  readonly account: string;
  readonly region: string;
  readonly prefix: string;
  readonly roles: readonly RoleResult[];
}

/** The result of `aws check`. */
export interface AwsReport {
  /** True if nothing is denied. */
  readonly ok: boolean;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** ARN of the caller. */
  readonly principal: string;
  readonly pipeline: string | null;
  /** The workspace in AWS whose roles were checked; null if there is none. */
  readonly workspace: WorkspaceReport | null;
  readonly queues: readonly Queue[];
  /** ARNs. */
  readonly roles: {
    readonly launcher: string;
    readonly executionRole: string | null;
    readonly jobRole: string | null;
    readonly headRole: string | null;
  };
  readonly checks: readonly Check[];
  readonly hints: readonly Hint[];
  readonly leftBehind: readonly Leftover[];
}

/** The report as `aws check --json` prints it: its sentences are English, and have their remedies as command lines. */
export interface PrintedReport extends Omit<AwsReport, 'checks' | 'hints' | 'leftBehind'> {
  readonly checks: readonly PrintedCheck[];
  readonly hints: readonly (Pick<Hint, 'severity'> & Words<'message'>)[];
  /** The remedy is the command that removes the item. */
  readonly leftBehind: readonly Words<keyof Leftover>[];
}

/** A check as it is printed. */
export type PrintedCheck = Omit<Check, 'reason'> & Words<'reason'>;

type Words<Field extends string> = Readonly<Record<Field, string>>;
