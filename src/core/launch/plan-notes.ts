import type { PipelineCode } from '../pipeline/pipeline.ts';
import { inDays, nearEnd } from '../secrets/expiry.ts';
import { isVaultScope } from '../secrets/scope.ts';
import type { Notice } from '../system/notice.ts';
import { detail, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { lineageNotes } from './lineage.ts';
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
  world: Pick<World, 'cwd' | 'now'>,
): Notice[] {
  return [
    ...ofPassedOn(plan.passedOn),
    ...ofUnsent(plan, options),
    ...expiryNotes(plan.secrets, world),
    ...ofUnknown(code),
    ...lineageNotes(code, world.cwd),
    ...variableNotes(code, destination, plan),
  ];
}

const MAX_SHOWN = 5;

function ofPassedOn(names: readonly string[]): Notice[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, MAX_SHOWN).map(printable).join(', ');
  const more = names.length > MAX_SHOWN ? phrase`, and ${names.length - MAX_SHOWN} more` : '';
  const fact = phrase`The run gets these of your own Nextflow store too, as without nf-secrets: ${shown}${more}.`;
  return [{ fact, remedy: { do: 'send-only' } }];
}

function ofUnsent(
  { missing, optionalMissing }: LaunchPlan,
  options: Pick<PlanOptions, 'allowMissing'>,
): Notice[] {
  const required = ({ name, uses, isSet }: UnsentSecret): Notice => {
    const what = isSet ? phrase`LEFT OUT` : phrase`MISSING`;
    const effect = isAllowedMissing(name, options) ? phrase`allowed` : phrase`stops the launch`;
    const used = usedIn(uses.filter(({ reached }) => reached));
    return { fact: detail(phrase`${printable(name)}  ${what}, ${effect}; ${used}`) };
  };
  const optional = ({ name, uses, isSet }: UnsentSecret): Notice => {
    const what = isSet ? phrase`left out` : phrase`not set`;
    const why = uses.some(({ reached }) => reached) ? phrase`optional` : phrase`not reached by this run`;
    return { fact: detail(phrase`${printable(name)}  ${what}, ${why}; ${usedIn(uses)}`) };
  };
  return [...missing.map(required), ...optionalMissing.map(optional)];
}

/** Notes on values that have expired, or do soon: a run may last longer than they do. */
export function expiryNotes(
  secrets: readonly Pick<LaunchPlan['secrets'][number], 'name' | 'from' | 'expires'>[],
  world: Pick<World, 'now'>,
): Notice[] {
  return secrets.flatMap(({ name, from, expires }): Notice[] => {
    const end = nearEnd(expires ?? null, world.now());
    if (end === undefined) return [];
    const { day, left } = end;
    const fact =
      left < 0
        ? phrase`${printable(name)} expired on ${day}: tasks that use it may fail.`
        : phrase`${printable(name)} expires on ${day}, ${inDays(left)}: a run that lasts longer may fail.`;
    return [{ fact, remedy: { do: 'set-secret', name, ...(isVaultScope(from) && { scope: from }) } }];
  });
}

/** Notes on names that the text of the code does not show. */
function ofUnknown({ dynamic, literalParameters, notRead }: PipelineCode): Notice[] {
  return [
    ...dynamic.map(({ file, line, text }): Notice => ({
      fact: phrase`${printable(file)}:${line} names a secret that only the running pipeline knows (${printable(text)}).`,
      remedy: { do: 'send-secret' },
    })),
    ...literalParameters.map(({ location, name }): Notice => {
      const shown = printable(name);
      return {
        fact: phrase`${printable(location)}: Nextflow does not replace secrets.${shown} in parameters; the pipeline gets this
          text as it is.`,
        remedy: phrase`Ask for it in the process (secret '${shown}'), or read secrets.${shown} in the code.`,
      };
    }),
    ...notRead.map((fact): Notice => ({
      fact,
      remedy: { do: 'send-secret', lead: phrase`Secrets that only it uses` },
    })),
  ];
}
