import { posix } from 'node:path';
import {
  EventEmitter,
  type LogOutputChannel,
  type TextDocument,
  Uri,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';
import { KEY_LOOK, mayHaveKey } from '../../core/diagnostics/key-signs.ts';
import { companionRemedies } from '../../core/diagnostics/rules/literal-secret.ts';
import { companionUse } from '../../core/pipeline/companion-files.ts';
import { listSourceFiles, PASSED_OVER } from '../../core/pipeline/source-files.ts';
import { SourceReader } from '../../core/pipeline/source-reader.ts';
import { Turns } from '../../core/system/turns.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { sourceText } from './document-scan.ts';
import { literalsIn, openDocument } from './read-code.ts';

/** Milliseconds between the last key stroke and a new search. */
const TYPING_PAUSE = 300;
/** Milliseconds in which new files are collected. A run makes many. */
const FILES_PAUSE = 2_000;
/** Most files of a folder that are searched, and the most bytes of them: VS Code has other work too. */
const MOST_FILES = 10_000;
const MOST_BYTES = 128 << 20;
/** Number of characters that are searched together. */
const BATCH_SIZE = 1 << 18;
/** A pattern that matches nothing. */
const NEVER = '[]';

/**
 * Keys and passwords in the files beside the code: parameters, programs, settings, environments, recipes of images. Of folders
 * with code in a trusted window all are searched that git does not ignore; else those that are open.
 */
export class CompanionIndex {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Uri>());
  /** Tells of each file with other keys than before. */
  readonly onDidChange = this.#changed.event;
  readonly #keys = new Map<string, readonly Diagnostic[]>();
  /** The files on the disk that belong to a folder, by URI. */
  readonly #listed = new Map<string, ReadonlySet<string>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #reading = new Map<string, AbortController>();

  /** @param hasCode - tells whether a folder has code of Nextflow. */
  constructor(
    private readonly log: LogOutputChannel,
    private readonly openWorld: (folder: Uri | undefined) => World,
    private readonly hasCode: (folder: string) => Promise<boolean>,
  ) {
    const watcher = this.#store.add(workspace.createFileSystemWatcher('**/*'));
    this.#store.add(
      watcher.onDidCreate((uri) => {
        if (usedFor(uri) !== undefined) this.#listSoon(workspace.getWorkspaceFolder(uri));
      }),
    );
    this.#store.add(watcher.onDidChange((uri) => void this.#fileChanged(uri)));
    this.#store.add(
      watcher.onDidDelete((uri) => {
        this.#set(uri, []);
      }),
    );
    this.#store.add(workspace.onDidOpenTextDocument((document) => void this.#searchOpen(document)));
    this.#store.add(workspace.onDidCloseTextDocument((document) => void this.#closed(document)));
    this.#store.add(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0 || usedFor(document.uri) === undefined) return;
        this.#later(document.uri.toString(), TYPING_PAUSE, () => this.#searchOpen(document));
      }),
    );
    this.#store.add(
      workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const folder of removed) this.#forget(folder);
        for (const folder of added) this.#listSoon(folder);
      }),
    );
    this.#store.add(
      workspace.onDidGrantWorkspaceTrust(() => {
        this.#listAll();
      }),
    );
    for (const document of workspace.textDocuments) void this.#searchOpen(document);
    this.#listAll();
  }

  /** The keys of a file, in order. */
  keysIn(uri: Uri): readonly Diagnostic[] {
    return this.#keys.get(uri.toString()) ?? [];
  }

  /** URIs of all files with keys. */
  get files(): readonly string[] {
    return [...this.#keys.keys()];
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const reading of this.#reading.values()) reading.abort();
    this.#store.dispose();
  }

  #listAll(): void {
    for (const folder of workspace.workspaceFolders ?? []) this.#listSoon(folder);
  }

  #listSoon(folder: WorkspaceFolder | undefined): void {
    if (folder?.uri.scheme !== 'file' || !workspace.isTrusted) return;
    this.#later(folder.uri.toString(), FILES_PAUSE, () => this.#list(folder));
  }

  #later(key: string, pause: number, work: () => Promise<void>): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        work().catch((error: unknown) => {
          this.log.warn(`${key}: ${error instanceof Error ? error.message : String(error)}`);
        });
      }, pause),
    );
  }

  #forget({ uri }: WorkspaceFolder): void {
    const folder = uri.toString();
    this.#reading.get(folder)?.abort();
    for (const file of this.#listed.get(folder) ?? []) this.#set(Uri.parse(file), []);
    this.#listed.delete(folder);
  }

  /** Searches the files of a folder, and forgets those that are gone or ignored by now. */
  async #list(folder: WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    this.#reading.get(key)?.abort();
    const { signal } = this.#begin(key);
    if (!(await this.hasCode(key))) return;
    const root = folder.uri.fsPath;
    const { companions } = await listSourceFiles(root, this.openWorld(folder.uri), {
      signal,
      companions: true,
    });
    if (signal.aborted) return;
    const uris = companions
      .map((path) => Uri.joinPath(folder.uri, path))
      .filter((uri) => workspace.getWorkspaceFolder(uri)?.uri.toString() === key);
    const before = this.#listed.get(key) ?? new Set();
    const listed = new Set(uris.map(String));
    this.#listed.set(key, listed);
    for (const file of before)
      if (!listed.has(file) && openDocument(file) === undefined) this.#set(Uri.parse(file), []);
    await this.#readAll(uris, signal);
  }

  #begin(key: string): AbortController {
    const controller = new AbortController();
    this.#reading.set(key, controller);
    return controller;
  }

  async #readAll(uris: readonly Uri[], signal: AbortSignal): Promise<void> {
    const reader = keyReader();
    const turns = new Turns();
    let batch: { readonly uri: Uri; readonly text: string }[] = [];
    let size = 0;
    for (const [index, uri] of uris.entries()) {
      if (signal.aborted) return;
      if (index >= MOST_FILES || reader.bytesRead > MOST_BYTES) {
        this.log.warn(
          `${uris.length - index} files beside the code are not searched for keys: there are too many.`,
        );
        break;
      }
      if (openDocument(uri.toString()) !== undefined) continue;
      const text = textOf(reader, uri);
      if (text === '') this.#set(uri, []);
      else batch.push({ uri, text });
      size += text.length;
      if (size > BATCH_SIZE) {
        await this.#search(batch, signal);
        batch = [];
        size = 0;
      }
      if (turns.isOver(text === '')) await turns.next();
    }
    await this.#search(batch, signal);
  }

  async #search(
    batch: readonly { readonly uri: Uri; readonly text: string }[],
    signal?: AbortSignal,
  ): Promise<void> {
    const found = await literalsIn(batch.map(({ text }) => text));
    if (signal?.aborted === true) return;
    for (const [index, { uri }] of batch.entries()) {
      // Its text in the editor counts.
      if (openDocument(uri.toString()) === undefined) this.#set(uri, found[index] ?? []);
    }
  }

  async #fileChanged(uri: Uri): Promise<void> {
    const folder = workspace.getWorkspaceFolder(uri)?.uri.toString() ?? '';
    const isKnown = this.#listed.get(folder)?.has(uri.toString()) === true;
    if (!isKnown || openDocument(uri.toString()) !== undefined) return;
    await this.#search([{ uri, text: textOf(keyReader(), uri) }]);
  }

  async #searchOpen(document: TextDocument): Promise<void> {
    const { uri, version } = document;
    if (usedFor(uri) === undefined) return;
    const [found = []] = await literalsIn([sourceText(document)]);
    // There is a newer text, which has its own timer.
    if (!document.isClosed && document.version === version) this.#set(uri, found);
  }

  /** Forgets the unsaved text of a closed document. */
  async #closed({ uri }: TextDocument): Promise<void> {
    if (usedFor(uri) === undefined) return;
    this.#set(uri, []);
    await this.#fileChanged(uri);
  }

  #set(uri: Uri, found: readonly Diagnostic[]): void {
    const key = uri.toString();
    if (found.length === 0) {
      if (this.#keys.delete(key)) this.#changed.fire(uri);
      return;
    }
    const use = usedFor(uri);
    const remedies = use && companionRemedies(use);
    this.#keys.set(
      key,
      found.map((one) => ({ ...one, ...(remedies !== undefined && { remedies }) })),
    );
    this.#changed.fire(uri);
  }
}

const keyReader = (): SourceReader =>
  new SourceReader({ script: [NEVER], config: [NEVER] }, { followLinks: false, look: KEY_LOOK });

/** The text of a file on the disk; empty if it has no key, or cannot be read. */
function textOf(reader: SourceReader, { fsPath }: Uri): string {
  const source = reader.read(fsPath, true) ?? { text: '' };
  if (!('text' in source) || !mayHaveKey(source.text)) return '';
  // VS Code shows no byte order mark.
  return source.text.startsWith('\ufeff') ? source.text.slice(1) : source.text;
}

/** The use of a file of a folder; undefined for code, and for files that nobody looks into. */
export function usedFor(uri: Uri): ReturnType<typeof companionUse> {
  const folder = workspace.getWorkspaceFolder(uri);
  if (uri.scheme !== folder?.uri.scheme) return undefined;
  const path = posix.relative(folder.uri.path, uri.path);
  const directory = posix.dirname(path);
  if (directory.split('/').some((name) => PASSED_OVER.has(name))) return undefined;
  return companionUse(directory, posix.basename(path));
}
