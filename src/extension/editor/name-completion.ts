import {
  type CancellationToken,
  CompletionItem,
  CompletionItemKind,
  type CompletionItemProvider,
  MarkdownString,
  type Position,
  Range,
  type TextDocument,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { sourceLanguage } from '../../core/pipeline/source-file.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import type { Services } from '../services.ts';
import { isSource } from '../code/document-scan.ts';
import { namesToOffer } from '../state/join.ts';
import type { SecretState } from '../state/secret-states.ts';
import { nameRangeAt } from './name-range.ts';
import { appendScopes } from './scopes-text.ts';
import { stateText } from './state-text.ts';

/** Characters after which a name may begin. */
export const NAME_TRIGGERS = ["'", '"', '.'] as const;

/** Offers the names that are set, and those that other code refers to, while the name of a secret is typed. */
export class NameCompletion implements CompletionItemProvider {
  constructor(private readonly services: Services) {}

  provideCompletionItems(
    document: TextDocument,
    position: Position,
    _token: CancellationToken,
  ): CompletionItem[] {
    if (!isSource(document.uri)) return [];
    const offset = document.offsetAt(position);
    const nameRange = nameRangeAt(document.getText(), offset, sourceLanguage(document.uri.path));
    const secrets = this.services.secrets.at(document.uri);
    if (nameRange === undefined || secrets === undefined) return [];
    const start = document.positionAt(nameRange.start);
    const range = new Range(start, document.positionAt(nameRange.end));
    const typed = { uri: document.uri.toString(), line: start.line + 1, column: start.character + 1 };
    const { set, others } = namesToOffer(secrets, this.services.references, typed);
    const usable = others.filter((name) => secretNameProblem(name) === undefined);
    return [
      ...set.map((name) => itemFor(secrets.stateOf(name), range, '0')),
      ...usable.map((name) => itemFor(secrets.stateOf(name), range, '1')),
    ];
  }
}

/** @param rank - sorts names that are set before the others. */
function itemFor(state: SecretState, range: Range, rank: string): CompletionItem {
  const item = new CompletionItem(
    { label: state.name, description: stateText(state) },
    CompletionItemKind.Constant,
  );
  item.range = range;
  item.sortText = `${rank}${state.name}`;
  if (state.kind !== 'set') return item;
  const { description } = state.rows[0];
  if (description !== null) item.detail = printable(description);
  const text = new MarkdownString();
  appendScopes(text, state.rows);
  item.documentation = text;
  return item;
}
