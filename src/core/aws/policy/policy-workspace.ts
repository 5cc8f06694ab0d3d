import { createHash } from 'node:crypto';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { WorkspaceRole } from './workspace-statements.ts';

/** A workspace in AWS that policies are for. */
export interface PolicyWorkspace {
  readonly region: string;
  /** Beginning of the names of its secrets, without the slash that ends it. */
  readonly prefix: string;
  /** Secrets with names of their own: the ARN, and the key of the JSON object that the value is. */
  readonly names: ReadonlyMap<string, { readonly arn: string; readonly jsonKey?: string }>;
  /** True if tasks in AWS Batch cannot get them from where they are, though the region is the same. */
  readonly isCopied?: boolean;
}

/** Longest name of a policy in IAM. */
const MAX_NAME = 128;

/** The name of a policy: an account may have several workspaces. */
export function policyName({ prefix }: PolicyWorkspace, role: WorkspaceRole): string {
  const name = `${prefix.replaceAll('/', '-')}-${role}`;
  if (name.length <= MAX_NAME) return name;
  const hash = createHash('sha256').update(prefix).digest('hex').slice(0, 12);
  return `${prefix.replaceAll('/', '-').slice(0, 80)}-${hash}-${role}`;
}

/**
 * The ARNs of a workspace's secrets: a pattern for those under the prefix, and each that has a name of its own. AWS adds
 * six characters to a name, and asks about the name without them where the secret is not there, so the pattern is open.
 *
 * @throws HumanError 64 if the prefix would match other names than it shows.
 */
export function workspaceArns(
  { region, prefix, names }: PolicyWorkspace,
  { partition, account }: { readonly partition: string; readonly account: string },
): { readonly own: string; readonly mapped: readonly string[]; readonly toSet: readonly string[] } {
  // In a policy `*`, `?` and `${` have a meaning.
  if (!/^[A-Za-z0-9_+=.@-]+(\/[A-Za-z0-9_+=.@-]+)*$/.test(prefix))
    throw new HumanError(
      ExitCode.usage,
      phrase`"${printable(prefix).slice(0, 80)}" cannot begin the names of secrets in AWS.`,
    );
  const all = [...names.values()];
  const arns = (some: typeof all): string[] => [...new Set(some.map(({ arn }) => arn))].sort();
  return {
    own: `arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}/*`,
    mapped: arns(all),
    toSet: arns(all.filter(({ jsonKey }) => jsonKey === undefined)),
  };
}
