import type { SecretValue } from '../secrets/secret-value.ts';
import type { World } from '../system/world.ts';
import type { ServiceRequest, ServiceTarget } from '../targets/target.ts';
import { withPreviewStore } from './preview-store.ts';

/** The input for the plan of a run in a service. */
export interface ServicePlanRequest extends ServiceRequest {
  readonly label: string;
  readonly runRoot: string | undefined;
  /** Secrets that the pipeline's code can read while Nextflow is asked. */
  readonly stored: readonly (readonly [name: string, value: SecretValue])[];
}

/**
 * Plans what a launch would send to a service, and sends nothing. Asks Nextflow with a private store that is removed
 * again.
 *
 * @returns the names of the secrets; undefined if no process of the run goes there.
 * @throws HumanError 65, 66, 69, 73.
 */
export async function planInService(
  service: ServiceTarget,
  request: ServicePlanRequest,
  world: World,
): Promise<ReadonlySet<string> | undefined> {
  const stored = new Map(request.stored);
  return withPreviewStore(request, async (context) => service.plan(request, stored, context, world), world);
}
