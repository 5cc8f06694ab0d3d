import {
  l10n,
  MarkdownString,
  Range,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
} from 'vscode';
import type { RecordedLeak } from '../../core/leaks/record.ts';
import { printable } from '../../core/system/printable.ts';
import { shortPath } from '../code/short-path.ts';
import type { LeakGroup } from '../leaks/leak-group.ts';
import { countWords, endWords, leakSentence } from '../leaks/leak-words.ts';
import { appendWords } from '../secret-text.ts';

/** What a look after a run, or into a folder, has found. */
export interface LeaksNode {
  readonly kind: 'leaks';
  readonly group: LeakGroup;
}

/** A value in a file. */
export interface LeakNode {
  readonly kind: 'leak';
  readonly leak: RecordedLeak;
  readonly group: LeakGroup;
}

export const leaksBelow = ({ group }: LeaksNode): LeakNode[] =>
  group.leaks.map((leak) => ({ kind: 'leak', leak, group }));

export function leakNodeId(node: LeaksNode | LeakNode): string {
  const group = `leaks ${node.group.kind} ${node.group.id}`;
  if (node.kind === 'leaks') return group;
  const { name, file, form, line } = node.leak;
  return `${group} ${name} ${form} ${line ?? ''} ${file}`;
}

export const leakItem = (node: LeaksNode | LeakNode): TreeItem =>
  node.kind === 'leaks' ? groupItem(node) : oneItem(node);

function groupItem(node: LeaksNode): TreeItem {
  const { group } = node;
  const { title, kind, leaks, looked, id } = group;
  const collapsed = leaks.length > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None;
  const item = new TreeItem(shortPath(printable(title)), collapsed);
  item.id = leakNodeId(node);
  item.description = `${countWords(group)} · ${timeOf(looked)}`;
  item.iconPath =
    leaks.length > 0
      ? new ThemeIcon('warning', new ThemeColor('list.errorForeground'))
      : new ThemeIcon('question');
  const tooltip = new MarkdownString();
  appendWords(tooltip.appendMarkdown('**'), title).appendMarkdown('**');
  if (kind === 'run') appendWords(tooltip.appendMarkdown(' — '), id);
  for (const line of endWords(group)) appendWords(tooltip.appendMarkdown('\n\n'), line);
  const limit = l10n.t('Compressed files, and values of fewer than 8 bytes, are not found.');
  appendWords(tooltip.appendMarkdown('\n\n'), limit);
  item.tooltip = tooltip;
  item.contextValue = `leaks.${kind}`;
  item.accessibilityInformation = { label: `${printable(title)}, ${item.description}` };
  return item;
}

function oneItem(node: LeakNode): TreeItem {
  const { leak, group } = node;
  const { name, file, line, form } = leak;
  const item = new TreeItem(printable(name));
  item.id = leakNodeId(node);
  const inside = `${group.directory}/`;
  const path = printable(file.startsWith(inside) ? file.slice(inside.length) : file);
  item.description = `${shortPath(line === null ? path : `${path}:${line}`)} · ${printable(form)}`;
  item.iconPath = new ThemeIcon('file');
  const tooltip = new MarkdownString();
  appendWords(tooltip, printable(file));
  appendWords(tooltip.appendMarkdown('\n\n'), leakSentence(leak, group));
  item.tooltip = tooltip;
  item.contextValue = 'leak';
  const at = Math.max(0, (line ?? 1) - 1);
  item.command = {
    // VS Code itself asks before it opens a file from outside of the workspace's folders.
    command: 'vscode.open',
    title: l10n.t('Open File'),
    arguments: [Uri.file(file), { selection: new Range(at, 0, at, 0) }],
  };
  item.accessibilityInformation = { label: `${printable(name)}, ${item.description}` };
  return item;
}

/** Time of today, else the day. */
function timeOf(looked: string): string {
  const date = new Date(looked);
  if (Number.isNaN(date.getTime())) return printable(looked);
  return date.toDateString() === new Date().toDateString()
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString();
}
