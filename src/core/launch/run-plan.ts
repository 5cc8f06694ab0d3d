import { ensureGranted } from './grants.ts';
import { readNextflowStore } from '../nextflow/nextflow-store.ts';
import { findWorkspace } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { assertSet, listSecrets, type ResolveOptions, resolveSecrets } from '../secrets/resolve.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import type { World } from '../system/world.ts';
import type { BatchUse } from '../targets/executors.ts';
import { withLineage } from './lineage.ts';
import type { LeaseOptions } from './lease-options.ts';
import {
  assertNothingMissing,
  chooseSecrets,
  isAllowedMissing,
  type Needs,
  places,
  type UsedName,
} from './plan.ts';
import { type LeasedSecret, planDelivery } from '../targets/plan-delivery.ts';
import type { PipelineProgram, Program } from './program.ts';
import { refuseShellsOwn, variableNotes } from './variable-names.ts';
import { storesOf } from '../stores/stores.ts';
import { isVaultScope } from '../secrets/scope.ts';

/** What a person should read before a run, beside its secrets. */
export interface RunNotes {
  /** Where each secret is used, short. */
  readonly usedAt?: ReadonlyMap<string, string>;
  readonly lines?: readonly string[];
}

/** What a run gets, before anything is made for it. */
export interface PlannedRun {
  /** Absolute path. */
  readonly workspace: string;
  readonly secrets: readonly LeasedSecret[];
  readonly notes?: RunNotes;
  /** What of the person's own Nextflow store goes along though the code does not name it. */
  readonly ownStore?: OwnStore;
}

/** Secrets of the person's own Nextflow store, byte for byte. */
export type OwnStore = ReadonlyMap<string, SecretValue>;

/**
 * Chooses the secrets of a run and decrypts them.
 *
 * @throws HumanError 66 if one is missing; 65, 74, 77 of vaults and grants.
 */
export async function planRun(program: Program, options: LeaseOptions, world: World): Promise<PlannedRun> {
  const { directory: workspace } = await findWorkspace(world, options.workspace, program.pipelineDirectory);
  const { code } = program;
  const acceptMembers = options.acceptMembers === true;
  if (code === undefined) {
    const resolved = await resolveSecrets(storesOf(workspace, world), world, { ...options, acceptMembers });
    return { workspace, secrets: planDelivery(resolved) };
  }
  const { needs, set, own } = await needsOf({ code }, workspace, options, world);
  assertNothingMissing(needs, set, options);
  refuseShellsOwn(needs);
  const resolved = await resolveSecrets(storesOf(workspace, world), world, {
    ...options,
    ...exactly(needs),
    acceptMembers,
  });
  const passedOn = namesPassedOn(program, needs, own, options);
  const secrets = planDelivery(resolved, deliveredHere(code, program.batch), passedOn);
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  const ownStore = new Map(
    passedOn.length === 0
      ? []
      : [...(await readNextflowStore(world))].filter(([name]) => passedOn.includes(name)),
  );
  return {
    workspace,
    secrets,
    ownStore,
    notes: withLines(
      withLineage(notesOf(code, needs, set, options), code, world),
      variableNotes(code, 'asked', needs),
    ),
  };
}

/**
 * The uses that the private store alone has to serve. Tasks of AWS Batch do not read it; whether there are others as
 * well, and what they ask for, Nextflow tells later.
 */
export const deliveredHere = (
  code: PipelineCode,
  batch: BatchUse | undefined,
): Pick<PipelineCode, 'references' | 'dynamic'> =>
  batch === undefined || batch === 'no'
    ? code
    : { references: code.references.filter(({ kind }) => kind === 'property'), dynamic: [] };

export /** These secrets alone. */
const exactly = ({ names }: Needs): ResolveOptions => ({ only: names, required: undefined });

