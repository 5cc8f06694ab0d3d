import type { LaunchPlan } from '../core/launch/dry-run.ts';
import { places, type Use, type UsedName } from '../core/launch/plan.ts';
import { printable, printableJson } from '../core/system/printable.ts';
import type { Shell } from './shell.ts';
import { table } from './table.ts';

/**
 * Shows what a launch would do.
 *
 * @throws HumanError 66 where the launch would stop for it.
 */
export async function showPlan(plan: LaunchPlan, asJson: boolean, { print, world }: Shell): Promise<void> {
  if (asJson) {
    await print(`${printableJson(planJson(plan))}\n`);
  } else {
    const { secrets, needs } = plan;
    if (secrets.length > 0) {
      await print(
        table([
          ['NAME', 'FROM', 'OVERRIDES', 'DELIVERY', 'USED IN'],
          ...secrets.map(({ name, from, overrides, delivery }) => [
            name,
            from,
            overrides.join(', ') || '-',
            delivery,
            places(needs.usesOf.get(name) ?? []) || '-',
          ]),
        ]),
      );
    }
    world.say(`This launch would send ${secrets.length === 1 ? '1 secret' : `${secrets.length} secrets`}.`);
    for (const line of plan.notes.lines ?? []) world.say(line);
    world.say(`Workspace: ${printable(plan.workspace)}`);
  }
  if (plan.stop !== undefined) throw plan.stop;
}

function planJson({ runId, target, batch, workspace, secrets, needs, passedOn }: LaunchPlan): object {
  const { usesOf, missing, optionalMissing } = needs;
  const uses = (name: string): object[] =>
    (usesOf.get(name) ?? []).map((use) => ({ ...useJson(use), reached: use.reached }));
  const named = ({ name }: UsedName): object => ({ name, uses: uses(name) });
  return {
    runId,
    target,
    // Only where it is not this machine alone: `maybe` is not known from the text.
    ...(batch !== 'no' && { batch }),
    workspace,
    secrets: secrets.map(({ name, from, overrides, delivery }) => ({
      name,
      from,
      overrides,
      uses: uses(name),
      delivery,
    })),
    missing: missing.map(named),
    optionalMissing: optionalMissing.map(named),
    passedOn,
  };
}

/** A use as `--json` shows it. */
export function useJson({
  name,
  kind,
  optional,
  file,
  line,
  column,
  endColumn,
  process,
}: Omit<Use, 'reached'>): object {
  return { name, kind, optional, file, line, column, endColumn, process };
}
