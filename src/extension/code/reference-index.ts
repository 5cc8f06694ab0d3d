import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  EventEmitter,
  type LogOutputChannel,
  type TextDocument,
  Uri,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';
import { KEY_SETTING_WORDS } from '../../core/references/reader/config-reader.ts';
import { scanSource } from '../../core/references/scan-source.ts';
import type { SourceReference, SourceScan } from '../../core/references/scan.ts';
import {
  checked,
  readSourceFile,
  type SourceBytes,
  sourceLanguage,
} from '../../core/pipeline/source-file.ts';
import { listSourceFiles } from '../../core/pipeline/source-files.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { isSource, scanOf, sourceText } from './document-scan.ts';
import { virtualFiles } from './virtual-files.ts';

/** A place in the window's code that uses a secret. Lines and columns count from 1, columns in UTF-16 units. */
export interface Use {
  /** URI of the file, as text. */
  readonly uri: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly kind: SourceReference['kind'];
  readonly optional: boolean;
  readonly guards: SourceReference['guards'];
  readonly ignored: boolean;
  /** The process, or the selector of a config. */
  readonly process: string | undefined;
}

/** A place for the opener of VS Code: it goes to a line and column by the fragment. */
export function useUri({ uri, line, column }: Pick<Use, 'uri' | 'line' | 'column'>): Uri {
  return Uri.parse(uri).with({ fragment: `${line},${column}` });
}

/** `modules/search.nf:12`, with the folder's name if the window has several. */
export function useLabel({ uri, line }: Pick<Use, 'uri' | 'line'>): string {
  return `${workspace.asRelativePath(Uri.parse(uri))}:${line}`;
}

const PATTERN = '**/*.{nf,config}';
/** Nobody waits longer than this for a list that is a help. In milliseconds. */
const PATIENCE = 3_000;
/** A person who types is not answered at each key. In milliseconds. */
const TYPING_PAUSE = 200;
/** Files that come in a row, as from a checkout, are looked at together. In milliseconds. */
const FILES_PAUSE = 300;
/** Other extensions share our thread and get their turn after this. In milliseconds. */
const TURN = 10;
/** So many characters of code are looked at for keys together. */
const BATCH_SIZE = 1 << 18;

/** Words without which a scan finds nothing of what is kept of it. Most modules have none of them. */
const RELEVANT = new RegExp(`secret|workflow|profiles|${KEY_SETTING_WORDS.source}`);

/** What is kept of a file's scan. */
type KeptScan = Pick<SourceScan, 'references' | 'dynamic' | 'diagnostics' | 'entryWorkflow' | 'profiles'>;

/** What is known of one file. Another object each time that it is scanned. */
export interface IndexedFile {
  /** The folder whose code it is; undefined for what is only open in an editor: a stranger, or ignored by git. */
  readonly folder: string | undefined;
  readonly scan: KeptScan;
  /** Keys that stand in the code. */
  readonly literals: readonly Diagnostic[];
  /** Why it is not read. */
  readonly problem: string | undefined;
}

const NOTHING: KeptScan = {
  references: [],
  dynamic: [],
  diagnostics: [],
  entryWorkflow: null,
  profiles: [],
};

const NO_LITERALS: readonly Diagnostic[] = [];

/** A folder that is read, or being read. */
interface BuiltFolder {
  readonly abort: AbortController;
  work: Promise<void>;
  timer: NodeJS.Timeout | undefined;
  isComplete: boolean;
}

/**
 * All references to secrets in the folders of the window, and in what else is open, also those of unsaved text. It is
 * built in the background, without what git ignores, and kept up to date file by file: after a key stroke only the
 * text that was changed is scanned.
 */
export class ReferenceIndex {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #files = new Map<string, IndexedFile>();
  readonly #folders = new Map<string, BuiltFolder>();
  readonly #typing = new Map<TextDocument, NodeJS.Timeout>();
  readonly #names = new Map<string, string>();
  readonly #uses = new Map<string | undefined, ReadonlyMap<string, readonly Use[]>>();

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
        if (this.#files.delete(uri.toString())) this.#fire();
        // A listing from before may bring it back.
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
    for (const document of workspace.textDocuments) void this.#opened(document);
  }

