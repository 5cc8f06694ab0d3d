import { resolve } from 'node:path';
import { readSourceFile } from './source-file.ts';
import type { World } from '../system/world.ts';
import { optionValues } from '../nextflow/nextflow-command.ts';

/** A parameter with `${secrets.NAME}` in its value, which Nextflow takes for a mere text there. */
export interface LiteralParameter {
  /** Location of the parameter: `params.yml:3`, or `--token`. As it was typed. */
  readonly location: string;
  readonly name: string;
}

/** Largest number that is reported: the remedy is the same for all. */
const MAX_FOUND = 20;

/** Matches `${secrets.NAME}`, `${ secrets['NAME'] ?: '' }`, `$secrets.NAME`. */
const REFERENCE = /\$(?:\{\s*)?secrets\s*(?:\?\s*)?(?:\.\s*|\[\s*["']|\.\s*["'])(\w+)/;

/**
 * Finds `${secrets.NAME}` in parameters of a command line, and in its file of parameters (JSON or YAML). Nextflow
 * evaluates no code there. The same in 22.10, 24.10 and 25.04.
 */
export function literalParameters(args: readonly string[], world: World): LiteralParameter[] {
  const found: LiteralParameter[] = [];
  for (const [index, word] of args.entries()) {
    const name = REFERENCE.exec(word)?.[1];
    const option = [word, args[index - 1]].find((one) => one?.startsWith('--'));
    if (name !== undefined && option !== undefined)
      found.push({ location: option.split('=', 1)[0] ?? '', name });
  }
  const files = optionValues(args, '-params-file');
  const usual = world.env['NXF_PARAMS_FILE'];
  for (const file of files.length === 0 && usual ? [usual] : files) found.push(...inFile(file, world));
  return found.slice(0, MAX_FOUND);
}

function inFile(file: string, world: World): LiteralParameter[] {
  const source = readSourceFile(resolve(world.cwd, file));
  if (!('bytes' in source) || !source.bytes.includes('secrets')) return [];
  const lines = source.bytes.toString('utf8').split(/\r\n|[\r\n]/);
  return lines.flatMap((line, index) => {
    const name = line.trimStart().startsWith('#') ? undefined : REFERENCE.exec(line)?.[1];
    return name === undefined ? [] : [{ location: `${file}:${index + 1}`, name }];
  });
}
