import { type Disposable, EventEmitter, l10n, type LogOutputChannel, Uri, window, workspace } from 'vscode';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import { serviceNotes, type StoreInService, storeInService } from '../../core/stores/stores.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { FileWatch } from '../file-watch.ts';
import { phraseText } from '../phrase-text.ts';
import { factWithRemedies } from '../remedies.ts';
import type { FolderWorkspace } from './secret-nodes.ts';
import { type Answer, NO_ANSWER, type Refusal, type ServiceState, stateOfService } from './service-state.ts';

/** Milliseconds between two looks while the window has the focus. */
const INTERVAL = 5 * 60_000;
/** Age of an answer at which a window that gets the focus asks again. */
const FRESH = 60_000;
/** Pause after changes of files and texts before names that are new in files are asked for: half a name is none. */
const PAUSE = 2_000;
/** Most names of the code that are asked for one by one. */
const MOST_NAMES = 200;

/** A workspace in a service, and what the service has answered. */
interface Known {
  readonly of: FolderWorkspace;
  /** Content of the file that names the store: another one is another store. */
  readonly content: string;
  answer: Answer;
  /** The asking that is under way. */
  asking: Promise<void> | undefined;
  /** True if it has to be asked once more after that. */
  isStale: boolean;
  answered: number;
}

/** Needs of {@link ServiceStores}. */
export interface ServiceNeeds {
  /** A world in which a service is asked. */
  readonly openWorld: (folder: Uri) => World;
  readonly log: LogOutputChannel;
  /** The names that the saved code of a folder uses, once it is read. */
  readonly namesIn: (folder: string) => Promise<readonly string[]>;
}

/**
 * What services have answered about the workspaces of the window that have their secrets there. They are asked in the
 * background: when a store is seen for the first time or is accepted, from time to time, when the window gets the focus,
 * after changes of this tool, and when the person asks for it. Looks at the answers send nothing.
 */
