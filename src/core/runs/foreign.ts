import { HumanError } from '../system/human-error.ts';
import type { AwsAccess, AwsChoice } from '../targets/aws-batch/access.ts';
import type { ForeignItem } from '../targets/aws-batch/foreign.ts';
import { namePrefix } from '../targets/aws-batch/naming.ts';
import type { World } from '../system/world.ts';
import type { AwsPlace } from '../targets/aws-batch/items.ts';
import { recordedRuns } from './ledger.ts';
import type { RunId } from '../system/run-id.ts';

/** What lies in AWS of runs that no ledger of this person has. */
export interface Foreign {
  readonly foreign: readonly ForeignItem[];
  /** Where, or for what, AWS could not be asked. */
  readonly unseen: readonly Unseen[];
}

/** A look into AWS that did not succeed. */
export interface Unseen {
  /** Account and region, as far as they are known. */
  readonly where: string;
  readonly reason: string;
  readonly remedy: string | null;
}

/**
 * Looks for what other runs have left in AWS, of other people or of ledgers that are lost. Only looks.
 *
 * @param places - accounts and regions.
 * @param here - whether to look where the environment leads to, too.
 * @param released - runs that were in the ledger until just now.
 */
export async function lookForForeign(
  places: readonly AwsPlace[],
  here: boolean,
  released: Iterable<RunId>,
  world: World,
): Promise<Foreign> {
  const [{ openAws, closeAws }, { foreignItems }] = await Promise.all([
    import('../targets/aws-batch/access.ts'),
    import('../targets/aws-batch/foreign.ts'),
  ]);
  const prefix = namePrefix(world.env['NF_SECRETS_AWS_PREFIX']);
  const gone = [...released];
  const ownRuns = async (): Promise<Set<RunId>> => new Set([...gone, ...(await recordedRuns(world))]);
  const foreign: ForeignItem[] = [];
  const unseen: Unseen[] = [];
  const seen = new Set<string>();
  const look = async (choice: AwsChoice, expected: AwsPlace | undefined): Promise<void> => {
    let access: AwsAccess | undefined;
    let where = expected === undefined ? 'AWS' : placeName(expected);
    try {
      access = await openAws(choice, world, 'briefly');
      const { account } = access.place;
      if (expected !== undefined && account !== expected.account) {
        unseen.push({ where, reason: `these credentials are of account ${account}`, remedy: null });
        return;
      }
      where = placeName(access.place);
      if (seen.has(where)) return;
      seen.add(where);
      const found = await foreignItems(access, prefix, ownRuns);
      foreign.push(...found.items);
      unseen.push(...found.unseen.map((error) => unseenAt(where, error)));
    } catch (error) {
      unseen.push(unseenAt(where, error));
    } finally {
      if (access !== undefined) closeAws(access);
    }
  };
  if (here) await look({ region: null, profile: null }, undefined);
  for (const place of places) if (!seen.has(placeName(place))) await look(place, place);
  return { foreign, unseen };
}

const placeName = ({ account, region }: AwsPlace): string => `account ${account}, ${region}`;

function unseenAt(where: string, error: unknown): Unseen {
  return error instanceof HumanError
    ? { where, reason: error.message, remedy: error.remedy ?? null }
    : { where, reason: error instanceof Error ? error.message : 'unknown error', remedy: null };
}
