import { setTimeout as sleep } from 'node:timers/promises';
import {
  EventEmitter,
  type LogOutputChannel,
  RelativePattern,
  type TextDocument,
  Uri,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import { scanSource, type SourceReference, type SourceScan } from '../../core/references/scan-source.ts';
import { DisposableStore } from '../disposables.ts';

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
export function useUri({ uri, line, column }: Use): Uri {
  return Uri.parse(uri).with({ fragment: `${line},${column}` });
}

/** `modules/search.nf:12`, with the folder's name if the window has several. */
export function useLabel({ uri, line }: Use): string {
  return `${workspace.asRelativePath(Uri.parse(uri))}:${line}`;
}

const PATTERN = '**/*.{nf,config}';
/** What runs leave, and packages: no code of the pipeline. */
const EXCLUDED = '**/{work,.nextflow,.git,node_modules}/**';
/** Larger ones are no code that somebody wrote. In bytes. */
const MAX_FILE_BYTES = 4 << 20;
/** So many are read at a time. */
const PARALLEL = 8;
/** Nobody waits longer than this for a list that is a help. In milliseconds. */
const PATIENCE = 3_000;
/** A person who types is not answered at each key. In milliseconds. */
const TYPING_PAUSE = 250;

interface IndexedFile {
  readonly folder: string;
  readonly scan: SourceScan;
}

/**
 * All references to secrets in the folders of the window, also those of unsaved text. It is built in the background
 * and kept up to date file by file.
 */
export class ReferenceIndex {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #files = new Map<string, IndexedFile>();
  readonly #complete = new Set<string>();
  readonly #typing = new Map<string, NodeJS.Timeout>();
  readonly #built = new Map<string, Promise<void>>();

  constructor(private readonly log: LogOutputChannel) {
    const watcher = this.#store.add(workspace.createFileSystemWatcher(PATTERN));
    this.#store.add(watcher.onDidCreate((uri) => void this.#read(uri)));
    this.#store.add(watcher.onDidChange((uri) => void this.#read(uri)));
    this.#store.add(
      watcher.onDidDelete((uri) => {
        this.#forget(uri.toString());
      }),
    );
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document }) => {
        this.#textChanged(document);
      }),
    );
    // What was typed and not saved is gone with the document.
    this.#store.add(workspace.onDidCloseTextDocument(({ uri }) => void this.#read(uri)));
    this.#store.add(
      workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const folder of removed) this.#forgetFolder(folder);
        for (const folder of added) void this.build(folder);
      }),
    );
  }

  /** Waits until all code is read, but not long: what is asked for can be answered with less. */
  async ready(): Promise<void> {
    await Promise.race([this.buildAll(), sleep(PATIENCE, undefined, { ref: false })]);
  }

  /** Reads all code of all folders, once. */
  async buildAll(): Promise<void> {
    await Promise.all((workspace.workspaceFolders ?? []).map((folder) => this.build(folder)));
  }

  async build(folder: WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const building = this.#built.get(key) ?? this.#build(folder);
    this.#built.set(key, building);
    return building;
  }

  /** The uses of each name, in the files of one folder or of all. */
  usesIn(folder: string | undefined): ReadonlyMap<string, readonly Use[]> {
    const uses = new Map<string, Use[]>();
    const files = [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [uri, { folder: of, scan }] of files) {
      if (folder !== undefined && of !== folder) continue;
      for (const reference of scan.references) {
        const { name, line, column, endColumn, kind, optional, guards, ignored } = reference;
        const process = reference.process ?? undefined;
        const use = { uri, line, column, endColumn, kind, optional, guards, ignored, process };
        const known = uses.get(name);
        if (known === undefined) uses.set(name, [use]);
        else known.push(use);
      }
    }
    return uses;
  }

  /** Whether the code of a folder is all read, names every secret that it uses, and there is some. */
  isComplete(folder: string | undefined): boolean {
    if (folder !== undefined && !this.#complete.has(folder)) return false;
    const files = [...this.#files.values()].filter((file) => folder === undefined || file.folder === folder);
    return files.length > 0 && files.every(({ scan }) => scan.dynamic.length === 0);
  }

  /** Everything that is known of the files, by URI. */
  get scans(): ReadonlyMap<string, SourceScan> {
    return new Map(Array.from(this.#files, ([uri, { scan }]) => [uri, scan]));
  }

  dispose(): void {
    for (const timer of this.#typing.values()) clearTimeout(timer);
    this.#store.dispose();
  }

  async #build(folder: WorkspaceFolder): Promise<void> {
    const uris = await workspace.findFiles(new RelativePattern(folder, PATTERN), EXCLUDED);
    const rest = uris.values();
    const worker = async (): Promise<void> => {
      for (const uri of rest) await this.#scanFile(uri, folder);
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    this.#complete.add(folder.uri.toString());
    this.#changed.fire();
  }

  async #read(uri: Uri): Promise<void> {
    const folder = this.#folderOf(uri);
    if (folder === undefined) return;
    await this.#scanFile(uri, folder);
    this.#changed.fire();
  }

  async #scanFile(uri: Uri, folder: WorkspaceFolder): Promise<void> {
    const key = uri.toString();
    const open = workspace.textDocuments.find((document) => document.uri.toString() === key);
    if (open?.isDirty === true) {
      this.#scanText(open, folder);
      return;
    }
    try {
      const { size } = await workspace.fs.stat(uri);
      if (size > MAX_FILE_BYTES) return;
      const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
      this.#files.set(key, { folder: folder.uri.toString(), scan: scanSource(text, languageOf(uri)) });
    } catch (error) {
      this.#files.delete(key);
      this.log.debug(`${uri.fsPath}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #scanText(document: TextDocument, folder: WorkspaceFolder): void {
    const scan = scanSource(document.getText(), languageOf(document.uri));
    this.#files.set(document.uri.toString(), { folder: folder.uri.toString(), scan });
  }

  #textChanged(document: TextDocument): void {
    const folder = this.#folderOf(document.uri);
    if (folder === undefined) return;
    const key = document.uri.toString();
    clearTimeout(this.#typing.get(key));
    const timer = setTimeout(() => {
      this.#typing.delete(key);
      if (document.isClosed) return;
      this.#scanText(document, folder);
      this.#changed.fire();
    }, TYPING_PAUSE);
    this.#typing.set(key, timer);
  }

  /** The folder of a file that the index has to know, else undefined. */
  #folderOf(uri: Uri): WorkspaceFolder | undefined {
    if (!/\.(nf|config)$/.test(uri.path) || /\/(work|\.nextflow|\.git|node_modules)\//.test(uri.path))
      return undefined;
    return workspace.getWorkspaceFolder(uri);
  }

  #forget(key: string): void {
    if (this.#files.delete(key)) this.#changed.fire();
  }

  #forgetFolder({ uri }: WorkspaceFolder): void {
    const folder = uri.toString();
    for (const [key, file] of this.#files) if (file.folder === folder) this.#files.delete(key);
    this.#complete.delete(folder);
    this.#built.delete(folder);
    this.#changed.fire();
  }
}

function languageOf({ path }: Uri): 'script' | 'config' {
  return path.endsWith('.config') ? 'config' : 'script';
}
