import { partitionOf } from '../aws/policy/arns.ts';
import { secretNameProblem } from '../secrets/secret-name.ts';
import { lstatIfThere } from '../system/durable-file.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../system/human-error.ts';
import { JsonError, JsonNumber, type JsonObject, type JsonTree, parseJson } from '../system/json-tree.ts';
import { readRegularFile } from '../system/open-file.ts';
import { workspaceFilePath, workspaceVaultPath } from '../system/paths.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';

/** Largest file, in bytes: hundreds of names with their ARNs. */
const MAX_BYTES = 256 << 10;
const FORMAT = 1;
/** Most characters of a prefix: with a slash and the longest name it is a name that Secrets Manager takes. */
const MAX_PREFIX = 400;

/** A secret with a name of its own in AWS. */
export interface MappedSecret {
  /** The secret's ARN, whole. */
  readonly arn: string;
  /** The key of the JSON object that its value is; undefined if the value is all of it. */
  readonly jsonKey?: string;
}

/** Store in AWS Secrets Manager. */
export interface AwsPlace {
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
  /** Beginning of the names of its secrets, without the slash that ends it. */
  readonly prefix: string;
  readonly names: ReadonlyMap<string, MappedSecret>;
}

/** The file `.nf-secrets/workspace.json`: the store of a workspace whose secrets are in no vault. */
export interface WorkspaceFile extends AwsPlace {
  readonly store: 'aws';
  readonly path: string;
  /** The same content has the same text, whatever spaces and order the file has. */
  readonly canonical: string;
}

/**
 * Reads the file that names the store of a workspace. Anybody can have written it.
 *
 * @param workspace - absolute path.
 * @returns undefined if there is none: its secrets are in a vault.
 * @throws HumanError 65 if it is damaged or refused, or if there is a vault too; 74 if it cannot be read.
 */
export async function readWorkspaceFile(workspace: string): Promise<WorkspaceFile | undefined> {
  const path = workspaceFilePath(workspace);
  if ((await lstatIfThere(path)) === undefined) return undefined;
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(path, { limit: MAX_BYTES, followLinks: false });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path, false);
  }
  const file = parseWorkspaceFile(bytes, path);
  const vault = workspaceVaultPath(workspace);
  if ((await lstatIfThere(vault)) === undefined) return file;
  throw new HumanError(
    ExitCode.data,
    phrase`This workspace has two stores: ${printable(path)} names one in AWS, and there is the vault ${printable(vault)}.
      Neither is used.`,
    [
      phrase`Keep the one that is meant, and move the other file away. git log tells who added it.`,
      { do: 'open-file', path },
    ],
  );
}

/** @throws HumanError 65 with the reason. */
export function parseWorkspaceFile(bytes: Uint8Array, path: string): WorkspaceFile {
  const fail = (problem: Phrase): never => {
    throw damaged(path, problem);
  };
  let tree: JsonTree;
  try {
    tree = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof JsonError) return fail(phrase`it is not JSON: ${error.phrase}`);
    return fail(phrase`it is not UTF-8 text`);
  }
  if (!(tree instanceof Map)) return fail(phrase`it has to be an object`);
  const format = tree.get('format');
  if (format !== undefined && !(format instanceof JsonNumber && Number(format.text) <= FORMAT)) {
    return fail(phrase`it has a format that this version does not know; a newer nf-secrets wrote it`);
  }
  const store = tree.get('store');
  if (store !== 'aws') {
    const shown = typeof store === 'string' ? `"${printable(store).slice(0, 40)}"` : phrase`none`;
    return fail(phrase`the store that it names is ${shown}; this version knows "aws"`);
  }
  const region = text(tree, 'region', REGION, path);
  const account = text(tree, 'account', ACCOUNT, path);
  const prefix = text(tree, 'prefix', PREFIX, path);
  const names = namesIn(tree.get('names'), { region, account }, fail);
  return { store, path, region, account, prefix, names, canonical: canonicalText(tree) };
}

