import { resolve } from 'node:path';
import { type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import { readSourceFile } from './source-file.ts';
import type { World } from '../system/world.ts';
import { commandLineParameters, Parameters } from './parameters.ts';
import { type ParameterValues, readParamsFile } from './params-file.ts';

/** Reads the parameters that a launch itself gives: by `--x` and `-params-file`. */
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
  // `-params-file=…` is another way to write it.
  if (args.some((word) => word.startsWith('-params-file='))) return undefined;
  const path = paramsFilePath(args, world);
  if (path === undefined) return new Map();
  const text = paramsFileOf(args, world);
  return text === undefined ? undefined : readParamsFile(path, text);
}

function paramsFilePath(args: readonly string[], world: World): string | undefined {
  const named = optionValue(args, '-params-file') ?? world.env['NXF_PARAMS_FILE'];
  return named ? resolve(world.cwd, named) : undefined;
}

/** Reads the file that a launch takes parameters from; undefined if there is none, or it cannot be read. */
export function paramsFileOf(args: readonly string[], world: World): string | undefined {
  const path = paramsFilePath(args, world);
  const source = path === undefined ? undefined : readSourceFile(path);
  return source === undefined || 'problem' in source ? undefined : source.bytes.toString('utf8');
}
