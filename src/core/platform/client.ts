import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import { ProxyAgent } from '../system/proxy-agent.ts';
import { type SecretValue } from '../secrets/secret-value.ts';
import { PlatformCalls, SERVICE_INFO, USER_INFO } from './calls.ts';
import * as read from './answers.ts';
import type { Endpoint } from './endpoint.ts';
import { httpTransport, type Transport } from './transport.ts';
import type * as t from './types.ts';

/** Ways of a client that a caller may choose. */
export interface ClientOptions {
  /** How requests are sent; by default through the proxies that the environment names. */
  readonly transport?: Transport;
  /** Pauses before a read is repeated, in milliseconds. */
  readonly pauses?: readonly number[];
}

/** Most connections to a Platform at the same time. */
const CONNECTIONS = 4;
/** Entries of one page of a list. */
const PAGE = 100;
/** Most pages of a list: a Platform that never says that a list ends does not keep us for ever. */
const MAX_PAGES = 100;

/** Part of a path. */
const word = (id: string): string => encodeURIComponent(id);
const inContext = ({ workspaceId }: t.PlatformContext): { workspaceId: t.WorkspaceId } => ({ workspaceId });

/**
 * The API of a Platform, for one token. Each method is one call, or several of a list in pages. Reads are repeated if the
 * Platform is busy; changes never: {@link LostAnswer} says that one was made or not (`secrets.ts` looks then).
 *
 * All methods throw a PlatformError, with a code that tells why.
 */
export class PlatformClient {
  readonly #calls: PlatformCalls;

  /** @param token - undefined for a Platform that is only asked what it is. */
  constructor(
    endpoint: Endpoint,
    token: SecretValue | undefined,
    { transport = httpTransport({ agent: new ProxyAgent(CONNECTIONS) }), ...options }: ClientOptions = {},
  ) {
    this.#calls = new PlatformCalls(endpoint, token, { transport, ...options });
  }

  get endpoint(): Endpoint {
    return this.#calls.endpoint;
  }

  /** What a person calls the Platform. */
  get host(): string {
    return this.#calls.host;
  }

  /** Closes the connections. */
  close(): void {
    this.#calls.close();
  }

  /** Sends no token. */
  async serviceInfo(): Promise<t.ServiceInfo> {
    return this.#calls.read(SERVICE_INFO, read.serviceInfo);
  }

  async userInfo(): Promise<t.PlatformUser> {
    return this.#calls.read(USER_INFO, read.userInfo);
  }

