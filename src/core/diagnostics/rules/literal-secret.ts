import { type Phrase, phrase } from '../../system/phrase.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { CompanionUse } from '../../pipeline/companion-files.ts';
import type { ReaderRule } from './rule.ts';

export const LITERAL_REMEDY: Remedy = {
  do: 'set-secret',
  lead: phrase`Replace it by a new one, and keep that as a secret`,
};

/** A key or password in the code itself. */
export const literalSecret: ReaderRule = {
  code: 'literal-secret',
  severity: 'error',
  strict: 'code',
  remedy: LITERAL_REMEDY,
  message: () => literalSecretMessage(phrase`a key or password`),
};

/** @param kind - `a key of AWS`. The key itself is not repeated. */
export const literalSecretMessage = (kind: Phrase): Phrase =>
  phrase`This looks like ${kind}: whoever can read the file or its history has it.`;

const WAYS: Readonly<Record<CompanionUse, Phrase>> = {
  parameters: phrase`Nextflow writes parameters into logs and reports: take it out here, and give the process that uses
    it secret 'NAME'.`,
  program: phrase`Take it out here, and read the environment variable NAME: the tasks of a process with secret 'NAME'
    have it.`,
  environment: phrase`Take it out here: a launch, or another command with secrets, has it as the environment variable
    NAME.`,
  image: phrase`An image keeps it in its layers: take it out here, and read the environment variable NAME when the
    container runs.`,
  settings: phrase`Take it out here, and have the program read it from the environment variable NAME.`,
};

/** Next steps for a key in a file beside the code. */
export const companionRemedies = (use: CompanionUse): readonly Remedy[] => [WAYS[use], LITERAL_REMEDY];
