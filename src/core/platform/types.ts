/**
 * What Seqera Platform answers, as far as we use it. Ids are texts: a number of the Platform can be larger than JavaScript
 * keeps exactly. Dates are ISO 8601, null where the Platform gives none. Words of its own that a newer Platform may add to,
 * such as states and roles, are texts too.
 */

/** The person that a token belongs to. */
export interface PlatformUser {
  readonly id: string;
  readonly userName: string;
  readonly email: string | null;
  readonly defaultWorkspaceId: string | null;
}

/** The Platform itself. Null where it does not tell. */
export interface ServiceInfo {
  readonly version: string | null;
  readonly apiVersion: string | null;
  /** False if users have no context of their own: all is in workspaces. */
  readonly hasPersonalWorkspace: boolean | null;
  /** Most characters of a launch's configuration and of its parameters. */
  readonly maxConfigText: number | null;
  readonly maxParamsText: number | null;
}

/** A workspace of an organisation that the person belongs to, or that is shared with them. */
export interface PlatformWorkspace {
  readonly id: string;
  readonly name: string;
  readonly fullName: string;
  readonly orgId: string;
  readonly orgName: string;
  /** `PRIVATE`, `SHARED`, or another word of a newer Platform. */
  readonly visibility: string;
  /** `owner`, `admin`, `maintain`, `launch`, `connect`, `view`, or names of the organisation's own. */
  readonly roles: readonly string[];
}

/** An organisation, and whether the person sees any workspace of it. */
export interface PlatformOrganisation {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** All that a person can open. */
export interface PlatformMembership {
  readonly organisations: readonly PlatformOrganisation[];
  readonly workspaces: readonly PlatformWorkspace[];
}

/** Whose secrets, pipelines and runs: those of a workspace, or, if it is undefined, those of the person. */
export type WorkspaceId = string | undefined;

/** A secret there. Its value cannot be read. */
export interface PlatformSecret {
  readonly id: string;
  readonly name: string;
  readonly created: string | null;
  readonly updated: string | null;
  readonly lastUsed: string | null;
}

/** A compute environment: where pipelines run. */
export interface ComputeEnv {
  readonly id: string;
  readonly name: string;
  /** `aws-batch`, `slurm-platform`, … */
  readonly platform: string;
  /** `AVAILABLE` if it takes runs. */
  readonly status: string;
  readonly isPrimary: boolean;
  readonly region: string | null;
  readonly workDir: string | null;
  readonly detail: string | null;
}

/** A pipeline that was added to the launchpad. */
export interface LaunchpadPipeline {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly description: string | null;
  /** The workspace that it belongs to: another one's if it is shared. */
  readonly workspaceId: string | null;
  readonly workspaceName: string | null;
}

/** How a run is started: fields of the API that we fill, and those that a saved launch has. */
export interface LaunchRequest {
  readonly id?: string;
  readonly computeEnvId: string;
  readonly pipeline: string;
  readonly workDir: string;
  readonly revision?: string;
  readonly commitId?: string;
  readonly runName?: string;
  readonly paramsText?: string;
  readonly configProfiles?: readonly string[];
  readonly configText?: string;
  readonly towerConfig?: string;
  readonly preRunScript?: string;
  readonly postRunScript?: string;
  readonly mainScript?: string;
  readonly entryName?: string;
  readonly schemaName?: string;
  readonly resume?: boolean;
  readonly sessionId?: string;
  readonly pullLatest?: boolean;
  readonly stubRun?: boolean;
  readonly headJobCpus?: number;
  readonly headJobMemoryMb?: number;
  readonly launchContainer?: string;
  readonly outputDir?: string;
  /** Names of secrets. Without them the run gets none. */
  readonly userSecrets: readonly string[];
  readonly workspaceSecrets: readonly string[];
}

/** A launch that is saved with a pipeline of the launchpad. */
export type SavedLaunch = Partial<Omit<LaunchRequest, 'userSecrets' | 'workspaceSecrets'>> &
  Pick<LaunchRequest, 'userSecrets' | 'workspaceSecrets'>;

/** A run there. */
export interface PlatformRun {
  readonly id: string;
  readonly runName: string | null;
  /** `SUBMITTED`, `RUNNING`, `SUCCEEDED`, `FAILED`, `CANCELLED`, `UNKNOWN`, or another word of a newer Platform. */
  readonly status: string;
  readonly exitStatus: number | null;
  readonly errorMessage: string | null;
  readonly errorReport: string | null;
  readonly requiresAttention: boolean;
  readonly submitted: string | null;
  readonly completed: string | null;
  /** Notes of the Platform on the run, such as a cleanup that failed. */
  readonly messages: readonly string[];
}

/** Tasks of a run by their state. */
export interface RunProgress {
  readonly pending: number;
  readonly submitted: number;
  readonly running: number;
  readonly succeeded: number;
  readonly cached: number;
  readonly failed: number;
}

/** A part of the output of a run's Nextflow. */
export interface RunLog {
  readonly entries: readonly string[];
  /** What to ask for the next part with; null if there is none yet. */
  readonly next: string | null;
  /** True if there is no log yet. */
  readonly isPending: boolean;
  readonly isTruncated: boolean;
  readonly detail: string | null;
}

/** States of a run that has ended. */
const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** Tells whether a run has ended: false for states that we don't know, which may still change. */
export const hasEnded = ({ status }: Pick<PlatformRun, 'status'>): boolean => ENDED.has(status);

const MAY_WRITE: ReadonlySet<string> = new Set(['owner', 'admin', 'maintain']);
const MAY_NOT_WRITE: ReadonlySet<string> = new Set(['launch', 'connect', 'view', 'member', 'collaborator']);

/**
 * Tells whether roles in a workspace let a person change its secrets: undefined for roles that the organisation made
 * itself. Only the Platform knows for sure, so this decides what is offered, not what is tried.
 */
export function mayWriteSecrets(roles: readonly string[]): boolean | undefined {
  if (roles.some((role) => MAY_WRITE.has(role.toLowerCase()))) return true;
  return roles.length > 0 && roles.every((role) => MAY_NOT_WRITE.has(role.toLowerCase())) ? false : undefined;
}

/** Whose secrets, pipelines and runs: a workspace's, or the person's own. */
export interface PlatformContext {
  /** Undefined for the person's own. */
  readonly workspaceId: WorkspaceId;
  /** `ORG/WORKSPACE`, or `user`. */
  readonly title: string;
}

/** The person's own secrets. A run of theirs gets these rather than those of the workspace of the same name. */
export const OWN_CONTEXT: PlatformContext = { workspaceId: undefined, title: 'user' };

export const contextOf = ({ id, orgName, name }: PlatformWorkspace): PlatformContext => ({
  workspaceId: id,
  title: `${orgName}/${name}`,
});
