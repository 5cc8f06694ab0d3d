import { printable } from '../../system/printable.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { Rule } from './rule.ts';

/** A secret of the workspace that no code uses. Found only if all code is read, see `diagnoseUnused`. */
export const unused = { code: 'unused', severity: 'info' } as const satisfies Rule;

export const unusedMessage = (name: string): Phrase => phrase`No code here uses ${printable(name)}.`;

export const unusedRemedy = (name: string): Remedy => ({
  do: 'delete-secret',
  name,
  scope: 'workspace',
  lead: phrase`If nothing else does, delete it`,
});