  /** Lists the organisations and workspaces that a person sees. */
  async membership(userId: string): Promise<t.PlatformMembership> {
    const doing = phrase`list your workspaces`;
    return this.#calls.read(
      { method: 'GET', path: `/user/${word(userId)}/workspaces`, doing },
      read.membership,
    );
  }

  /** Lists the secrets of a context. A list has no pages. */
  async secrets(context: t.PlatformContext): Promise<t.PlatformSecret[]> {
    const doing = phrase`list the secrets of ${printable(context.title)}`;
    const query = inContext(context);
    return this.#calls.read(
      { method: 'GET', path: '/pipeline-secrets', query, context, doing },
      read.secrets,
    );
  }

  /** Tells whether a secret of this name could be made; needs the right to make one. */
  async secretName(name: string, context: t.PlatformContext): Promise<'free' | 'taken' | 'invalid'> {
    const doing = phrase`look whether ${printable(context.title)} has a secret ${name}`;
    const query = { ...inContext(context), name };
    return this.#calls.decide(
      { method: 'GET', path: '/pipeline-secrets/validate', query, context, doing },
      { 204: 'free', 200: 'free', 409: 'taken', 400: 'invalid' },
    );
  }

  /** Makes a secret. @returns its id. @throws LostAnswer, PlatformError (`refused` also if the name exists). */
  async createSecret(name: string, value: SecretValue, context: t.PlatformContext): Promise<string> {
    const doing = phrase`create the secret ${name} in ${printable(context.title)}`;
    const query = inContext(context);
    const body = { name, value: value.reveal() };
    return this.#calls.write(
      { method: 'POST', path: '/pipeline-secrets', query, body, context, doing, hasValue: true },
      (answer) => answer.ownId('secretId'),
    );
  }

  /** Gives a secret another value. @throws LostAnswer, PlatformError */
  async updateSecret(
    { id, name }: Pick<t.PlatformSecret, 'id' | 'name'>,
    value: SecretValue,
    context: t.PlatformContext,
  ): Promise<void> {
    const doing = phrase`change the secret ${printable(name)} in ${printable(context.title)}`;
    const query = inContext(context);
    const body = { value: value.reveal() };
    const path = `/pipeline-secrets/${word(id)}`;
    await this.#calls.write(
      { method: 'PUT', path, query, body, context, doing, hasValue: true },
      read.nothing,
    );
  }

  /** Deletes a secret, for ever. @throws LostAnswer, PlatformError */
  async deleteSecret(
    { id, name }: Pick<t.PlatformSecret, 'id' | 'name'>,
    context: t.PlatformContext,
  ): Promise<void> {
    const doing = phrase`delete the secret ${printable(name)} in ${printable(context.title)}`;
    const query = inContext(context);
    const path = `/pipeline-secrets/${word(id)}`;
    await this.#calls.write({ method: 'DELETE', path, query, context, doing }, read.nothing);
  }

  async computeEnvs(context: t.PlatformContext): Promise<t.ComputeEnv[]> {
    const doing = phrase`list the compute environments of ${printable(context.title)}`;
    const query = inContext(context);
    return this.#calls.read(
      { method: 'GET', path: '/compute-envs', query, context, doing },
      read.computeEnvs,
    );
  }

  /** Lists the pipelines of the launchpad. @param search - a part of their names; all if absent. */
  async pipelines(context: t.PlatformContext, search?: string): Promise<t.LaunchpadPipeline[]> {
    const doing = phrase`list the pipelines of ${printable(context.title)}`;
    const found: t.LaunchpadPipeline[] = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = { ...inContext(context), max: PAGE, offset: page * PAGE, search };
      const { pipelines, total } = await this.#calls.read(
        { method: 'GET', path: '/pipelines', query, context, doing },
        read.pipelines,
      );
      found.push(...pipelines);
      if (pipelines.length === 0 || found.length >= total) break;
    }
    return found;
  }

  /** Reads the launch that is saved with a pipeline of the launchpad. */
  async savedLaunch(
    { id, name, workspaceId }: Pick<t.LaunchpadPipeline, 'id' | 'name' | 'workspaceId'>,
    context: t.PlatformContext,
  ): Promise<t.SavedLaunch> {
    const doing = phrase`show how ${printable(name)} is launched in ${printable(context.title)}`;
    const query = { ...inContext(context), sourceWorkspaceId: sourceOf(workspaceId, context) };
    const path = `/pipelines/${word(id)}/launch`;
    return this.#calls.read({ method: 'GET', path, query, context, doing }, read.savedLaunch);
  }

  /**
   * Starts a run, once. @returns its id.
   *
   * @param sourceWorkspaceId - of the pipeline, if that belongs to another workspace.
   * @throws LostAnswer: `runsNamed` tells whether it was started. PlatformError
   */
  async launch(
    launch: t.LaunchRequest,
    context: t.PlatformContext,
    sourceWorkspaceId?: string,
  ): Promise<string> {
    const doing = phrase`launch ${printable(launch.pipeline)} in ${printable(context.title)}`;
    const query = { ...inContext(context), sourceWorkspaceId };
    return this.#calls.write(
      { method: 'POST', path: '/workflow/launch', query, body: { launch }, context, doing },
      (answer) => answer.ownId('workflowId'),
    );
  }

  /** Lists the runs of a name, the newest first. */
  async runsNamed(runName: string, context: t.PlatformContext): Promise<t.PlatformRun[]> {
    const doing = phrase`list the runs of ${printable(context.title)}`;
    const query = { ...inContext(context), search: runName, max: PAGE };
    const runs = await this.#calls.read(
      { method: 'GET', path: '/workflow', query, context, doing },
      read.runs,
    );
    return runs.filter((run) => run.runName === runName);
  }

  async run(id: string, context: t.PlatformContext): Promise<t.PlatformRun> {
    const doing = phrase`show the run ${printable(id)} in ${printable(context.title)}`;
    const query = inContext(context);
    return this.#calls.read(
      { method: 'GET', path: `/workflow/${word(id)}`, query, context, doing },
      read.run,
    );
  }

  async progress(id: string, context: t.PlatformContext): Promise<t.RunProgress> {
    const doing = phrase`show the progress of the run ${printable(id)} in ${printable(context.title)}`;
    const query = inContext(context);
    const path = `/workflow/${word(id)}/progress`;
    return this.#calls.read({ method: 'GET', path, query, context, doing }, read.progress);
  }

  /** Reads a part of the output of a run's Nextflow. @param next - of the part before; the first one if absent. */
  async log(id: string, context: t.PlatformContext, next?: string): Promise<t.RunLog> {
    const doing = phrase`show the log of the run ${printable(id)} in ${printable(context.title)}`;
    const query = { ...inContext(context), next };
    const path = `/workflow/${word(id)}/log`;
    return this.#calls.read({ method: 'GET', path, query, context, doing }, read.log);
  }

  /** Cancels a run. @throws LostAnswer, PlatformError */
  async cancel(id: string, context: t.PlatformContext): Promise<void> {
    const doing = phrase`cancel the run ${printable(id)} in ${printable(context.title)}`;
    const query = inContext(context);
    const path = `/workflow/${word(id)}/cancel`;
    await this.#calls.write({ method: 'POST', path, query, body: {}, context, doing }, read.nothing);
  }
}

/** The workspace that a pipeline is shared from; undefined if it is the context's own. */
export const sourceOf = (workspaceId: string | null, context: t.PlatformContext): t.WorkspaceId =>
  workspaceId === null || workspaceId === context.workspaceId ? undefined : workspaceId;
