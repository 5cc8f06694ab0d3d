import { isProfileName, isRoleOf, type KmsKey, parseKmsArn } from '../../aws/kms-key.ts';
import type { JsonObject, JsonTree } from '../../system/json-tree.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';

// Entries of sops's list `kms`: `{arn, role?, context?, created_at, enc, aws_profile}`. Nothing protects the list, and a
// stranger can have written it.

/** Most entries of a vault: those of its regions and accounts. */
export const MAX_KMS_ENTRIES = 50;
/** Longest wrapped data key in Base64: KMS makes 6144 bytes at most. */
const MAX_ENC = 8192;
/** Most of an encryption context, in pairs and in characters: what KMS takes. */
const MAX_PAIRS = 50;
const MAX_CONTEXT = 8192;

/** A data key wrapped by a key of AWS KMS. */
export interface KmsEntry {
  readonly key: KmsKey;
  /** The wrapped data key in Base64. */
  readonly enc: string;
  /** The entry as it is in the file. */
  readonly node: JsonObject;
}

/** An entry of sops's list that is none, and the reason: a clause. */
export interface UnfitEntry {
  readonly problem: Phrase;
}

/** Reads an entry of the list. AWS is asked only about what has this shape. */
export function readKmsEntry(node: JsonTree): KmsEntry | UnfitEntry {
  if (!(node instanceof Map)) return { problem: phrase`it is no object` };
  const arn = node.get('arn');
  const parsed = typeof arn === 'string' ? parseKmsArn(arn) : undefined;
  if (typeof arn !== 'string' || parsed === undefined)
    return { problem: phrase`its arn is not that of a key or an alias of AWS KMS` };
  const role = optionalText(node, 'role');
  if (role === null || (role !== undefined && !isRoleOf(role, parsed.partition)))
    return { problem: phrase`its role is not the ARN of one` };
  const profile = optionalText(node, 'aws_profile');
  if (profile === null || (profile !== undefined && !isProfileName(profile)))
    return { problem: phrase`its aws_profile is not the name of one` };
  const context = contextOf(node.get('context') ?? null);
  if (context === undefined) return { problem: phrase`its context is no object of texts` };
  const enc = node.get('enc');
  if (typeof enc !== 'string' || !isBase64(enc)) return { problem: phrase`its enc is no wrapped key` };
  const { region, account, name } = parsed;
  return { key: { arn, region, account, name, context, profile, role }, enc, node };
}

/** @returns undefined if it is empty or absent, null if it is no text. */
function optionalText(node: JsonObject, field: string): string | null | undefined {
  const text = node.get(field) ?? '';
  if (typeof text !== 'string') return null;
  return text === '' ? undefined : text;
}

function contextOf(node: JsonTree): ReadonlyMap<string, string> | undefined {
  if (node === null) return new Map();
  if (!(node instanceof Map) || node.size > MAX_PAIRS) return undefined;
  const context = new Map<string, string>();
  let length = 0;
  for (const [key, value] of node) {
    if (typeof value !== 'string') return undefined;
    length += key.length + value.length;
    context.set(key, value);
  }
  return length > MAX_CONTEXT ? undefined : context;
}

const isBase64 = (text: string): boolean =>
  text.length > 0 && text.length <= MAX_ENC && /^[A-Za-z0-9+/]+={0,2}$/.test(text);

/**
 * Name of a holder of the data key as it is accepted: the key, and each way to it that a stranger could have put there.
 * No two of them have the same name.
 */
export function nameOfKmsHolder(node: JsonObject): string {
  const text = (field: string): string => {
    const value = node.get(field);
    return typeof value === 'string' ? value : '';
  };
  const context = node.get('context');
  return [
    text('arn'),
    ...(text('role') === '' ? [] : [`role ${text('role')}`]),
    ...(text('aws_profile') === '' ? [] : [`profile ${text('aws_profile')}`]),
    ...(context instanceof Map && context.size > 0 ? [`context ${contextText(context)}`] : []),
  ].join(' ');
}

/** Name of an entry's holder, as the acceptance of a vault has it. */
export const holderOf = ({ node }: Pick<KmsEntry, 'node'>): string => `KMS ${nameOfKmsHolder(node)}`;

/** Writes an encryption context as text: the order of its pairs is no matter. */
function contextText(context: JsonObject): string {
  const pairs = [...context].map(([key, value]) => [key, typeof value === 'string' ? value : '']);
  return JSON.stringify(Object.fromEntries(pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))));
}

/** Label of a KMS key for people: its alias, or its ARN. */
export const labelOfKms = ({ arn, name }: Pick<KmsKey, 'arn' | 'name'>): string =>
  name.startsWith('alias/') ? name : arn;
