import { l10n, MarkdownString, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { MemberEntry, MembersNode } from '../state/secret-nodes.ts';
import { roleSentence } from '../role-words.ts';
import { rowContext } from '../state/row-context.ts';
import { appendWords } from '../secret-text.ts';

/** The node with the members of a workspace. */
export function membersItem(node: MembersNode): TreeItem {
  const { members, cannotChange } = node;
  const item = new TreeItem(l10n.t('Members'), TreeItemCollapsibleState.Collapsed);
  item.iconPath = new ThemeIcon('organization');
  item.description = String(members.length);
  item.tooltip = tooltipOf([
    l10n.t('Everybody here can read the values when they launch. A role says who may change them.'),
    ...(cannotChange === undefined ? [] : [cannotChange]),
  ]);
  item.contextValue = rowContext(node);
  item.accessibilityInformation = {
    label: members.length === 1 ? l10n.t('1 member') : l10n.t('{0} members', members.length),
  };
  return item;
}

/** One member. Labels come from a file, and Markdown in them is escaped. */
export function memberItem(member: MemberEntry): TreeItem {
  const { label, role, isYou, signingKey, recipients, since, by } = member;
  const item = new TreeItem(printable(label), TreeItemCollapsibleState.None);
  const words = [role, ...(isYou ? [l10n.t('you')] : [])];
  item.iconPath = new ThemeIcon(label.startsWith('robot/') ? 'hubot' : 'person');
  item.description = words.join(' · ');
  item.tooltip = tooltipOf([
    `${printable(label)} — ${words.join(', ')}`,
    roleSentence(role),
    ...recipients.map((recipient) => l10n.t('Reads with {0}', printable(recipient))),
    signingKey === undefined
      ? l10n.t('Has no key to sign with, so only launches are possible.')
      : l10n.t('Signs with {0}', printable(signingKey)),
    l10n.t('Member since {0}, by {1}', printable(since.slice(0, 10)), printable(by)),
    ...unchangeable(member),
  ]);
  item.contextValue = rowContext(member);
  item.accessibilityInformation = { label: [l10n.t('member {0}', printable(label)), ...words].join(', ') };
  return item;
}

/** Reason that the person may not change this member. */
function unchangeable({ cannotChange, isAbove, isYou }: MemberEntry): string[] {
  if (cannotChange !== undefined) return [cannotChange];
  if (isAbove) return [l10n.t('Only owners change admins and owners.')];
  return isYou ? [l10n.t('Another member has to remove you.')] : [];
}

function tooltipOf(lines: readonly string[]): MarkdownString {
  const text = new MarkdownString();
  for (const [index, line] of lines.entries())
    appendWords(index === 0 ? text : text.appendMarkdown('\n\n'), line);
  return text;
}
