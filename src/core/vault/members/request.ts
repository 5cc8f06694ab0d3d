import { ExitCode, HumanError } from '../../system/human-error.ts';
import { JsonError, type JsonTree, parseJson } from '../../system/json-tree.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { timestamp } from '../../system/world.ts';
import { isTime, labelProblem, memberProblem } from './roster-rules.ts';
import type { Signer } from './signer.ts';
import { armored, dearmored, signingKeyOf, verifySignature } from './sshsig.ts';

const PREFIX = 'nf-secrets-request';
const VERSION = 'v1';
/** Longest request, in characters: one with a few keys and an RSA signature has about 4,000. */
const LONGEST = 32_768;

/** Request to become a member: public keys alone, so it may be sent anywhere. */
export interface MemberRequest {
  /** Label that the person wishes to have. */
  readonly label: string;
  readonly recipients: readonly string[];
  /** SSH public key that has signed the request. */
  readonly signingKey: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** Tells whether a text is meant as a request, whatever is wrong with it. */
export const isRequest = (text: string): boolean => /^\W{0,20}nf-secrets-request\./.test(text);

/**
 * Makes the line of a request for a chat or a pull request: `nf-secrets-request.v1.JSON.SIGNATURE`, both base64url.
 *
 * @throws HumanError 64 if the label is none; as {@link Signer.sign}.
 */
export async function formatRequest(
  { label, recipients }: Pick<MemberRequest, 'label' | 'recipients'>,
  at: Date,
  signer: Signer,
): Promise<string> {
  const problem = labelProblem(label);
  if (problem !== undefined)
    throw new HumanError(ExitCode.usage, phrase`The label cannot be used: ${problem}.`, { do: 'name-label' });
  const { publicKey: signingKey } = signer;
  const request = Buffer.from(JSON.stringify({ label, recipients, signingKey, at: timestamp(at) }));
  const signature = dearmored(await signer.sign(signedBytes(request)))?.blob;
  if (signature === undefined) throw new Error('a signer has made no signature');
  return [PREFIX, VERSION, request.toString('base64url'), signature.toString('base64url')].join('.');
}

const signedBytes = (request: Buffer): Buffer =>
  Buffer.concat([Buffer.from('nf-secrets request\n'), request]);

/**
 * Reads a request. The signature proves that its author has the signing key, not who that is.
 *
 * @param text - the line; white space, line breaks and quotes that a chat has put there are passed over.
 * @throws HumanError 65 if it is cut off, changed, or of a newer version.
 */
export function parseRequest(text: string): MemberRequest {
  if (text.length > LONGEST) throw refused(phrase`it is too long`);
  const line = text.replace(/[\s"'`<>]/g, '');
  const [prefix, version, ...parts] = line.split('.');
  if (prefix !== PREFIX || version === undefined) throw refused(phrase`it is no request of a member`);
  if (version !== VERSION) {
    throw new HumanError(
      ExitCode.data,
      phrase`The request was made by a newer version of nf-secrets.`,
      phrase`Update nf-secrets.`,
    );
  }
  const [bytes, signature] = parts.map(exactBytes);
  if (parts.length !== 2 || bytes === undefined || signature === undefined)
    throw refused(phrase`it is cut off, or was changed on its way`);
  const verified = verifySignature(armored(signature), signedBytes(bytes));
  if ('problem' in verified)
    throw refused(phrase`it was changed on its way, or its signature is of another one`);
  const request = contentOf(bytes);
  if (request === undefined) throw refused(phrase`it has not the form of one`);
  if (request.signingKey !== verified.publicKey)
    throw refused(phrase`it is not signed with the key that it names`);
  const problem = memberProblem({ ...request, role: 'maintain', since: request.at, by: request.label });
  if (problem !== undefined) throw refused(problem);
  return request;
}

/** Decodes base64url; undefined if the text is not exactly what the bytes give. */
function exactBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined;
}

function contentOf(bytes: Buffer): MemberRequest | undefined {
  const fields = treeOf(bytes);
  if (!(fields instanceof Map) || [...fields.keys()].join() !== 'label,recipients,signingKey,at')
    return undefined;
  const [label, list, signingKey, at] = fields.values();
  const recipients = Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
  const isSound =
    typeof label === 'string' &&
    Array.isArray(list) &&
    recipients.length === list.length &&
    typeof signingKey === 'string' &&
    signingKeyOf(signingKey) === signingKey &&
    isTime(at);
  return isSound ? { label, recipients, signingKey, at } : undefined;
}

function treeOf(bytes: Buffer): JsonTree | undefined {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

const refused = (reason: Phrase): HumanError =>
  new HumanError(ExitCode.data, phrase`The request cannot be used: ${reason}.`, {
    do: 'request-membership',
    lead: phrase`Ask for it again, as one whole line`,
  });
