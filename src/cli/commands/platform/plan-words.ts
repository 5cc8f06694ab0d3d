import type { NeededSecret, PlatformNeeds } from '../../../core/platform/launch/needs.ts';
import { deniedScopes } from '../../../core/platform/launch/available.ts';
import type { PlatformCheck, PlatformLaunch } from '../../../core/platform/launch/plan.ts';
import type { PlatformContext } from '../../../core/platform/types.ts';
import type { UnsentSecret, Use } from '../../../core/launch/plan.ts';
import { usedIn } from '../../../core/launch/used-in.ts';
import { giveNotices } from '../../../core/system/notice.ts';
import { printable } from '../../../core/system/printable.ts';
import { useJson } from '../../plan.ts';
import type { Shell } from '../../shell.ts';
import { table } from '../../table.ts';
import { placeOf } from './session.ts';

/** Where a plan is for. */
export interface PlanPlace {
  readonly context: PlatformContext;
  readonly host: string;
}

/** `https://github.com/owner/name at main, commit 0123456789`. */
export function codeOf({ source }: Pick<PlatformCheck, 'source'>): string {
  const { repository, revision, commit, mainScript } = source;
  const script = mainScript === undefined ? '' : `, script ${mainScript}`;
  const at = revision === commit ? '' : `${revision}, `;
  return printable(`${repository} at ${at}commit ${commit.slice(0, 10)}${script}`);
}

/** The secrets that the code needs, one in a row, with where a run gets each from. */
export function needsTable({ secrets, missing, optionalMissing, unknown }: PlatformNeeds): string {
  const used = (uses: readonly Use[]): string => String(usedIn(uses)) || '-';
  const reached = (uses: readonly Use[]): string => used(uses.filter((use) => use.reached));
  const rows = [
    ...secrets.map(({ name, from, overrides, uses }) => [
      ...[name, from, overrides ? 'workspace' : '-', used(uses)],
    ]),
    ...missing.map(({ name, isSet, uses }) => [name, isSet ? 'LEFT OUT' : 'MISSING', '-', reached(uses)]),
    ...unknown.map(({ name, uses }) => [name, 'NOT KNOWN', '-', reached(uses)]),
    ...optionalMissing.map(({ name, uses }) => [name, 'optional', '-', used(uses)]),
  ];
  return rows.length === 0 ? '' : table([['NAME', 'FROM', 'OVERRIDES', 'USED IN'], ...rows]);
}

/** Tells a person what a launch sends, and notes on it. */
export function sayLaunch(launch: PlatformLaunch, place: PlanPlace, { world }: Pick<Shell, 'world'>): void {
  const { needs, computeEnv, request, notes } = launch;
  const { secrets } = needs;
  const count = secrets.length === 1 ? '1 secret' : `${secrets.length} secrets`;
  world.say(`Code: ${codeOf(launch)}`);
  world.say(
    printable(
      `Runs in ${placeOf(place.context, place.host)}, compute environment ${computeEnv.name} ` +
        `(${computeEnv.platform}, ${computeEnv.status}), work directory ${request.workDir}`,
    ),
  );
  world.say(`The run gets ${count}${secrets.length === 0 ? '.' : ':'}`);
  const width = secrets.reduce((longest, { name }) => Math.max(longest, name.length), 0);
  for (const { name, from, overrides, uses } of secrets) {
    const over = overrides ? ', overrides workspace' : '';
    const used = uses.length === 0 ? '' : `; ${String(usedIn(uses))}`;
    world.say(`  ${printable(name).padEnd(width)}  ${from}${over}${used}`);
  }
  giveNotices(notes, world);
}

const usesJson = (uses: readonly Use[]): object[] =>
  uses.map((use) => ({ ...useJson(use), reached: use.reached }));
const unsent = ({ name, uses }: UnsentSecret): object => ({ name, uses: usesJson(uses) });
const needed = ({ name, from, overrides, uses }: NeededSecret): object => ({
  ...{ name, from, overrides: overrides ? ['workspace'] : [], uses: usesJson(uses) },
});

/** A check as `--json` shows it. */
export function checkJson({ source, code, needs }: PlatformCheck, { context, host }: PlanPlace): object {
  const { repository, revision, commit, mainScript } = source;
  return {
    platform: host,
    in: context.title,
    code: { repository, revision, commit, mainScript: mainScript ?? null },
    secrets: needs.secrets.map(needed),
    missing: needs.missing.map(unsent),
    optionalMissing: needs.optionalMissing.map(unsent),
    unknown: needs.unknown.map(unsent),
    /** Scopes whose list the Platform does not show to this person. */
    denied: deniedScopes(needs.available),
    dynamic: code.dynamic.map(({ file, line, column, text }) => ({ file, line, column, text })),
    differences: source.doubts.map(({ fact }) => String(fact)),
  };
}

/** A plan as `--dry-run --json` shows it. */
export function launchJson(launch: PlatformLaunch, place: PlanPlace): object {
  const { computeEnv, request, ungranted } = launch;
  const { id, name, platform, status } = computeEnv;
  return { ...checkJson(launch, place), computeEnv: { id, name, platform, status }, ungranted, request };
}