export class ServiceStores implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #known = new Map<string, Known>();
  readonly #watch: FileWatch;
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(private readonly needs: ServiceNeeds) {
    this.#watch = this.#store.add(
      new FileWatch(() => {
        // Accepted, or changed by the command.
        this.#changed.fire();
        void this.ask();
      }),
    );
    const interval = setInterval(() => {
      if (window.state.focused) void this.ask();
    }, INTERVAL);
    this.#store.add({
      dispose: () => {
        clearInterval(interval);
      },
    });
    this.#store.add(
      window.onDidChangeWindowState(({ focused }) => {
        if (!focused) return;
        for (const known of this.#known.values())
          if (Date.now() - known.answered > FRESH) void this.#ask(known);
      }),
    );
    this.#store.add(
      workspace.onDidSaveTextDocument(() => {
        this.filesChanged();
      }),
    );
    this.#store.add(
      // A text may be saved by itself while it is typed.
      workspace.onDidChangeTextDocument(() => {
        if (this.#timer !== undefined) this.filesChanged();
      }),
    );
  }

  /**
   * The state of the store of a workspace. Sends nothing itself: a store that is new, and accepted, is asked in the
   * background.
   *
   * @returns undefined if the workspace has a vault.
   * @throws HumanError 65 if its file is damaged; 74.
   */
  async look(of: FolderWorkspace): Promise<ServiceState | undefined> {
    const world = this.needs.openWorld(Uri.parse(of.folder));
    const service = await storeInService(of.directory, world);
    const before = this.#known.get(of.folder);
    if (service === undefined) {
      this.#known.delete(of.folder);
      return undefined;
    }
    this.#watch.watch(await serviceNotes(world));
    const mayAsk = service.isAccepted && world.startsNothing !== true;
    const known = before?.content === service.content ? before : newlyKnown(of, service.content);
    this.#known.set(of.folder, known);
    if (!mayAsk) known.answer = NO_ANSWER;
    else if (known.answer === NO_ANSWER && known.asking === undefined) void this.#ask(known);
    return stateOfService({
      ...{ title: phraseText(service.title), path: service.path, answer: known.answer },
      hasPast: true,
      refusal: mayAsk ? undefined : refusalOf(world),
    });
  }

  /** Forgets the workspaces of folders that have left the window: nobody asks for them any more. */
  keepOnly(folders: readonly string[]): void {
    for (const folder of this.#known.keys()) if (!folders.includes(folder)) this.#known.delete(folder);
  }

  /** Asks all services now, and waits for the answers. */
  async ask(): Promise<void> {
    await Promise.all([...this.#known.values()].map((known) => this.#ask(known)));
  }

  /** Waits for answers that are on their way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#known.values()].flatMap(({ asking }) => asking ?? []));
  }

  /** The error that the service of a folder's workspace has given last. */
  failureIn(folder: string): HumanError | undefined {
    return this.#known.get(folder)?.answer.failure;
  }

  /** Asks, after a pause, for names that are new in saved code. */
  filesChanged(): void {
    if (this.#known.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const known of this.#known.values()) void this.#askForNew(known);
    }, PAUSE);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#store.dispose();
  }

  #ask(known: Known): Promise<void> {
    known.isStale = true;
    known.asking ??= this.#askUntilFresh(known).finally(() => {
      known.asking = undefined;
    });
    return known.asking;
  }

  async #askUntilFresh(known: Known): Promise<void> {
    while (known.isStale && !this.#isDisposed) {
      known.isStale = false;
      const open = await this.#open(known);
      if (open === undefined) return;
      const listed = await this.#list(open);
      // What was known of single names stays until they are asked for again; all of it, with the reason, after a failure.
      const { infos, absent } = known.answer;
      this.#take(known, { ...listed, absent, ...(listed.failure !== undefined && { infos }) });
      if (listed.failure !== undefined && listed.failure.exitCode !== ExitCode.notPermitted) continue;
      await this.#askFor(known, open, await this.needs.namesIn(known.of.folder));
    }
  }

  /** Asks for the names of the code that no list and no earlier look has told of. */
  async #askForNew(known: Known): Promise<void> {
    await known.asking;
    const { infos, absent, failure } = known.answer;
    if (known.answer === NO_ANSWER || failure !== undefined) return;
    const names = await this.needs.namesIn(known.of.folder);
    const isNew = (name: string): boolean => !infos.has(name) && !absent.has(name);
    if (!names.some(isNew)) return;
    const open = await this.#open(known);
    if (open !== undefined) await this.#askFor(known, open, names.filter(isNew), absent);
  }

  /** @returns undefined if nothing may be sent, or the workspace has another store by now. */
  async #open(known: Known): Promise<OpenService | undefined> {
    const { of, content } = known;
    if (this.#known.get(of.folder) !== known) return undefined;
    const notes: string[] = [];
    const base = this.needs.openWorld(Uri.parse(of.folder));
    const world: World = {
      ...base,
      notice: (fact, remedy) => {
        notes.push(factWithRemedies(fact, remedy));
      },
    };
    try {
      const service = await storeInService(of.directory, world);
      const mayAsk = service?.isAccepted === true && world.startsNothing !== true;
      return mayAsk && service.content === content ? { service, notes } : undefined;
    } catch (error) {
      // The next look tells the person.
      this.needs.log.warn(String(error));
      return undefined;
    }
  }

  async #list({ service, notes }: OpenService): Promise<Answer> {
    try {
      return { ...NO_ANSWER, isAnswered: true, infos: await service.store.list(), notes };
    } catch (error) {
      return { ...NO_ANSWER, isAnswered: true, notes, failure: this.#failure(error) };
    }
  }

  /** Asks for names one by one. @param before - names that are known not to be there, whatever is asked now. */
  async #askFor(
    known: Known,
    { service, notes }: OpenService,
    names: readonly string[],
    before: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    const asked = names
      .filter((name) => !known.answer.infos.has(name) && secretNameProblem(name) === undefined)
      .slice(0, MOST_NAMES);
    try {
      const found: ReadonlyMap<string, SecretInfo> =
        asked.length === 0 ? new Map() : await service.store.list({ asked, onlyAsked: true });
      this.#take(known, {
        ...known.answer,
        notes,
        infos: new Map([...known.answer.infos, ...found]),
        absent: new Set([...before, ...asked.filter((name) => !found.has(name))]),
      });
    } catch (error) {
      // They stay unknown. A failure of the list is the reason that counts.
      this.#take(known, { ...known.answer, failure: known.answer.failure ?? this.#failure(error) });
    }
  }

  #failure(error: unknown): HumanError {
    if (!(error instanceof HumanError)) {
      this.needs.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return new HumanError(
        ExitCode.unavailable,
        l10n.t('This did not work because of an error in Nextflow Secrets. Its log tells more.'),
      );
    }
    this.needs.log.warn(factWithRemedies(error.phrase, error.remedies));
    return error;
  }

  #take(known: Known, answer: Answer): void {
    if (this.#isDisposed || this.#known.get(known.of.folder) !== known) return;
    const isOk = answer.failure === undefined;
    known.answer = { ...answer, at: isOk ? new Date() : known.answer.at };
    known.answered = Date.now();
    this.#changed.fire();
  }
}

/** A service that may be asked, and what was told meanwhile. */
interface OpenService {
  readonly service: StoreInService;
  readonly notes: readonly string[];
}

const newlyKnown = (of: FolderWorkspace, content: string): Known => ({
  ...{ of, content, answer: NO_ANSWER, asking: undefined, isStale: false, answered: 0 },
});

/** The refusal to ask a store: it is not accepted, or the window is in Restricted Mode. */
function refusalOf({ startsNothing }: World): Refusal {
  return startsNothing === true
    ? {
        kind: 'restricted',
        message: l10n.t('Its secrets are in a service, which is not asked in Restricted Mode.'),
      }
    : {
        kind: 'unaccepted',
        message: l10n.t(
          'You have not accepted this store as its file names it now, so nothing is sent there.',
        ),
      };
}
