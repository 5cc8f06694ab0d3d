import type { World } from '../system/world.ts';
import type { OpenLease } from '../targets/target.ts';
import type { LeaseOptions } from './lease-options.ts';
import type { LeasedRun } from './leased-run.ts';
import type { PlannedRun } from './plan-run.ts';
import type { PipelineProgram, Program } from './program.ts';

/** Returns the function that provisions in a service; undefined if nothing of the program may run there. */
export function preparation(
  program: Program,
  { secrets, withheld }: PlannedRun,
  { allowMissing, askAgain }: LeaseOptions,
  world: World,
): LeasedRun['prepare'] {
  if (
    program.kind === 'command' ||
    program.destination === undefined ||
    !mayBeSent(program, [...secrets, ...withheld])
  )
    return undefined;
  const { nextflow: command, code, destination } = program;
  const request = {
    command,
    code,
    secrets,
    withheld,
    allowMissing,
    certain: destination.isCertain,
    askAgain,
  };
  return async (lease: OpenLease) => destination.service.provision(request, lease, world);
}

/**
 * Tells whether there is anything to ask Nextflow about: a second start of it takes as long as the run's own. The names
 * in a script from stdin are not known.
 */
const mayBeSent = ({ nextflow, code }: PipelineProgram, { length }: readonly unknown[]): boolean =>
  nextflow.pipeline === '-' || length + code.dynamic.length + code.notRead.length > 0;
