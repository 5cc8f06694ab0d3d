import { type BatchClient, paginateDescribeJobDefinitions } from '@aws-sdk/client-batch';
import type { RunId } from '../../system/run-id.ts';
import { answered } from '../../aws/aws-error.ts';

/**
 * Finds the active revisions of a definition that refer to this run's secrets. Used only if a revision was not
 * recorded, because the launcher died within the request, or the answer was lost: other runs of the session have the
 * same name.
 */
export async function ownRevisions(client: BatchClient, name: string, runId: RunId): Promise<number[]> {
  const revisions: number[] = [];
  const pages = paginateDescribeJobDefinitions({ client }, { jobDefinitionName: name, status: 'ACTIVE' });
  for await (const { jobDefinitions } of pages) {
    for (const { revision, containerProperties } of answered(jobDefinitions)) {
      const secrets = containerProperties?.secrets ?? [];
      const isOurs = secrets.some(({ valueFrom }) => valueFrom?.includes(`nfs-${runId}/`) === true);
      if (isOurs && revision !== undefined) revisions.push(revision);
    }
  }
  return revisions;
}
