import { join } from 'node:path';
import { toolHome } from '../../system/paths.ts';
import { readState, type StateFile, updateState } from '../../system/state-file.ts';
import { phrase } from '../../system/phrase.ts';
import { timestamp, type World } from '../../system/world.ts';
import { type AwsAccount, isAwsAccount } from './items.ts';

/** Time that an account and region are remembered after the last run there. In milliseconds. */
const MEMORY = 30 * 86_400_000;
/** The longest time that a run waits to note its account. In milliseconds. */
const PATIENCE = 1_000;

/** An account and region with the time of the last run there: ISO 8601 in UTC. */
interface UsedAccount extends AwsAccount {
  readonly used: string;
}

const file = (world: World): StateFile<UsedAccount> => ({
  path: join(toolHome(world), 'aws.json'),
  isEntry: (value): value is UsedAccount =>
    isAwsAccount(value) && 'used' in value && typeof value.used === 'string',
  ifRemoved: phrase`a sweep looks where you launch next`,
});

/** Tells one account and region from another. */
export const awsAccountKey = ({ account, region, profile }: AwsAccount): string =>
  [account, region, profile ?? ''].join(' ');

const isForgotten = ({ used }: UsedAccount, world: World): boolean =>
  !(world.now().getTime() - Date.parse(used) < MEMORY);

/** Notes the account and region of a run, for a later sweep. A convenience: a failure to write it stops nothing. */
export async function rememberAws(aws: AwsAccount, world: World): Promise<void> {
  await updateState(
    file(world),
    world,
    (accounts) => {
      for (const [name, one] of accounts) if (isForgotten(one, world)) accounts.delete(name);
      accounts.set(awsAccountKey(aws), { ...aws, used: timestamp(world.now()) });
    },
    PATIENCE,
  ).catch(() => undefined);
}

/** The accounts and regions of this person's runs in the last 30 days. */
export async function rememberedAws(world: World): Promise<AwsAccount[]> {
  const remembered = await readState(file(world), world).catch(() => new Map<string, UsedAccount>());
  return [...remembered.values()].filter((aws) => !isForgotten(aws, world));
}
