import { ExitCode, HumanError } from '../../system/human-error.ts';
import { JsonError, JsonNumber, type JsonObject, type JsonTree, parseJson } from '../../system/json-tree.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { isRole } from './role.ts';
import type { RosterMember, RosterVersion } from './roster-version.ts';
import { isTime } from './roster-rules.ts';

// The form of a roster's file, as JSON. No unknown field is passed over: it would not be under the signature.

/** The newest format that this version knows. */
export const FORMAT = 1;

/** Content that is not as it should be: a clause about the file. */
class ShapeError extends Error {
  constructor(readonly phrase: Phrase) {
    super(String(phrase));
  }
}

/**
 * Reads the versions of a roster's file.
 *
 * @throws HumanError 65
 */
export function parseVersions(bytes: Uint8Array, path: string): RosterVersion[] {
  try {
    return versionsOf(parseJson(decoded(bytes)), path);
  } catch (error) {
    if (error instanceof ShapeError) throw damagedRoster(path, error.phrase);
    if (error instanceof JsonError) throw damagedRoster(path, phrase`it is not JSON: ${error.phrase}`);
    throw error;
  }
}

function damagedRoster(path: string, what: Phrase): HumanError {
  return new HumanError(
    ExitCode.data,
    phrase`The members in ${printable(path)} cannot be read: ${what}. Nothing was changed.`,
    [phrase`Put the file back from git.`, { do: 'open-file', path }],
  );
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ShapeError(phrase`it is not UTF-8 text`);
  }
}

function versionsOf(root: JsonTree, path: string): RosterVersion[] {
  if (!(root instanceof Map)) throw new ShapeError(phrase`it is no roster`);
  const format = root.get('format');
  if (!(format instanceof JsonNumber)) throw new ShapeError(phrase`it has no format`);
  if (Number(format.text) > FORMAT) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} has the format ${format.text}; this version of nf-secrets knows format ${FORMAT}.`,
      phrase`Update nf-secrets.`,
    );
  }
  if (format.text !== String(FORMAT)) throw new ShapeError(phrase`its format is unknown`);
  refuseUnknown(root, ['format', 'versions']);
  const versions = root.get('versions');
  if (!Array.isArray(versions) || versions.length === 0) throw new ShapeError(phrase`it has no versions`);
  return versions.map(versionOf);
}

function versionOf(node: JsonTree, index: number): RosterVersion {
  const fields = objectOf(node, index);
  refuseUnknown(fields, ['number', 'id', 'previous', 'at', 'by', 'members', 'removed', 'signature']);
  const number = fields.get('number');
  if (!(number instanceof JsonNumber) || !/^(0|[1-9]\d{0,8})$/.test(number.text))
    throw malformed(index, 'number');
  const id = fields.has('id') ? text(fields, 'id', index, /^[0-9a-f]{32}$/) : undefined;
  const previous = fields.get('previous') === null ? null : text(fields, 'previous', index, /^[0-9a-f]{64}$/);
  const at = text(fields, 'at', index);
  if (!isTime(at)) throw malformed(index, 'at');
  return {
    number: Number(number.text),
    ...(id !== undefined && { id }),
    previous,
    at,
    by: text(fields, 'by', index, SHORT),
    members: list(fields, 'members', index).map((member) => memberOf(member, index)),
    removed: texts(fields, 'removed', index, SHORT),
    signature: text(fields, 'signature', index),
  };
}

function memberOf(node: JsonTree, index: number): RosterMember {
  const fields = objectOf(node, index);
  refuseUnknown(fields, ['label', 'role', 'recipients', 'signingKey', 'since', 'by']);
  const role = fields.get('role');
  if (!isRole(role)) throw malformed(index, 'role');
  const since = text(fields, 'since', index);
  if (!isTime(since)) throw malformed(index, 'since');
  return {
    label: text(fields, 'label', index, SHORT),
    role,
    recipients: texts(fields, 'recipients', index),
    signingKey: fields.get('signingKey') === null ? null : text(fields, 'signingKey', index),
    since,
    by: text(fields, 'by', index, SHORT),
  };
}

/** A label, or nearly one: rules.ts looks closer. */
const SHORT = /^[\x20-\x7e]{1,100}$/;

function objectOf(node: JsonTree, index: number): JsonObject {
  if (node instanceof Map) return node;
  throw new ShapeError(phrase`version ${index} in it has not the form of one`);
}

function refuseUnknown(fields: JsonObject, known: readonly string[]): void {
  const unknown = [...fields.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new ShapeError(phrase`it has something unknown, "${printable(unknown).slice(0, 60)}"`);
}

const malformed = (index: number, field: string): ShapeError =>
  new ShapeError(phrase`"${field}" of version ${index} in it is missing or has the wrong form`);

function asText(node: JsonTree | undefined, field: string, index: number, form?: RegExp): string {
  if (typeof node !== 'string' || form?.test(node) === false) throw malformed(index, field);
  return node;
}

const text = (fields: JsonObject, field: string, ...[index, form]: [number, RegExp?]): string =>
  asText(fields.get(field), field, index, form);

function list(fields: JsonObject, field: string, index: number): JsonTree[] {
  const node = fields.get(field);
  if (!Array.isArray(node)) throw malformed(index, field);
  return node;
}

const texts = (fields: JsonObject, field: string, ...[index, form]: [number, RegExp?]): string[] =>
  list(fields, field, index).map((node) => asText(node, field, index, form));
