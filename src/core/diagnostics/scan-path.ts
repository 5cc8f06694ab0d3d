import { basename, dirname, join, relative, resolve } from 'node:path';
import { stat } from '../system/file-calls.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { type Diagnostic, diagnoseFile, diagnoseUnused, vaultKeys } from './diagnostics.ts';
import type { InFile, DynamicReference, SourceReference } from '../references/scan.ts';
import { followIncludes, type GraphFile, readTemplate } from '../pipeline/include-graph.ts';
import { ScanKeeper } from '../references/scan-keeper.ts';
import { scanSource } from '../references/scan-source.ts';
import { companionUse } from '../pipeline/companion-files.ts';
import { readSourceFile, SCAN_WORDS, sourceLanguage } from '../pipeline/source-file.ts';
import { listSourceFiles } from '../pipeline/source-files.ts';
import { NEVER, SourceReader, type SourceText } from '../pipeline/source-reader.ts';
import { KEY_LOOK, mayHaveKey } from './key-signs.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { companionRemedies } from './rules/literal-secret.ts';
import type { FoundSecrets } from './rules/rule.ts';
import { Turns } from '../system/turns.ts';

/** The findings of a scan of a directory, or of a file with its includes. Paths are relative to the directory. */
export interface PathScan {
  readonly references: readonly InFile<SourceReference>[];
  readonly dynamic: readonly InFile<DynamicReference>[];
  readonly diagnostics: readonly InFile<Diagnostic>[];
  /** Files beside the code that were not searched for keys, and the reasons. */
  readonly notSearched: readonly NotSearched[];
}

/** A file, or a number of files, that was not searched for keys. */
export interface NotSearched {
  /** Undefined for files that are too many to be named. */
  readonly file?: string;
  readonly count: number;
  readonly reason: Phrase;
}

export interface ScanPathOptions {
  /** The names of the secrets that are set; without them missing ones are not reported. */
  readonly names?: ReadonlySet<string> | undefined;
  /** The secrets that have expired, or do soon. */
  readonly ending?: FoundSecrets['ending'];
  /** True to look also for keys in the code. Loads the rules for that. */
  readonly literals?: boolean | undefined;
  /** True to read also the files that git ignores. */
  readonly ignored?: boolean | undefined;
  /** A workspace's vault: the scan reports those of its names that the directory does not use. */
  readonly vault?: { readonly file: string; readonly names: readonly string[] } | undefined;
  /** Ends the scan early; the scan then returns its findings so far. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Scans a directory's scripts and configs, or a script or config with what it includes.
 *
 * @throws HumanError 64 if there is no such file or directory.
 */
export async function scanPath(path: string, world: World, options: ScanPathOptions = {}): Promise<PathScan> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) {
    throw new HumanError(ExitCode.usage, phrase`${printable(path)} does not exist, or cannot be read.`);
  }
  const collected = new Collected(options);
  if (!status.isDirectory()) {
    const file = resolve(world.cwd, path);
    const root = dirname(file);
    for await (const found of followIncludes([file], { projectDir: root, launchDir: world.cwd })) {
      if (options.signal?.aborted === true) break;
      await collected.add(relative(root, found.file), found);
    }
    return collected.scan();
  }
  await readDirectory(path, world, collected, options);
  if (options.vault !== undefined) collected.addUnused(options.vault, path);
  return collected.scan();
}

async function readDirectory(
  root: string,
  world: World,
  collected: Collected,
  { literals, ignored, signal }: ScanPathOptions,
): Promise<void> {
  const list = await listSourceFiles(root, world, { signal, companions: literals, ignored });
  const { paths, unusual } = list;
  const words = { script: [SCAN_WORDS.script], config: [SCAN_WORDS.config] };
  const reader = new SourceReader(words, { look: literals === true ? KEY_LOOK : undefined });
  const turns = new Turns();
  for (const file of paths) {
    if (signal?.aborted === true) break;
    const source = reader.read(`${root}/${file}`, !unusual.has(file));
    if (source !== undefined) await collected.addFile(root, file, source);
    if (turns.isOver(source === undefined)) await turns.next();
  }
  await readCompanions(root, list.companions, collected, signal);
}

/** Most files beside the code that are searched, and the most bytes of them. A pipeline has a hundredth of that. */
const MAX_COMPANIONS = 20_000;
const MAX_COMPANION_BYTES = 512 << 20;

/** Searches files beside the code for keys. */
async function readCompanions(
  root: string,
  files: readonly string[],
  collected: Collected,
  signal: AbortSignal | undefined,
): Promise<void> {
  const none = [NEVER];
  const reader = new SourceReader(
    { script: none, config: none },
    {
      followLinks: false,
      look: KEY_LOOK,
      anyBytes: true,
    },
  );
  const turns = new Turns();
  for (const [index, file] of files.entries()) {
    if (signal?.aborted === true) return;
    if (index >= MAX_COMPANIONS || reader.bytesRead > MAX_COMPANION_BYTES) {
      collected.leaveOut({ count: files.length - index, reason: phrase`there are too many` });
      return;
    }
    const source = reader.read(`${root}/${file}`, true);
    if (source !== undefined) await collected.addCompanion(file, source);
    if (turns.isOver(source === undefined)) await turns.next();
  }
}

