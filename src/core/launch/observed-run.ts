import { dirname } from 'node:path';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import {
  type Delivery,
  DeliveryWatch,
  type SeenNextflow,
  type WrongStore,
  type WatchedCommand,
} from './delivery-watch.ts';
import { detail, type Phrase, phrase } from '../system/phrase.ts';

/** Most Nextflows that are shown. */
const SHOWN = 5;

/** The end of a command, and whether a Nextflow of it read another store than it should. */
export interface ObservedEnd {
  readonly exitCode: number;
  /** False if nothing was started. */
  readonly hasStarted: boolean;
  readonly hasWrongStore: boolean;
  /** The Nextflows that were seen. */
  readonly nextflows: readonly SeenNextflow[];
}

/**
 * Runs a command and watches meanwhile which store its Nextflows read.
 *
 * @param run - undefined if there are no secrets to read.
 * @param start - runs the command to its end and tells its pid when it has one.
 */
export async function runObserved(
  run: WatchedCommand | undefined,
  start: (onStart: (pid: number) => void) => Promise<number>,
  world: World,
): Promise<ObservedEnd> {
  let hasStarted = false;
  const watch = run === undefined ? undefined : new DeliveryWatch(run, world);
  const exitCode = await start((pid) => {
    hasStarted = true;
    watch?.start(pid);
  });
  if (run === undefined || watch === undefined)
    return { exitCode, hasStarted, hasWrongStore: false, nextflows: [] };
  const delivery = await watch.end();
  const hasWrongStore = sayWrongStores(delivery, run, exitCode, world);
  return { exitCode, hasStarted, hasWrongStore, nextflows: delivery.nextflows };
}

/**
 * Reports the Nextflows that read another store than the run's, and the remedy.
 *
 * @param exitCode - of the command.
 * @returns true if there were any.
 */
function sayWrongStores(
  { wrongStores, seen }: Delivery,
  run: WatchedCommand,
  exitCode: number,
  world: World,
): boolean {
  const store = printable(run.storeFile);
  for (const one of wrongStores.slice(0, SHOWN)) {
    world.notice(phrase`${whoReadWhat(one)} The store of run ${run.runId} is ${store}.`);
    world.notice(detail(outcome(one)));
  }
  if (wrongStores.length > SHOWN) world.notice(phrase`  and ${wrongStores.length - SHOWN} more`);
  if (wrongStores.length > 0) {
    if (wrongStores.some(({ submitted }) => submitted !== 0)) {
      world.notice(phrase`Do not trust the results of these tasks: remove their directories before -resume.`);
    }
    world.notice(
      phrase`What starts Nextflow must pass NXF_SECRETS_FILE and NXF_ENABLE_SECRETS on unchanged. A script:
        no env -i, no other value. sudo: sudo
        --preserve-env=NXF_SECRETS_FILE,NXF_ENABLE_SECRETS,NF_SECRETS_RUN. A container: -e NXF_SECRETS_FILE
        -e NXF_ENABLE_SECRETS, and the run root ${printable(dirname(dirname(run.storeFile)))} mounted under
        the same path.`,
    );
    if (run.isNextflow)
      world.notice(phrase`Or start Nextflow itself, without the script around it.`, { do: 'name-nextflow' });
    return true;
  }
  if (!seen && run.isNextflow && exitCode === 0) {
    world.notice(
      phrase`Which secrets store Nextflow read was not seen: neither its process nor its log was found here.
        Look for "Secrets store" in its .nextflow.log, which must name ${store}.`,
    );
  }
  return false;
}

function whoReadWhat({ store, pid, directory }: WrongStore): Phrase {
  const which = pid === undefined ? '' : phrase` (process ${pid})`;
  const where = directory === undefined ? '' : phrase` in ${printable(directory)}`;
  const who = phrase`A Nextflow${which}${where}`;
  switch (store.kind) {
    case 'file':
      return phrase`${who} reads another secrets store: ${printable(store.path)}.`;
    case 'off':
      return phrase`${who} reads no secrets store: NXF_ENABLE_SECRETS is not true there.`;
    case 'provider':
      return phrase`${who} reads no secrets store, but takes secrets from ${printable(store.name)}.`;
  }
}

function outcome({ stopped, submitted }: WrongStore): Phrase {
  if (submitted === undefined) {
    const unknown = phrase`Its log was not found: it is not known whether tasks were submitted without the secrets of the run.`;
    return stopped ? phrase`It was stopped. ${unknown}` : unknown;
  }
  if (submitted === 0) {
    return stopped ? phrase`It was stopped before it submitted a task.` : phrase`It submitted no task.`;
  }
  const what = submitted === 1 ? phrase`1 task` : phrase`${submitted} tasks`;
  return stopped
    ? phrase`It was stopped, but ${what} had been submitted already, without the secrets of the run.`
    : phrase`It submitted ${what} without the secrets of the run.`;
}
