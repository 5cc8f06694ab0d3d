import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readFileIfThere } from '../durable-file.ts';
import type { World } from '../world.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_HISTORY = 64 << 20;

/** A run's session, which is a part of every task's hash. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** What makes Nextflow take it: for a resumed session nothing is needed. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The session that a run will have: the one that `-resume` names, which is the last one unless it says otherwise, else
 * a new one. Nextflow keeps them in `.nextflow/history` of the launch directory: one line a run, with tabs between
 * time, duration, name, status, revision, session and command.
 */
export async function sessionOf(args: readonly string[], pipeline: string, world: World): Promise<Session> {
  const resume = args.indexOf('-resume');
  if (resume >= 0) {
    const next = args[resume + 1];
    const named = next === undefined || next.startsWith('-') || next === pipeline ? 'last' : next;
    const id = UUID.test(named) ? named : await resumedSession(named, world);
    if (id !== undefined) return { id: id.toLowerCase(), env: {} };
  }
  const own = world.env['NXF_UUID'];
  const id = own !== undefined && UUID.test(own) ? own.toLowerCase() : randomUUID();
  // If there is nothing to resume, Nextflow says so and begins anew.
  return { id, env: { NXF_UUID: id } };
}

async function resumedSession(named: string, { env, cwd }: World): Promise<string | undefined> {
  const path = join(resolve(cwd, env['NXF_CACHE_DIR'] || '.nextflow'), 'history');
  const bytes = await readFileIfThere(path, MAX_HISTORY).catch(() => undefined);
  const runs = (bytes?.toString('utf8') ?? '')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, , , , , session = '']) => UUID.test(session));
  return (named === 'last' ? runs.at(-1) : runs.findLast(([, , name]) => name === named))?.[5];
}