/** Texts that a scan finds something in. */
const MATTERS = { script: new RegExp(SCAN_WORDS.script), config: new RegExp(SCAN_WORDS.config) };

/** Number of characters of code that are searched for keys together. */
const BATCH_SIZE = 1 << 20;

class Collected {
  readonly #options: ScanPathOptions;
  readonly #references: InFile<SourceReference>[] = [];
  readonly #dynamic: InFile<DynamicReference>[] = [];
  readonly #diagnostics: InFile<Diagnostic>[] = [];
  readonly #templates = new Set<string>();
  readonly #keeper = new ScanKeeper();
  readonly #waiting: { readonly file: string; readonly text: string }[] = [];
  #waitingSize = 0;
  readonly #searched = new Set<string>();
  readonly #notSearched: NotSearched[] = [];

  constructor(options: ScanPathOptions) {
    this.#options = options;
  }

  /** Returns all findings, sorted by file and offset. */
  async scan(): Promise<PathScan> {
    await this.#lookForLiterals();
    this.#diagnostics.sort((a, b) => (a.file === b.file ? a.offset - b.offset : a.file < b.file ? -1 : 1));
    return {
      references: this.#references,
      dynamic: this.#dynamic,
      diagnostics: eachKeyOnce(this.#diagnostics),
      notSearched: this.#notSearched,
    };
  }

  leaveOut(one: NotSearched): void {
    this.#notSearched.push(one);
  }

  async addCompanion(file: string, source: SourceText): Promise<void> {
    if ('text' in source) await this.#search(file, source.text);
    // A file that is gone has no key.
    else if (source.isAbsent !== true) this.leaveOut({ file, count: 1, reason: source.problem });
  }

  /** Adds the unused names of a vault; none if a name is computed or a file is not read, since any may be used then. */
  addUnused(vault: { readonly file: string; readonly names: readonly string[] }, root: string): void {
    const used = new Set(this.#references.map(({ name }) => name));
    const unused = vault.names.filter((name) => !used.has(name));
    const isComplete =
      this.#dynamic.length === 0 && !this.#diagnostics.some(({ code }) => code === 'not-read');
    const source = !isComplete || unused.length === 0 ? undefined : readSourceFile(vault.file);
    if (source === undefined || !('bytes' in source)) return;
    const file = relative(root, vault.file);
    for (const one of diagnoseUnused(vaultKeys(source.bytes.toString('utf8')), unused)) {
      this.#diagnostics.push({ file, ...one });
    }
  }

  async addFile(root: string, file: string, source: SourceText): Promise<void> {
    if ('problem' in source) return this.add(file, { ...source, lost: [] });
    const { text } = source;
    const language = sourceLanguage(file);
    const scan = MATTERS[language].test(text) ? scanSource(text, language) : undefined;
    await this.add(file, { text, ...(scan !== undefined && { scan }), lost: [] });
    for (const template of scan?.templates ?? []) {
      const directories = { projectDir: root, launchDir: root };
      const found = await readTemplate(template, join(root, file), directories, this.#templates);
      if (found !== undefined && 'file' in found) await this.add(relative(root, found.file), found);
    }
  }

  async add(
    file: string,
    { text = '', scan: found, problem, lost }: Pick<GraphFile, 'text' | 'scan' | 'problem' | 'lost'>,
  ): Promise<void> {
    const scan = found && this.#keeper.keep(found);
    const { names, ending } = this.#options;
    // The name first: V8 copies an object much faster into one that has it than the other way round.
    for (const reference of scan?.references ?? []) this.#references.push({ file, ...reference });
    for (const reference of scan?.dynamic ?? []) this.#dynamic.push({ file, ...reference });
    for (const one of diagnoseFile({ scan, problem, lost }, names, ending))
      this.#diagnostics.push({ file, ...one });
    await this.#search(file, text);
  }

  /** Looks for keys in a text, once: a template is read with a process, and beside the code. */
  async #search(file: string, text: string): Promise<void> {
    if (this.#options.literals !== true || !mayHaveKey(text) || this.#searched.has(file)) return;
    this.#searched.add(file);
    this.#waiting.push({ file, text });
    this.#waitingSize += text.length;
    if (this.#waitingSize > BATCH_SIZE) await this.#lookForLiterals();
  }

  async #lookForLiterals(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    this.#waitingSize = 0;
    if (waiting.length === 0) return;
    const { findLiteralSecretsInEach } = await import('./literal-secrets.ts');
    const found = await findLiteralSecretsInEach(waiting.map(({ text }) => text));
    for (const [index, { file }] of waiting.entries()) {
      const use = companionUse(dirname(file), basename(file));
      const remedies = use && companionRemedies(use);
      for (const one of found[index] ?? [])
        this.#diagnostics.push({ file, ...one, ...(remedies !== undefined && { remedies }) });
    }
  }
}

/** Leaves out a key that was found before: the reader knows some settings that the search knows too. */
function eachKeyOnce(diagnostics: readonly InFile<Diagnostic>[]): InFile<Diagnostic>[] {
  let last: InFile<Diagnostic> | undefined;
  return diagnostics.filter((one) => {
    if (one.code !== 'literal-secret') return true;
    const isKnown = last?.file === one.file && one.offset < last.endOffset;
    if (!isKnown) last = one;
    return !isKnown;
  });
}
