import { l10n, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { NearEnd } from '../../core/secrets/expiry.ts';
import { printable } from '../../core/system/printable.ts';
import { shortPath } from '../code/short-path.ts';
import { useLabel, useUri } from '../code/use-link.ts';
import { commandId } from '../command-id.ts';
import { rowContext } from '../state/row-context.ts';
import { appendUses, appendWords, datesOf, endOf, expiryOf, usedOf } from '../secret-text.ts';
import type { MissingEntry, Root, SecretEntry, SecretNode, VaultRoot } from '../state/secret-nodes.ts';
import { memberItem, membersItem } from './member-item.ts';
import { overriddenWords, scopeTitle, scopeWord } from '../scope-words.ts';

/** A node in the view. Control characters are removed from texts of files, and Markdown is escaped. */
export function secretItem(node: SecretNode): TreeItem {
  switch (node.kind) {
    case 'secret':
      return entryItem(node);
    case 'missing':
      return missingItem(node);
    case 'members':
      return withId(membersItem(node), node);
    case 'member':
      return withId(memberItem(node), node);
    case 'vault':
    case 'missingRoot':
    case 'nextflowRoot':
      return rootItem(node);
  }
}

/** Stable id of a node, so that the view keeps its expanded and selected nodes. */
export function nodeId(node: SecretNode): string {
  switch (node.kind) {
    case 'secret':
      return `${node.scope} ${node.workspace?.folder ?? ''} ${node.name}`;
    case 'missing':
      return `missing ${node.name}`;
    case 'members':
      return `members ${node.workspace.folder}`;
    case 'member':
      return `member ${node.workspace.folder} ${node.label}`;
    case 'vault':
      return `${node.scope} ${node.workspace?.folder ?? ''}`;
    case 'missingRoot':
    case 'nextflowRoot':
      return node.kind;
  }
}

function withId(item: TreeItem, node: SecretNode): TreeItem {
  item.id = nodeId(node);
  return item;
}

function rootItem(root: Root): TreeItem {
  // An empty one too: else it would stay closed when it gets its first secret.
  const item = new TreeItem(rootTitle(root), TreeItemCollapsibleState.Expanded);
  const children = root.kind === 'missingRoot' ? root.missing : root.secrets;
  item.id = nodeId(root);
  const problem = root.kind === 'missingRoot' ? undefined : root.problem;
  if (problem !== undefined) {
    item.iconPath = problemIcon(root);
    item.description = [...folderOf(root), problemWords(root), ...serviceOf(root)].join(' · ');
    item.tooltip = [printable(problem), ...serviceLines(root)].join('\n\n');
  } else {
    item.iconPath = rootIcon(root);
    item.tooltip = rootTooltip(root);
    if (root.kind === 'vault' && root.workspace !== undefined)
      item.description = [...folderOf(root), ...serviceOf(root), ...roleOf(root)].join(' · ');
    if (children.length === 0 && !isBeingAsked(root))
      item.description = [item.description, l10n.t('no secrets')].filter(Boolean).join(' · ');
  }
  item.contextValue = rowContext(root);
  item.accessibilityInformation = {
    label: [
      rootTitle(root),
      typeof item.description === 'string' ? item.description : '',
      children.length === 1 ? l10n.t('1 name') : l10n.t('{0} names', children.length),
    ]
      .filter((part) => part !== '')
      .join(', '),
  };
  return item;
}

/** Folder of a workspace. */
const folderOf = (root: Root): string[] =>
  root.kind === 'vault' && root.workspace !== undefined ? [printable(root.workspace.title)] : [];

/** A store that only has to be accepted, or a service that does not answer now, is no damage. */
function problemIcon(root: Root): ThemeIcon {
  const isQuiet = root.kind === 'vault' && root.service !== undefined && root.repair === undefined;
  if (isQuiet) return new ThemeIcon('cloud');
  const kind = root.kind === 'vault' ? root.repair?.kind : undefined;
  if (kind === 'accept') return new ThemeIcon('shield', new ThemeColor('list.warningForeground'));
  if (kind === 'reach') return new ThemeIcon('cloud', new ThemeColor('list.errorForeground'));
  return new ThemeIcon('error', new ThemeColor('list.errorForeground'));
}

/** The service that the secrets of a workspace are in. */
const serviceOf = (root: Root): string[] => {
  const service = root.kind === 'vault' ? root.service : undefined;
  if (service === undefined) return [];
  return [printable(service.title), ...(isBeingAsked(root) ? [l10n.t('being asked')] : [])];
};

const isBeingAsked = (root: Root): boolean =>
  root.kind === 'vault' && root.problem === undefined && root.service?.isAsked === true;

/** What else a tooltip says of a service. */
function serviceLines(root: Root): string[] {
  const service = root.kind === 'vault' ? root.service : undefined;
  if (service === undefined) return [];
  return [
    l10n.t(
      'Its secrets are in {0}. What is done there is done with your own credentials.',
      printable(service.title),
    ),
    ...(service.asOf === undefined ? [] : [l10n.t('The names are those of {0}.', timeOf(service.asOf))]),
    ...service.notes.map(printable),
  ];
}

/** `2026-01-02 03:04 UTC` */
const timeOf = (date: string): string => `${printable(date).slice(0, 16).replace('T', ' ')} UTC`;

/** Role of the person; none where everybody may do everything. */
const roleOf = ({ members, isStranger }: VaultRoot): string[] => {
  const own = members?.members.find(({ isYou }) => isYou);
  if (own !== undefined) return [own.role];
  return isStranger ? [l10n.t('no member')] : [];
};

/** State of a store that is not used, in few words. */
function problemWords(root: Root): string {
  const repair = root.kind === 'vault' ? root.repair : undefined;
  switch (repair?.kind) {
    case 'accept':
      return l10n.t('not accepted');
    case 'reach':
      return repair.isRefused ? l10n.t('refused') : l10n.t('no answer');
    case 'resolve':
      return l10n.t('in conflict');
    case 'sign':
      return l10n.t('changed, not signed');
    case 'open':
      return l10n.t('damaged');
    case undefined:
      return root.kind === 'vault' && root.service !== undefined
        ? l10n.t('not asked')
        : l10n.t('cannot be read');
  }
}

function rootTitle(root: Root): string {
  if (root.kind === 'missingRoot') return l10n.t('Missing');
  return scopeTitle(root.kind === 'vault' ? root.scope : 'nextflow');
}

function rootIcon(root: Root): ThemeIcon {
  if (root.kind === 'missingRoot') return new ThemeIcon('question');
  if (root.kind === 'vault' && root.isStranger)
    return new ThemeIcon('lock', new ThemeColor('list.warningForeground'));
  if (root.kind === 'nextflowRoot') return new ThemeIcon('lock');
  if (root.service !== undefined) return new ThemeIcon('cloud');
  return new ThemeIcon(root.scope === 'user' ? 'account' : 'root-folder');
}

function rootTooltip(root: Root): string {
  if (root.kind === 'missingRoot')
    return l10n.t('Names that your pipelines refer to and that are set nowhere.');
  if (root.kind === 'nextflowRoot')
    return l10n.t("What you have in Nextflow's own store. It is only read; any other scope overrides it.");
  if (root.scope === 'user')
    return l10n.t('Yours, for every pipeline that you launch. They override those of a workspace.');
  if (root.service !== undefined) return serviceLines(root).join('\n\n');
  const shared = l10n.t(
    'Shared with the members of this workspace, in {0}.',
    printable(root.workspace?.directory ?? ''),
  );
  return [shared, ...(root.cannotWrite === undefined ? [] : [printable(root.cannotWrite)])].join('\n\n');
}

function entryItem(entry: SecretEntry): TreeItem {
  const item = new TreeItem(entry.name);
  item.id = nodeId(entry);
  const states = entryStates(entry);
  item.description = states.join(' · ');
  item.iconPath = entryIcon(entry);
  item.tooltip = entryTooltip(entry, states);
  item.contextValue = rowContext(entry);
  item.command = { command: commandId('showSecret'), title: l10n.t('Open Its Page'), arguments: [entry] };
  item.accessibilityInformation = {
    label: [entry.name, l10n.t('secret of the scope {0}', scopeTitle(entry.scope)), ...states].join(', '),
  };
  return item;
}

/** Important states of a secret, in few words each. */
function entryStates({ info, end, scope, overrides, overriddenBy, unused }: SecretEntry): string[] {
  return [
    ...endOf({ end }),
    ...(overriddenBy === undefined ? [] : [l10n.t('overridden by {0}', scopeWord(overriddenBy))]),
    ...(overrides.length === 0 ? [] : [l10n.t('overrides {0}', overriddenWords(overrides))]),
    ...(info.exposed.length === 0 ? [] : [l10n.t('exposed')]),
    ...(unused ? [l10n.t('unused')] : []),
    ...(scope === 'nextflow' ? [l10n.t('read-only')] : []),
  ];
}

function entryIcon({ scope, end, overrides, overriddenBy, unused }: SecretEntry): ThemeIcon {
  const dimmed = new ThemeColor('disabledForeground');
  if (overriddenBy !== undefined) return new ThemeIcon('circle-slash', dimmed);
  if (end !== undefined) return endIcon(end);
  if (scope === 'nextflow') return new ThemeIcon('lock');
  if (unused) return new ThemeIcon('key', dimmed);
  return new ThemeIcon('key', new ThemeColor(overrides.length > 0 ? 'charts.blue' : 'charts.green'));
}

const endIcon = ({ left }: NearEnd): ThemeIcon =>
  left < 0
    ? new ThemeIcon('error', new ThemeColor('list.errorForeground'))
    : new ThemeIcon('warning', new ThemeColor('list.warningForeground'));

function entryTooltip(entry: SecretEntry, states: readonly string[]): MarkdownString {
  const { info, uses } = entry;
  const text = new MarkdownString();
  heading(text, entry.name, scopeTitle(entry.scope));
  if (info.description !== null) paragraph(text, info.description);
  if (states.length > 0) paragraph(text, states.join(' · '));
  if (info.exposed.length > 0) paragraph(text, exposedSentence(info.exposed));
  if (entry.cannotWrite !== undefined) paragraph(text, entry.cannotWrite);
  const facts = [
    ...expiryOf({ expires: info.expires, end: entry.end }),
    ...datesOf(info),
    ...(entry.lastUsed === null ? [l10n.t('Not used on this machine yet')] : usedOf(entry)),
  ];
  for (const fact of facts) paragraph(text, fact);
  appendUses(text, uses);
  return text;
}

const exposedSentence = (labels: readonly string[]): string =>
  l10n.t(
    '{0} could read it and is no member any more: change it where it is used, then set it anew.',
    labels.map(printable).join(', '),
  );

function missingItem(entry: MissingEntry): TreeItem {
  const item = new TreeItem(entry.name);
  item.id = nodeId(entry);
  const [first] = entry.uses;
  const usedIn =
    entry.uses.length === 1 && first !== undefined
      ? shortPath(useLabel(first))
      : l10n.t('{0} uses', entry.uses.length);
  item.description = entry.optional ? `${l10n.t('optional')} · ${usedIn}` : usedIn;
  item.iconPath = entry.optional
    ? new ThemeIcon('circle-outline', new ThemeColor('disabledForeground'))
    : new ThemeIcon('warning', new ThemeColor('list.warningForeground'));
  const tooltip = new MarkdownString();
  heading(tooltip, entry.name, entry.optional ? l10n.t('optional, not set') : l10n.t('not set'));
  appendUses(tooltip, entry.uses);
  item.tooltip = tooltip;
  item.contextValue = rowContext(entry);
  item.accessibilityInformation = {
    label: [entry.name, entry.optional ? l10n.t('optional, not set') : l10n.t('missing'), usedIn].join(', '),
  };
  if (first !== undefined) {
    item.command = {
      command: 'vscode.open',
      title: l10n.t('Go to the first use'),
      arguments: [useUri(first)],
    };
  }
  return item;
}

function heading(text: MarkdownString, name: string, what: string): void {
  appendWords(text.appendMarkdown('**'), name).appendMarkdown('** — ');
  appendWords(text, what);
}

function paragraph(text: MarkdownString, line: string): void {
  appendWords(text.appendMarkdown('\n\n'), line);
}
