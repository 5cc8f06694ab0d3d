import { randomBytes } from 'node:crypto';
import { commands, env, l10n, ViewColumn, type WebviewPanel, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { type Operation, sidesOf } from '../../core/vault/merge/git-stages.ts';
import type { Choices, Conflict, SideInfo } from '../../core/vault/merge/merge-secrets.ts';
import {
  conflictsOf,
  resolveVault,
  type UnmergedVault,
  unmergedVault,
  WHOLE_VAULT,
} from '../../core/vault/merge/resolve-vault.ts';
import type { SideName } from '../../core/vault/merge/three-way.ts';
import { commandId } from '../command-id.ts';
import { guarded } from '../error-boundary.ts';
import { phraseText } from '../phrase-text.ts';
import type { Services } from '../services.ts';
import { changing, openAccess, type VaultAccess } from '../vault-access.ts';
import { choicesIn, type ConflictRow, resolveHtml } from './resolve-html.ts';
import { lacksMerging } from './set-up-merging.ts';
import { workspaceFor } from './workspace-argument.ts';

/** The open pages, by the path of the vault. */
const pages = new Map<string, WebviewPanel>();

/**
 * Merges a vault that git could not merge. What both sides have changed is decided on a page, which shows dates and
 * authors, never values.
 */
export async function resolveConflict(args: readonly unknown[], services: Services): Promise<void> {
  const workspace = await workspaceFor(args, services, l10n.t('Resolve Conflict'));
  const access = openAccess('workspace', workspace, services);
  const vault = await unmergedVault(access.location, access.world);
  if (vault === undefined) {
    void window.showInformationMessage(l10n.t('There is nothing to merge.'));
    await services.secrets.refresh();
    return;
  }
  const conflicts = await conflictsOf(vault, access.world);
  if (conflicts.length === 0) await merge(vault, new Map(), access, services);
  else showPage(vault, conflicts, (choices) => merge(vault, choices, access, services), services);
}

async function merge(
  vault: UnmergedVault,
  choices: Choices,
  access: VaultAccess,
  services: Services,
): Promise<void> {
  let left: readonly Conflict[] = [];
  await changing(services, access, async () => {
    left = await resolveVault(vault, choices, false, access.world);
  });
  if (left.length > 0) {
    void window.showWarningMessage(
      l10n.t('These are not decided yet: {0}.', left.map(({ name }) => printable(name)).join(', ')),
    );
    return;
  }
  pages.get(vault.path)?.dispose();
  // Not awaited: a person may answer much later.
  void sayMerged(vault, access, services);
}

async function sayMerged(
  { operation }: UnmergedVault,
  { workspace }: VaultAccess,
  services: Services,
): Promise<void> {
  const setUp = l10n.t('Set Up Merging…');
  const canSetUp = workspace !== undefined && (await lacksMerging(workspace, services));
  const chosen = await window.showInformationMessage(
    l10n.t('The vault is merged and in git’s index. {0}', nextStep(operation)),
    ...(canSetUp ? [setUp] : []),
  );
  if (chosen === setUp) await commands.executeCommand(commandId('setUpMerging'), workspace?.folder);
}

function showPage(
  { path, choices, operation }: UnmergedVault,
  conflicts: readonly Conflict[],
  decide: (choices: Choices) => Promise<void>,
  { log }: Services,
): void {
  pages.get(path)?.dispose();
  const title = l10n.t('Merge Secrets');
  const panel = window.createWebviewPanel('nextflowSecrets.resolve', title, ViewColumn.Active, {
    enableScripts: true,
    localResourceRoots: [],
    // Else what is chosen is lost behind another tab.
    retainContextWhenHidden: true,
  });
  pages.set(path, panel);
  panel.onDidDispose(() => {
    if (pages.get(path) === panel) pages.delete(path);
  });
  panel.webview.onDidReceiveMessage((answer: unknown) => {
    void guarded(log, () => decide(choicesIn(answer, conflicts))).finally(() => {
      // The page waits for any answer, and a new choice is possible. It is closed if all went well.
      if (pages.get(path) === panel) void panel.webview.postMessage('done');
    });
  });
  const rows = conflicts.map((conflict) => rowOf(conflict, choices.get(conflict.name)));
  const words = {
    title,
    explanation: l10n.t(
      'The sides differ in these: {0}. Choose the side that counts.',
      phraseText(sidesOf(operation)),
    ),
    ours: l10n.t('Ours:'),
    theirs: l10n.t('Theirs:'),
    merge: l10n.t('Merge'),
    merging: l10n.t('Merging…'),
    language: env.language,
  };
  panel.webview.html = resolveHtml(rows, words, randomBytes(16).toString('hex'));
}

function rowOf({ name, parts, ours, theirs }: Conflict, chosen: SideName | undefined): ConflictRow {
  const title = name === WHOLE_VAULT ? l10n.t('The whole vault') : printable(name);
  return {
    name,
    title: parts.length === 0 ? title : `${title} (${parts.map(printable).join(', ')})`,
    ours: sideText(ours),
    theirs: sideText(theirs),
    chosen,
  };
}

function sideText(info: SideInfo | null): string {
  if (info === null) return l10n.t('deleted');
  if (info.updated === null && info.updatedBy === null) return l10n.t('kept');
  const at = info.updated === null ? l10n.t('at an unknown time') : minute(info.updated);
  const by = info.updatedBy === null ? l10n.t('somebody unknown') : printable(info.updatedBy).slice(0, 80);
  return l10n.t('changed {0} by {1}', at, by);
}

/** An ISO 8601 date in UTC to the minute: both sides are often of one day. */
const minute = (date: string): string => `${printable(date).slice(0, 16).replace('T', ' ')} UTC`;

function nextStep(operation: Operation): string {
  switch (operation) {
    case 'merge':
      return l10n.t('Go on with the commit.');
    case 'rebase':
      return l10n.t('Go on with: {0}', 'git rebase --continue');
    case 'cherry-pick':
      return l10n.t('Go on with: {0}', 'git cherry-pick --continue');
    case 'revert':
      return l10n.t('Go on with: {0}', 'git revert --continue');
    case 'other':
      return l10n.t('If it comes from a stash, that is still there.');
  }
}
