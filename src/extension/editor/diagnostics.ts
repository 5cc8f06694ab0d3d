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
import { userVaultPath, workspaceVaultPath } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import { type Diagnostic, diagnose, diagnoseUnused, notRead } from '../../core/diagnostics/diagnostics.ts';
import type { DiagnosticCode } from '../../core/diagnostics/rules/registry.ts';
import type { Severity } from '../../core/diagnostics/rules/rule.ts';
import { readSourceFile } from '../../core/pipeline/source-file.ts';
import { DisposableStore } from '../disposables.ts';
import type { IndexedFile } from '../code/reference-index.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { rangeOf } from '../code/document-scan.ts';
import { secretStates } from './secret-states.ts';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

/** What a file's diagnostics were made of. */
interface Published {
  readonly file: IndexedFile;
  readonly names: ReadonlySet<string> | undefined;
  readonly unknown: string | undefined;
}

/**
 * What is wrong with secrets, in all code of the window, opened or not, and in unsaved text. It follows the index,
 * which scans a changed text after a pause, and the vaults.
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
    const unknown = this.#whereToSayUnknown();
    for (const [uri, file] of files) this.#refreshFile(uri, file, unknown.get(uri));
    this.#refreshVaults();
  }

  /** Only files that say something are looked at twice: there are thousands of others. */
  #refreshFile(key: string, file: IndexedFile, unknown: string | undefined): void {
    const before = this.#published.get(key);
    const { scan, literals, problem } = file;
    const isQuiet =
      scan.references.length + scan.diagnostics.length + literals.length === 0 && problem === undefined;
    if (isQuiet && before === undefined) return;
    const uri = Uri.parse(key);
    const states = isQuiet ? undefined : secretStates(uri, this.services.secrets);
    const names = states?.problem === undefined ? states?.names : undefined;
    if (before?.file === file && before.names === names && before.unknown === unknown) return;
    this.#published.set(key, { file, names, unknown });
    if (!settings.diagnostics.get(uri)) return;
    const found = [
      ...(problem === undefined ? [] : [notRead(problem)]),
      ...diagnose(scan, names),
      ...literals,
    ].map((one) => this.#shown(one));
    if (unknown !== undefined) found.push(this.#unknown(file, unknown, uri));
    this.#collection.set(uri, found);
  }

  #shown({ code, severity, message, ...span }: Diagnostic): EditorDiagnostic {
    const shown = new EditorDiagnostic(rangeOf(span), message, SEVERITIES[severity]);
    shown.source = 'Nextflow Secrets';
    shown.code = { value: code, target: this.#page(code) };
    if (code === 'unused') shown.tags = [DiagnosticTag.Unnecessary];
    return shown;
  }

  #page(code: DiagnosticCode): Uri {
    return Uri.joinPath(this.extension, 'docs', 'diagnostics', `${code}.md`);
  }

  /** For each folder with a vault that cannot be read the one file that says so, and why. */
  #whereToSayUnknown(): ReadonlyMap<string, string> {
    const places = new Map<string, string>();
    for (const { of, problems } of this.services.secrets.snapshot.layers) {
      const [problem] = Object.values(problems);
      if (of === undefined || problem === undefined) continue;
      let best: string | undefined;
      for (const [uri, { folder, scan }] of this.services.references.files) {
        if (folder !== of.folder || scan.references.length === 0) continue;
        if (best === undefined || rank(uri) < rank(best)) best = uri;
      }
      if (best !== undefined) places.set(best, problem);
    }
    return places;
  }

  /** Without all names none can be called missing: that is said once. */
  #unknown({ scan }: IndexedFile, problem: string, uri: Uri): EditorDiagnostic {
    const [first] = scan.references;
    const shown = new EditorDiagnostic(
      rangeOf(first ?? { line: 1, column: 1, endColumn: 1 }),
      l10n.t('Whether the secrets that the code names are set cannot be known. {0}', printable(problem)),
      DiagnosticSeverity.Information,
    );
    shown.source = 'Nextflow Secrets';
    shown.code = { value: 'not-read', target: this.#page('not-read') };
    const vault = this.#unreadableVault(uri);
    if (vault !== undefined) {
      const place = new Location(vault, new Position(0, 0));
      shown.relatedInformation = [new DiagnosticRelatedInformation(place, printable(problem))];
    }
    return shown;
  }

  #unreadableVault(uri: Uri): Uri | undefined {
    const folder = workspace.getWorkspaceFolder(uri)?.uri.toString();
    const layer = this.services.secrets.snapshot.layers.find(({ of }) => of?.folder === folder);
    if (layer?.problems.user !== undefined) {
      return Uri.file(userVaultPath(this.services.openWorld(undefined)));
    }
    if (layer?.problems.workspace === undefined || layer.of === undefined) return undefined;
    return Uri.file(workspaceVaultPath(layer.of.directory));
  }

  /** Names of a workspace that no code uses, where they stand in its vault. */
  #refreshVaults(): void {
    const unused = new Map<string, readonly string[]>();
    for (const root of this.services.secrets.snapshot.roots) {
      if (root.kind !== 'vault' || root.workspace === undefined) continue;
      const { directory } = root.workspace;
      const names = root.secrets.filter((entry) => entry.unused).map(({ name }) => name);
      // Folders may share a vault: what one of them uses is used.
      const others = unused.get(directory);
      unused.set(directory, others === undefined ? names : names.filter((name) => others.includes(name)));
    }
    const shown = JSON.stringify([...unused]);
    if (shown === this.#unused) return;
    this.#unused = shown;
    for (const uri of this.#vaults) this.#collection.delete(Uri.parse(uri));
    this.#vaults.clear();
    for (const [directory, names] of unused) {
      const uri = Uri.file(workspaceVaultPath(directory));
      const source =
        names.length === 0 || !settings.diagnostics.get(uri) ? undefined : readSourceFile(uri.fsPath);
      if (source === undefined || !('bytes' in source)) continue;
      const found = diagnoseUnused(source.bytes.toString('utf8'), names);
      this.#collection.set(
        uri,
        found.map((one) => this.#shown(one)),
      );
      this.#vaults.add(uri.toString());
    }
  }
}

/** Nearest to the folder first, `main.nf` before others. */
function rank(uri: string): string {
  const depth = String(uri.split('/').length).padStart(4, '0');
  return `${depth} ${uri.endsWith('/main.nf') ? '0' : '1'} ${uri}`;
}
