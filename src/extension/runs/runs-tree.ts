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
import { printable } from '../../core/system/printable.ts';
import { itemLabel, type LeaseItem } from '../../core/targets/lease-entry.ts';
import type { WhyUnknown } from '../../core/runs/run-state.ts';
import type { Run } from '../../core/runs/sweep.ts';
import { DisposableStore } from '../disposables.ts';
import { appendWords } from '../secrets/secret-text.ts';
import { TreeElements } from '../tree-elements.ts';
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
  /** In AWS; empty elsewhere. */
  readonly region: string;
}

export type RunsNode = RunNode | ItemNode;

/** The view of runs: each with what is provisioned for it. */
export class RunsTree implements TreeDataProvider<RunsNode> {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<RunsNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #elements = new TreeElements<RunsNode>({
    id: nodeId,
    children: itemsOf,
    shown: (node) => JSON.stringify(node),
  });

  constructor(private readonly model: RunsModel) {
    this.#store.add(
      model.onDidChange(() => {
        const changed = this.#elements.update(model.runs.map((run) => ({ kind: 'run', run })));
        if (changed === undefined || changed.length > 0) this.#changed.fire(changed);
      }),
    );
  }

  getTreeItem(node: RunsNode): TreeItem {
    return node.kind === 'run' ? runItem(node.run) : leaseItem(node);
  }

  async getChildren(node?: RunsNode): Promise<RunsNode[]> {
    if (node !== undefined) return this.#elements.children(node);
    await this.model.refresh();
    return [...this.#elements.roots];
  }

  dispose(): void {
    this.#store.dispose();
  }
}

const nodeId = (node: RunsNode): string =>
  node.kind === 'run' ? node.run.runId : `${node.runId} ${node.label}`;

function itemsOf(node: RunsNode): ItemNode[] {
  if (node.kind === 'item') return [];
  const { runId, items, entry } = node.run;
  const aws = entry?.aws;
  const region = aws?.region ?? '';
  return items.map((item) => ({ kind: 'item', runId, item, label: itemLabel(item, aws), region }));
}

function runItem({ runId, entry, state, why, reason, items }: Run): TreeItem {
  const title = printable(entry?.pipeline ?? runId);
  const collapsed = items.length > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(title, collapsed);
  item.id = runId;
  const what = stateWord(state, why);
  const words = [
    what,
    ...(entry === undefined ? [] : [l10n.t('since {0}', since(entry.started))]),
    ...(entry?.aws === undefined ? [] : [l10n.t('AWS {0}', printable(entry.aws.region))]),
  ];
  item.description = words.join(' · ');
  item.iconPath = stateIcon(state);
  const tooltip = new MarkdownString();
  appendWords(tooltip.appendMarkdown('**'), title).appendMarkdown('** — ');
  appendWords(tooltip, `${runId}, ${what}`);
  appendWords(tooltip.appendMarkdown('\n\n'), reason);
  if (entry !== undefined)
    appendWords(tooltip.appendMarkdown('\n\n'), l10n.t('Started {0}', printable(entry.started)));
  if (entry?.aws !== undefined) {
    const { account, region, profile } = entry.aws;
    const where = l10n.t('AWS account {0}, region {1}', printable(account), printable(region));
    appendWords(tooltip.appendMarkdown('\n\n'), where);
    if (profile !== null)
      appendWords(tooltip.appendMarkdown(', '), l10n.t('profile {0}', printable(profile)));
  }
  item.tooltip = tooltip;
  item.contextValue = `run.${state}`;
  item.accessibilityInformation = { label: `${title}, ${item.description}` };
  return item;
}

function stateWord(state: Run['state'], why: Run['why']): string {
  switch (state) {
    case 'running':
      return l10n.t('running');
    case 'over':
      return l10n.t('over, not cleaned up');
    case 'unknown':
      return unknownWord(why);
  }
}

/** In one or two words; the tooltip has the whole reason. */
function unknownWord(why: WhyUnknown | undefined): string {
  switch (why) {
    case 'otherMachine':
      return l10n.t('on another machine');
    case 'restarted':
      return l10n.t('machine restarted');
    case 'schedulerSilent':
      return l10n.t('scheduler does not answer');
    case 'jobHidden':
      return l10n.t('a job cannot be looked into');
    case 'awsSilent':
      return l10n.t('AWS Batch does not answer');
    case 'jobsUnasked':
      return l10n.t('jobs may still wait');
    case 'hiddenProcesses':
      return l10n.t('processes are hidden');
    case 'unreadableEntry':
      return l10n.t('entry cannot be read');
    case 'newerEntry':
      return l10n.t('of a newer version');
    case 'storeMoved':
      return l10n.t('private store was moved');
    case 'failure':
    case undefined:
      return l10n.t('not known');
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

function leaseItem(node: ItemNode): TreeItem {
  const { item, label, region } = node;
  const { kind } = item;
  const shown = new TreeItem(leaseItemTitle(item));
  shown.id = nodeId(node);
  const what = leaseItemKind(kind);
  shown.description =
    kind === 'private-store' ? printable(label) : [what, printable(region)].filter(Boolean).join(' · ');
  shown.tooltip =
    kind === 'private-store'
      ? l10n.t('Readable by you alone, and removed when the run ends: {0}', printable(label))
      : l10n.t('Removed when the run ends: {0}', printable(label));
  shown.iconPath = new ThemeIcon(leaseItemIcon(kind));
  shown.accessibilityInformation = { label: `${leaseItemTitle(item)}, ${shown.description}` };
  return shown;
}

/** The name that a person looks for: of a secret without what the names of all have in front. */
function leaseItemTitle(item: LeaseItem): string {
  switch (item.kind) {
    case 'private-store':
      return leaseItemKind(item.kind);
    case 'aws-secret':
      return printable(item.name.slice(item.name.lastIndexOf('/') + 1));
    case 'aws-job-definition':
      return printable(item.revision === null ? item.name : `${item.name}:${item.revision}`);
  }
}

function leaseItemKind(kind: LeaseItem['kind']): string {
  switch (kind) {
    case 'private-store':
      return l10n.t('Private store');
    case 'aws-secret':
      return l10n.t('AWS secret');
    case 'aws-job-definition':
      return l10n.t('AWS job definition');
  }
}

function leaseItemIcon(kind: LeaseItem['kind']): string {
  switch (kind) {
    case 'private-store':
      return 'lock';
    case 'aws-secret':
      return 'key';
    case 'aws-job-definition':
      return 'server-process';
  }
}
