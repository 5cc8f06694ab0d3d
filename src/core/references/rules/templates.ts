import type { Reading } from '../reading/reading.ts';
import { pathAt } from './includes.ts';

/** Notes a file that is the script of a process. It sees inputs, but no variables that the script declares. */
export function noteTemplate(reading: Reading): void {
  const { process, section, binding } = reading.scope;
  if (process === null || (section !== 'script' && section !== 'directives') || binding.hasSecrets) return;
  const path = pathAt(reading, reading.cursor.at + 1);
  reading.found.templates.push({ ...path, process, isShell: reading.isShell });
}