/** What the code needs, and the names that are set. Decrypts nothing. */
export async function needsOf(
  { code }: Pick<PipelineProgram, 'code'>,
  workspace: string,
  options: LeaseOptions,
  world: World,
): Promise<{ readonly needs: Needs; readonly set: ReadonlySet<string>; readonly own: readonly string[] }> {
  const listed = await listSecrets(storesOf(workspace, world));
  const usable = listed.filter(({ scope }) => options.withoutUser !== true || scope !== 'user');
  const set = new Set(usable.map(({ name }) => name));
  // A name that the person typed is set, or misspelled.
  for (const name of [...(options.only ?? []), ...(options.required ?? [])]) assertSet(name, set);
  const ours = new Set(usable.flatMap(({ name, scope }) => (isVaultScope(scope) ? [name] : [])));
  return { needs: chooseSecrets(code, set, options), set, own: [...set].filter((name) => !ours.has(name)) };
}

/**
 * The names of the person's own Nextflow store that go along although the code that was read does not name them: what
 * cannot be seen in code (a library, a plugin, a name that is computed) works as it does without a launch. A remote
 * pipeline gets them only by name, and with a grant.
 *
 * @param own - the names of that store that no other scope has.
 */
export function namesPassedOn(
  { remote }: Pick<Program, 'remote'>,
  { names }: Needs,
  own: readonly string[],
  { only }: Pick<LeaseOptions, 'only'>,
): string[] {
  return remote !== undefined || only !== undefined ? [] : own.filter((name) => !names.includes(name)).sort();
}

/** @param names - see {@link namesPassedOn}. */
export function passedOnLine(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, MAX_SHOWN).map(printable).join(', ');
  const more = names.length > MAX_SHOWN ? `, and ${names.length - MAX_SHOWN} more` : '';
  return [`Of your own Nextflow store also, as without nf-secrets: ${shown}${more}. Not so with --only NAME`];
}

const MAX_SHOWN = 5;

export const withLines = (notes: RunNotes, more: readonly string[]): RunNotes => ({
  ...notes,
  lines: [...(notes.lines ?? []), ...more],
});

/** What a person should know of the plan, beside what is sent. */
export function notesOf(
  code: PipelineCode,
  { usesOf, missing, optionalMissing }: Needs,
  set: ReadonlySet<string>,
  options: Pick<LeaseOptions, 'allowMissing'>,
): RunNotes {
  const line = ({ name, uses }: UsedName, why: string): string =>
    `  ${printable(name)}  ${set.has(name) ? 'left out' : 'not set'}, ${why}; ${places(uses)}`;
  const required = (one: UsedName): string => {
    const what = set.has(one.name) ? 'LEFT OUT' : 'MISSING';
    const effect = isAllowedMissing(one.name, options) ? 'allowed' : 'stops the launch';
    return `  ${printable(one.name)}  ${what}, ${effect}; ${places(one.uses.filter(({ reached }) => reached))}`;
  };
  const optional = (one: UsedName): string =>
    line(one, one.uses.some(({ reached }) => reached) ? 'optional' : 'not reached by this run');
  return {
    usedAt: new Map([...usesOf].map(([name, uses]) => [name, places(uses)])),
    lines: [
      ...missing.map(required),
      ...optionalMissing.map(optional),
      ...code.dynamic.map(
        ({ file, line, text }) =>
          `${printable(file)}:${line} names a secret that only the running pipeline knows (${printable(text)}). ` +
          'Send it too: --secret NAME, or --all',
      ),
      ...code.literalParameters.map(
        ({ place, name }) =>
          `${printable(place)}: Nextflow does not replace secrets.${printable(name)} in parameters; the pipeline gets this text as ` +
          `it stands. Ask for it in the process (secret '${printable(name)}'), or read secrets.${printable(name)} in the code.`,
      ),
      ...code.notRead.map((line) => `${printable(line)} Secrets that only it uses: --secret NAME, or --all`),
    ],
  };
}
