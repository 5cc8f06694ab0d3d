import { reasonOf } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import type { LedgerEntry } from '../lease-entry.ts';
import type { Foreign, ForeignItem, LeftByOthers, Unseen } from '../target.ts';
import { type AwsAccess, openAws } from './access.ts';
import type { AwsChoice } from '../../aws/session.ts';
import { awsAccountKey, rememberedAws } from './accounts.ts';
import { foreignItems } from './foreign.ts';
import type { AwsAccount } from './items.ts';
import { namePrefix } from './naming.ts';

/**
 * Looks for items that other runs have left in AWS: in accounts where runs of this person are, or were in the last 30
 * days.
 *
 * @returns undefined if there is no account to look in.
 * @throws HumanError 64 if the prefix of names is not valid.
 */
export async function leftByOthers(look: LeftByOthers, world: World): Promise<Foreign | undefined> {
  const accounts = look.known ? await accountsOf(look.entries, world) : [];
  if (accounts.length === 0 && !look.here) return undefined;
  const looking = new Look(namePrefix(world.env['NF_SECRETS_AWS_PREFIX']), look.ownRuns, world);
  if (look.here) await looking.at({ region: null, profile: null }, undefined);
  for (const account of accounts) await looking.at(account, account);
  return looking;
}

async function accountsOf(entries: readonly LedgerEntry[], world: World): Promise<AwsAccount[]> {
  const recorded = entries.flatMap(({ aws }) => aws ?? []);
  const all = [...recorded, ...(await rememberedAws(world))];
  return [...new Map(all.map((account) => [awsAccountKey(account), account])).values()];
}

class Look implements Foreign {
  readonly foreign: ForeignItem[] = [];
  readonly unseen: Unseen[] = [];
  readonly #seen = new Set<string>();
  readonly #prefix: string;
  readonly #ownRuns: LeftByOthers['ownRuns'];
  readonly #world: World;

  constructor(prefix: string, ownRuns: LeftByOthers['ownRuns'], world: World) {
    this.#prefix = prefix;
    this.#ownRuns = ownRuns;
    this.#world = world;
  }

  /** @param expected - the account and region to look in; undefined for those that the choice leads to. */
  async at(choice: AwsChoice, expected: AwsAccount | undefined): Promise<void> {
    let where = expected === undefined ? 'AWS' : accountName(expected);
    if (this.#seen.has(where)) return;
    let access: AwsAccess | undefined;
    try {
      access = await openAws(choice, this.#world, 'briefly');
      const { account } = access.aws;
      if (expected !== undefined && account !== expected.account) {
        this.unseen.push({ where, reason: phrase`these credentials are of account ${account}` });
        return;
      }
      where = accountName(access.aws);
      if (this.#seen.has(where)) return;
      this.#seen.add(where);
      const { items, unseen } = await foreignItems(access, this.#prefix, this.#ownRuns);
      this.foreign.push(...items);
      this.unseen.push(...unseen.map((error) => ({ where, ...reasonOf(error) })));
    } catch (error) {
      this.unseen.push({ where, ...reasonOf(error) });
    } finally {
      access?.close();
    }
  }
}

const accountName = ({ account, region }: AwsAccount): string => `account ${account}, ${region}`;
