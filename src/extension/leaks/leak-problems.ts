import { dirname, isAbsolute, relative, resolve } from 'node:path';
import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  type Disposable,
  l10n,
  languages,
  Location,
  Range,
  Uri,
  workspace,
} from 'vscode';
import type { RecordedCause, RecordedLeak } from '../../core/leaks/record.ts';
import { printable } from '../../core/system/printable.ts';
import { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { filesOf, type LeakGroup } from './leak-group.ts';
import { causeProblem, causeSentence, leakSentence } from './leak-words.ts';
import type { LeaksModel } from './leaks-model.ts';

/** Code of the problems. It is no rule of a scan: its page tells what to do about a leak. */
export const LEAK = 'leak';
/** Most locations of one problem. */
const MOST_RELATED = 50;
/** Columns that are marked. Lines of reports have megabytes. */
const MARKED = 120;

/** Publishes leaks as problems: at the files that have them, and at the code that wrote them there. */
export class LeakProblems implements Disposable {
  readonly #store = new DisposableStore();
  readonly #collection = this.#store.add(languages.createDiagnosticCollection('nextflow-secrets-leaks'));

  constructor(
    private readonly model: LeaksModel,
    private readonly references: Services['references'],
    /** The page about leaks. */
    private readonly page: Uri,
  ) {
    const refresh = (): void => {
      this.#refresh();
    };
    this.#store.add(model.onDidChange(refresh));
    this.#store.add(workspace.onDidChangeWorkspaceFolders(refresh));
    this.#store.add(
      references.onDidChange((change) => {
        if (change === 'files' && model.groups.length > 0) refresh();
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(settings.diagnostics.id)) refresh();
      }),
    );
    refresh();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #refresh(): void {
    const found = new Map<string, Diagnostic[]>();
    const add = (uri: Uri, one: Diagnostic): void => {
      const others = found.get(uri.toString());
      if (others === undefined) found.set(uri.toString(), [one]);
      else others.push(one);
    };
    for (const group of this.model.groups.filter(isOfWindow)) {
      if (!settings.diagnostics.get(Uri.file(group.directory))) continue;
      const causes = group.causes.flatMap((cause) => {
        const uri = this.#codeOf(cause, group);
        return uri === undefined ? [] : [{ cause, uri }];
      });
      for (const leak of group.leaks) {
        const shown = this.#problem(lineRange(leak.line), leakSentence(leak, group));
        shown.relatedInformation = causes
          .filter(({ cause }) => cause.name === leak.name)
          .map(({ cause, uri }) => related(uri, cause.line, causeSentence(cause)));
        add(Uri.file(leak.file), shown);
      }
      for (const { cause, uri } of causes) add(uri, this.#causeOf(cause, group));
    }
    this.#collection.clear();
    this.#collection.set([...found].map(([uri, problems]) => [Uri.parse(uri), problems]));
  }

  #problem(range: Range, message: string): Diagnostic {
    const shown = new Diagnostic(range, message, DiagnosticSeverity.Error);
    shown.source = 'Nextflow Secrets';
    shown.code = { value: LEAK, target: this.page };
    return shown;
  }

  #causeOf(cause: RecordedCause, group: LeakGroup): Diagnostic {
    const leaks = group.leaks.filter(({ name }) => name === cause.name);
    const shown = this.#problem(lineRange(cause.line), causeProblem(cause, filesOf({ leaks }).length));
    shown.relatedInformation = leaks
      .slice(0, MOST_RELATED)
      .map((leak: RecordedLeak) =>
        related(Uri.file(leak.file), leak.line ?? 1, l10n.t('found here ({0})', printable(leak.form))),
      );
    return shown;
  }

  /** The code of a cause, if it is code of the window: that of a remote pipeline is not. */
  #codeOf({ file }: RecordedCause, { directory, title }: LeakGroup): Uri | undefined {
    const pipeline = resolve(directory, title);
    for (const base of [directory, pipeline, dirname(pipeline)]) {
      const uri = Uri.file(resolve(base, file));
      if (this.references.files.has(uri.toString())) return uri;
    }
    return undefined;
  }
}

const related = (uri: Uri, line: number, message: string): DiagnosticRelatedInformation =>
  new DiagnosticRelatedInformation(new Location(uri, lineRange(line)), message);

/** @param line - from 1; null for a file that has none. */
function lineRange(line: number | null): Range {
  const index = Math.max(0, Math.trunc(line ?? 1) - 1);
  return new Range(index, 0, index, MARKED);
}

/** Tells whether a group is about a folder of the window; without one, all are. */
function isOfWindow({ kind, directory, leaks }: LeakGroup): boolean {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (kind === 'folder' || folders.length === 0) return true;
  return folders.some(
    ({ uri }) =>
      isWithin(directory, uri.fsPath) ||
      isWithin(uri.fsPath, directory) ||
      leaks.some(({ file }) => isWithin(file, uri.fsPath)),
  );
}

function isWithin(path: string, folder: string): boolean {
  const rest = relative(folder, path);
  return rest !== '..' && !rest.startsWith('../') && !isAbsolute(rest);
}
