import {
  CodeAction,
  type CodeActionContext,
  CodeActionKind,
  type CodeActionProvider,
  l10n,
  type Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { isVaultScope } from '../../core/secrets/scope.ts';
import { printable } from '../../core/system/printable.ts';
import { commandId } from '../command-id.ts';
import { scopeTitle } from '../scope-words.ts';
import type { Services } from '../services.ts';
import type { LeaksModel } from './leaks-model.ts';
import { LEAK } from './leak-problems.ts';

/** Offers what a person does about a leak, at its place. The fix of the code is offered at the code. */
export class LeakFixes implements CodeActionProvider {
  static readonly metadata = { providedCodeActionKinds: [CodeActionKind.QuickFix] };

  constructor(
    private readonly model: LeaksModel,
    private readonly services: Services,
  ) {}

  provideCodeActions(
    { uri }: TextDocument,
    range: Range,
    { diagnostics }: CodeActionContext,
  ): CodeAction[] | undefined {
    const shown = diagnostics.filter(
      ({ source, code }) => source === 'Nextflow Secrets' && typeof code === 'object' && code.value === LEAK,
    );
    if (shown.length === 0 || !workspace.isTrusted) return undefined;
    const path = uri.fsPath;
    const line = range.start.line + 1;
    const groups = this.model.groups.filter(
      ({ leaks, causes }) =>
        leaks.some((leak) => leak.file === path && (leak.line ?? 1) === line) ||
        causes.some((cause) => path.endsWith(cause.file) && cause.line === line),
    );
    const names = new Set(
      groups.flatMap(({ leaks, causes }) => [
        ...leaks.filter((leak) => leak.file === path && (leak.line ?? 1) === line).map(({ name }) => name),
        ...causes.filter((cause) => path.endsWith(cause.file) && cause.line === line).map(({ name }) => name),
      ]),
    );
    const actions = [
      ...[...names].flatMap((name) => this.#newValue(name)),
      ...groups.map((group) => {
        const title =
          group.kind === 'run'
            ? l10n.t('Dismiss the leaks of this run of {0}', printable(group.title))
            : l10n.t('Dismiss the leaks in {0}', printable(group.title));
        return offer(title, 'dismissLeaks', group.id);
      }),
    ];
    for (const action of actions) action.diagnostics = shown;
    return actions;
  }

  #newValue(name: string): CodeAction[] {
    const scopes = new Set(
      this.services.secrets.snapshot.folders.flatMap(({ rows }) =>
        rows.filter((row) => row.name === name).map(({ scope }) => scope),
      ),
    );
    return [...scopes].filter(isVaultScope).map((scope) => {
      const title = l10n.t('Give {0} a new value ({1})…', printable(name), scopeTitle(scope));
      return offer(title, 'updateSecret', { name, scope });
    });
  }
}

function offer(title: string, id: 'dismissLeaks' | 'updateSecret', argument: unknown): CodeAction {
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  action.command = { command: commandId(id), title, arguments: [argument] };
  return action;
}
