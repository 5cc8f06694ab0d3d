import {
  CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type CodeActionProvider,
  type Diagnostic,
  Hover,
  type HoverProvider,
  l10n,
  MarkdownString,
  type Position,
  type Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { rangeOf, referenceAt } from '../code/document-scan.ts';
import { commandId } from '../command-id.ts';
import { appendWords } from '../secret-text.ts';
import type { SecretsOverview } from '../state/secrets-overview.ts';
import type { NamedThere } from './change-secret.ts';
import { NOT_IN_PLATFORM } from './not-in-platform.ts';
import type { PlatformModel } from './platform-model.ts';
import { namesFor } from './platform-nodes.ts';
import { contextTitle } from './platform-words.ts';

/** Quick fixes for names that are not in a folder's workspace on the Platform. Sends nothing. */
export class PlatformFixes implements CodeActionProvider {
  static readonly metadata = { providedCodeActionKinds: [CodeActionKind.QuickFix] };

  constructor(
    private readonly model: PlatformModel,
    private readonly secrets: SecretsOverview,
  ) {}

  provideCodeActions(
    document: TextDocument,
    _range: Range,
    { diagnostics }: CodeActionContext,
  ): CodeAction[] {
    if (!workspace.isTrusted) return [];
    return diagnostics.filter(isOurs).flatMap((found) => {
      const name = referenceAt(document, found.range.start)?.name;
      const missing = this.model.missing.find((one) => one.name === name);
      const context = this.model.contexts.find(
        (one) => one.context.workspaceId === missing?.context.workspaceId,
      );
      if (name === undefined || context?.context.workspaceId === undefined || context.isReadable) return [];
      const there: NamedThere = { name, workspaceId: context.context.workspaceId };
      const words = [printable(name), contextTitle(context.context)] as const;
      const isHere = this.secrets.at(document.uri)?.names.has(name) === true;
      return [
        ...(isHere ? [action(l10n.t('Copy {0} to {1}…', ...words), 'copyToPlatform', there, found)] : []),
        action(l10n.t('Create {0} in {1}…', ...words), 'createPlatformSecret', there, found),
      ];
    });
  }
}

const isOurs = ({ code, source }: Diagnostic): boolean =>
  source === 'Nextflow Secrets' && typeof code === 'object' && code.value === NOT_IN_PLATFORM;

function action(
  title: string,
  command: 'copyToPlatform' | 'createPlatformSecret',
  there: NamedThere,
  found: Diagnostic,
): CodeAction {
  const made = new CodeAction(title, CodeActionKind.QuickFix);
  made.command = { command: commandId(command), title, arguments: [there] };
  made.diagnostics = [found];
  return made;
}

/** Says of a reference where on the Platform its name is, as of the last answers. Sends nothing. */
export class PlatformHover implements HoverProvider {
  constructor(private readonly model: PlatformModel) {}

  provideHover(document: TextDocument, position: Position): Hover | undefined {
    const reference = referenceAt(document, position);
    if (reference === undefined || this.model.signedIn === undefined) return undefined;
    const { name } = reference;
    const titles = this.model.contexts
      .filter(({ secrets }) => secrets.some((secret) => secret.name === name))
      .map(({ context }) => contextTitle(context));
    const folder = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const linked = this.model.linked.find((one) => one.folder === folder);
    const lines = [
      ...(titles.length === 0 ? [] : [l10n.t('Also on Seqera Platform: {0}', titles.join(', '))]),
      ...(linked === undefined ? [] : this.#lack(name, linked.workspaceId)),
    ];
    if (lines.length === 0) return undefined;
    const text = new MarkdownString();
    for (const line of lines) appendWords(text.appendMarkdown('\n\n'), line);
    return new Hover(text, rangeOf(reference));
  }

  /** What a run in the folder's workspace lacks. */
  #lack(name: string, workspaceId: string): string[] {
    const context = this.model.contexts.find((one) => one.context.workspaceId === workspaceId)?.context;
    if (context === undefined) return [];
    const names = namesFor(workspaceId, this.model.answers);
    if (names === undefined)
      return [l10n.t('Whether a run in {0} gets it is not known now.', contextTitle(context))];
    return names.has(name)
      ? []
      : [l10n.t('A run in {0} does not get it: it is not there.', contextTitle(context))];
  }
}
