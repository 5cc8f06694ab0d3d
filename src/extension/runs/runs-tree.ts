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
import { describeItem, targetOfItem } from '../../core/targets/targets.ts';
import type { WhyUnknown } from '../../core/runs/run-state.ts';
import type { Run } from '../../core/runs/sweep.ts';
import { shortPath } from '../code/short-path.ts';
import { DisposableStore } from '../disposables.ts';
import type { LeaksModel } from '../leaks/leaks-model.ts';
import { reasonSentence } from '../remedies.ts';
import { appendWords } from '../secret-text.ts';
import { type ItemView } from '../target-view.ts';
import { TARGET_VIEWS, viewOf } from '../target-views.ts';
import { TreeElements } from '../tree-elements.ts';
import { leakItem, leakNodeId, type LeakNode, leaksBelow, type LeaksNode } from './leak-items.ts';
import type { RunsModel } from './runs-model.ts';

export interface RunNode {
  readonly kind: 'run';
  readonly run: Run;
}

export interface ItemNode {
  readonly kind: 'item';
  readonly runId: string;
  /** Name of the item: a path, or an ARN. */
  readonly label: string;
  readonly view: ItemView;
}

export type RunsNode = RunNode | ItemNode | LeaksNode | LeakNode;

/** The view of runs: each with the items that are provisioned for it, then the leaks of those that have ended. */
export class RunsTree implements TreeDataProvider<RunsNode> {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<RunsNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #elements = new TreeElements<RunsNode>({
    id: nodeId,
    children: childrenOf,
    shown: (node) => JSON.stringify(node),
  });

  constructor(
    private readonly model: RunsModel,
    leaks?: Pick<LeaksModel, 'groups' | 'onDidChange'>,
  ) {
    const update = (): void => {
      const changed = this.#elements.update([
        ...model.runs.map((run) => ({ kind: 'run', run }) as const),
        ...(leaks?.groups ?? []).map((group) => ({ kind: 'leaks', group }) as const),
      ]);
      if (changed === undefined || changed.length > 0) this.#changed.fire(changed);
    };
    this.#store.add(model.onDidChange(update));
    if (leaks !== undefined) this.#store.add(leaks.onDidChange(update));
  }

  getTreeItem(node: RunsNode): TreeItem {
    switch (node.kind) {
      case 'run':
        return runItem(node.run);
      case 'item':
        return leaseItem(node);
      case 'leaks':
      case 'leak':
        return leakItem(node);
    }
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

function nodeId(node: RunsNode): string {
  if (node.kind === 'run') return node.run.runId;
  return node.kind === 'item' ? `${node.runId} ${node.label}` : leakNodeId(node);
}

function childrenOf(node: RunsNode): RunsNode[] {
  if (node.kind === 'run') return itemsOf(node);
  return node.kind === 'leaks' ? leaksBelow(node) : [];
}

function itemsOf({ run }: RunNode): ItemNode[] {
  const { runId, items } = run;
  return items.flatMap((item) => {
    const { label } = describeItem(item, run);
    const shown = viewOf(targetOfItem(item)?.id);
    return shown === undefined
      ? []
      : [{ kind: 'item', runId, label, view: shown.item(item, label, run) } as const];
  });
}

function runItem(run: Run): TreeItem {
  const { runId, entry, state, why, items } = run;
  const title = printable(entry?.pipeline ?? runId);
  const collapsed = items.length > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(shortPath(title), collapsed);
  item.id = runId;
  const what = stateWord({ state, why });
  const inTargets = entry === undefined ? [] : TARGET_VIEWS.flatMap((view) => view.run?.(entry) ?? []);
  const words = [
    what,
    ...(entry === undefined ? [] : [l10n.t('since {0}', since(entry.started))]),
    ...inTargets.map(({ short }) => short),
  ];
  item.description = words.join(' · ');
  item.iconPath = stateIcon(state);
  const tooltip = new MarkdownString();
  appendWords(tooltip.appendMarkdown('**'), title).appendMarkdown('** — ');
  appendWords(tooltip, `${runId}, ${what}`);
  appendWords(tooltip.appendMarkdown('\n\n'), reasonSentence(run));
  if (entry !== undefined)
    appendWords(tooltip.appendMarkdown('\n\n'), l10n.t('Started {0}', printable(entry.started)));
  for (const shown of inTargets) {
    shown.tooltip.forEach((text, index) => {
      appendWords(tooltip.appendMarkdown(index === 0 ? '\n\n' : ', '), text);
    });
  }
  item.tooltip = tooltip;
  item.contextValue = `run.${state}`;
  item.accessibilityInformation = { label: `${title}, ${item.description}` };
  return item;
}

interface StateOf extends Pick<Run, 'state'> {
  readonly why: Run['why'] | undefined;
}

function stateWord({ state, why }: StateOf): string {
  switch (state) {
    case 'running':
      return l10n.t('running');
    case 'over':
      return l10n.t('over, not cleaned up');
    case 'unknown':
      return unknownWord(why);
  }
}

/** Reason in one or two words; the tooltip has all of it. */
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
    case 'serviceSilent':
      return l10n.t('its jobs are not known');
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

/** Time of a start today, else the day. */
function since(started: string): string {
  const date = new Date(started);
  if (Number.isNaN(date.getTime())) return printable(started);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString();
}

function leaseItem(node: ItemNode): TreeItem {
  const { title, description, tooltip, icon } = node.view;
  const shown = new TreeItem(title);
  shown.id = nodeId(node);
  shown.description = description;
  shown.tooltip = tooltip;
  shown.iconPath = new ThemeIcon(icon);
  shown.accessibilityInformation = { label: `${title}, ${description}` };
  return shown;
}
