import { resolve } from 'node:path';
import { type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import { readSourceFile } from './source-file.ts';
import type { World } from '../system/world.ts';
import { commandLineParameters, Parameters } from './parameters.ts';
import { type ParameterValues, readParamsFile } from './params-file.ts';

/** The parameters that a launch gives itself: by `--x` and `-params-file`. */
export function launchParameters(
  { args }: NextflowCommand,
  { projectDir, profiles }: { readonly projectDir: string; readonly profiles: ReadonlySet<string> },
  world: World,
): Parameters {
  const constants = new Map([
    ['projectDir', projectDir],
    ['baseDir', projectDir],
    ['launchDir', world.cwd],
  ]);
  return new Parameters({
    commandLine: commandLineParameters(args, Boolean(world.env['NXF_DISABLE_PARAMS_TYPE_DETECTION'])),
    file: fileOf(args, world),
    profiles,
    variable: (name) => world.env[name],
    constant: (name) => constants.get(name),
  });
}

function fileOf(args: readonly string[], world: World): ParameterValues | undefined {
  const named = optionValue(args, '-params-file') ?? world.env['NXF_PARAMS_FILE'];
  // `-params-file=…`: another way to write it.
  if (args.some((word) => word.startsWith('-params-file='))) return undefined;
  if (!named) return new Map();
  const path = resolve(world.cwd, named);
  const source = readSourceFile(path);
  return 'problem' in source ? undefined : readParamsFile(path, source.bytes.toString('utf8'));
}
