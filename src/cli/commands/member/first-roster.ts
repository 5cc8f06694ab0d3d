import { InvalidArgumentError, Option } from 'commander';
import { printable } from '../../../core/system/printable.ts';
import { rosterPath } from '../../../core/vault/members/roster-file.ts';
import type { RosterMember } from '../../../core/vault/members/roster.ts';
import type { Standing } from '../../../core/vault/members/standing.ts';
import type { VaultLocation } from '../../../core/vault/vault-location.ts';

/** Options of the person who makes the first roster. */
export const founderOptions = (): Option[] => [
  new Option('--own-label <label>', 'for the first roster: your own label').argParser((typed: string) => {
    if (typed !== '') return typed;
    throw new InvalidArgumentError('A label is a name such as alice/laptop.');
  }),
  new Option(
    '--own-signing-key <file>',
    'for the first roster: your public SSH key to sign with (default: a key that nf-secrets makes)',
  ),
];

/**
 * What the first change of members means for the workspace.
 *
 * @param after - the members after the change, which is shown beside these lines.
 */
export function firstRosterLines(
  { members, me }: Standing,
  after: readonly RosterMember[],
  { path }: VaultLocation,
): string[] {
  const others = members.filter((member) => member !== me && after.includes(member));
  return [
    `This makes the roster ${printable(rosterPath(path))}, with you as its owner: ${printable(me.label)} ` +
      '(another label: --own-label).',
    'From then on a change of the vault counts only if a member signs it who has the role maintain, admin or owner.',
    ...others.map(
      ({ label, recipients }) =>
        `  ${printable(label)} can read the vault already, and gets the role launch: ${printable(recipients.join(', '))}`,
    ),
    ...(others.length === 0
      ? []
      : ['  For another role, add a request of theirs: nf-secrets member request makes it.']),
    'Two things no file can prevent: who can launch on a machine can read the values there; and what is in the ' +
      'history of git stays readable to a member who is removed.',
  ];
}
