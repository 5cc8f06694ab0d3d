import type { PipelineCode } from '../pipeline/pipeline.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { lineageLine } from './lineage.ts';
import type { PlanOptions } from './lease-options.ts';
import { isAllowedMissing, type LaunchPlan, type UnsentSecret } from './plan.ts';
import type { PipelineProgram } from './program.ts';
import { usedIn } from './used-in.ts';
import { variableNotes } from './variable-names.ts';

/**
 * Notes for a person on a plan, beside the list of secrets.
 *
 * @param program - without a destination if Nextflow tells what runs there; the other notes follow then.
 */
export function planNotes(
  { code, destination }: Pick<PipelineProgram, 'code' | 'destination'>,
  plan: LaunchPlan,
  options: Pick<PlanOptions, 'allowMissing'>,
  world: Pick<World, 'cwd'>,
): string[] {
  return [
    ...passedOnLine(plan.passedOn),
    ...unsentLines(plan, options),
    ...unknownLines(code),
    ...lineageLine(code, world.cwd),
    ...variableNotes(code, destination, plan),
  ];
}

const MAX_SHOWN = 5;

function passedOnLine(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, MAX_SHOWN).map(printable).join(', ');
  const more = names.length > MAX_SHOWN ? `, and ${names.length - MAX_SHOWN} more` : '';
  return [`Of your own Nextflow store also, as without nf-secrets: ${shown}${more}. Not so with --only NAME`];
}

function unsentLines(
  { missing, optionalMissing }: LaunchPlan,
  options: Pick<PlanOptions, 'allowMissing'>,
): string[] {
  const required = ({ name, uses, isSet }: UnsentSecret): string => {
    const what = isSet ? 'LEFT OUT' : 'MISSING';
    const effect = isAllowedMissing(name, options) ? 'allowed' : 'stops the launch';
    return `  ${printable(name)}  ${what}, ${effect}; ${usedIn(uses.filter(({ reached }) => reached))}`;
  };
  const optional = ({ name, uses, isSet }: UnsentSecret): string => {
    const why = uses.some(({ reached }) => reached) ? 'optional' : 'not reached by this run';
    return `  ${printable(name)}  ${isSet ? 'left out' : 'not set'}, ${why}; ${usedIn(uses)}`;
  };
  return [...missing.map(required), ...optionalMissing.map(optional)];
}

/** Notes on names that the text of the code does not show. */
function unknownLines({ dynamic, literalParameters, notRead }: PipelineCode): string[] {
  return [
    ...dynamic.map(
      ({ file, line, text }) =>
        `${printable(file)}:${line} names a secret that only the running pipeline knows (${printable(text)}). ` +
        'Send it too: --secret NAME, or --all',
    ),
    ...literalParameters.map(
      ({ place, name }) =>
        `${printable(place)}: Nextflow does not replace secrets.${printable(name)} in parameters; the pipeline gets this text as ` +
        `it stands. Ask for it in the process (secret '${printable(name)}'), or read secrets.${printable(name)} in the code.`,
    ),
    ...notRead.map((line) => `${printable(line)} Secrets that only it uses: --secret NAME, or --all`),
  ];
}
