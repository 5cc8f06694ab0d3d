import { SecretValue } from '../secrets/secret-value.ts';
import { ageRecipient, canOpenNatively } from './age-key.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { type Remedy, runForShell } from '../system/remedy.ts';

/** An age key that can be used: its secret half, and the public half that vaults are encrypted to. */
export interface AgeKey {
  readonly key: SecretValue;
  readonly recipient: string;
}

/** Reason that there is no key to use, in words that follow the name of the source, and its remedies. */
export interface KeyProblem {
  /** `broken`: no program could use it. `other-kind`: a key that others can use. `empty`: there is none. */
  readonly kind: 'broken' | 'other-kind' | 'empty';
  readonly reason: Phrase;
  readonly remedies: readonly Remedy[];
}

/** Content of a text with keys: each key that can be used, and the problems of the others. */
export interface KeyText {
  readonly keys: readonly AgeKey[];
  readonly problems: readonly KeyProblem[];
}

const COPIED_WHOLE = phrase`Put the key there whole: one line that starts with AGE-SECRET-KEY-1.`;

/**
 * Reads age keys as `age-keygen` writes them: one a line, with comments and empty lines between.
 *
 * @param opened - a shell command that opens the text if it is under a passphrase.
 */
export async function readKeyText(bytes: Uint8Array, opened: string): Promise<KeyText> {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const whole = wholeTextProblem(text, opened);
  if (whole !== undefined) return { keys: [], problems: [whole] };
  const lines = text
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) {
    const reason = phrase`has no age key`;
    return { keys: [], problems: [{ kind: 'empty', reason, remedies: [COPIED_WHOLE] }] };
  }
  const keys: AgeKey[] = [];
  const problems: KeyProblem[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      keys.push({ key: new SecretValue(line), recipient: await recipientOf(line) });
    } catch {
      problems.push(lineProblem(line, lines.length === 1 ? undefined : index + 1));
    }
  }
  return { keys, problems };
}

/** @throws Error if the line is no age key. */
async function recipientOf(line: string): Promise<string> {
  if (canOpenNatively() && !/^AGE-SECRET-KEY-PQ-/i.test(line)) return ageRecipient(line);
  return (await import('age-encryption')).identityToRecipient(line);
}

/** Finds the problem of a file that is something else than a list of keys. */
function wholeTextProblem(text: string, opened: string): KeyProblem | undefined {
  const start = text.trimStart();
  if (start.startsWith('age-encryption.org/') || start.startsWith('-----BEGIN AGE ENCRYPTED FILE-----')) {
    return {
      kind: 'other-kind',
      reason: phrase`is under a passphrase (an encrypted age file), and nf-secrets does not ask for that`,
      remedies: [runForShell(phrase`Open it for this shell`, `export SOPS_AGE_KEY="$(${opened})"`)],
    };
  }
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(text)) {
    return {
      kind: 'other-kind',
      reason: phrase`has an SSH or PEM private key, not an age key`,
      remedies: [
        phrase`Name an SSH key in SOPS_AGE_SSH_PRIVATE_KEY_FILE, and put a line that starts with AGE-SECRET-KEY-1 here.`,
      ],
    };
  }
  return undefined;
}

/** @param number - number of the line among those with keys; undefined if there is one only. */
function lineProblem(line: string, number: number | undefined): KeyProblem {
  const problem = (kind: KeyProblem['kind'], reason: Phrase, remedy = COPIED_WHOLE): KeyProblem => ({
    kind,
    reason: number === undefined ? reason : phrase`cannot be used: line ${number} of its keys ${reason}`,
    remedies: [remedy],
  });
  if (/^AGE-PLUGIN-/i.test(line)) {
    return problem(
      'other-kind',
      phrase`is a key of an age plugin (such as a hardware token), which nf-secrets cannot use`,
      phrase`Add a plain age key (age-keygen) to the members of your vaults, and name the file that has it in SOPS_AGE_KEY_FILE.`,
    );
  }
  if (/^age1/i.test(line)) return problem('broken', phrase`is a public key; the secret half is needed`);
  if (/^(ssh-|ecdsa-|sk-)/.test(line)) return problem('broken', phrase`is an SSH public key, not an age key`);
  if (/^["'].*AGE-SECRET-KEY-/.test(line))
    return problem('broken', phrase`has quotes around the key`, phrase`Take the quotes away.`);
  if (/^AGE-SECRET-KEY-/i.test(line)) {
    return problem(
      'broken',
      phrase`is an age key with a mistake in it: it is cut off, or a character is wrong`,
    );
  }
  return problem('broken', phrase`is no age key`);
}
