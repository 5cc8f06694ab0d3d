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

const secretContext = ({ scope, cannotWrite, uses }: SecretEntry): string =>
  ['secret', cannotWrite === undefined ? scope : 'readable', ...(uses.length > 0 ? ['used'] : [])].join('.');

function rootContext(root: Root): string {
  if (root.kind === 'vault') return vaultContext(root);
  return root.kind === 'missingRoot' ? 'root.missing' : 'root.nextflow';
}

/** `readable` if it cannot be changed, `fixed` if its members cannot, then the repair that it needs. */
const vaultContext = ({ scope, cannotWrite, members, repair }: VaultRoot): string =>
  [
    'root',
    cannotWrite === undefined ? scope : 'readable',
    ...(members?.cannotChange === undefined ? [] : ['fixed']),
    ...(repair === undefined ? [] : [repair]),
  ].join('.');

/** `role` if it can get another role, which needs a key to sign with; `removable` if it is not the person's own. */
const memberContext = ({ cannotChange, isAbove, isYou, signingKey }: MemberEntry): string => {
  const mayChange = cannotChange === undefined && !isAbove;
  return [
    'member',
    ...(mayChange && signingKey !== undefined ? ['role'] : []),
    ...(mayChange && !isYou ? ['removable'] : []),
  ].join('.');
};
