import {
  isAllowedMissing,
  type LaunchPlan,
  planLaunch,
  type UnsentSecret,
  type Use,
} from '../../launch/plan.ts';
import type { PlanOptions } from '../../launch/lease-options.ts';
import { usedIn } from '../../launch/used-in.ts';
import type { PipelineCode } from '../../pipeline/pipeline-code.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { candidatesFor, didYouMean } from '../../system/near-miss.ts';
import type { Notice } from '../../system/notice.ts';
import { detail, joined, type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { PlatformContext } from '../types.ts';
import { type Available, deniedScopes, type PlatformScope, scopesOf } from './available.ts';

/** A secret that the code needs, and the scope that a run gets it from. */
export interface NeededSecret {
  readonly name: string;
  readonly from: PlatformScope;
  /** True if the workspace has the name too, and the person's own wins. */
  readonly overrides: boolean;
  readonly uses: readonly Use[];
}

/** What the code of a pipeline needs, and what a run in a context of a Platform gets. */
export interface PlatformNeeds {
  readonly secrets: readonly NeededSecret[];
  readonly missing: readonly UnsentSecret[];
  readonly optionalMissing: readonly UnsentSecret[];
  /** Names that the code needs, and of which it is not known whether they are there. */
  readonly unknown: readonly UnsentSecret[];
  readonly available: Available;
}

/**
 * Compares what code needs with what there is.
 *
 * @throws HumanError 66 if a name that a person asks for is not there.
 */
export function platformNeeds(
  code: PipelineCode,
  available: Available,
  options: PlanOptions,
  context: PlatformContext,
): PlatformNeeds {
  const scopes = scopesOf(available);
  const isUncertain = deniedScopes(available).length > 0;
  const asked = [...(options.required ?? []), ...(options.only ?? [])];
  const absent = asked.find((name) => !scopes.has(name));
  if (absent !== undefined && !isUncertain) throw notThere(absent, scopes.keys(), context);
  const program = { code, destination: undefined, origin: { kind: 'remote', grantKey: '' } } as const;
  const { secrets, missing, optionalMissing } = planLaunch(program, { scopesOf: scopes }, options);
  const named = new Set(missing.map(({ name }) => name));
  const askedUnknown = [...new Set(asked)]
    .filter((name) => !scopes.has(name) && !named.has(name))
    .map((name): UnsentSecret => ({ name, uses: [], isSet: false }));
  return {
    secrets: secrets.map(({ name, from, overrides, uses }) => ({
      name,
      from: from === 'user' ? 'user' : 'workspace',
      overrides: overrides.length > 0,
      uses,
    })),
    missing: missing.filter(({ isSet }) => isSet || !isUncertain),
    optionalMissing,
    unknown: [...missing.filter(({ isSet }) => !isSet && isUncertain), ...askedUnknown],
    available,
  };
}

const notThere = (name: string, names: Iterable<string>, context: PlatformContext): HumanError =>
  new HumanError(
    ExitCode.missing,
    phrase`There is no secret ${printable(name)} in ${whereOf(context)}.${didYouMean(name, names)}`,
    { do: 'set-platform-secret', name, context: context.title },
  );

const whereOf = ({ workspaceId, title }: PlatformContext): Phrase | string =>
  workspaceId === undefined ? phrase`your own secrets` : phrase`${printable(title)} and your own secrets`;

/** The two lists of a launch: each name is in one of them. */
export function secretLists({ secrets, unknown, available }: PlatformNeeds): {
  readonly userSecrets: string[];
  readonly workspaceSecrets: string[];
} {
  // A name that may be there is asked for: if it is not, the Platform refuses the launch.
  const [uncertain] = deniedScopes(available);
  const names = (scope: PlatformScope): string[] => [
    ...secrets.filter(({ from }) => from === scope).map(({ name }) => name),
    ...(scope === uncertain ? unknown.map(({ name }) => name) : []),
  ];
  return { userSecrets: names('user').sort(), workspaceSecrets: names('workspace').sort() };
}

/**
 * The error if a secret is missing that may not be.
 *
 * @param end - a last sentence: what did not happen.
 * @returns HumanError 66.
 */
export function missingThere(
  { missing, available }: PlatformNeeds,
  options: Pick<PlanOptions, 'allowMissing'>,
  { context, host, end }: { readonly context: PlatformContext; readonly host: string; readonly end?: Phrase },
): HumanError | undefined {
  const stops = missing.filter(({ name }) => !isAllowedMissing(name, options));
  const [first] = stops;
  if (first === undefined) return undefined;
  const scopes = scopesOf(available);
  const lines = stops.map(({ name, uses, isSet }, index) => {
    const shown = printable(name);
    const where = usedIn(uses.filter(({ reached }) => reached));
    if (isSet) return phrase`Secret ${shown} is used in ${where} but is left out of this launch.`;
    const near = didYouMean(name, candidatesFor(index, scopes).keys());
    return phrase`Secret ${shown} is used in ${where} but is not in ${whereOf(context)} on ${host}.${near}`;
  });
  const remedies = stops.map(({ name, isSet }): Remedy =>
    isSet ? { do: 'send-secret', name } : { do: 'set-platform-secret', name, context: context.title },
  );
  if (end !== undefined) {
    lines.push(end);
    remedies.push({ do: 'allow-missing', ...(stops.length === 1 && { name: first.name }) });
  }
  return new HumanError(ExitCode.missing, joined(lines, '\n'), remedies);
}

/** Notes on the scopes that could not be listed, and what is not known for that reason. */
export function unknownNotes({ unknown, available }: PlatformNeeds): Notice[] {
  const denied = [available.workspace, available.user].flatMap((listed) =>
    listed.kind === 'denied' ? [{ fact: listed.error.phrase }] : [],
  );
  return [
    ...denied,
    ...unknown.map(({ name, uses }): Notice => {
      const used = uses.filter(({ reached }) => reached);
      const where = used.length === 0 ? '' : joined(['; ', usedIn(used)], '');
      return { fact: detail(joined([phrase`${printable(name)}  NOT KNOWN to be there`, where], '')) };
    }),
  ];
}

/** The plan in the form that notes on any launch are made of. */
export const asPlan = ({ secrets, missing, optionalMissing }: PlatformNeeds): LaunchPlan => ({
  secrets: secrets.map(({ name, from, overrides, uses }) => ({
    ...{ name, from, uses, delivery: undefined },
    overrides: overrides ? ['workspace'] : [],
  })),
  missing,
  optionalMissing,
  passedOn: [],
});
