import { isDeepStrictEqual } from 'node:util';
import type { EndedNextflow } from '../leaks/run-files.ts';
import { readNextflowLogs } from '../nextflow/nextflow-log.ts';
import type { World } from '../system/world.ts';
import type { SeenNextflow } from './delivery-watch.ts';
import type { LeakOptions } from './lease-options.ts';
import type { Program } from './program.ts';

/**
 * Finds the logs of the Nextflow that was started here, and of those that were seen elsewhere.
 *
 * A command of which nobody saw a Nextflow may be any program: then a log is missed only if the person wants certainty.
 *
 * @param since - start of the run. In milliseconds.
 */
export async function endedNextflows(
  {
    program,
    since,
    options,
  }: {
    readonly program: Program;
    readonly since: number;
    readonly options: LeakOptions | undefined;
  },
  seen: readonly SeenNextflow[],
  { cwd, env }: Pick<World, 'cwd' | 'env'>,
): Promise<EndedNextflow[]> {
  const own = { directory: cwd, words: program.kind === 'pipeline' ? program.args : [], env };
  const isExpected = program.kind === 'pipeline' || seen.length > 0 || options?.failOnLeak === true;
  const found: EndedNextflow[] = [];
  const known = new Set<string>();
  for (const nextflow of [...seen, own]) {
    const { directory, words: args, env: variables } = nextflow;
    // A loop may start the same many times.
    const key = JSON.stringify([directory, args, variables['NXF_LOG_FILE'], variables['NXF_CACHE_DIR']]);
    if (known.has(key)) continue;
    known.add(key);
    const log = await readNextflowLogs(args, since, { env: variables, cwd: directory });
    const same = found.findIndex((one) => one.directory === directory && isDeepStrictEqual(one.log, log));
    const before = found[same];
    // A script may start Nextflow in another directory than that of the launch.
    const isCertain = nextflow !== own || (isExpected && !found.some((one) => one.log.paths.length > 0));
    if (before === undefined) found.push({ directory, args, env: variables, log, isCertain });
    // Their logs are the same files; the reports that each was told to write are not.
    else found[same] = { ...before, args: [...before.args, ...args] };
  }
  return found;
}
