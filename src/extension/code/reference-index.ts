import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventEmitter,
  type LogOutputChannel,
  type TextDocument,
  type Uri,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import { mayHaveKey } from '../../core/diagnostics/key-signs.ts';
import { ScanKeeper } from '../../core/references/scan-keeper.ts';
import { Turns } from '../../core/system/turns.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { isSource, scanOf, sourceText } from './document-scan.ts';
import { listCode, type ListedCode, literalsIn, openDocument, readCode, readListed } from './read-code.ts';
import { indexReader, type ScannedText, scannedText } from './scanned-text.ts';
import { type IndexedFile, nameAll, type References, type Uses, usesOf } from './uses.ts';

const PATTERN = '**/*.{nf,config}';
/** Milliseconds that a request waits for the code at most. */
const PATIENCE = 3_000;
/** Milliseconds between the last key stroke and a new scan. */
const TYPING_PAUSE = 200;
/** Milliseconds in which changed files are collected: a checkout changes many. */
const FILES_PAUSE = 300;
/** Number of characters of code that are searched for keys together. */
const BATCH_SIZE = 1 << 18;

const NO_LITERALS: IndexedFile['literals'] = [];

/** Reason of a change: a person types text, or files change, saved ones among them. */
export type CodeChange = 'text' | 'files';

/** A folder that is read, or being read. */
interface BuiltFolder {
  readonly abort: AbortController;
  work: Promise<void>;
  timer: NodeJS.Timeout | undefined;
  isComplete: boolean;
}

/**
 * All references to secrets in the folders of the window and in other open documents, unsaved text included. It is
 * built in the background, without the files that git ignores. It is kept up to date file by file: after a key stroke
 * only the changed text is scanned.
 */
