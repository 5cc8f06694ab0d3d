import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';

/** The error for a file that cannot be trusted or understood. */
export function damaged(path: string, what: string, remedy?: string): HumanError {
  return new HumanError(
    ExitCode.data,
    `${printable(path)} is damaged or was tampered with: ${what.replace(/\.$/, '')}. It was not changed.`,
    remedy ?? 'Put the file back from git or a backup. Your other vault still works.',
  ).about({ kind: 'file', path });
}
