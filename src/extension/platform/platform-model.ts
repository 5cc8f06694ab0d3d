import { type Disposable, EventEmitter, l10n, type LogOutputChannel, window, workspace } from 'vscode';
import { PlatformClient } from '../../core/platform/client.ts';
import { PlatformError, workspaceGone } from '../../core/platform/platform-error.ts';
import {
  contextOf,
  OWN_CONTEXT,
  type PlatformContext,
  type PlatformMembership,
} from '../../core/platform/types.ts';
import { HumanError } from '../../core/system/human-error.ts';
import type { ReferenceIndex } from '../code/reference-index.ts';
import { DisposableStore } from '../disposables.ts';
import { factWithRemedies } from '../remedies.ts';
import { isSupported } from '../trust.ts';
import type { Login, PlatformLogin } from './login.ts';
import { contextOfChosen, type PlatformChoice } from './platform-choice.ts';
import {
  type ContextAnswer,
  type ContextNode,
  contextNodes,
  type LinkedFolder,
  missingIn,
  type MissingThere,
  type PlatformFailure,
  type PlatformNode,
} from './platform-nodes.ts';

/** Milliseconds between two looks while the window has the focus. */
const INTERVAL = 5 * 60_000;
/** Age of the answers at which a window that gets the focus asks again. */
const FRESH = 60_000;

/** Needs of {@link PlatformModel}. */
export interface PlatformNeeds {
  readonly login: PlatformLogin;
  readonly choice: PlatformChoice;
  readonly references: ReferenceIndex;
  readonly log: LogOutputChannel;
}

/** The Platform that a person has signed in to. */
export interface SignedIn {
  readonly login: Login;
  readonly client: PlatformClient;
}

/**
 * What a Platform has answered, joined with the code of the window. It is asked when the person signs in or chooses
 * something, when the view is shown, after changes of this extension, from time to time, and when a window gets the focus;
 * never for a change of code, and never before somebody has signed in. A window that does not show the view asks only if a
 * folder of it has a workspace there.
 */
