import { l10n, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { shortPath } from '../code/short-path.ts';
import { useLabel, useUri } from '../code/use-link.ts';
import { commandId } from '../command-id.ts';
import { appendUses, appendWords, day } from '../secret-text.ts';
import { contextTitle, remedyOf } from './platform-words.ts';
import {
  type ContextNode,
  nodeId,
  type PlatformEntry,
  type PlatformMissing,
  type PlatformNode,
  type PlatformProblem,
} from './platform-nodes.ts';

/** A node in the view. All texts come from the Platform or from code: control characters are removed, Markdown is escaped. */
export function platformItem(node: PlatformNode): TreeItem {
  const item = itemOf(node);
  item.id = nodeId(node);
  item.contextValue = contextValueOf(node);
  return item;
}

/** Words by which the menus of package.json know what can be done. What the role forbids has no word for it. */
function contextValueOf(node: PlatformNode): string {
  if (node.kind === 'platformProblem') return node.kind;
  const isLinked = node.kind === 'platformContext' && node.context.workspaceId !== undefined;
  return [node.kind, node.isReadable ? 'readable' : 'writable', ...(isLinked ? ['workspace'] : [])].join('.');
}

function itemOf(node: PlatformNode): TreeItem {
  switch (node.kind) {
    case 'platformContext':
      return contextItem(node);
    case 'platformSecret':
      return entryItem(node);
    case 'platformMissing':
      return missingItem(node);
    case 'platformProblem':
      return problemItem(node);
  }
}

function contextItem(node: ContextNode): TreeItem {
  const { context, roles, secrets, missing, isAsked, problem, folders, isReadable, asOf } = node;
  const item = new TreeItem(contextTitle(context), TreeItemCollapsibleState.Expanded);
  const isPersonal = context.workspaceId === undefined;
  item.iconPath = new ThemeIcon(isPersonal ? 'account' : 'organization');
  item.description = [
    ...(roles.length === 0 ? [] : [roles.map(printable).join(', ')]),
    ...(folders.length === 0 ? [] : [l10n.t('for {0}', folders.map(printable).join(', '))]),
    ...(isAsked ? [l10n.t('being asked')] : []),
    ...(secrets.length + missing.length === 0 && !isAsked && problem === undefined
      ? [l10n.t('no secrets')]
      : []),
  ].join(' · ');
  item.tooltip = [
    isPersonal
      ? l10n.t('Yours there. Your runs get these rather than those of a workspace of the same name.')
      : l10n.t('Those of a workspace there. Values can be set and never be read.'),
    ...(isReadable ? [readableReason(roles)] : []),
    ...(folders.length === 0
      ? []
      : [
          l10n.t(
            'You have chosen it for {0}: names that its code needs and that are not there are missing.',
            folders.map(printable).join(', '),
          ),
        ]),
    ...(asOf === undefined ? [] : [l10n.t('The names are those of {0}.', timeOf(asOf))]),
  ].join('\n\n');
  const count = secrets.length + missing.length;
  item.accessibilityInformation = {
    label: [
      contextTitle(context),
      item.description,
      count === 1 ? l10n.t('1 name') : l10n.t('{0} names', count),
    ]
      .filter(Boolean)
      .join(', '),
  };
  return item;
}

const readableReason = (roles: readonly string[]): string =>
  l10n.t(
    'Your role there, {0}, changes no secrets. Ask an owner or admin for the role "maintain".',
    roles.map(printable).join(', '),
  );

/** `2026-01-02 03:04 UTC` */
const timeOf = (date: string): string => `${printable(date).slice(0, 16).replace('T', ' ')} UTC`;

function entryItem(entry: PlatformEntry): TreeItem {
  const { name, secret, overrides, isOverridden, uses, context } = entry;
  const item = new TreeItem(printable(name));
  const states = [
    ...(isOverridden ? [l10n.t('overridden by user')] : []),
    ...(overrides.length === 0 ? [] : [l10n.t('overrides {0}', overrides.map(printable).join(', '))]),
  ];
  const used = secret.lastUsed === null ? l10n.t('never used') : l10n.t('used {0}', day(secret.lastUsed));
  item.description = [...states, used].join(' · ');
  item.iconPath = isOverridden
    ? new ThemeIcon('circle-slash', new ThemeColor('disabledForeground'))
    : new ThemeIcon('key', new ThemeColor(overrides.length > 0 ? 'charts.blue' : 'charts.green'));
  const tooltip = new MarkdownString();
  appendWords(tooltip.appendMarkdown('**'), name).appendMarkdown('** — ');
  appendWords(tooltip, contextTitle(context));
  for (const fact of [
    ...(states.length > 0 ? [states.join(' · ')] : []),
    ...(secret.created === null ? [] : [l10n.t('Created {0}', day(secret.created))]),
    ...(secret.updated === null ? [] : [l10n.t('Changed {0}', day(secret.updated))]),
    secret.lastUsed === null
      ? l10n.t('No run there has used it yet')
      : l10n.t('Last used there {0}', day(secret.lastUsed)),
    l10n.t('Its value can be changed and not be read.'),
    ...(entry.isReadable ? [l10n.t('Your role there changes no secrets.')] : []),
  ])
    appendWords(tooltip.appendMarkdown('\n\n'), fact);
  appendUses(tooltip, uses);
  item.tooltip = tooltip;
  item.accessibilityInformation = {
    label: [
      printable(name),
      l10n.t('secret of {0} on Seqera Platform', contextTitle(context)),
      ...states,
      used,
    ].join(', '),
  };
  return item;
}

function missingItem({ name, context, uses, optional, isReadable }: PlatformMissing): TreeItem {
  const item = new TreeItem(printable(name));
  const [first] = uses;
  const usedIn =
    uses.length === 1 && first !== undefined ? shortPath(useLabel(first)) : l10n.t('{0} uses', uses.length);
  const state = optional ? l10n.t('optional, not there') : l10n.t('missing');
  item.description = [state, usedIn].join(' · ');
  item.iconPath = optional
    ? new ThemeIcon('circle-outline', new ThemeColor('disabledForeground'))
    : new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
  const tooltip = new MarkdownString();
  appendWords(tooltip.appendMarkdown('**'), name).appendMarkdown('** — ');
  appendWords(
    tooltip,
    l10n.t('used in the code; neither {0} nor you yourself have it there', contextTitle(context)),
  );
  if (isReadable) appendWords(tooltip.appendMarkdown('\n\n'), l10n.t('Your role there changes no secrets.'));
  appendUses(tooltip, uses);
  item.tooltip = tooltip;
  item.accessibilityInformation = {
    label: [printable(name), state, contextTitle(context), usedIn].join(', '),
  };
  if (first !== undefined)
    item.command = {
      command: 'vscode.open',
      title: l10n.t('Go to the first use'),
      arguments: [useUri(first)],
    };
  return item;
}

function problemItem({ failure }: PlatformProblem): TreeItem {
  const remedy = remedyOf(failure);
  const item = new TreeItem(remedy.state);
  item.iconPath = new ThemeIcon(remedy.icon, new ThemeColor('list.errorForeground'));
  item.description = remedy.title;
  item.tooltip = printable(failure.text);
  item.command = { command: commandId(remedy.command), title: remedy.title };
  item.accessibilityInformation = { label: `${remedy.state}, ${printable(failure.text)}` };
  return item;
}
