import { known, type KnownValue } from './conditions.ts';

/** Values of parameters by their paths (`a.b`); undefined is a value that is not known. */
export type ParameterValues = ReadonlyMap<string, KnownValue | undefined>;

/** Deepest nesting of values that are known. */
const MAX_DEPTH = 8;

/**
 * Reads the values of a `-params-file`.
 *
 * @returns undefined if nothing is known of its values.
 */
export function readParamsFile(path: string, text: string): ParameterValues | undefined {
  return path.endsWith('.json') ? fromJson(text) : fromYaml(text);
}

function fromJson(text: string): ParameterValues | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const values = new Map<string, KnownValue | undefined>();
  addEntries(values, parsed, [], 0);
  return values;
}

function addEntries(
  values: Map<string, KnownValue | undefined>,
  entries: object,
  path: readonly string[],
  depth: number,
): void {
  for (const [name, value] of Object.entries(entries) as [string, unknown][]) {
    const key = [...path, name];
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMap && Object.keys(value).length > 0 && depth < MAX_DEPTH)
      addEntries(values, value, key, depth + 1);
    else values.set(key.join('.'), ofJson(value));
  }
}

function ofJson(value: unknown): KnownValue | undefined {
  if (Array.isArray(value)) return { truthy: value.length > 0 };
  if (typeof value === 'object' && value !== null) return { truthy: Object.keys(value).length > 0 };
  // Nextflow fills in variables of the environment.
  if (typeof value === 'string' && value.includes('$')) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return known(value);
  return value === null ? known(null) : undefined;
}

const YAML_TRUTH = /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/;
const YAML_FALSE = /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/;
const YAML_NULL = /^(?:~|null|Null|NULL|)$/;

/**
 * Reads the part of YAML that files of parameters use: `name: value` in lines. Any other value, and a nested one,
 * exists but is not known. In a file with anything else nothing is known.
 */
function fromYaml(text: string): ParameterValues | undefined {
  const values = new Map<string, KnownValue | undefined>();
  let last: string | undefined;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    if (line === '---' && index === 0) continue;
    // A line that belongs to the entry before it: of a list, a map, the rest of a text.
    if (/^(?:\s|- |-$)/.test(line) && last !== undefined) {
      values.set(last, undefined);
      continue;
    }
    const [, name = '', value = ''] = /^["']?([A-Za-z_][\w.-]*)["']?\s*:(?:\s+(.*))?$/.exec(line) ?? [];
    if (name === '' || values.has(name)) return undefined;
    values.set(name, ofYaml(value));
    last = name;
  }
  return values;
}

function ofYaml(source: string): KnownValue | undefined {
  const value = source.replace(/(?:^|\s)#.*$/, '').trim();
  const quoted = /^(["'])([^"'\\$]*)\1$/.exec(value);
  if (quoted !== null) return known(quoted[2] ?? '');
  if (YAML_NULL.test(value)) return known(null);
  if (YAML_TRUTH.test(value) || YAML_FALSE.test(value)) return known(YAML_TRUTH.test(value));
  if (/^(?:\[\s*\]|\{\s*\})$/.test(value)) return { truthy: false };
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value)) return known(Number(value));
  // Plain words; YAML has other rules for a value that starts with a sign or a digit.
  return /^[A-Za-z/][\w/. -]*$/.test(value) && !/[$:]/.test(value) ? known(value) : undefined;
}
