import { resolve } from 'node:path';
import { readSourceFile } from '../../pipeline/source-file.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import type { LaunchWish, TypedParameter } from './wish.ts';

/** A value of a parameter. Whole numbers of any size are bigints; others are numbers. */
export type ParameterValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ParameterValue[]
  | { readonly [key: string]: ParameterValue };

type Values = Record<string, ParameterValue>;

/**
 * Makes the text of a launch's parameters, JSON: those of the file, and over them the typed ones, as `nextflow run`
 * does. A file without typed parameters is sent as it is.
 *
 * @returns undefined if there are none.
 * @throws HumanError 65 if the file cannot be read or is no list of names and values.
 */
export async function paramsText(
  { paramsFile, parameters }: Pick<LaunchWish, 'paramsFile' | 'parameters'>,
  world: Pick<World, 'cwd' | 'env'>,
): Promise<string | undefined> {
  const file = paramsFile === undefined ? undefined : textOf(paramsFile, world);
  if (parameters.length === 0 && file === undefined) return undefined;
  const values = file === undefined ? empty() : await valuesOf(paramsFile ?? '', file);
  if (parameters.length === 0) return file;
  const areTexts = Boolean(world.env['NXF_DISABLE_PARAMS_TYPE_DETECTION']);
  for (const parameter of parameters) add(values, parameter, areTexts);
  return inJson(values);
}

/** An object without a prototype: `__proto__` is a name like any other. */
const empty = (): Values => Object.create(null) as Values;

function textOf(path: string, { cwd }: Pick<World, 'cwd'>): string {
  const source = readSourceFile(resolve(cwd, path));
  if ('problem' in source)
    throw new HumanError(ExitCode.data, phrase`Cannot read ${printable(path)}: ${source.problem}.`);
  return source.bytes.toString('utf8').replace(/^\uFEFF/, '');
}

async function valuesOf(path: string, text: string): Promise<Values> {
  if (!/\.(json|ya?ml)$/.test(path)) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} is no file of parameters for Nextflow: its name ends in .json, .yml or .yaml.`,
    );
  }
  // Only a launch with such a file needs it.
  const { parseDocument } = await import('yaml');
  // As Nextflow's reader of YAML (SnakeYAML) has it: `yes` and `on` are true. JSON is YAML with quotes.
  const document = parseDocument(text, { version: '1.1', intAsBigInt: true, merge: true, stringKeys: true });
  const [error] = document.errors;
  let parsed: unknown;
  try {
    // Names that stand for others, over and over, can stand for billions of values.
    if (error === undefined) parsed = document.toJS({ maxAliasCount: 100 });
  } catch {
    parsed = undefined;
  }
  if (parsed === null && error === undefined && text.trim() === '') return empty();
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new HumanError(
      ExitCode.data,
      error === undefined
        ? phrase`${printable(path)} is no list of parameters with values.`
        : phrase`${printable(path)} is damaged in line ${error.linePos?.[0].line ?? 1}.`,
    );
  }
  return Object.assign(empty(), parsed as Values);
}

/** Sets a parameter as `nextflow run` does (`CmdRun.addParam`): a dot goes deeper, `my-param` is `myParam`. */
function add(values: Values, { name, value }: TypedParameter, areTexts: boolean): void {
  // A dot after a backslash is one of the name itself.
  const parts = name.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
  const last = parts.pop() ?? '';
  let into = values;
  for (const part of parts) {
    const found = Object.hasOwn(into, part) ? into[part] : undefined;
    const isMap = typeof found === 'object' && found !== null && !Array.isArray(found);
    const deeper: Values = isMap ? Object.assign(empty(), found) : empty();
    into[part] = deeper;
    into = deeper;
  }
  into[camelCase(last)] = typed(value, areTexts);
}

const camelCase = (name: string): string =>
  name.replace(/-([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Finds the type of a typed value as Nextflow does (`CmdRun.parseParamValue`). */
export function typed(value: string, areTexts = false): ParameterValue {
  if (areTexts) return value;
  if (/^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  if (/^-?\d+$/.test(value)) {
    const number = BigInt(value);
    // A number that Java's Long does not hold becomes a Double.
    return number >= -(2n ** 63n) && number < 2n ** 63n ? number : Number(value);
  }
  return /^-?\d+\.\d+$/.test(value) ? Number(value) : value;
}

const MARK = '\u0001';

/** Writes JSON; whole numbers keep all their digits. */
function inJson(values: Values): string {
  const text = JSON.stringify(
    values,
    (_, value: unknown) =>
      typeof value === 'bigint'
        ? `${MARK}${value}`
        : typeof value === 'string'
          ? value.replaceAll(MARK, `${MARK}${MARK}`)
          : value,
    2,
  );
  return text.replace(/"\\u0001(-?\d+)"/g, '$1').replaceAll('\\u0001\\u0001', '\\u0001');
}
