/** What a stand-in for Seqera Platform knows. Ids are larger than the numbers that JavaScript keeps exactly. */

export interface StandInUser {
  readonly id: bigint;
  readonly userName: string;
  /** Undefined after it was deleted or has expired. */
  token: string | undefined;
}

export interface StandInWorkspace {
  readonly id: bigint;
  readonly name: string;
  readonly orgId: bigint;
  readonly orgName: string;
  readonly visibility: 'PRIVATE' | 'SHARED';
  /** Names of roles by the person's id. */
  readonly roles: Map<bigint, readonly string[]>;
}

export interface StandInSecret {
  readonly id: bigint;
  readonly name: string;
  value: string;
  readonly created: string;
  updated: string;
  lastUsed: string | undefined;
}

export interface StandInComputeEnv {
  readonly id: string;
  readonly name: string;
  readonly platform: string;
  status: string;
  readonly primary: boolean;
  readonly workDir: string;
  readonly workspaceId: bigint | undefined;
}

export interface StandInPipeline {
  readonly id: bigint;
  readonly name: string;
  readonly repository: string;
  readonly workspaceId: bigint | undefined;
  /** Fields of its saved launch. */
  readonly launch: Readonly<Record<string, unknown>>;
}

export interface StandInRun {
  readonly id: string;
  readonly workspaceId: bigint | undefined;
  readonly ownerId: bigint;
  readonly launch: Readonly<Record<string, unknown>>;
  status: string;
  exitStatus: number | undefined;
  errorMessage: string | undefined;
  /** Output of Nextflow so far. */
  readonly log: string[];
  readonly messages: string[];
  /** Counts of tasks by state. */
  readonly tasks: Record<string, number>;
  /** True from the moment that somebody cancels it. */
  isCancelled: boolean;
}

/** Values of the secrets that a run asked for, by name. */
export interface Provisioned {
  readonly user: ReadonlyMap<string, string>;
  readonly workspace: ReadonlyMap<string, string>;
}

/** Rights of a role that a workspace's organisation made itself. */
export type CustomRole = readonly string[];

const FIRST_ID = 9_007_199_254_741_001n;

/** The roles of the Platform itself. */
const ROLES: Readonly<Record<string, CustomRole>> = {
  owner: ['pipeline_secrets:read', 'pipeline_secrets:write', 'pipeline_secrets:delete', 'launch', 'read'],
  admin: ['pipeline_secrets:read', 'pipeline_secrets:write', 'pipeline_secrets:delete', 'launch', 'read'],
  maintain: ['pipeline_secrets:read', 'pipeline_secrets:write', 'pipeline_secrets:delete', 'launch', 'read'],
  launch: ['pipeline_secrets:read', 'launch', 'read'],
  connect: ['pipeline_secrets:read', 'read'],
  view: ['pipeline_secrets:read', 'read'],
};

export class StandInState {
  users: StandInUser[] = [];
  workspaces: StandInWorkspace[] = [];
  /** Organisations that a person belongs to, by the person's id. */
  organisations: { readonly id: bigint; readonly name: string; readonly members: Set<bigint> }[] = [];
  customRoles = new Map<string, CustomRole>();
  computeEnvs: StandInComputeEnv[] = [];
  pipelines: StandInPipeline[] = [];
  runs: StandInRun[] = [];
  hasPersonalWorkspace = true;
  version = '25.3.0';
  /** What happens when a run is launched; by default it stays SUBMITTED. */
  onLaunch: (run: StandInRun, secrets: Provisioned) => void | Promise<void> = () => undefined;
  /** Most bytes of one part of a log. */
  logPage = 65_536;
  #secrets = new Map<string, StandInSecret[]>();
  #lastId = FIRST_ID;
  #clock = Date.parse('2026-03-01T08:00:00Z');

