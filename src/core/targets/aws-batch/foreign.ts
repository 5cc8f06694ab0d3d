import { paginateDescribeJobDefinitions } from '@aws-sdk/client-batch';
import { DescribeSecretCommand, paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import type { ForeignItem } from '../target.ts';
import { type AwsItem, awsItemLabel, type AwsSecret } from './items.ts';
import type { RunId } from '../../system/run-id.ts';
import { timestamp } from '../../system/world.ts';
import type { AwsAccess } from './access.ts';
import { awsError, isMissing } from '../../aws/aws-error.ts';
import { inParallel } from '../../aws/in-parallel.ts';
import { type MadeFor, madeForDefinition, madeForSecret } from './naming.ts';
import { awsRemoval } from './release.ts';

type Found = MadeFor & Pick<ForeignItem, 'created'> & { readonly item: AwsItem };

/**
 * Finds things in an account and region that have our prefix and our marks, and belong to no run here. Only looks.
 *
 * @param ownRuns - gives the present run ids of this person's ledger.
 * @returns the things, and the reasons that some could not be listed.
 */
export async function foreignItems(
  access: AwsAccess,
  prefix: string,
  ownRuns: () => Promise<ReadonlySet<RunId>>,
): Promise<{ readonly items: ForeignItem[]; readonly unseen: unknown[] }> {
  const { aws } = access;
  // The ledger is read before and after: a run may begin or end meanwhile.
  const before = await ownRuns();
  const lists = await Promise.allSettled([secretsIn(access, prefix), definitionsIn(access, prefix)]);
  const after = await ownRuns();
  const found = lists
    .flatMap((list): Found[] => (list.status === 'fulfilled' ? list.value : []))
    .filter(({ runId }) => !before.has(runId) && !after.has(runId));
  const isThere = await inParallel(found, async ({ item }) =>
    item.kind === 'aws-secret' ? isStill(access, item) : true,
  );
  return {
    items: found
      .filter((_, index) => isThere[index])
      .map(({ item, ...rest }) => {
        return { item: awsItemLabel(item, aws), ...rest, remedy: awsRemoval(item, aws) };
      }),
    unseen: lists.flatMap((list): unknown[] => (list.status === 'rejected' ? [list.reason] : [])),
  };
}

async function secretsIn({ secrets, aws }: AwsAccess, prefix: string): Promise<Found[]> {
  const found: Found[] = [];
  try {
    const filters = [{ Key: 'name' as const, Values: [`${prefix}nfs-`] }];
    for await (const page of paginateListSecrets({ client: secrets, pageSize: 100 }, { Filters: filters })) {
      for (const { Name: name = '', Description: description = '', CreatedDate } of page.SecretList ?? []) {
        const made = madeForSecret(prefix, name, description);
        if (made === undefined) continue;
        const created = CreatedDate === undefined ? null : timestamp(CreatedDate);
        found.push({ item: { kind: 'aws-secret', name }, ...made, created });
      }
    }
  } catch (error) {
    throw awsError(error, { action: 'secretsmanager:ListSecrets', resource: `region ${aws.region}` });
  }
  return found;
}

/** Checks that a secret still exists: a list of secrets may be five minutes old. */
async function isStill({ secrets }: AwsAccess, { name }: AwsSecret): Promise<boolean> {
  try {
    const { DeletedDate } = await secrets.send(new DescribeSecretCommand({ SecretId: name }));
    return DeletedDate === undefined;
  } catch (error) {
    return !isMissing(error);
  }
}

async function definitionsIn({ batch, aws }: AwsAccess, prefix: string): Promise<Found[]> {
  const found: Found[] = [];
  try {
    const pages = paginateDescribeJobDefinitions({ client: batch, pageSize: 100 }, { status: 'ACTIVE' });
    for await (const { jobDefinitions = [] } of pages) {
      for (const { jobDefinitionName: name = '', revision = null, parameters = {} } of jobDefinitions) {
        const made = madeForDefinition(prefix, name, parameters);
        if (made === undefined || revision === null) continue;
        const { made: created, ...rest } = made;
        found.push({ item: { kind: 'aws-job-definition', name, revision, queues: [] }, ...rest, created });
      }
    }
  } catch (error) {
    throw awsError(error, { action: 'batch:DescribeJobDefinitions', resource: `region ${aws.region}` });
  }
  return found;
}
