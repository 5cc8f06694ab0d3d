import type { ReaderRule } from './rule.ts';

/** A key or password in the code itself. */
export const literalSecret: ReaderRule = {
  code: 'literal-secret',
  severity: 'error',
  strict: 'code',
  message: () => literalSecretMessage('a key or password'),
};

/** @param kind - `a key of AWS`. What it is itself is not repeated. */
export const literalSecretMessage = (kind: string): string =>
  `This looks like ${kind}: whoever can read the file or its history has it. ` +
  'Replace it by a new one, and keep that as a secret: nf-secrets set NAME';