  /** Waits until all code is read, but not long: what is asked for can be answered with less. */
  async ready(): Promise<void> {
    await Promise.race([this.buildAll(), sleep(PATIENCE, undefined, { ref: false })]);
    await this.settle();
  }

  /** Takes in at once what was typed. */
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

  /** The uses of each name, in the files of one folder or of all. */
  usesIn(folder: string | undefined): ReadonlyMap<string, readonly Use[]> {
    const known = this.#uses.get(folder);
    if (known !== undefined) return known;
    const uses = new Map<string, Use[]>();
    const files = [...this.#files].filter(
      ([, file]) => file.scan.references.length > 0 && (folder === undefined || file.folder === folder),
    );
    for (const [uri, { scan }] of files.sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const reference of scan.references) {
        const { name, line, column, endColumn, kind, optional, guards, ignored } = reference;
        const process = reference.process ?? undefined;
        const use = { uri, line, column, endColumn, kind, optional, guards, ignored, process };
        const others = uses.get(name);
        if (others === undefined) uses.set(name, [use]);
        else others.push(use);
      }
    }
    this.#uses.set(folder, uses);
    return uses;
  }

  /** Whether the code of a folder is all read, names every secret that it uses, and there is some. */
  isComplete(folder: string | undefined): boolean {
    if (folder !== undefined && this.#folders.get(folder)?.isComplete !== true) return false;
    const files = [...this.#files.values()].filter((file) => folder === undefined || file.folder === folder);
    return (
      files.length > 0 &&
      files.every(({ scan, problem }) => problem === undefined && scan.dynamic.length === 0)
    );
  }

  /** Everything that is known of the files, by URI. */
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

  #fire(): void {
    this.#uses.clear();
    this.#changed.fire();
  }

  /** A folder's state; whoever asks first starts its reading. */
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

  /** Reads what is new in a folder and forgets what is gone; the first time everything is new. */
  async #bringUpToDate(folder: WorkspaceFolder, built: BuiltFolder): Promise<void> {
    const { signal } = built.abort;
    try {
      const uris = await this.#list(folder, signal);
      if (signal.aborted) return;
      const key = folder.uri.toString();
      const listed = new Set(uris.map(String));
      for (const [uri, file] of this.#files) {
        if (file.folder === key && !listed.has(uri)) this.#files.delete(uri);
      }
      const isNew = (uri: Uri): boolean => this.#files.get(uri.toString())?.folder !== key;
      await this.#readAll(uris.filter(isNew), key, signal);
      built.isComplete = !built.abort.signal.aborted;
    } catch (error) {
      this.log.warn(`${folder.uri.fsPath}: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#fire();
  }

  async #list(folder: WorkspaceFolder, signal: AbortSignal): Promise<Uri[]> {
    // Of folders within each other the inner one has its files.
    const isOwn = (uri: Uri): boolean => workspace.getWorkspaceFolder(uri) === folder;
    if (folder.uri.scheme !== 'file') {
      return virtualFiles(folder.uri, (uri) => isSource(uri) && isOwn(uri));
    }
    // In Restricted Mode nothing is started, git neither.
    const world = workspace.isTrusted ? this.openWorld(folder.uri) : undefined;
    const paths = await listSourceFiles(folder.uri.fsPath, world, signal);
    return paths.map((path) => Uri.joinPath(folder.uri, path)).filter(isOwn);
  }

  async #readAll(uris: readonly Uri[], folder: string, signal: AbortSignal): Promise<void> {
    let waiting: ReadText[] = [];
    let size = 0;
    let turn = performance.now();
    for (const uri of uris) {
      const { text, scan, problem } = await this.#readOne(uri);
      if (signal.aborted) return;
      this.#files.set(uri.toString(), { folder, scan, literals: NO_LITERALS, problem });
      if (text !== '') {
        waiting.push({ uri: uri.toString(), text });
        size += text.length;
      }
      if (size > BATCH_SIZE) {
        await this.#lookForLiterals(waiting);
        waiting = [];
        size = 0;
      }
      if (performance.now() - turn > TURN) {
        await nextTurn();
        turn = performance.now();
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

  /** A file as it is in an editor, else on the disk. */
  async #readOne(uri: Uri): Promise<Pick<IndexedFile, 'scan' | 'problem'> & { readonly text: string }> {
    const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open?.isDirty === true) {
      return { text: sourceText(open), scan: this.#kept(scanOf(open)), problem: undefined };
    }
    const source = await readSource(uri);
    if ('problem' in source) return { text: '', scan: NOTHING, problem: source.problem };
    const text = new TextDecoder().decode(source.bytes);
    const scan = RELEVANT.test(text) ? this.#kept(scanSource(text, sourceLanguage(uri.path))) : NOTHING;
    return { text, scan, problem: undefined };
  }

  /**
   * What is kept of a scan: without strings that are cut from the text, which would keep all of the text, and each
   * name once.
   */
  #kept({ references, dynamic, diagnostics, entryWorkflow, profiles }: SourceScan): KeptScan {
    if (references.length + dynamic.length + diagnostics.length + profiles.length === 0) {
      return entryWorkflow === null ? NOTHING : { ...NOTHING, entryWorkflow };
    }
    const own = <T extends string | null>(text: T): T => (text === null ? text : (this.#own(text) as T));
    return {
      references: references.map((one) => ({
        ...one,
        name: own(one.name),
        process: own(one.process),
        profile: own(one.profile),
        guards: one.guards.map(({ name, set }) => ({ name: own(name), set })),
      })),
      dynamic: dynamic.map((one) => ({
        ...one,
        text: own(one.text),
        process: own(one.process),
        profile: own(one.profile),
      })),
      diagnostics: diagnostics.map((one) => ({ ...one, name: own(one.name) })),
      entryWorkflow,
      profiles: profiles.map((one) => ({ ...one, name: own(one.name) })),
    };
  }

  #own(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const own = Buffer.from(text, 'utf16le').toString('utf16le');
    this.#names.set(own, own);
    return own;
  }

  /** A file that is new, or that git may ignore from now on, or no longer. */
  #filesChanged(uri: Uri): void {
    const folder = workspace.getWorkspaceFolder(uri);
    if (folder === undefined) return;
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
    // Something else may have changed it meanwhile.
    if (this.#files.get(key) !== before) return;
    this.#files.set(key, { folder: before.folder, scan: read.scan, problem: read.problem, literals });
    this.#fire();
  }

  /** What is open counts, wherever it is. */
  async #opened(document: TextDocument): Promise<void> {
    if (isSource(document.uri) && !this.#files.has(document.uri.toString())) await this.#typed(document);
  }

  /** What was typed and not saved is gone with the document. */
  async #closed(document: TextDocument): Promise<void> {
    clearTimeout(this.#typing.get(document));
    this.#typing.delete(document);
    const key = document.uri.toString();
    const file = this.#files.get(key);
    if (file === undefined) return;
    if (file.folder !== undefined) await this.#fileChanged(document.uri);
    else if (this.#files.delete(key)) this.#fire();
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
    const scan = this.#kept(scanOf(document));
    const [literals = NO_LITERALS] = await literalsIn([sourceText(document)]);
    // There is a newer text, which has its own timer.
    if (document.isClosed || document.version !== version) return;
    const key = document.uri.toString();
    this.#files.set(key, { folder: this.#files.get(key)?.folder, scan, literals, problem: undefined });
    this.#fire();
  }

  #forgetFolder({ uri }: WorkspaceFolder): void {
    const folder = uri.toString();
    const built = this.#folders.get(folder);
    built?.abort.abort();
    clearTimeout(built?.timer);
    this.#folders.delete(folder);
    for (const [key, file] of this.#files) if (file.folder === folder) this.#files.delete(key);
    this.#fire();
  }
}

interface ReadText {
  readonly uri: string;
  readonly text: string;
}

async function readSource(uri: Uri): Promise<SourceBytes> {
  if (uri.scheme === 'file') return readSourceFile(uri.fsPath);
  try {
    return checked(Buffer.from(await workspace.fs.readFile(uri)));
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Its rules load when there is a first text. */
async function literalsIn(texts: readonly string[]): Promise<readonly (readonly Diagnostic[])[]> {
  if (texts.every((text) => text === '')) return [];
  const { findLiteralSecretsInEach } = await import('../../core/diagnostics/literal-secrets.ts');
  return findLiteralSecretsInEach(texts);
}
