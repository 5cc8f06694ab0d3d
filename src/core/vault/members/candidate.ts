import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { Remedy } from '../../system/remedy.ts';
import { canEncryptTo } from '../data-key.ts';
import { parseSshRecipient, sshRecipient } from '../ssh-key.ts';
import { isRequest, parseRequest } from './request.ts';
import { labelProblem } from './roster.ts';

/** Keys of somebody who is to become a member. */
export interface Candidate {
  /** Label that a request asks for, or that the comment of an SSH key gives. */
  readonly label: string | undefined;
  readonly recipients: readonly string[];
  /** Null if there is only a key that values are encrypted to. */
  readonly signingKey: string | null;
}

/** Longest text that is looked at, in characters. */
const MAX_LENGTH = 64 << 10;

/**
 * Reads what somebody gave of themselves to become a member: the line of a request, or a public key of age or SSH.
 *
 * @param wrong - exit code for a text that is neither: of the use, or of the file that it is in.
 * @throws HumanError 65 for a request that does not hold.
 */
export function readCandidate(text: string, wrong: ExitCode = ExitCode.usage): Candidate {
  const refused = (reason: Phrase, remedies: Remedy | readonly Remedy[] = ASK_FOR_REQUEST): HumanError =>
    new HumanError(wrong, reason, remedies);
  if (text.length > MAX_LENGTH) throw refused(phrase`This is too long for a request or a public key.`);
  // The key is not shown again, and the remedy is not to try once more.
  if (/AGE-SECRET-KEY-|PRIVATE KEY-----/i.test(text)) {
    throw refused(phrase`This is a private key. A member is added by a public one, and nobody was added.`, [
      phrase`Whoever could see it here, in a file, a chat or the history of a shell, has it: its owner should make another one.`,
      ASK_FOR_REQUEST,
    ]);
  }
  if (isRequest(text)) return parseRequest(text);
  const lines = text
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [key = '', ...others] = lines;
  if (key === '') throw refused(phrase`There is no request and no public key in it.`);
  if (others.length > 0)
    throw refused(phrase`There are ${lines.length} lines in it, and a member is one request or one key.`);
  return bareKey(key, refused);
}

const ASK_FOR_REQUEST: Remedy = { do: 'request-membership' };

/** Reads a public key that is no request. */
function bareKey(key: string, refused: (reason: Phrase, remedies?: Remedy) => HumanError): Candidate {
  const ssh = parseSshRecipient(key);
  if (ssh !== undefined) {
    const comment = /^\S+ +\S+ +(\S+)$/.exec(key)?.[1];
    const label = comment !== undefined && labelProblem(comment) === undefined ? comment : undefined;
    return { label, recipients: [sshRecipient(ssh)], signingKey: null };
  }
  if (canEncryptTo(key)) return { label: undefined, recipients: [key], signingKey: null };
  if (/^age1/i.test(key)) {
    throw refused(
      /^age1[a-z0-9]+1/.test(key)
        ? phrase`This is a key of an age plugin or of a kind that nf-secrets cannot encrypt to.`
        : phrase`This is no whole public key of age: it is cut off, or a character is wrong.`,
    );
  }
  if (/^(ssh|ecdsa|sk)-/.test(key)) {
    throw refused(
      phrase`Nothing can be encrypted to this SSH key: of these keys age opens only ssh-ed25519 here.`,
      {
        do: 'request-membership',
        lead: phrase`It can sign. Ask for a request that names it`,
        withSigningKey: true,
      },
    );
  }
  throw refused(phrase`This is no request, and no public key of age (age1…) or SSH (ssh-ed25519 …).`);
}
