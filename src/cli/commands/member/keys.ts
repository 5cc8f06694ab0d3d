import { printable } from '../../../core/system/printable.ts';
import { keyFingerprint } from '../../../core/vault/members/sshsig.ts';

/** Public keys of a member, one a line, in a form that two people can compare. */
export function keyLines(keys: {
  readonly recipients: readonly string[];
  readonly signingKey: string | null;
}): string[] {
  return [
    ...keys.recipients.map((recipient) =>
      recipient.startsWith('ssh-')
        ? `  reads with   SSH key ${keyFingerprint(recipient)}`
        : `  reads with   ${printable(recipient)}`,
    ),
    `  signs with   ${keys.signingKey === null ? '-' : `SSH key ${keyFingerprint(keys.signingKey)}`}`,
  ];
}
