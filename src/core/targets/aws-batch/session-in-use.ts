import type { Session } from '../../nextflow/preview.ts';
import { cacheDirectory, sessionHolder } from '../../nextflow/session-lock.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import type { World } from '../../system/world.ts';
import type { OpenLease } from '../target.ts';
import { jobDefinitions } from './items.ts';
import { isOfSession } from './naming.ts';
import { phrase } from '../../system/phrase.ts';

/**
 * Refuses a run of a session that another Nextflow runs now. Job definitions have the names of the session, and AWS
 * Batch takes the latest of a name: tasks of the other run would get the secrets of this one, and lose them with it.
 * Nextflow itself refuses such a run, but later.
 *
 * @throws HumanError 69.
 */
export async function refuseSessionInUse(
  { id, locked }: Session,
  { env, otherRunWith }: Pick<OpenLease, 'env' | 'otherRunWith'>,
  world: World,
): Promise<void> {
  const holder = sessionHolder(cacheDirectory(env, world), id);
  const other = await otherRunWith((item) =>
    jobDefinitions([item]).some(({ name }) => isOfSession(name, id)),
  );
  if (holder === undefined && !locked && other === undefined) return;
  const who =
    other !== undefined
      ? phrase`run ${other}`
      : holder === undefined
        ? phrase`a Nextflow on another machine`
        : phrase`process ${holder}`;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`Session ${id} is in use: ${who} runs it now, and its tasks would get the secrets of this run.`,
    [
      other === undefined
        ? phrase`Resume it when that has ended.`
        : { do: 'stop-run', run: other, lead: phrase`Resume it when that has ended, or end it` },
      phrase`Without -resume this is a run of its own.`,
    ],
  );
}
