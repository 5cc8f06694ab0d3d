import type { Asked, operationOf } from './contract.ts';
import type {
  Provisioned,
  StandInRun,
  StandInSecret,
  StandInState,
  StandInUser,
  StandInWorkspace,
} from './stand-in-state.ts';

/** An answer before it is JSON: whole numbers of any size are bigints. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
}

/** A request for an operation. */
export interface Question {
  readonly asked: Asked;
  readonly found: ReturnType<typeof operationOf>;
  readonly state: StandInState;
}

/** The answer to a bad token, to what is not allowed, and to a path that there is not: nothing at all. */
export const EMPTY_403: Answer = { status: 403 };
const DONE: Answer = { status: 204 };

const problem = (message: string, status = 400): Answer => ({ status, body: { message } });

/** What an operation knows of its request. */
interface Known {
  readonly state: StandInState;
  readonly user: StandInUser;
  /** Undefined for the person's own context. */
  readonly workspace: StandInWorkspace | undefined;
  readonly places: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}

type Operation = (known: Known) => Answer | Promise<Answer>;

/** Answers a question; undefined if it is not allowed. */
export async function answerTo({ asked, found, state }: Question): Promise<Answer | undefined> {
  if (found === undefined) return undefined;
  const { operation, places } = found;
  const { searchParams: query } = new URL(asked.url, 'http://stand-in');
  if (operation.id === 'Info') return info(state);
  const token = String(asked.headers['authorization']).replace(/^Bearer /, '');
  const user = state.users.find((one) => one.token === token);
  if (user === undefined) return undefined;
  const id = query.get('workspaceId');
  const workspace = state.workspaces.find((one) => String(one.id) === id);
  const own = OPERATIONS[operation.id];
  if (own === undefined || (id !== null && workspace === undefined)) return undefined;
  if (own.right !== undefined && !state.may(user, workspace, own.right)) return undefined;
  const body = asked.body === '' ? {} : (JSON.parse(asked.body) as Record<string, unknown>);
  return own.answer({ state, user, workspace, places, query, body });
}

const info = ({ version, hasPersonalWorkspace }: StandInState): Answer => ({
  status: 200,
  body: {
    serviceInfo: {
      ...{ version, apiVersion: '1.181.0', commitId: 'fake', authTypes: ['github'] },
      ...{ heartbeatInterval: 60, userWorkspaceEnabled: hasPersonalWorkspace },
      ...{ launchConfigTextMaxSize: 131_072, launchParamsTextMaxSize: 131_072 },
    },
  },
});

const userInfo: Operation = ({ user }) => ({
  status: 200,
  body: {
    user: { id: user.id, userName: user.userName, email: `${user.userName}@example.org` },
    needConsent: false,
  },
});

const workspaces: Operation = ({ state, user, places }) => {
  if (places['userId'] !== String(user.id)) return EMPTY_403;
  const organisations = state.organisations
    .filter(({ members }) => members.has(user.id))
    .map(({ id, name }) => ({ orgId: id, orgName: name, orgType: 'academic', roles: ['member'] }));
  const seen = state.workspaces.filter(
    ({ roles, visibility }) => roles.has(user.id) || visibility === 'SHARED',
  );
  const entries = seen.map(({ id, name, orgId, orgName, visibility, roles }) => ({
    ...{ orgId, orgName, orgType: 'academic', workspaceId: id, workspaceName: name },
    ...{ workspaceFullName: name, visibility, roles: roles.get(user.id) ?? [] },
  }));
  return { status: 200, body: { orgsAndWorkspaces: [...organisations, ...entries] } };
};

const secretsOf = ({ state, user, workspace }: Known): StandInSecret[] => state.secretsOf(workspace ?? user);

const shown = ({ id, name, created, updated, lastUsed }: StandInSecret): object => ({
  ...{ id, name, dateCreated: created, lastUpdated: updated },
  ...(lastUsed !== undefined && { lastUsed }),
});

const listSecrets: Operation = (known) => ({
  status: 200,
  body: { pipelineSecrets: secretsOf(known).map(shown), totalSize: secretsOf(known).length },
});

const NAME = /^[a-zA-Z_](?:[0-9A-Za-z]+|(_)(?!\1)){1,49}$/;

const createSecret: Operation = (known) => {
  const { state, user, workspace, body } = known;
  const { name, value } = body;
  if (typeof name !== 'string' || !NAME.test(name) || name.length > 100)
    return problem('Invalid secret name');
  if (typeof value !== 'string' || value === '') return problem('Invalid secret value');
  if (secretsOf(known).some((one) => one.name === name)) return problem('Secret already exists');
  return { status: 200, body: { secretId: state.addSecret(workspace ?? user, name, value).id } };
};

