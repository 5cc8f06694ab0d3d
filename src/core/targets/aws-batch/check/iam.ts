import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListAttachedUserPolicies,
  paginateListGroupsForUser,
  paginateListRolePolicies,
  paginateListRoles,
  paginateListUserPolicies,
} from '@aws-sdk/client-iam';
import { type AwsAccess, handler } from '../access.ts';
import { awsErrorCode } from '../aws-error.ts';
import type { NamedPolicy } from './evaluate.ts';

/**
 * IAM of the same account, with the same credentials. It is asked briefly: in a network without a way to IAM, which is
 * usual, requests end in time-outs.
 */
export function openIam({ secrets, place }: AwsAccess, maxAttempts: number): IAMClient {
  const { region, profile } = place;
  return new IAMClient({
    region,
    ...(profile !== null && { profile }),
    credentials: secrets.config.credentials,
    maxAttempts,
    requestHandler: { ...handler(), connectionTimeout: 2_000, requestTimeout: 10_000 },
  });
}

/** Why IAM does not say something. Within a sentence. */
export interface Unread {
  readonly unread: string;
}

export const isUnread = (value: unknown): value is Unread =>
  typeof value === 'object' && value !== null && 'unread' in value;

/** An answer of AWS, or why there is none: what cannot be looked at is not known, whatever the reason is. */
export async function orUnread<T>(action: string, work: Promise<T>): Promise<T | Unread> {
  try {
    return await work;
  } catch (error) {
    const code = awsErrorCode(error) ?? (error instanceof Error ? error.name : 'no answer');
    return { unread: `${action}: ${code}` };
  }
}

/** A user or role as IAM knows it. */
export interface Principal {
  readonly kind: 'user' | 'role';
  /** Of IAM, as policies have it. A role's path is missing where only the session is known. */
  readonly arn: string;
  readonly name: string;
}

/**
 * Whose policies count for a caller.
 *
 * @param arn - of a user, a role, or of the session of a role.
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

export const isAbsent = (error: unknown): boolean =>
  ['NoSuchEntity', 'NoSuchEntityException'].includes(awsErrorCode(error) ?? '');

/** The names of all roles of the account. */
export async function roleNames(iam: IAMClient, abortSignal?: AbortSignal): Promise<string[] | Unread> {
  const config = { client: iam };
  const options = abortSignal === undefined ? {} : { abortSignal };
  return orUnread(
    'iam:ListRoles',
    collected(
      paginateListRoles(config, {}, options),
      ({ Roles: roles }) => roles,
      ({ RoleName: name }) => name,
    ),
  );
}

/** All that decides about a user or role in IAM itself. */
export interface IdentityPolicies {
  readonly policies: readonly NamedPolicy[];
  readonly boundary: NamedPolicy | undefined;
  /** ARNs of the managed policies that are attached. */
  readonly attached: readonly string[];
}

/** All policies of a user or role; not some of them, since one that is not seen may deny. */
export async function readPolicies(
  iam: IAMClient,
  principal: Principal,
  boundary: string | undefined,
): Promise<IdentityPolicies | Unread> {
  const parts = await (principal.kind === 'role'
    ? rolePolicies(iam, principal.name)
    : userPolicies(iam, principal.name));
  const unread = parts.find(isUnread);
  if (unread !== undefined) return unread;
  const known = parts as PolicyPart[];
  const attached = known.flatMap((part) => part.attached);
  const read = await Promise.all(attached.map(async (arn) => managedPolicy(iam, arn)));
  const bound = boundary === undefined ? undefined : await managedPolicy(iam, boundary);
  const failed = [...read, bound].find(isUnread);
  if (failed !== undefined) return failed;
  return {
    policies: [...known.flatMap((part) => part.inline), ...(read as NamedPolicy[])],
    boundary: bound as NamedPolicy | undefined,
    attached,
  };
}

/** The boundary of a user. @returns undefined if there is none, or no such user. */
export async function userBoundary(iam: IAMClient, name: string): Promise<string | Unread | undefined> {
  const user = await orUnread('iam:GetUser', iam.send(new GetUserCommand({ UserName: name })));
  return isUnread(user) ? user : user.User?.PermissionsBoundary?.PermissionsBoundaryArn;
}

interface PolicyPart {
  readonly inline: readonly NamedPolicy[];
  readonly attached: readonly string[];
}

async function rolePolicies(client: IAMClient, name: string): Promise<(PolicyPart | Unread)[]> {
  const input = { RoleName: name };
  return Promise.all([
    attachedPart(
      'iam:ListAttachedRolePolicies',
      collected(
        paginateListAttachedRolePolicies({ client }, input),
        ({ AttachedPolicies: list }) => list,
        ({ PolicyArn: arn }) => arn,
      ),
    ),
    inlinePart(
      'iam:ListRolePolicies',
      'iam:GetRolePolicy',
      collected(
        paginateListRolePolicies({ client }, input),
        ({ PolicyNames: names }) => names,
        (policy) => policy,
      ),
      async (policy) =>
        (await client.send(new GetRolePolicyCommand({ ...input, PolicyName: policy }))).PolicyDocument,
    ),
  ]);
}

async function userPolicies(client: IAMClient, name: string): Promise<(PolicyPart | Unread)[]> {
  const input = { UserName: name };
  return Promise.all([
    attachedPart(
      'iam:ListAttachedUserPolicies',
      collected(
        paginateListAttachedUserPolicies({ client }, input),
        ({ AttachedPolicies: list }) => list,
        ({ PolicyArn: arn }) => arn,
      ),
    ),
    inlinePart(
      'iam:ListUserPolicies',
      'iam:GetUserPolicy',
      collected(
        paginateListUserPolicies({ client }, input),
        ({ PolicyNames: names }) => names,
        (policy) => policy,
      ),
      async (policy) =>
        (await client.send(new GetUserPolicyCommand({ ...input, PolicyName: policy }))).PolicyDocument,
    ),
    ofNoGroup(client, name),
  ]);
}

/** Policies of groups are not read: who has some is simulated, or not known. */
async function ofNoGroup(client: IAMClient, name: string): Promise<PolicyPart | Unread> {
  const groups = await orUnread(
    'iam:ListGroupsForUser',
    collected(
      paginateListGroupsForUser({ client }, { UserName: name }),
      ({ Groups: list }) => list,
      ({ GroupName: group }) => group,
    ),
  );
  if (isUnread(groups)) return groups;
  return groups.length === 0 ? { inline: [], attached: [] } : { unread: 'policies of groups are not read' };
}

async function attachedPart(action: string, arns: Promise<string[]>): Promise<PolicyPart | Unread> {
  const attached = await orUnread(action, arns);
  return isUnread(attached) ? attached : { inline: [], attached };
}

async function inlinePart(
  listAction: string,
  getAction: string,
  names: Promise<string[]>,
  read: (policy: string) => Promise<string | undefined>,
): Promise<PolicyPart | Unread> {
  const listed = await orUnread(listAction, names);
  if (isUnread(listed)) return listed;
  const inline = await orUnread(
    getAction,
    Promise.all(listed.map(async (name) => ({ name, document: parsed(await read(name)) }))),
  );
  return isUnread(inline) ? inline : { inline, attached: [] };
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

async function collected<Page, Item>(
  pages: AsyncIterable<Page>,
  list: (page: Page) => readonly Item[] | undefined,
  text: (item: Item) => string | undefined,
): Promise<string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(...(list(page) ?? []).flatMap((item) => text(item) ?? []));
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
