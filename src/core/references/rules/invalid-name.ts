import { secretNameProblem } from '../../secrets/secret-name.ts';
import type { FoundReference } from '../reading/findings.ts';
import type { Reading } from '../reading/reading.ts';

/** Notes a use of a secret, and a name that no secret can have. */
export function addReference(reading: Reading, reference: FoundReference): void {
  reading.found.references.push(reference);
  if (secretNameProblem(reference.name) !== undefined) reading.diagnose('invalid-name', reference);
}