const damaged = (path: string, problem: Phrase): HumanError =>
  new HumanError(ExitCode.data, phrase`${printable(path)} is not used: ${problem}.`, [
    phrase`Put the right file there from git, or correct it.`,
    { do: 'open-file', path },
  ]);

/** A field that is a text. */
interface Field {
  readonly isSound: (value: string) => boolean;
  readonly expected: Phrase;
}

const REGION: Field = {
  // A part of a host's name.
  isSound: (value) => value.length <= 40 && /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(value),
  expected: phrase`a region such as eu-west-1`,
};
const ACCOUNT: Field = {
  isSound: (value) => /^\d{12}$/.test(value),
  expected: phrase`an account of twelve digits`,
};
const PREFIX: Field = {
  isSound: isPrefix,
  expected: phrase`the beginning of names such as nf-secrets/lab: letters, digits and _+=.@-, with single slashes between`,
};

/** Tells whether a text can begin the names of secrets in AWS. */
export function isPrefix(value: string): boolean {
  return value.length <= MAX_PREFIX && /^[A-Za-z0-9_+=.@-]+(\/[A-Za-z0-9_+=.@-]+)*$/.test(value);
}

export const isRegion = REGION.isSound;

/** What a prefix looks like, for a message. */
export const PREFIX_FORM = PREFIX.expected;
export const REGION_FORM = REGION.expected;

function text(tree: JsonObject, key: string, { isSound, expected }: Field, path: string): string {
  const value = tree.get(key);
  if (typeof value === 'string' && isSound(value)) return value;
  throw damaged(path, phrase`its "${key}" has to be ${expected}`);
}

/** A key of JSON may have any character but a colon, which ends it. */
const ARN =
  /^(arn:(aws(?:-[a-z]+)*):secretsmanager:([a-z0-9-]{1,40}):(\d{12}):secret:[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6})(?::([^:]{0,200}):([^:]*):([^:]*))?$/;

function namesIn(
  tree: JsonTree | undefined,
  { region, account }: Pick<AwsPlace, 'region' | 'account'>,
  fail: (problem: Phrase) => never,
): Map<string, MappedSecret> {
  const names = new Map<string, MappedSecret>();
  if (tree === undefined) return names;
  if (!(tree instanceof Map)) return fail(phrase`its "names" have to be an object of names and ARNs`);
  for (const [name, value] of tree) {
    const problem = secretNameProblem(name);
    if (problem !== undefined)
      return fail(phrase`"${printable(name).slice(0, 60)}" in it cannot be the name of a secret: ${problem}`);
    const [, arn, partition, itsRegion, itsAccount, jsonKey = '', stage = '', version = ''] =
      (typeof value === 'string' ? ARN.exec(value) : null) ?? [];
    if (arn === undefined)
      return fail(
        phrase`its ${name} has to be the whole ARN of a secret in AWS Secrets Manager, with the six characters at the end`,
      );
    if (itsRegion !== region || itsAccount !== account)
      return fail(phrase`its ${name} is in another account or region than the file names`);
    // A policy with such an ARN would be taken nowhere.
    if (partition !== partitionOf(region))
      return fail(phrase`its ${name} is in a partition of AWS that does not have the region ${region}`);
    if (stage !== '' || version !== '')
      return fail(phrase`its ${name} names one version of a secret; only the current one is used`);
    names.set(name, { arn, ...(jsonKey !== '' && { jsonKey }) });
  }
  return names;
}

function canonicalText(tree: JsonTree): string {
  if (tree instanceof JsonNumber) return tree.text;
  if (Array.isArray(tree)) return `[${tree.map(canonicalText).join(',')}]`;
  if (!(tree instanceof Map)) return JSON.stringify(tree);
  const members = [...tree].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${canonicalText(value)}`).join(',')}}`;
}

/** Makes the content of a new file. */
export const workspaceFileText = ({ region, account, prefix }: Omit<AwsPlace, 'names'>): string =>
  `${JSON.stringify({ format: FORMAT, store: 'aws', region, account, prefix }, undefined, 2)}\n`;
