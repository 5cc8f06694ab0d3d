import type { MemberEntry, Root, SecretEntry, SecretNode, VaultRoot } from './secret-nodes.ts';

// Words by which the menus of package.json know what can be done with a row of the view. Imports no VS Code.

/** Words of a row, joined by dots. What the person's role forbids has no word for it, so that no menu offers it. */
export function rowContext(node: SecretNode): string {
  switch (node.kind) {
    case 'secret':
      return secretContext(node);
    case 'missing':
      return 'missing.used';
    case 'members':
      return node.cannotChange === undefined ? 'members.changeable' : 'members';
    case 'member':
      return memberContext(node);
    case 'vault':
    case 'missingRoot':
    case 'nextflowRoot':
      return rootContext(node);
  }
}

/** `kept` if its store keeps its past. */
const secretContext = ({ scope, cannotWrite, uses, hasPast }: SecretEntry): string =>
  [
    'secret',
    cannotWrite === undefined ? scope : 'readable',
    ...(hasPast === true ? ['kept'] : []),
    ...(uses.length > 0 ? ['used'] : []),
  ].join('.');

function rootContext(root: Root): string {
  if (root.kind === 'vault') return vaultContext(root);
  if (root.kind === 'missingRoot') return 'root.missing';
  return root.problem === undefined ? 'root.nextflow' : 'root.unread';
}

/**
 * `remote` if it is in a service, which decides at each change whether it is permitted.
 *
 * `readable` if it cannot be changed, `unread` if it is the person's own, `fixed` if its members cannot be changed, then the
 * remedy: a repair that it needs, or `request` for a person who is no member.
 */
function vaultContext(root: VaultRoot): string {
  const { scope, cannotWrite, members, problem, isStranger, service } = root;
  if (service !== undefined) return ['root', 'remote', ...repairWord(root)].join('.');
  const isOpen = cannotWrite === undefined && problem === undefined;
  const repair = repairWord(root);
  return [
    'root',
    isOpen ? scope : scope === 'user' ? 'unread' : 'readable',
    ...(members?.cannotChange === undefined ? [] : ['fixed']),
    ...(repair.length === 0 && isStranger ? ['request'] : repair),
  ].join('.');
}

const repairWord = ({ repair }: Pick<VaultRoot, 'repair'>): string[] =>
  repair === undefined ? [] : [repair.kind];

/** `role` if it can get another role, which needs a key to sign with; `removable` if it is not the person's own. */
const memberContext = ({ cannotChange, isAbove, isYou, signingKey }: MemberEntry): string => {
  const mayChange = cannotChange === undefined && !isAbove;
  return [
    'member',
    ...(mayChange && signingKey !== undefined ? ['role'] : []),
    ...(mayChange && !isYou ? ['removable'] : []),
  ].join('.');
};
