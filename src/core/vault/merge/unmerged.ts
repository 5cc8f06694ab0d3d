import { dirname, join } from 'node:path';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { checkoutOf, unmergedAmong } from '../../system/git-index.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { VaultLocation } from '../vault-location.ts';

/**
 * The files of a workspace's vault that git keeps and that belong together.
 *
 * @param entry - the vault's path in `.nf-secrets`, which may be a link: the others are there.
 */
export const filesOf = (path: string, entry = path): readonly string[] => [
  path,
  `${entry}.sig`,
  join(dirname(entry), 'members.json'),
];

/**
 * Refuses a workspace's vault that git could not merge. Its file is one side as a whole, or has marks of a conflict;
 * neither is what the person wants.
 *
 * @param location - with the vault's real path.
 * @throws HumanError 65
 */
export async function assertMerged({ scope, path }: VaultLocation): Promise<void> {
  if (scope === 'user') return;
  const checkout = await checkoutOf(path);
  if (checkout === undefined) return;
  const [unmerged] = await unmergedAmong(checkout, filesOf(path));
  if (unmerged === undefined) return;
  throw new HumanError(
    ExitCode.data,
    phrase`${printable(unmerged)} is not merged yet: git has a version of each side, so none of them is used.`,
    { do: 'resolve' },
  );
}
