import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  type Disposable,
  l10n,
  languages,
  Location,
  Uri,
  workspace,
} from 'vscode';
import { notInPlatform, notInPlatformRule } from '../../core/diagnostics/rules/not-in-platform.ts';
import { isNeeded } from '../../core/launch/plan.ts';
import { printable } from '../../core/system/printable.ts';
import { rangeOf } from '../code/document-scan.ts';
import type { Use } from '../code/uses.ts';
import { DisposableStore } from '../disposables.ts';
import { phraseText } from '../phrase-text.ts';
import { settings } from '../settings.ts';
import type { PlatformModel } from './platform-model.ts';
import { type MissingThere, namesFor } from './platform-nodes.ts';
import { contextTitle } from './platform-words.ts';

/** Code of the diagnostics, and name of their page. */
export const NOT_IN_PLATFORM = notInPlatformRule.code;
/** Number of locations that one problem lists at most. */
const MOST_RELATED = 100;

/**
 * Diagnostics for names that a folder's code needs and that a run in its workspace on the Platform would not get: one
 * problem in each file, and hints at the other uses there. None if the lists of the Platform are not known.
 */
export class NotInPlatform implements Disposable {
  readonly #store = new DisposableStore();
  readonly #collection = this.#store.add(languages.createDiagnosticCollection('nextflow-secrets-platform'));
  #shown = '';

  constructor(
    private readonly model: PlatformModel,
    private readonly extension: Uri,
  ) {
    this.#store.add(
      model.onDidChange(() => {
        this.#refresh();
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(settings.diagnostics.id)) return;
        this.#shown = '';
        this.#refresh();
      }),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }

  #refresh(): void {
    const { missing } = this.model;
    const shown = JSON.stringify(missing);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const byFile = new Map<string, Diagnostic[]>();
    for (const one of missing.filter(({ optional }) => !optional))
      for (const [uri, uses] of neededUses(one, this.model))
        byFile.set(uri, [...(byFile.get(uri) ?? []), ...this.#group(one, Uri.parse(uri), uses)]);
    this.#collection.clear();
    for (const [uri, found] of byFile)
      if (settings.diagnostics.get(Uri.parse(uri))) this.#collection.set(Uri.parse(uri), found);
  }

  #group({ name, context }: MissingThere, uri: Uri, uses: readonly Use[]): Diagnostic[] {
    return uses.map((use, index) => {
      const text = phraseText(notInPlatform(printable(name), contextTitle(context)));
      const severity = index === 0 ? DiagnosticSeverity.Warning : DiagnosticSeverity.Hint;
      const shown = new Diagnostic(rangeOf(use), text, severity);
      shown.source = 'Nextflow Secrets';
      const target = Uri.joinPath(this.extension, 'docs', 'diagnostics', `${NOT_IN_PLATFORM}.md`);
      shown.code = { value: NOT_IN_PLATFORM, target };
      if (index === 0 && uses.length > 1)
        shown.relatedInformation = uses
          .slice(1, MOST_RELATED)
          .map(
            (other) =>
              new DiagnosticRelatedInformation(new Location(uri, rangeOf(other)), l10n.t('used here too')),
          );
      return shown;
    });
  }
}

/** The uses that do not work without the name, by file. */
function neededUses(
  { uses, context }: MissingThere,
  { answers }: PlatformModel,
): ReadonlyMap<string, readonly Use[]> {
  const names = namesFor(context.workspaceId ?? '', answers) ?? new Set<string>();
  const found = new Map<string, Use[]>();
  for (const use of uses.filter((one) => isNeeded(one, names)))
    found.set(use.uri, [...(found.get(use.uri) ?? []), use]);
  return found;
}
