import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformClient } from '../client.ts';
import { LostAnswer, notSeen } from '../platform-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { LaunchRequest, PlatformContext } from '../types.ts';

/** A run that was started. */
export interface StartedRun {
  readonly id: string;
  /** True if the answer to the launch was lost, and a look at the runs showed it. */
  readonly isObserved: boolean;
}

/** Pauses before each look for a run whose launch had no answer, in milliseconds. */
const LOOKS: readonly number[] = [0, 2_000, 5_000, 10_000];

/**
 * Starts a run, once. If the answer is lost, looks for a run of that name that was not there before.
 *
 * @throws PlatformError `answer-lost` if it is not known to be started, with what a look showed; else why it was not.
 */
export async function submitLaunch(
  client: PlatformClient,
  request: LaunchRequest,
  context: PlatformContext,
  { isNameOurs, looks = LOOKS }: { readonly isNameOurs: boolean; readonly looks?: readonly number[] },
): Promise<StartedRun> {
  const name = request.runName ?? '';
  // Other runs may have the name that a person chose.
  const before = isNameOurs ? [] : await client.runsNamed(name, context);
  try {
    return { id: await client.launch(request, context), isObserved: false };
  } catch (error) {
    if (!(error instanceof LostAnswer)) throw error;
    const known = new Set(before.map(({ id }) => id));
    let looked = false;
    for (const pause of looks) {
      await sleep(pause);
      const found = await client.runsNamed(name, context).catch(() => undefined);
      const run = found?.find(({ id }) => !known.has(id));
      if (run !== undefined) return { id: run.id, isObserved: true };
      looked ||= found !== undefined;
    }
    if (!looked) throw error;
    const doing = phrase`launch ${printable(request.pipeline)} in ${printable(context.title)} as run ${name}`;
    throw error.isAnswered ? error.failure : notSeen(client.host, { doing });
  }
}