  reset(): void {
    Object.assign(this, {
      ...{ users: [], workspaces: [], organisations: [], customRoles: new Map(), computeEnvs: [] },
      ...{ pipelines: [], runs: [], hasPersonalWorkspace: true, onLaunch: () => undefined, logPage: 65_536 },
    });
    this.#secrets = new Map();
  }

  nextId(): bigint {
    return (this.#lastId += 2n);
  }

  /** A time that is later than each before. */
  now(): string {
    this.#clock += 1000;
    return new Date(this.#clock).toISOString();
  }

  addUser(userName: string, token = `fake-token-of-${userName}`): StandInUser {
    const user: StandInUser = { id: this.nextId(), userName, token };
    this.users.push(user);
    return user;
  }

  /** Adds a workspace, and its organisation if there is none of that name. */
  addWorkspace(
    fullName: string,
    roles: readonly (readonly [StandInUser, ...string[]])[],
    visibility: 'PRIVATE' | 'SHARED' = 'PRIVATE',
  ): StandInWorkspace {
    const [orgName = '', name = ''] = fullName.split('/');
    const organisation = this.addOrganisation(orgName);
    for (const [{ id }] of roles) organisation.members.add(id);
    const workspace: StandInWorkspace = {
      ...{ id: this.nextId(), name, orgId: organisation.id, orgName, visibility },
      roles: new Map(roles.map(([{ id }, ...names]) => [id, names])),
    };
    this.workspaces.push(workspace);
    return workspace;
  }

  addOrganisation(name: string, members: readonly StandInUser[] = []): (typeof this.organisations)[number] {
    let organisation = this.organisations.find((one) => one.name === name);
    if (organisation === undefined) {
      organisation = { id: this.nextId(), name, members: new Set() };
      this.organisations.push(organisation);
    }
    for (const { id } of members) organisation.members.add(id);
    return organisation;
  }

  /** The secrets of a workspace, or of a person. */
  secretsOf(owner: StandInWorkspace | StandInUser): StandInSecret[] {
    const key = `${'userName' in owner ? 'user' : 'workspace'} ${owner.id}`;
    const secrets = this.#secrets.get(key) ?? [];
    this.#secrets.set(key, secrets);
    return secrets;
  }

  addSecret(owner: StandInWorkspace | StandInUser, name: string, value: string): StandInSecret {
    const created = this.now();
    const secret = { id: this.nextId(), name, value, created, updated: created, lastUsed: undefined };
    this.secretsOf(owner).push(secret);
    return secret;
  }

  /** The names and values of an owner's secrets, for assertions. */
  valuesOf(owner: StandInWorkspace | StandInUser): Record<string, string> {
    return Object.fromEntries(this.secretsOf(owner).map(({ name, value }) => [name, value]));
  }

  addComputeEnv(
    name: string,
    workspace: StandInWorkspace | undefined,
    { platform = 'aws-batch', status = 'AVAILABLE', primary = true } = {},
  ): StandInComputeEnv {
    const made: StandInComputeEnv = {
      ...{ id: `ce${this.nextId()}`, name, platform, status, primary, workDir: 's3://fake-bucket/work' },
      workspaceId: workspace?.id,
    };
    this.computeEnvs.push(made);
    return made;
  }

  addPipeline(
    name: string,
    repository: string,
    workspace: StandInWorkspace | undefined,
    launch: Readonly<Record<string, unknown>> = {},
  ): StandInPipeline {
    const made = { id: this.nextId(), name, repository, workspaceId: workspace?.id, launch };
    this.pipelines.push(made);
    return made;
  }

  /** Tells whether a person may do something in a workspace; in their own context they may do all. */
  may(user: StandInUser, workspace: StandInWorkspace | undefined, right: string): boolean {
    if (workspace === undefined) return this.hasPersonalWorkspace;
    const roles = workspace.roles.get(user.id);
    if (roles === undefined) return workspace.visibility === 'SHARED' && right === 'read';
    return roles.some((role) => (this.customRoles.get(role) ?? ROLES[role] ?? []).includes(right));
  }
}
