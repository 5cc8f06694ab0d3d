import {
  type CancellationToken,
  CompletionItem,
  CompletionItemKind,
  type CompletionItemProvider,
  MarkdownString,
  type Position,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { sourceLanguage } from '../../core/pipeline/source-file.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import type { Services } from '../services.ts';
import { isSource } from '../code/document-scan.ts';
import { type NamePlace, namePlaceAt } from './name-place.ts';
import { type SecretState, secretStates } from './secret-states.ts';
import { appendScopes } from './scopes-text.ts';
import { stateText } from './state-text.ts';

/** Behind these a name may begin. */
export const NAME_TRIGGERS = ["'", '"', '.'] as const;

/** The names that are set, and those that other code refers to, where the name of a secret is typed. */
export class NameCompletion implements CompletionItemProvider {
  constructor(private readonly services: Services) {}

  provideCompletionItems(
    document: TextDocument,
    position: Position,
    _token: CancellationToken,
  ): CompletionItem[] {
    if (!isSource(document.uri)) return [];
    const offset = document.offsetAt(position);
    const place = namePlaceAt(document.getText(), offset, sourceLanguage(document.uri.path));
    const states = secretStates(document.uri, this.services.secrets);
    if (place === undefined || states === undefined) return [];
    const range = new Range(document.positionAt(place.start), document.positionAt(place.end));
    const items = [...states.names].map((name) => itemFor(states.stateOf(name), range, '0'));
    for (const name of this.#otherNames(document, place)) {
      if (!states.names.has(name)) items.push(itemFor(states.stateOf(name), range, '1'));
    }
    return items;
  }

  /** What code refers to elsewhere, without the half of a name that is being typed. */
  #otherNames(document: TextDocument, { start }: NamePlace): Set<string> {
    const uri = document.uri.toString();
    const at = document.positionAt(start);
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const names = new Set<string>();
    for (const [name, uses] of this.services.references.usesIn(folder)) {
      const isElsewhere = uses.some(
        (use) => use.uri !== uri || use.line !== at.line + 1 || use.column !== at.character + 1,
      );
      if (isElsewhere && secretNameProblem(name) === undefined) names.add(name);
    }
    return names;
  }
}

/** @param rank - what is set stands before what is not. */
function itemFor(state: SecretState, range: Range, rank: string): CompletionItem {
  const [winner] = state.rows;
  const item = new CompletionItem(
    { label: state.name, description: stateText(state, true) },
    CompletionItemKind.Constant,
  );
  item.range = range;
  item.sortText = `${rank}${state.name}`;
  if (winner?.description != null) item.detail = printable(winner.description);
  if (winner !== undefined) {
    const text = new MarkdownString();
    appendScopes(text, state);
    item.documentation = text;
  }
  return item;
}
