import { giveNotices } from '../core/system/notice.ts';
import type { DryRun } from '../core/launch/dry-run.ts';
import type { UnsentSecret, Use } from '../core/launch/plan.ts';
import { usedIn } from '../core/launch/used-in.ts';
import { printable, printableJson } from '../core/system/printable.ts';
import type { Shell } from './shell.ts';
import { table } from './table.ts';

/**
 * Shows what a launch would do.
 *
 * @throws HumanError 66 if the launch would stop with it.
 */
export async function showDryRun(result: DryRun, asJson: boolean, { print, world }: Shell): Promise<void> {
  if (asJson) {
    await print(`${printableJson(dryRunJson(result))}\n`);
  } else {
    const { secrets } = result.plan;
    if (secrets.length > 0) {
      await print(
        table([
          ['NAME', 'FROM', 'OVERRIDES', 'DELIVERY', 'USED IN'],
          ...secrets.map(({ name, from, overrides, delivery = '-', uses }) => [
            name,
            from,
            overrides.join(', ') || '-',
            delivery,
            String(usedIn(uses)) || '-',
          ]),
        ]),
      );
    }
    world.say(`This launch would send ${secrets.length === 1 ? '1 secret' : `${secrets.length} secrets`}.`);
    giveNotices(result.notes, world);
    world.say(`Workspace: ${printable(result.workspace)}`);
  }
  if (result.stop !== undefined) throw result.stop;
}

function dryRunJson({ runId, target, batch, workspace, plan }: DryRun): object {
  const { secrets, missing, optionalMissing, passedOn } = plan;
  const usesJson = (uses: readonly Use[]): object[] =>
    uses.map((use) => ({ ...useJson(use), reached: use.reached }));
  const unsent = ({ name, uses }: UnsentSecret): object => ({ name, uses: usesJson(uses) });
  return {
    runId,
    target,
    // Only if it is not this machine alone: `maybe` is not known from the text.
    ...(batch !== 'no' && { batch }),
    workspace,
    secrets: secrets.map(({ name, from, overrides, uses, delivery }) => ({
      name,
      from,
      overrides,
      uses: usesJson(uses),
      delivery,
    })),
    missing: missing.map(unsent),
    optionalMissing: optionalMissing.map(unsent),
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
