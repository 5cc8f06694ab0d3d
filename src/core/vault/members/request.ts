import type { Signer } from './signer.ts';

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
export const isRequest = (text: string): boolean => /^\W*nf-secrets-request\./.test(text);

/**
 * Makes the line of a request for a chat or a pull request: `nf-secrets-request.v1.JSON.SIGNATURE`, both base64url.
 *
 * @throws HumanError as {@link Signer.sign}.
 */
export function formatRequest(
  _request: Pick<MemberRequest, 'label' | 'recipients'>,
  _at: Date,
  _signer: Signer,
): Promise<string> {
  return Promise.reject(new Error('not yet'));
}

/**
 * Reads a request. The signature proves that its author has the signing key, not who that is.
 *
 * @param text - the line; white space, line breaks and quotes that a chat has put there are passed over.
 * @throws HumanError 65 if it is cut off, changed, or of a newer version.
 */
export function parseRequest(_text: string): MemberRequest {
  throw new Error('not yet');
}
