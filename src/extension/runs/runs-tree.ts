import {
  EventEmitter,
  l10n,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
} from 'vscode';
import { printable } from '../../core/printable.ts';
import { itemLabel, type LeaseItem } from '../../core/runs/ledger.ts';
import type { Run } from '../../core/runs/sweep.ts';
import { DisposableStore } from '../disposables.ts';
import type { RunsModel } from './runs-model.ts';

export interface RunNode {
  readonly kind: 'run';
  readonly run: Run;
}

export interface ItemNode {
  readonly kind: 'item';
  readonly runId: string;
  readonly item: LeaseItem;
  /** What it is called: a path, or an ARN. */
  readonly label: string;
}

export type RunsNode = RunNode | ItemNode;

/** The view of runs: each with what is provisioned for it. */
export class RunsTree implements TreeDataProvider<RunsNode> {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<undefined>());
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly model: RunsModel) {
    this.#store.add(
      model.onDidChange(() => {
        this.#changed.fire(undefined);
      }),
    );
  }

  getTreeItem(node: RunsNode): TreeItem {
    return node.kind === 'run' ? runItem(node.run) : leaseItem(node);
  }

  async getChildren(node?: RunsNode): Promise<RunsNode[]> {
    if (node === undefined) {
      await this.model.refresh();
      return this.model.runs.map((run) => ({ kind: 'run', run }));
    }
    if (node.kind === 'item') return [];
    const { runId, items, entry } = node.run;
    return items.map((item) => ({ kind: 'item', runId, item, label: itemLabel(item, entry?.aws) }));
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function runItem({ runId, entry, state, reason, items }: Run): TreeItem {
  const title = printable(entry?.pipeline ?? runId);
  const collapsed = items.length > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(title, collapsed);
  item.id = runId;
  const what = stateWord(state);
  item.description = entry === undefined ? what : `${what} · ${l10n.t('since {0}', since(entry.started))}`;
  item.iconPath = stateIcon(state);
  const tooltip = new MarkdownString();
  tooltip.appendMarkdown('**').appendText(title).appendMarkdown('** — ').appendText(`${runId}, ${what}`);
  tooltip.appendMarkdown('\n\n').appendText(printable(reason));
  if (entry !== undefined)
    tooltip.appendMarkdown('\n\n').appendText(l10n.t('Started {0}', printable(entry.started)));
  item.tooltip = tooltip;
  item.contextValue = `run.${state}`;
  item.accessibilityInformation = { label: `${title}, ${item.description}` };
  return item;
}

function stateWord(state: Run['state']): string {
  switch (state) {
    case 'running':
      return l10n.t('running');
    case 'over':
      return l10n.t('over, not cleaned up');
    case 'unknown':
      return l10n.t('on another machine');
  }
}

function stateIcon(state: Run['state']): ThemeIcon {
  switch (state) {
    case 'running':
      return new ThemeIcon('sync~spin', new ThemeColor('charts.green'));
    case 'over':
      return new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
    case 'unknown':
      return new ThemeIcon('question');
  }
}

/** The time of today, else the day. */
function since(started: string): string {
  const date = new Date(started);
  if (Number.isNaN(date.getTime())) return printable(started);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString();
}

function leaseItem({ runId, item: { kind }, label }: ItemNode): TreeItem {
  const item = new TreeItem(leaseItemTitle(kind));
  item.id = `${runId} ${label}`;
  item.description = printable(label);
  item.tooltip =
    kind === 'private-store'
      ? l10n.t('Readable by you alone, and removed when the run ends: {0}', printable(label))
      : l10n.t('Removed when the run ends: {0}', printable(label));
  item.iconPath = new ThemeIcon(kind === 'private-store' ? 'lock' : 'cloud');
  return item;
}

function leaseItemTitle(kind: LeaseItem['kind']): string {
  switch (kind) {
    case 'private-store':
      return l10n.t('Private store');
    case 'aws-secret':
      return l10n.t('AWS secret');
    case 'aws-job-definition':
      return l10n.t('AWS job definition');
  }
}
