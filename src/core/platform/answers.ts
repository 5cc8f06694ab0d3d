import { Fields, IncompleteAnswer } from './answer-json.ts';
import type * as t from './types.ts';

/** Readers of the answers of a Platform. Each takes what we use, and passes over fields that it does not know. */

export const nothing = (): void => undefined;

export function userInfo(answer: Fields): t.PlatformUser {
  const user = answer.fields('user');
  return {
    id: user.ownId('id'),
    userName: user.text('userName') ?? '',
    email: user.text('email'),
    defaultWorkspaceId: answer.id('defaultWorkspaceId'),
  };
}

export function serviceInfo(answer: Fields): t.ServiceInfo {
  const info = answer.fields('serviceInfo');
  const version = info.text('version');
  const apiVersion = info.text('apiVersion');
  // Any other server may answer with JSON: it does not get a token.
  if (version === null && apiVersion === null) throw new IncompleteAnswer('version');
  return {
    version,
    apiVersion,
    hasPersonalWorkspace: info.flag('userWorkspaceEnabled'),
    maxConfigText: info.number('launchConfigTextMaxSize'),
    maxParamsText: info.number('launchParamsTextMaxSize'),
  };
}

export function membership(answer: Fields): t.PlatformMembership {
  const entries = answer.list('orgsAndWorkspaces');
  return {
    organisations: entries
      .filter((one) => one.id('workspaceId') === null)
      .map((one) => ({ id: one.ownId('orgId'), name: one.text('orgName') ?? '', roles: one.texts('roles') })),
    workspaces: entries
      .filter((one) => one.id('workspaceId') !== null)
      .map((one) => ({
        id: one.ownId('workspaceId'),
        name: one.text('workspaceName') ?? '',
        fullName: one.text('workspaceFullName') ?? '',
        orgId: one.id('orgId') ?? '',
        orgName: one.text('orgName') ?? '',
        visibility: one.text('visibility') ?? '',
        roles: one.texts('roles'),
      })),
  };
}

export const secrets = (answer: Fields): t.PlatformSecret[] =>
  answer.list('pipelineSecrets').map((one) => ({
    id: one.ownId('id'),
    name: one.text('name') ?? '',
    created: one.text('dateCreated'),
    updated: one.text('lastUpdated'),
    lastUsed: one.text('lastUsed'),
  }));

export const computeEnvs = (answer: Fields): t.ComputeEnv[] =>
  answer.list('computeEnvs').map((one) => ({
    id: one.ownId('id'),
    name: one.text('name') ?? '',
    platform: one.text('platform') ?? '',
    status: one.text('status') ?? '',
    isPrimary: one.flag('primary') === true,
    region: one.text('region'),
    workDir: one.text('workDir'),
    detail: one.text('message'),
  }));

export const pipelines = (
  answer: Fields,
): { readonly pipelines: t.LaunchpadPipeline[]; readonly total: number } => ({
  pipelines: answer.list('pipelines').map((one) => ({
    id: one.ownId('pipelineId'),
    name: one.text('name') ?? '',
    repository: one.text('repository') ?? '',
    description: one.text('description'),
    workspaceId: one.id('workspaceId'),
    workspaceName: one.text('workspaceName'),
  })),
  total: answer.number('totalSize') ?? 0,
});

const LAUNCH_TEXTS = [
  'id',
  'pipeline',
  'workDir',
  'revision',
  'commitId',
  'paramsText',
  'configText',
  'towerConfig',
  'preRunScript',
  'postRunScript',
  'mainScript',
  'entryName',
  'schemaName',
  'launchContainer',
  'outputDir',
] as const satisfies readonly (keyof t.LaunchRequest)[];
const LAUNCH_FLAGS = ['pullLatest', 'stubRun'] as const satisfies readonly (keyof t.LaunchRequest)[];
const LAUNCH_NUMBERS = [
  'headJobCpus',
  'headJobMemoryMb',
] as const satisfies readonly (keyof t.LaunchRequest)[];

export function savedLaunch(answer: Fields): t.SavedLaunch {
  const launch = answer.fields('launch');
  const computeEnvId = launch.fields('computeEnv').id('id');
  const present = (keys: readonly string[], of: (key: string) => string | number | boolean | null): object =>
    Object.fromEntries(keys.flatMap((key) => (of(key) === null ? [] : [[key, of(key)]])));
  return {
    ...present(LAUNCH_TEXTS, (key) => launch.text(key)),
    ...present(LAUNCH_FLAGS, (key) => launch.flag(key)),
    ...present(LAUNCH_NUMBERS, (key) => launch.number(key)),
    ...(computeEnvId !== null && { computeEnvId }),
    configProfiles: launch.texts('configProfiles'),
    userSecrets: launch.texts('userSecrets'),
    workspaceSecrets: launch.texts('workspaceSecrets'),
  };
}

export const run = (answer: Fields): t.PlatformRun => {
  const workflow = answer.fields('workflow');
  return {
    id: workflow.ownId('id'),
    runName: workflow.text('runName'),
    status: workflow.text('status') ?? 'UNKNOWN',
    exitStatus: workflow.number('exitStatus'),
    errorMessage: workflow.text('errorMessage'),
    errorReport: workflow.text('errorReport'),
    requiresAttention: workflow.flag('requiresAttention') === true,
    submitted: workflow.text('submit'),
    completed: workflow.text('complete'),
    messages: answer.texts('messages'),
  };
};

export const runs = (answer: Fields): t.PlatformRun[] => answer.list('workflows').map(run);

export function progress(answer: Fields): t.RunProgress {
  const load = answer.fields('progress').fields('workflowProgress');
  const count = (key: string): number => load.number(key) ?? 0;
  return {
    pending: count('pending'),
    submitted: count('submitted'),
    running: count('running'),
    succeeded: count('succeeded'),
    cached: count('cached'),
    failed: count('failed'),
  };
}

export function log(answer: Fields): t.RunLog {
  const page = answer.fields('log');
  const next = page.text('forwardToken');
  return {
    entries: page.texts('entries'),
    next: next === '' ? null : next,
    isPending: page.flag('pending') === true,
    isTruncated: page.flag('truncated') === true,
    detail: page.text('message'),
  };
}