const validateName: Operation = (known) => {
  const name = known.query.get('name') ?? '';
  if (!NAME.test(name) || name.length > 100) return problem('Invalid secret name');
  return secretsOf(known).some((one) => one.name === name) ? problem('Duplicate element', 409) : DONE;
};

const withSecret =
  (answer: (secret: StandInSecret, known: Known) => Answer): Operation =>
  (known) => {
    const secret = secretsOf(known).find(({ id }) => String(id) === known.places['secretId']);
    return secret === undefined ? EMPTY_403 : answer(secret, known);
  };

const updateSecret = withSecret((secret, { state, body: { value } }) => {
  if (typeof value !== 'string' || value === '') return problem('Invalid secret value');
  secret.value = value;
  secret.updated = state.now();
  return DONE;
});

const deleteSecret = withSecret((secret, known) => {
  const secrets = secretsOf(known);
  secrets.splice(secrets.indexOf(secret), 1);
  return DONE;
});

const listComputeEnvs: Operation = ({ state, workspace }) => ({
  status: 200,
  body: {
    computeEnvs: state.computeEnvs
      .filter((one) => one.workspaceId === workspace?.id)
      .map(({ id, name, platform, status, primary, workDir }) => ({
        ...{ id, name, platform, status, primary, workDir, region: 'eu-west-1' },
      })),
  },
});

const listPipelines: Operation = ({ state, workspace, query }) => {
  const found = state.pipelines.filter(
    ({ name, workspaceId }) =>
      (workspaceId === workspace?.id || isShared(state, workspaceId)) &&
      name.includes(query.get('search') ?? ''),
  );
  const offset = Number(query.get('offset') ?? 0);
  const page = found.slice(offset, offset + Number(query.get('max') ?? 25));
  const pipelines = page.map(({ id, name, repository, workspaceId }) => ({
    ...{ pipelineId: id, name, repository },
    ...(workspaceId !== undefined && { workspaceId }),
  }));
  return { status: 200, body: { pipelines, totalSize: found.length } };
};

const isShared = (state: StandInState, workspaceId: bigint | undefined): boolean =>
  state.workspaces.some(({ id, visibility }) => id === workspaceId && visibility === 'SHARED');

const describeLaunch: Operation = ({ state, workspace, places, query }) => {
  const source = query.get('sourceWorkspaceId') ?? (workspace === undefined ? null : String(workspace.id));
  const pipeline = state.pipelines.find(
    ({ id, workspaceId }) =>
      String(id) === places['pipelineId'] &&
      (workspaceId === undefined ? null : String(workspaceId)) === source,
  );
  if (pipeline === undefined) return EMPTY_403;
  const { repository, launch } = pipeline;
  return { status: 200, body: { launch: { id: `launch${pipeline.id}`, pipeline: repository, ...launch } } };
};

/** Takes the values of the named secrets for a run. A name that there is none of is a mistake in the request. */
function provision(known: Known, launch: Readonly<Record<string, unknown>>): Provisioned | string {
  const { state, user, workspace } = known;
  const take = (key: string, secrets: readonly StandInSecret[]): Map<string, string> | string => {
    const names = (launch[key] ?? []) as readonly string[];
    const unknown = names.find((name) => !secrets.some((secret) => secret.name === name));
    if (unknown !== undefined) return `Unknown secret: ${unknown}`;
    const wanted = secrets.filter(({ name }) => names.includes(name));
    for (const secret of wanted) secret.lastUsed = state.now();
    return new Map(wanted.map(({ name, value }) => [name, value]));
  };
  const ofUser = take('userSecrets', state.secretsOf(user));
  const ofWorkspace = take('workspaceSecrets', workspace === undefined ? [] : state.secretsOf(workspace));
  if (typeof ofUser === 'string') return ofUser;
  return typeof ofWorkspace === 'string' ? ofWorkspace : { user: ofUser, workspace: ofWorkspace };
}

const launch: Operation = async (known) => {
  const { state, user, workspace, body } = known;
  const asked = body['launch'] as Readonly<Record<string, unknown>>;
  const computeEnv = state.computeEnvs.find(
    ({ id, workspaceId }) => id === asked['computeEnvId'] && workspaceId === workspace?.id,
  );
  const mistakes = [
    ...(computeEnv?.status === 'AVAILABLE'
      ? []
      : [{ code: 'COMPUTE_ENV_INVALID', message: 'The compute environment is not available' }]),
    ...(asked['pipeline'] ? [] : [{ code: 'PIPELINE_INVALID', message: 'No pipeline' }]),
  ];
  if (mistakes.length === 1) return problem(mistakes[0]?.message ?? '');
  if (mistakes.length > 1) return { status: 400, body: { message: 'Launch not valid', errors: mistakes } };
  const secrets = provision(known, asked);
  if (typeof secrets === 'string') return problem(secrets);
  const run: StandInRun = {
    ...{ id: `run${state.nextId()}`, workspaceId: workspace?.id, ownerId: user.id, launch: asked },
    ...{ status: 'SUBMITTED', exitStatus: undefined, errorMessage: undefined, isCancelled: false },
    ...{ log: [], messages: [], tasks: {} },
  };
  state.runs.push(run);
  await state.onLaunch(run, secrets);
  return { status: 200, body: { workflowId: run.id } };
};