export class ReferenceIndex implements References {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<CodeChange>());
  readonly onDidChange = this.#changed.event;
  readonly #files = new Map<string, IndexedFile>();
  readonly #folders = new Map<string, BuiltFolder>();
  readonly #typing = new Map<TextDocument, NodeJS.Timeout>();
  readonly #keeper = new ScanKeeper();
  readonly #uses = new Map<string | undefined, Uses>();

  constructor(
    private readonly log: LogOutputChannel,
    private readonly openWorld: (folder: Uri | undefined) => World,
  ) {
    const sources = this.#store.add(workspace.createFileSystemWatcher(PATTERN));
    const ignores = this.#store.add(workspace.createFileSystemWatcher('**/.gitignore'));
    const relist = (uri: Uri): void => {
      this.#filesChanged(uri);
    };
    for (const event of [sources.onDidCreate, ignores.onDidCreate, ignores.onDidChange, ignores.onDidDelete])
      this.#store.add(event(relist));
    this.#store.add(sources.onDidChange((uri) => void this.#fileChanged(uri)));
    this.#store.add(
      sources.onDidDelete((uri) => {
        if (this.#files.delete(uri.toString())) this.#fire('files');
        // An earlier listing may bring it back.
        this.#filesChanged(uri);
      }),
    );
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#textChanged(document);
      }),
    );
    this.#store.add(workspace.onDidOpenTextDocument((document) => void this.#opened(document)));
    this.#store.add(workspace.onDidCloseTextDocument((document) => void this.#closed(document)));
    this.#store.add(
      workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const folder of removed) this.#forgetFolder(folder);
        for (const folder of added) void this.build(folder);
      }),
    );
    this.#store.add(
      workspace.onDidGrantWorkspaceTrust(() => {
        // Only now can git say what it ignores.
        for (const folder of workspace.workspaceFolders ?? []) this.#listAgain(folder);
      }),
    );
    for (const document of workspace.textDocuments) void this.#opened(document);
  }

  /** Waits until all code is read, but not long: callers can answer with a part of the code. */
  async ready(): Promise<void> {
    await Promise.race([this.buildAll(), sleep(PATIENCE, undefined, { ref: false })]);
    await this.settle();
  }

  /** Scans typed text at once. */
  async settle(): Promise<void> {
    await Promise.all([...this.#typing.keys()].map((document) => this.#typed(document)));
  }

  /** Reads all code of all folders, once. */
  async buildAll(): Promise<void> {
    await Promise.all((workspace.workspaceFolders ?? []).map((folder) => this.build(folder)));
  }

  async build(folder: WorkspaceFolder): Promise<void> {
    await this.#folder(folder).work;
  }

  usesIn(folder: string | undefined): Uses {
    const known = this.#uses.get(folder);
    if (known !== undefined) return known;
    const uses = usesOf(this.#filesOf(folder));
    this.#uses.set(folder, uses);
    return uses;
  }

  isComplete(folder: string | undefined): boolean {
    if (folder !== undefined && this.#folders.get(folder)?.isComplete !== true) return false;
    return nameAll(this.#filesOf(folder).map(([, file]) => file));
  }

  /** All indexed files, by URI. */
  get files(): ReadonlyMap<string, IndexedFile> {
    return this.#files;
  }

  dispose(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer);
    for (const { abort, timer } of this.#folders.values()) {
      abort.abort();
      clearTimeout(timer);
    }
    this.#store.dispose();
  }

  #filesOf(folder: string | undefined): (readonly [uri: string, file: IndexedFile])[] {
    return [...this.#files].filter(([, file]) => folder === undefined || file.folder === folder);
  }

  #fire(change: CodeChange): void {
    this.#uses.clear();
    this.#changed.fire(change);
  }

  /** State of a folder. The first call starts to read it. */
  #folder(folder: WorkspaceFolder): BuiltFolder {
    const key = folder.uri.toString();
    const known = this.#folders.get(key);
    if (known !== undefined) return known;
    const abort = new AbortController();
    const built: BuiltFolder = { abort, work: Promise.resolve(), timer: undefined, isComplete: false };
    this.#folders.set(key, built);
    built.work = this.#bringUpToDate(folder, built);
    return built;
  }

  /** Reads the new files of a folder and forgets those that are gone. The first time every file is new. */
  async #bringUpToDate(folder: WorkspaceFolder, built: BuiltFolder): Promise<void> {
    const { signal } = built.abort;
    try {
      const listed = await listCode(folder, this.openWorld, signal);
      if (signal.aborted) return;
      const key = folder.uri.toString();
      const keys = new Set(listed.map(({ uri }) => uri.toString()));
      for (const [uri, file] of this.#files) {
        if (file.folder === key && !keys.has(uri)) this.#files.delete(uri);
      }
      const isNew = ({ uri }: ListedCode): boolean => this.#files.get(uri.toString())?.folder !== key;
      await this.#readAll(listed.filter(isNew), key, signal);
      built.isComplete = !built.abort.signal.aborted;
    } catch (error) {
      this.log.warn(`${folder.uri.fsPath}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#fire('files');
  }

  async #readAll(listed: readonly ListedCode[], folder: string, signal: AbortSignal): Promise<void> {
    const reader = indexReader();
    let waiting: ReadText[] = [];
    let size = 0;
    const turns = new Turns();
    let open = openKeys();
    for (const one of listed) {
      const { uri } = one;
      const key = uri.toString();
      const isSaved = uri.scheme === 'file' && !open.has(key);
      // No wait between them: a file takes less time than a turn of the thread.
      const { text, scan, problem } = isSaved
        ? scannedText(uri, readListed(one, reader), this.#keeper)
        : await this.#readOne(uri);
      if (signal.aborted) return;
      this.#files.set(key, { folder, scan, literals: NO_LITERALS, problem });
      if (mayHaveKey(text)) {
        waiting.push({ uri: key, text });
        size += text.length;
      }
      if (size > BATCH_SIZE) {
        await this.#lookForLiterals(waiting);
        waiting = [];
        size = 0;
        open = openKeys();
      }
      if (!isSaved || turns.isOver(text === '')) {
        await turns.next();
        open = openKeys();
      }
    }
    await this.#lookForLiterals(waiting);
  }

  async #lookForLiterals(texts: readonly ReadText[]): Promise<void> {
    const before = texts.map(({ uri }) => this.#files.get(uri));
    const found = await literalsIn(texts.map(({ text }) => text));
    for (const [index, { uri }] of texts.entries()) {
      const file = this.#files.get(uri);
      const literals = found[index] ?? [];
      if (file !== undefined && file === before[index] && literals.length > 0)
        this.#files.set(uri, { ...file, literals });
    }
  }

  async #readOne(uri: Uri): Promise<ScannedText> {
    const read = await readCode(uri);
    const open = 'text' in read ? openDocument(uri.toString()) : undefined;
    if ('problem' in read || open === undefined) return scannedText(uri, read, this.#keeper);
    return { text: read.text, scan: this.#keeper.keep(scanOf(open)), problem: undefined };
  }

  /** Lists the folder of a file again: the file is new, or git may ignore files from now on, or no longer. */
  #filesChanged(uri: Uri): void {
    const folder = workspace.getWorkspaceFolder(uri);
    if (folder !== undefined) this.#listAgain(folder);
  }

  #listAgain(folder: WorkspaceFolder): void {
    const built = this.#folder(folder);
    clearTimeout(built.timer);
    built.timer = setTimeout(() => {
      built.work = built.work.then(() => this.#bringUpToDate(folder, built));
    }, FILES_PAUSE);
  }

  async #fileChanged(uri: Uri): Promise<void> {
    const key = uri.toString();
    const before = this.#files.get(key);
    if (before === undefined) return;
    const read = await this.#readOne(uri);
    const [literals = NO_LITERALS] = await literalsIn([read.text]);
    // Another event may have changed it meanwhile.
    if (this.#files.get(key) !== before) return;
    this.#files.set(key, { folder: before.folder, scan: read.scan, problem: read.problem, literals });
    this.#fire('files');
  }

  /** Adds an open document, also one outside the folders. */
  async #opened(document: TextDocument): Promise<void> {
    if (isSource(document.uri) && !this.#files.has(document.uri.toString())) await this.#typed(document);
  }

  /** Forgets the unsaved text of a closed document. */
  async #closed(document: TextDocument): Promise<void> {
    clearTimeout(this.#typing.get(document));
    this.#typing.delete(document);
    const key = document.uri.toString();
    const file = this.#files.get(key);
    if (file === undefined) return;
    if (file.folder !== undefined) await this.#fileChanged(document.uri);
    else if (this.#files.delete(key)) this.#fire('files');
  }

  #textChanged(document: TextDocument): void {
    if (!isSource(document.uri)) return;
    clearTimeout(this.#typing.get(document));
    this.#typing.set(
      document,
      setTimeout(() => void this.#typed(document), TYPING_PAUSE),
    );
  }

  async #typed(document: TextDocument): Promise<void> {
    clearTimeout(this.#typing.get(document));
    this.#typing.delete(document);
    const { version } = document;
    const scan = this.#keeper.keep(scanOf(document));
    const [literals = NO_LITERALS] = await literalsIn([sourceText(document)]);
    // There is a newer text, which has its own timer.
    if (document.isClosed || document.version !== version) return;
    const key = document.uri.toString();
    this.#files.set(key, { folder: this.#files.get(key)?.folder, scan, literals, problem: undefined });
    this.#fire('text');
  }

  #forgetFolder({ uri }: WorkspaceFolder): void {
    const folder = uri.toString();
    const built = this.#folders.get(folder);
    built?.abort.abort();
    clearTimeout(built?.timer);
    this.#folders.delete(folder);
    for (const [key, file] of this.#files) if (file.folder === folder) this.#files.delete(key);
    this.#fire('files');
  }
}

/** The files that are open, and may have text that is not saved. */
const openKeys = (): ReadonlySet<string> => new Set(workspace.textDocuments.map(({ uri }) => uri.toString()));

interface ReadText {
  readonly uri: string;
  readonly text: string;
}
