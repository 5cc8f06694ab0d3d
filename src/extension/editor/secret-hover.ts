import {
  type CancellationToken,
  Hover,
  type HoverProvider,
  l10n,
  type MarkdownString,
  type Position,
  type TextDocument,
  workspace,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { SourceReference } from '../../core/references/scan.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import { appendUses, appendWords } from '../secret-text.ts';
import type { Services } from '../services.ts';
import { isSupported } from '../trust.ts';
import { rangeOf, referenceAt } from '../code/document-scan.ts';
import type { SecretState } from '../state/secret-states.ts';
import { appendCommand, appendScopes, withCommands } from './scopes-text.ts';
import { stateText, unknownReason } from './state-text.ts';

/** Shows the scopes of a secret at a reference, its uses and its delivery. Never its value. */
export class SecretHover implements HoverProvider {
  constructor(private readonly services: Services) {}

  async provideHover(
    document: TextDocument,
    position: Position,
    token: CancellationToken,
  ): Promise<Hover | undefined> {
    const reference = referenceAt(document, position);
    if (reference === undefined) return undefined;
    const { version } = document;
    await this.services.references.settle();
    if (token.isCancellationRequested || document.version !== version) return undefined;
    const state = this.services.secrets.at(document.uri)?.stateAt(reference);
    const text = withCommands();
    appendWords(text.appendMarkdown('**'), reference.name).appendMarkdown('**');
    if (state !== undefined) {
      appendWords(text.appendMarkdown(' — '), stateText(state));
      this.#appendState(text, state);
    }
    appendWords(text.appendMarkdown('\n\n'), deliveryOf(reference));
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    appendUses(text, this.services.references.usesIn(folder).get(reference.name) ?? []);
    return new Hover(text, rangeOf(reference));
  }

  #appendState(text: MarkdownString, state: SecretState): void {
    const { name } = state;
    if (state.kind === 'set') appendScopes(text, state.rows);
    const reason = unknownReason(state);
    if (reason !== undefined) appendWords(text.appendMarkdown('\n\n'), reason);
    const winner = state.kind === 'set' ? state.rows[0] : undefined;
    if (!workspace.isTrusted || !isSupported || secretNameProblem(name) !== undefined) return;
    text.appendMarkdown('\n\n');
    if (winner === undefined || winner.scope === 'nextflow') {
      appendCommand(text, l10n.t('Create…'), 'createSecret', { name });
    } else {
      appendCommand(text, l10n.t('Edit…'), 'updateSecret', { name, scope: winner.scope });
    }
    text.appendMarkdown(' · ');
    appendCommand(text, l10n.t('Find references'), 'findReferences', { name });
  }
}

/** Delivery of a value to the code. It leaves out the encoding: that depends on the value. */
function deliveryOf({ kind, name }: SourceReference): string {
  return kind === 'directive'
    ? l10n.t(
        "Tasks get it as the environment variable {0}, through the run's private store.",
        printable(name),
      )
    : l10n.t("Nextflow itself reads it here, from the run's private store.");
}
