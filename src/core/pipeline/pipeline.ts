import { phrase } from '../system/phrase.ts';
import { join, relative, resolve } from 'node:path';
import {
  localPipelineDirectory,
  type NextflowCommand,
  optionValue,
  optionValues,
} from '../nextflow/nextflow-command.ts';
import { literalParameters } from './literal-parameters.ts';
import { LaunchCode } from './launch-code.ts';
import { launchParameters } from './launch-parameters.ts';
import { nextflowHome } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { InFile, SourceSetting } from '../references/scan.ts';
import { DeclaredParameters } from './declared-parameters.ts';
import { followIncludes, type GraphFile } from './include-graph.ts';
import type { PipelineCode } from './pipeline-code.ts';
import { codeNotFound, type Pulling, remoteRevision } from './remote-pipeline.ts';
import { diskTree, type SourceTree } from './source-tree.ts';

export type { PipelineCode, PipelineReference } from './pipeline-code.ts';

/** Options for reading the code of a launch. */
export interface PipelineRequest {
  /** Permission to ask Nextflow for a remote pipeline that is not on this machine. */
  readonly pulling: Pulling;
  /** Nextflow's names of the executors that services have, lower case. */
  readonly services: readonly string[];
  /** Parameters to look for in the code: the typed names, without dashes before them. */
  readonly doubtful?: readonly string[] | undefined;
  /** Code to read instead of what the pipeline's name stands for here. The configs of this machine don't count then. */
  readonly at?: { readonly directory: string; readonly tree: SourceTree } | undefined;
}

/** Directory that a run elsewhere starts in, which nobody here knows. */
const ELSEWHERE = '/a-directory-of-another-machine';

/**
 * Reads the code that `nextflow run` would: the script with all that it includes, and the configs with the profiles in
 * use. Reads a remote pipeline at the revision that will run.
 *
 * @throws HumanError 69 if a remote pipeline cannot be read.
 */
export async function readPipeline(
  command: NextflowCommand,
  { pulling, services, doubtful = [], at }: PipelineRequest,
  world: World,
): Promise<PipelineCode> {
  const { args, pipeline } = command;
  const local = at === undefined ? localPipelineDirectory(pipeline, args, world) : undefined;
  const remote = at ?? (local === undefined ? await remoteRevision(command, pulling, world) : undefined);
  const projectDir = local ?? remote?.directory ?? world.cwd;
  const tree = remote?.tree ?? diskTree;
  const profiles = new Set((optionValue(args, '-profile') ?? 'standard').split(','));
  const parameters = launchParameters(command, { projectDir, profiles }, world);
  const code = new LaunchCode(projectDir, profiles, parameters, services);
  const launchDir = at === undefined ? world.cwd : ELSEWHERE;
  const options = { tree, projectDir, launchDir, profiles, computed: code.reach };
  const declared = new DeclaredParameters(doubtful);
  const add = (found: GraphFile): void => {
    code.add(found);
    declared.add(found, projectDir);
  };
  const configs =
    at === undefined ? configFiles(args, projectDir, world) : sentConfigs(args, projectDir, world);
  for await (const found of followIncludes([], options, configs)) add(found);
  const script = await entryScript(
    command,
    projectDir,
    { settings: code.settings, isElsewhere: at !== undefined },
    world,
  );
  // A clone that another process is making has no files yet: nothing of it is known, and Nextflow would run it later.
  if (remote !== undefined && script !== undefined && (await tree.kind(script)) !== 'file') {
    throw codeNotFound(pipeline, phrase`there is no ${printable(relative(projectDir, script))} in its clone`);
  }
  if (script === undefined) {
    code.isComplete = false;
  } else {
    const allProcesses = code.givesSecrets;
    for await (const found of followIncludes([script], { ...options, allProcesses })) add(found);
  }
  code.settle(args, world);
  const { dynamic, settings, notRead, mayUse } = code;
  // Code that is not read may name them.
  const isAllRead = code.isComplete && notRead.length === 0;
  return {
    references: code.settled(),
    dynamic,
    sinks: code.sinks,
    settings,
    ownExecutors: code.ownExecutors(),
    notRead,
    literalParameters: literalParameters(args, world),
    unknownParameters: isAllRead ? await declared.unknown(projectDir, tree) : [],
    mayUse,
  };
}

/**
 * Finds the configs that a run reads, in Nextflow's order: a later one wins. A config that does not exist counts as
 * none. The file of `NXF_CONFIG_FILE` replaces the usual ones (`nextflow.config.ConfigBuilder`).
 */
export function configFiles(args: readonly string[], projectDir: string | undefined, world: World): string[] {
  const paths = (...names: string[]): string[] =>
    optionValues(args, ...names)
      .flatMap((files) => files.split(','))
      .map((file) => resolve(world.cwd, file));
  const only = paths('-C');
  if (only.length > 0) return only;
  const named = world.env['NXF_CONFIG_FILE'];
  const usual = named
    ? [resolve(world.cwd, named)]
    : [
        join(nextflowHome(world), 'config'),
        ...(projectDir === undefined ? [] : [join(projectDir, 'nextflow.config')]),
        join(world.cwd, 'nextflow.config'),
      ];
  return [...new Set([...usual, ...paths('-c', '-config')])];
}

/** Finds the configs of a run on another machine that are known here: the pipeline's own, and those that are sent. */
const sentConfigs = (args: readonly string[], projectDir: string, world: World): string[] => [
  join(projectDir, 'nextflow.config'),
  ...optionValues(args, '-c', '-config')
    .flatMap((files) => files.split(','))
    .map((file) => resolve(world.cwd, file)),
];

/** Finds the script that a run starts with; undefined if it comes from stdin. */
async function entryScript(
  { pipeline, args }: NextflowCommand,
  projectDir: string,
  {
    settings,
    isElsewhere,
  }: { readonly settings: readonly InFile<SourceSetting>[]; readonly isElsewhere: boolean },
  world: World,
): Promise<string | undefined> {
  if (pipeline === '-') return undefined;
  const named = optionValue(args, '-main-script');
  const path = resolve(world.cwd, named ?? pipeline);
  if (!isElsewhere && (await diskTree.kind(path)) === 'file') return path;
  const manifest = settings.findLast(
    ({ path: key, file }) =>
      key.join('.') === 'manifest.mainScript' && file === join(projectDir, 'nextflow.config'),
  );
  return join(projectDir, named ?? manifest?.value ?? 'main.nf');
}
