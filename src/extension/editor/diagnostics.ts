import {
  Diagnostic as EditorDiagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  DiagnosticTag,
  type Disposable,
  l10n,
  languages,
  Location,
  Position,
  Uri,
  workspace,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { type Diagnostic, diagnoseFile, diagnoseUnused } from '../../core/diagnostics/diagnostics.ts';
import type { DiagnosticCode } from '../../core/diagnostics/rules/registry.ts';
import type { FoundSecrets, Severity } from '../../core/diagnostics/rules/rule.ts';
import { DisposableStore } from '../disposables.ts';
import type { IndexedFile } from '../code/uses.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { groupProblems, type ProblemGroup } from './problem-groups.ts';
import { rangeOf } from '../code/document-scan.ts';
import type { UncertainUse, UnusedNames } from '../state/join.ts';
import { certainNames } from '../state/secret-states.ts';
import { phraseText } from '../phrase-text.ts';
import { remedySentences } from '../remedies.ts';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** Numbers of locations and of names that one problem lists at most. */
const MOST_RELATED = 100;
const MOST_NAMES = 10;

/** Input of the published diagnostics of a file. */
interface Published {
  readonly file: IndexedFile;
  readonly names: ReadonlySet<string> | undefined;
  readonly ending: FoundSecrets['ending'];
  /** Reason that not all secrets are known, if this file reports it. */
  readonly reason: string | undefined;
}

/**
 * Publishes diagnostics about secrets for all code of the window, open or not, and for unsaved text. It follows the
 * vaults and the index, which scans a changed text after a pause.
 */
export class SecretDiagnostics implements Disposable {
  readonly #store = new DisposableStore();
  readonly #collection = this.#store.add(languages.createDiagnosticCollection('nextflow-secrets'));
  readonly #published = new Map<string, Published>();
  readonly #vaults = new Set<string>();
  #unused = '';

  constructor(
    private readonly services: Services,
    private readonly extension: Uri,
  ) {
    const refresh = (): void => {
      this.#refresh();
    };
    this.#store.add(services.references.onDidChange(refresh));
    this.#store.add(services.secrets.onDidChange(refresh));
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(settings.diagnostics.id)) return;
        this.#published.clear();
        this.#unused = '';
        this.#collection.clear();
        refresh();
      }),
    );
    refresh();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #refresh(): void {
    const { files } = this.services.references;
    for (const uri of this.#published.keys()) {
      if (files.has(uri)) continue;
      this.#published.delete(uri);
      this.#collection.delete(Uri.parse(uri));
    }
    const { uncertain, unused } = this.services.secrets.snapshot;
    for (const [uri, file] of files) this.#refreshFile(uri, file, uncertain.get(uri));
    this.#refreshVaults(unused);
  }

  /** Publishes the diagnostics of a file. Files that have nothing to report are skipped: there are thousands. */
  #refreshFile(key: string, file: IndexedFile, uncertain: UncertainUse | undefined): void {
    const before = this.#published.get(key);
    const { scan, literals, problem } = file;
    const isQuiet =
      scan.references.length + scan.diagnostics.length + literals.length === 0 && problem === undefined;
    if (isQuiet && before === undefined) return;
    const uri = Uri.parse(key);
    const secrets = isQuiet ? undefined : this.services.secrets.at(uri);
    const names = certainNames(secrets);
    const ending = secrets?.ending;
    const reason = uncertain?.problem.message;
    const isKnown = before?.file === file && before.names === names && before.ending === ending;
    if (isKnown && before.reason === reason) return;
    this.#published.set(key, { file, names, ending, reason });
    if (!settings.diagnostics.get(uri)) return;
    const found = groupProblems(diagnoseFile(file, names, ending)).flatMap((group) =>
      this.#group(uri, group),
    );
    if (uncertain !== undefined) found.push(this.#uncertain(uncertain));
    this.#collection.set(uri, found);
  }

  #shown({ code, severity, message, remedies, ...span }: Diagnostic): EditorDiagnostic {
    // The quick fixes are its buttons.
    const text = [phraseText(message), ...remedySentences(remedies, { hasButtons: true })].join(' ');
    const shown = new EditorDiagnostic(rangeOf(span), text, SEVERITIES[severity]);
    shown.source = 'Nextflow Secrets';
    shown.code = { value: code, target: this.#page(code) };
    if (code === 'unused') shown.tags = [DiagnosticTag.Unnecessary];
    return shown;
  }

  /** A problem, and hints in its other locations, which the list of problems does not show. */
  #group(uri: Uri, { first, others }: ProblemGroup): EditorDiagnostic[] {
    const shown = this.#shown(first);
    if (others.length === 0) return [shown];
    shown.relatedInformation = others
      .slice(0, MOST_RELATED)
      .map(
        (other) =>
          new DiagnosticRelatedInformation(new Location(uri, rangeOf(other)), l10n.t('used here too')),
      );
    return [shown, ...others.map((other) => this.#hint(other))];
  }

  #hint(found: Diagnostic): EditorDiagnostic {
    const shown = this.#shown(found);
    shown.severity = DiagnosticSeverity.Hint;
    return shown;
  }

  /** One information for a vault, since one look at it is enough; each of its names is dimmed. */
  #unusedIn(uri: Uri, found: readonly Diagnostic[], names: readonly string[]): EditorDiagnostic[] {
    const [first, ...others] = found;
    if (first === undefined || others.length === 0) return found.map((one) => this.#shown(one));
    const [shown, ...hints] = this.#group(uri, { first, others });
    if (shown === undefined) return [];
    const more = names.length - MOST_NAMES;
    const listed = names.slice(0, MOST_NAMES).map(printable).join(', ');
    shown.message =
      more > 0
        ? l10n.t('No code here uses {0} secrets: {1} and {2} more.', names.length, listed, more)
        : l10n.t('No code here uses {0} secrets: {1}.', names.length, listed);
    shown.relatedInformation = found
      .slice(0, MOST_RELATED)
      .map(
        (one, index) =>
          new DiagnosticRelatedInformation(new Location(uri, rangeOf(one)), printable(names[index] ?? '')),
      );
    return [shown, ...hints];
  }

  #page(code: DiagnosticCode): Uri {
    return Uri.joinPath(this.extension, 'docs', 'diagnostics', `${code}.md`);
  }

  /** Reports, once, that not all names are known: then none can be called missing. */
  #uncertain({ use, problem }: UncertainUse): EditorDiagnostic {
    const reason = printable(problem.message);
    const shown = new EditorDiagnostic(
      rangeOf(use),
      l10n.t('Whether the secrets that the code names are set cannot be known. {0}', reason),
      DiagnosticSeverity.Information,
    );
    shown.source = 'Nextflow Secrets';
    shown.code = { value: 'not-read', target: this.#page('not-read') };
    if (problem.vault !== undefined) {
      const location = new Location(Uri.file(problem.vault), new Position(0, 0));
      shown.relatedInformation = [new DiagnosticRelatedInformation(location, reason)];
    }
    return shown;
  }

  /** Reports names of a workspace that no code uses, at their location in its vault. */
  #refreshVaults(unused: readonly UnusedNames[]): void {
    const shown = JSON.stringify(
      unused.map(({ vault, names, keys }) => [vault, names, names.map((name) => keys.get(name))]),
    );
    if (shown === this.#unused) return;
    this.#unused = shown;
    for (const uri of this.#vaults) this.#collection.delete(Uri.parse(uri));
    this.#vaults.clear();
    for (const { vault, names, keys } of unused) {
      const uri = Uri.file(vault);
      if (names.length === 0 || !settings.diagnostics.get(uri)) continue;
      this.#collection.set(uri, this.#unusedIn(uri, diagnoseUnused(keys, names), names));
      this.#vaults.add(uri.toString());
    }
  }
}
