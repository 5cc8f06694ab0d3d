import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { statIfThere } from '../system/durable-file.ts';
import { linesOf } from '../system/open-file.ts';
import type { World } from '../system/world.ts';
import { optionValue } from './nextflow-command.ts';

/** What Nextflow's own logs tell about tasks that it gave to a scheduler. The same in 22.10, 24.10 and 25.04. */
export interface NextflowLog {
  /** The tasks' directories; of a job array its children's too. */
  readonly tasks: readonly string[];
  /** Whether Nextflow wanted to cancel jobs and the scheduler did not do it. */
  readonly cancellationFailed: boolean;
  /** A log that is there and cannot be read to its end: what it would tell is not known. */
  readonly unread?: string;
}

/** Of one log, in bytes. A run of a million tasks has half of it. */
const MAX_LOG_BYTES = 1 << 30;

/**
 * Reads the logs of those Nextflows that ran here since a run started: its own, and perhaps those of others in the
 * same directory, of which the later one moves the earlier one's to `.nextflow.log.1`.
 *
 * @param since - of the file system that the logs are on. In milliseconds.
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

/** Whether one text has another somewhere behind it. No expression: a log may be made to be slow to match. */
function follows(line: string, first: string, second: string): boolean {
  const start = line.indexOf(first);
  return start >= 0 && line.includes(second, start + first.length - 1);
}
