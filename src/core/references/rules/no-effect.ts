import type { Reading } from '../reading/reading.ts';

/**
 * Reports the directives of a process that Nextflow runs itself, like its stub: Nextflow ignores them.
 *
 * @param before - the number of references before the process.
 */
export function reportNoEffect(reading: Reading, before: number): void {
  for (const reference of reading.found.references.slice(before)) {
    if (reference.kind !== 'directive') continue;
    reference.ignored = true;
    reading.diagnose('no-effect', reference);
  }
}
