import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import type { Remedy } from '../system/remedy.ts';

/** Explanation of a change that another program has made to a vault's file. */
export interface Explanation {
  /** A sentence. */
  readonly why?: Phrase;
  readonly remedies?: readonly Remedy[];
}

/** Makes the error for a file that cannot be trusted or understood. */
export function damaged(path: string, what: Phrase, { why, remedies }: Explanation = {}): HumanError {
  const file = printable(path);
  return new HumanError(
    ExitCode.data,
    why === undefined
      ? phrase`${file} is damaged or was tampered with: ${what}. It was not changed.`
      : phrase`${file} is damaged or was tampered with: ${what}. ${why} It was not changed.`,
    [
      ...(remedies ?? [phrase`Put the file back from git or a backup. Your other vault still works.`]),
      { do: 'open-file', path },
    ],
  );
}
