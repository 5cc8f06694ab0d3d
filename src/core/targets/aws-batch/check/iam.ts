import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import { type Phrase, phrase, verbatim } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import type { AwsAccess } from '../access.ts';
import { handler } from '../../../aws/session.ts';
import { awsErrorCode } from '../../../aws/aws-error.ts';
import type { NamedPolicy } from './evaluate.ts';

/**
 * Opens IAM of the same account, with the same credentials. Requests have short time-outs: many networks have no way to
 * IAM.
 */
export function openIam(
  { secrets, aws }: Pick<AwsAccess, 'secrets' | 'aws'>,
  maxAttempts: number,
): IAMClient {
  const { region, profile } = aws;
  return new IAMClient({
    region,
    ...(profile !== null && { profile }),
    credentials: secrets.config.credentials,
    maxAttempts,
    requestHandler: { ...handler(), connectionTimeout: 2_000, requestTimeout: 10_000 },
  });
}

/** No answer of AWS. */
export interface Unread {
  /** The reason: a part of a sentence for a person. */
  readonly unread: Phrase;
}

export const isUnread = (value: unknown): value is Unread =>
  typeof value === 'object' && value !== null && 'unread' in value;

/** Turns any failure of a request into {@link Unread}. */
export async function orUnread<T>(action: string, work: Promise<T>): Promise<T | Unread> {
  try {
    return await work;
  } catch (error) {
    const code = awsErrorCode(error) ?? (error instanceof Error ? error.name : undefined);
    return {
      unread: code === undefined ? phrase`${action}: no answer` : verbatim(`${action}: ${printable(code)}`),
    };
  }
}

/** A user or role as IAM knows it. */
export interface Principal {
  readonly kind: 'user' | 'role';
  /** ARN of IAM. A role's path is missing if only its session is known. */
  readonly arn: string;
  readonly name: string;
}

/**
 * Finds the user or role that has the policies for a caller.
 *
 * @param arn - ARN of a user, a role, or the session of a role.
 * @returns undefined for the account itself and for what is neither user nor role.
 */
export function principalOf(arn: string): Principal | undefined {
  const [, partition, service, , account, path = ''] =
    /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/.exec(arn) ?? [];
  const [kind = '', ...rest] = path.split('/');
  const name = rest.at(-1);
  if (name === undefined || name === '') return undefined;
  if (service === 'iam' && (kind === 'user' || kind === 'role')) return { kind, arn, name };
  const session = service === 'sts' && kind === 'assumed-role' ? rest[0] : undefined;
  return session === undefined
    ? undefined
    : { kind: 'role', arn: `arn:${partition ?? ''}:iam::${account ?? ''}:role/${session}`, name: session };
}

/** A role as it is in IAM. */
export interface Role {
  readonly arn: string;
  readonly trust: unknown;
  readonly boundary: string | undefined;
}

/** @returns undefined if there is no such role. */
export async function readRole(
  iam: IAMClient,
  name: string,
  abortSignal?: AbortSignal,
): Promise<Role | Unread | undefined> {
  const options = abortSignal === undefined ? {} : { abortSignal };
  try {
    const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: name }), options);
    return {
      arn: role?.Arn ?? '',
      trust: parsed(role?.AssumeRolePolicyDocument),
      boundary: role?.PermissionsBoundary?.PermissionsBoundaryArn,
    };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    return orUnread('iam:GetRole', Promise.reject(error as Error));
  }
}

const isAbsent = (error: unknown): boolean =>
  ['NoSuchEntity', 'NoSuchEntityException'].includes(awsErrorCode(error) ?? '');

/** The names of all roles of the account. */
export async function roleNames(iam: IAMClient, abortSignal?: AbortSignal): Promise<string[] | Unread> {
  const pages = paginateListRoles({ client: iam }, {}, abortSignal === undefined ? {} : { abortSignal });
  const names = collected(pages, ({ Roles: roles = [] }) => roles.map(({ RoleName: name }) => name));
  return orUnread('iam:ListRoles', names);
}

/** The policies that decide about a role in IAM itself. */
export interface RolePolicies {
  readonly policies: readonly NamedPolicy[];
  readonly boundary: NamedPolicy | undefined;
  /** ARNs of the managed policies that are attached. */
  readonly attached: readonly string[];
}

/** Reads all policies of a role, or none: one that is not seen may deny. */
export async function readPolicies(iam: IAMClient, name: string): Promise<RolePolicies | Unread> {
  const role = await readRole(iam, name);
  if (isUnread(role)) return role;
  if (role === undefined) return { unread: phrase`iam:GetRole: there is no such role` };
  const [attached, inline] = await Promise.all([attachedPolicies(iam, name), inlinePolicies(iam, name)]);
  if (isUnread(attached)) return attached;
  if (isUnread(inline)) return inline;
  const managed = await Promise.all(attached.map(async (arn) => managedPolicy(iam, arn)));
  const boundary = role.boundary === undefined ? undefined : await managedPolicy(iam, role.boundary);
  const unread = [...managed, boundary].find(isUnread);
  if (unread !== undefined) return unread;
  return {
    policies: [...inline, ...(managed as NamedPolicy[])],
    boundary: boundary as NamedPolicy | undefined,
    attached,
  };
}

/** @returns ARNs. */
async function attachedPolicies(client: IAMClient, name: string): Promise<string[] | Unread> {
  const pages = paginateListAttachedRolePolicies({ client }, { RoleName: name });
  const arns = collected(pages, ({ AttachedPolicies: list = [] }) => list.map(({ PolicyArn: arn }) => arn));
  return orUnread('iam:ListAttachedRolePolicies', arns);
}

async function inlinePolicies(client: IAMClient, name: string): Promise<NamedPolicy[] | Unread> {
  const pages = paginateListRolePolicies({ client }, { RoleName: name });
  const listed = collected(pages, ({ PolicyNames: list = [] }) => list);
  const names = await orUnread('iam:ListRolePolicies', listed);
  if (isUnread(names)) return names;
  const read = async (policy: string): Promise<NamedPolicy> => {
    const answer = await client.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: policy }));
    return { name: policy, document: parsed(answer.PolicyDocument) };
  };
  return orUnread('iam:GetRolePolicy', Promise.all(names.map(read)));
}

async function managedPolicy(iam: IAMClient, arn: string): Promise<NamedPolicy | Unread> {
  const read = async (): Promise<NamedPolicy> => {
    const { Policy: policy } = await iam.send(new GetPolicyCommand({ PolicyArn: arn }));
    const input = { PolicyArn: arn, VersionId: policy?.DefaultVersionId ?? 'v1' };
    const { PolicyVersion: version } = await iam.send(new GetPolicyVersionCommand(input));
    return { name: arn.slice(arn.lastIndexOf('/') + 1), document: parsed(version?.Document) };
  };
  return orUnread('iam:GetPolicyVersion', read());
}

async function collected<Page>(
  pages: AsyncIterable<Page>,
  texts: (page: Page) => readonly (string | undefined)[],
): Promise<string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(...texts(page).filter((text) => text !== undefined));
  return all;
}

/** IAM's documents are JSON in percent-encoding. @returns undefined if it is none. */
function parsed(document: string | undefined): unknown {
  try {
    return JSON.parse(decodeURIComponent(document ?? ''));
  } catch {
    return undefined;
  }
}
