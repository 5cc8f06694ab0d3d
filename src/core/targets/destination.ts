import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import type { World } from '../system/world.ts';
import { type ServiceUse, serviceUse } from './executors.ts';
import type { ServiceTarget } from './target.ts';
import { SERVICES } from './targets.ts';

/** The service that tasks of a run go to. */
export interface Destination {
  readonly service: ServiceTarget;
  /** False if only Nextflow can tell. */
  readonly isCertain: boolean;
}

/**
 * Chooses the service that a run needs.
 *
 * @param wanted - `--target`: the id of a target.
 * @returns undefined if its secrets go to this machine alone.
 */
export function destinationOf(
  command: Pick<NextflowCommand, 'args'>,
  code: Pick<PipelineCode, 'settings' | 'mayUse'>,
  wanted: string | undefined,
  world: World,
): Destination | undefined {
  if (wanted !== undefined) {
    const service = SERVICES.find(({ id }) => id === wanted);
    return service && { service, isCertain: true };
  }
  const uses = SERVICES.map((service) => ({ service, use: serviceUse(service, command, code, world) }));
  const found = uses.find(({ use }) => use === 'yes') ?? uses.find(({ use }) => use === 'maybe');
  return found && { service: found.service, isCertain: found.use === 'yes' };
}

/** Tells whether a run uses a service. */
export function useOf(destination: Destination | undefined): ServiceUse {
  if (destination === undefined) return 'no';
  return destination.isCertain ? 'yes' : 'maybe';
}