const workflow = ({ id, launch, status, exitStatus, errorMessage }: StandInRun): object => ({
  ...{ id, status, requiresAttention: false },
  ...(typeof launch['runName'] === 'string' && { runName: launch['runName'] }),
  ...(exitStatus !== undefined && { exitStatus }),
  ...(errorMessage !== undefined && { errorMessage }),
});

const withRun =
  (answer: (run: StandInRun, known: Known) => Answer): Operation =>
  (known) => {
    const run = known.state.runs.find(
      ({ id, workspaceId }) => id === known.places['workflowId'] && workspaceId === known.workspace?.id,
    );
    return run === undefined ? EMPTY_403 : answer(run, known);
  };

const listRuns: Operation = ({ state, workspace, query }) => {
  const search = query.get('search') ?? '';
  const found = state.runs.filter(
    ({ workspaceId, launch }) =>
      workspaceId === workspace?.id &&
      typeof launch['runName'] === 'string' &&
      launch['runName'].includes(search),
  );
  const offset = Number(query.get('offset') ?? 0);
  const page = found.toReversed().slice(offset, offset + Number(query.get('max') ?? 25));
  return {
    status: 200,
    body: { workflows: page.map((run) => ({ workflow: workflow(run) })), totalSize: found.length },
  };
};

const describeRun = withRun((run) => ({
  status: 200,
  body: { workflow: workflow(run), messages: run.messages },
}));

/** All numbers that the progress of a run has. */
const COUNTS =
  'aborted cached cpuLoad cpuTime cpus failed ignored invCtxSwitch loadCpus loadMemory loadTasks memoryReq ' +
  'memoryRss peakCpus peakMemory peakTasks pending readBytes retries running submitted succeeded volCtxSwitch ' +
  'writeBytes';

const describeProgress = withRun(({ tasks }) => ({
  status: 200,
  body: {
    progress: {
      workflowProgress: Object.fromEntries(COUNTS.split(' ').map((key) => [key, tasks[key] ?? 0])),
      processesProgress: [],
      totalProcesses: 0,
    },
  },
}));

/** A part of the log: from the entry that `next` names, as many as fit. */
const describeLog = withRun(({ log, status }, { state, query }) => {
  const from = Number(query.get('next') ?? 0);
  let size = 0;
  const entries = log.slice(from).filter((line) => (size += line.length) <= state.logPage);
  const isPending = log.length === 0 && status === 'SUBMITTED';
  return {
    status: 200,
    body: {
      log: {
        ...{ entries, truncated: false, pending: isPending, rewindToken: String(from) },
        forwardToken: String(from + entries.length),
      },
    },
  };
});

const cancel = withRun((run) => {
  if (!['SUBMITTED', 'RUNNING'].includes(run.status)) return problem('The workflow is not running');
  run.isCancelled = true;
  run.status = 'CANCELLED';
  return DONE;
});

/** Each operation, and the right that it needs in the context. */
const OPERATIONS: Readonly<Record<string, { readonly right?: string; readonly answer: Operation }>> = {
  UserInfo: { answer: userInfo },
  ListWorkspacesUser: { answer: workspaces },
  ListPipelineSecrets: { right: 'pipeline_secrets:read', answer: listSecrets },
  CreatePipelineSecret: { right: 'pipeline_secrets:write', answer: createSecret },
  ValidatePipelineSecretName: { right: 'pipeline_secrets:write', answer: validateName },
  DescribePipelineSecret: {
    right: 'pipeline_secrets:read',
    answer: withSecret((secret) => ({ status: 200, body: { pipelineSecret: shown(secret) } })),
  },
  UpdatePipelineSecret: { right: 'pipeline_secrets:write', answer: updateSecret },
  DeletePipelineSecret: { right: 'pipeline_secrets:delete', answer: deleteSecret },
  ListComputeEnvs: { right: 'read', answer: listComputeEnvs },
  ListPipelines: { right: 'read', answer: listPipelines },
  DescribePipelineLaunch: { right: 'read', answer: describeLaunch },
  CreateWorkflowLaunch: { right: 'launch', answer: launch },
  ListWorkflows: { right: 'read', answer: listRuns },
  DescribeWorkflow: { right: 'read', answer: describeRun },
  DescribeWorkflowProgress: { right: 'read', answer: describeProgress },
  GetWorkflowLog: { right: 'read', answer: describeLog },
  CancelWorkflow: { right: 'launch', answer: cancel },
};
