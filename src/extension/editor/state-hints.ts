import {
  type CancellationToken,
  type Disposable,
  EventEmitter,
  InlayHint,
  type InlayHintsProvider,
  languages,
  type Position,
  type Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import type { SourceReference } from '../../core/references/scan.ts';
import { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { isSource, rangeOf, scanOf, SOURCES } from '../code/document-scan.ts';
import { lensReferences } from './lens-references.ts';
import { hintText } from './state-text.ts';

/** Shows the scopes of a secret after each reference, unless a lens of the same line shows them. */
export class StateHints implements InlayHintsProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChangeInlayHints = this.#changed.event;

  constructor(private readonly services: Services) {
    this.#store.add(
      services.secrets.onDidChange(() => {
        this.#changed.fire();
      }),
    );
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        const ours = [settings.inlayHints.id, settings.codeLens.id, 'editor.codeLens'];
        if (ours.some((id) => event.affectsConfiguration(id))) this.#changed.fire();
      }),
    );
    this.#store.add(languages.registerInlayHintsProvider(SOURCES, this));
  }

  provideInlayHints(document: TextDocument, range: Range, _token: CancellationToken): InlayHint[] {
    const secrets = this.services.secrets.at(document.uri);
    if (secrets === undefined || !isSource(document.uri) || !settings.inlayHints.get(document)) return [];
    const scan = scanOf(document);
    const inLenses = new Set(
      lensesAreShown(document)
        ? lensReferences(scan).map(({ reference }) => `${reference.line} ${reference.name}`)
        : [],
    );
    return scan.references
      .filter(
        (reference) =>
          range.contains(rangeOf(reference)) &&
          !inLenses.has(`${reference.line} ${reference.name}`) &&
          secretNameProblem(reference.name) === undefined,
      )
      .map((reference) => {
        const text = hintText(secrets.stateAt(reference));
        const hint = new InlayHint(endOf(document, reference), text);
        hint.paddingLeft = true;
        return hint;
      });
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function lensesAreShown(document: TextDocument): boolean {
  return (
    settings.codeLens.get(document) &&
    workspace.getConfiguration('editor', document).get<boolean>('codeLens') !== false
  );
}

/** Position after the quote and the bracket that belong to the name. */
function endOf(document: TextDocument, reference: SourceReference): Position {
  const { start, end } = rangeOf(reference);
  const line = document.lineAt(end.line).text;
  const quote = line[start.character - 1] ?? '';
  if (!/["']/.test(quote) || line[end.character] !== quote) return end;
  const isIndex = reference.kind === 'property' && line[end.character + 1] === ']';
  return end.translate(0, isIndex ? 2 : 1);
}