export class PlatformModel implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #signedIn: SignedIn | undefined;
  #membership: PlatformMembership | undefined;
  #answers: readonly ContextAnswer[] = [];
  #failure: PlatformFailure | undefined;
  #nodes: readonly PlatformNode[] = [];
  #missing: readonly MissingThere[] = [];
  #shown = '';
  #isSeen = false;
  #asked = 0;
  #asking: Promise<void> | undefined;
  #isStale = false;
  #isDisposed = false;

  constructor(private readonly needs: PlatformNeeds) {
    const restart = (): void => void this.#start();
    this.#store.add(needs.login.onDidChange(restart));
    this.#store.add(workspace.onDidGrantWorkspaceTrust(restart));
    this.#store.add(
      workspace.onDidChangeWorkspaceFolders(() => {
        void this.#askIfWanted();
      }),
    );
    this.#store.add(
      needs.references.onDidChange(() => {
        this.#join();
      }),
    );
    const interval = setInterval(() => {
      if (window.state.focused) void this.#askIfWanted();
    }, INTERVAL);
    this.#store.add({
      dispose: () => {
        clearInterval(interval);
      },
    });
    this.#store.add(
      window.onDidChangeWindowState(({ focused }) => {
        if (focused && Date.now() - this.#asked > FRESH) void this.#askIfWanted();
      }),
    );
    restart();
  }

  get signedIn(): SignedIn | undefined {
    return this.#signedIn;
  }

  /** All that the person sees there; undefined before the first answer. */
  get membership(): PlatformMembership | undefined {
    return this.#membership;
  }

  get nodes(): readonly PlatformNode[] {
    return this.#nodes;
  }

  get contexts(): readonly ContextNode[] {
    return this.#nodes.filter((node) => node.kind === 'platformContext');
  }

  get answers(): readonly ContextAnswer[] {
    return this.#answers;
  }

  /** Names that folders with a workspace there need, and that a run in it would not get. */
  get missing(): readonly MissingThere[] {
    return this.#missing;
  }

  /** The folders of the window that have a workspace there. */
  get linked(): LinkedFolder[] {
    const login = this.#signedIn?.login;
    if (login === undefined) return [];
    return (workspace.workspaceFolders ?? []).flatMap(({ uri, name }) => {
      const folder = uri.toString();
      const chosen = this.needs.choice.of(folder, login);
      return chosen === undefined ? [] : [{ folder, title: name, workspaceId: chosen.id }];
    });
  }

  /** Asks, because the view is shown. */
  async see(): Promise<void> {
    if (this.#isSeen) return;
    this.#isSeen = true;
    await this.#askIfWanted();
  }

  /** Reads the login again, and asks for all that is shown. */
  async restart(): Promise<void> {
    this.#isSeen = true;
    await this.#start();
  }

  /** Asks for all that is shown, and waits for the answers. */
  async ask(): Promise<void> {
    this.#isStale = true;
    this.#asking ??= this.#askUntilFresh().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#signedIn?.client.close();
    this.#store.dispose();
  }

  async #start(): Promise<void> {
    if (!workspace.isTrusted || !isSupported) return;
    const login = await this.needs.login.read();
    if (this.#isDisposed) return;
    const before = this.#signedIn?.login;
    const isSame =
      login?.endpoint.url === before?.endpoint.url &&
      login?.userId === before?.userId &&
      login?.token.reveal() === before?.token.reveal();
    if (!isSame) {
      this.#signedIn?.client.close();
      this.#signedIn = login && { login, client: new PlatformClient(login.endpoint, login.token) };
      this.#membership = undefined;
      this.#answers = [];
      this.#failure = undefined;
    }
    this.#join(true);
    await this.#askIfWanted();
  }

  async #askIfWanted(): Promise<void> {
    if (this.#signedIn !== undefined && (this.#isSeen || this.linked.length > 0)) await this.ask();
  }

  async #askUntilFresh(): Promise<void> {
    while (this.#isStale && !this.#isDisposed) {
      this.#isStale = false;
      const signedIn = this.#signedIn;
      if (signedIn === undefined || !workspace.isTrusted) return;
      await this.#askAll(signedIn);
    }
  }

  async #askAll(signedIn: SignedIn): Promise<void> {
    const { client, login } = signedIn;
    let membership: PlatformMembership | undefined;
    let failure: PlatformFailure | undefined;
    try {
      membership = await client.membership(login.userId);
    } catch (error) {
      failure = this.#failureOf(error);
    }
    // Without a good answer to the first question no other one is sent.
    const answers =
      membership === undefined
        ? this.#answers.map((answer) => ({ ...answer, failure }))
        : await Promise.all(
            this.#contexts(membership, login).map((one) => this.#askContext(one, membership, client)),
          );
    if (this.#isDisposed || this.#signedIn !== signedIn) return;
    this.#membership = membership ?? this.#membership;
    this.#failure = failure;
    this.#answers = answers;
    this.#asked = Date.now();
    this.#join(true);
  }

  /** The contexts to ask for: the person's own, those that they want to see, and those of folders. */
  #contexts({ workspaces }: PlatformMembership, login: Login): PlatformContext[] {
    const { choice } = this.needs;
    const folders = (workspace.workspaceFolders ?? []).flatMap(
      ({ uri }) => choice.of(uri.toString(), login) ?? [],
    );
    const chosen = new Map([...choice.shown(login), ...folders].map((one) => [one.id, one]));
    const now = (id: string): PlatformContext | undefined => {
      const found = workspaces.find((one) => one.id === id);
      return found && contextOf(found);
    };
    return [OWN_CONTEXT, ...[...chosen.values()].map((one) => now(one.id) ?? contextOfChosen(one))];
  }

  async #askContext(
    context: PlatformContext,
    { workspaces }: PlatformMembership,
    client: PlatformClient,
  ): Promise<ContextAnswer> {
    const before = this.#answers.find((one) => one.context.workspaceId === context.workspaceId);
    const known = workspaces.find(({ id }) => id === context.workspaceId);
    const roles = known?.roles ?? [];
    try {
      if (context.workspaceId !== undefined && known === undefined)
        throw workspaceGone(client.host, context.title);
      const secrets = new Map((await client.secrets(context)).map((secret) => [secret.name, secret]));
      return { context, roles, secrets, failure: undefined, at: new Date().toISOString() };
    } catch (error) {
      const failure = this.#failureOf(error);
      return { context, roles, secrets: before?.secrets, failure, at: before?.at };
    }
  }

  #failureOf(error: unknown): PlatformFailure {
    if (error instanceof HumanError) {
      const text = factWithRemedies(error.phrase, error.remedies);
      this.needs.log.warn(text);
      return { code: error instanceof PlatformError ? error.code : 'unexpected', text };
    }
    this.needs.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return {
      code: 'unexpected',
      text: l10n.t('This did not work because of an error in Nextflow Secrets. Its log tells more.'),
    };
  }

  /** Joins answers and code. @param isAnswer - true if the person must see that there is one, though nothing has changed. */
  #join(isAnswer = false): void {
    const { references } = this.needs;
    const { linked } = this;
    const answers = this.#answers;
    // One row tells of a Platform that answers nothing at all; then the rows of contexts need not tell it again.
    const isWhole = this.#failure !== undefined;
    const contexts = contextNodes(answers, linked, references);
    const nodes: PlatformNode[] = [
      ...(this.#failure === undefined
        ? []
        : [{ kind: 'platformProblem' as const, context: undefined, failure: this.#failure }]),
      ...(isWhole ? contexts.map((node) => ({ ...node, problem: undefined })) : contexts),
    ];
    const missing = linked.flatMap((folder) => missingIn(folder, answers, references));
    const shown = JSON.stringify([nodes, missing]);
    if (shown === this.#shown && !isAnswer) return;
    this.#shown = shown;
    this.#nodes = nodes;
    this.#missing = missing;
    this.#changed.fire();
  }
}
