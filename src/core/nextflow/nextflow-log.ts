import { basename, dirname, join, resolve } from 'node:path';
import { readdir } from '../system/file-calls.ts';
import { statIfThere } from '../system/durable-file.ts';
import { linesOf } from '../system/open-file.ts';
import type { World } from '../system/world.ts';
import { optionValue } from './nextflow-command.ts';

/** Facts from Nextflow's logs about tasks that it gave to a scheduler. The same in 22.10, 24.10 and 25.04. */
export interface NextflowLog {
  /** The tasks' directories; for a job array those of its children too. */
  readonly tasks: readonly string[];
  /** True if Nextflow wanted to cancel jobs and the scheduler did not do it. */
  readonly cancellationFailed: boolean;
  /** Path of a log that exists and cannot be read to its end, so that its facts are not known. */
  readonly unread?: string;
}

/** Largest size of one log, in bytes. The log of a run of a million tasks has half of it. */
const MAX_LOG_BYTES = 1 << 30;

/**
 * Reads the logs of the Nextflows that ran here since a run started: the run's own, and perhaps those of others in the
 * same directory. A later Nextflow moves the log of an earlier one to `.nextflow.log.1`.
 *
 * @param since - time by the clock of the file system that the logs are on. In milliseconds.
 */
export async function readNextflowLogs(
  args: readonly string[],
  since: number,
  world: World,
): Promise<NextflowLog> {
  const usual = resolve(
    world.cwd,
    optionValue(args, '-log') ?? (world.env['NXF_LOG_FILE'] || '.nextflow.log'),
  );
  const names = await readdir(dirname(usual)).catch(() => []);
  const tasks = new Set<string>();
  let cancellationFailed = false;
  let unread: string | undefined;
  for (const name of names.filter((one) => one.startsWith(basename(usual)))) {
    const path = join(dirname(usual), name);
    const status = await statIfThere(path).catch(() => undefined);
    if (status === undefined || status.mtimeMs < since) continue;
    if (status.size > MAX_LOG_BYTES) unread ??= path;
    try {
      for await (const line of linesOf(path, { limit: MAX_LOG_BYTES })) {
        if (line.includes('Unable to kill pending jobs')) cancellationFailed = true;
        const directory = taskDirectory(line);
        if (directory !== undefined) tasks.add(directory);
      }
    } catch {
      unread ??= path;
    }
  }
  return { tasks: [...tasks], cancellationFailed, ...(unread !== undefined && { unread }) };
}

function taskDirectory(line: string): string | undefined {
  if (!follows(line, ' submitted process ', ' > jobId: ') && !line.includes(COMPLETED)) return undefined;
  const start = line.indexOf(DIRECTORY);
  if (start < 0) return undefined;
  const [directory = ''] = line.slice(start + DIRECTORY.length - 1).split(' started: ', 1);
  return directory;
}

const COMPLETED = 'Task completed > TaskHandler[jobId: ';
const DIRECTORY = '; workDir: /';

/** Tells whether a line has one text after another. No regular expression: a log may be made to be slow to match. */
function follows(line: string, first: string, second: string): boolean {
  const start = line.indexOf(first);
  return start >= 0 && line.includes(second, start + first.length - 1);
}
