import { printable } from '../../system/printable.ts';
import type { Rule } from './rule.ts';

/** A secret of the workspace that no code uses; found where all code is read, see `diagnoseUnused`. */
export const unused = { code: 'unused', severity: 'info' } as const satisfies Rule;

export function unusedMessage(name: string): string {
  const shown = printable(name);
  return `No code here uses ${shown}. If nothing else does: nf-secrets delete ${shown} --scope workspace`;
}
