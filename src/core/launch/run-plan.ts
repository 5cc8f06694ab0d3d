import { ensureGranted } from '../grants.ts';
import { findWorkspace } from '../places.ts';
import { printable } from '../printable.ts';
import type { PipelineCode } from '../references/pipeline.ts';
import { assertSet, listSecrets, type ResolveOptions, resolveSecrets } from '../resolve.ts';
import type { World } from '../world.ts';
import type { BatchUse } from './executors.ts';
import type { LeaseOptions } from './lease-options.ts';
import {
  assertNothingMissing,
  chooseSecrets,
  type LeasedSecret,
  type Needs,
  places,
  planDelivery,
  type UsedName,
} from './plan.ts';
import type { PipelineProgram, Program } from './program.ts';

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
}

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
    const resolved = await resolveSecrets(workspace, world, { ...options, acceptMembers });
    return { workspace, secrets: planDelivery(resolved) };
  }
  const { needs, set } = await needsOf({ code }, workspace, options, world);
  assertNothingMissing(needs, set, options);
  const resolved = await resolveSecrets(workspace, world, { ...options, ...exactly(needs), acceptMembers });
  const secrets = planDelivery(resolved, deliveredHere(code, program.batch));
  if (program.remote !== undefined) await ensureGranted(program.remote, secrets, options.grant ?? [], world);
  return { workspace, secrets, notes: notesOf(code, needs, set) };
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
): Promise<{ readonly needs: Needs; readonly set: ReadonlySet<string> }> {
  const listed = await listSecrets(workspace, world);
  const usable = listed.filter(({ scope }) => options.withoutUser !== true || scope !== 'user');
  const set = new Set(usable.map(({ name }) => name));
  // A name that the person typed is set, or misspelled.
  for (const name of [...(options.only ?? []), ...(options.required ?? [])]) assertSet(name, set);
  return { needs: chooseSecrets(code, set, options), set };
}

/** What a person should know of the plan, beside what is sent. */
export function notesOf(
  code: PipelineCode,
  { usesOf, missing, optionalMissing }: Needs,
  set: ReadonlySet<string>,
): RunNotes {
  const listed =
    (what: string, ifSet: string) =>
    ({ name, uses }: UsedName): string =>
      `  ${printable(name)}  ${set.has(name) ? ifSet : what}; ${places(uses)}`;
  return {
    usedAt: new Map([...usesOf].map(([name, uses]) => [name, places(uses)])),
    lines: [
      ...missing.map(listed('MISSING, allowed', 'LEFT OUT, allowed')),
      ...optionalMissing.map(listed('not set, optional', 'left out, optional')),
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
