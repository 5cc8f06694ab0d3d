import type { Reading } from '../reading/reading.ts';
import type { NameCandidate } from '../reading/scope.ts';
import type { SourceDiagnostic } from '../scan.ts';
import { addDynamic } from './dynamic-name.ts';
import { addReference } from './invalid-name.ts';

/**
 * Reads an expression that gives one name or a list of names of secrets.
 *
 * @param inNoList - the diagnostic for a text that is no element of a list; undefined if nothing is wrong with it.
 */
export function readNames(
  reading: Reading,
  read: (reading: Reading) => void,
  inNoList: (name: NameCandidate) => SourceDiagnostic['code'] | undefined,
): void {
  const { cursor, tokens } = reading;
  const names: NameCandidate[] = [];
  reading.scoped({ names }, read);
  const { process } = reading.scope;
  for (const candidate of names) {
    const { token, start, end, guards, isListed, isText } = candidate;
    const name = token < 0 ? '' : tokens.constant(token);
    const range = token < 0 ? { offset: start, endOffset: end } : cursor.content(token);
    const fault = isText && !isListed ? inNoList(candidate) : undefined;
    if (fault !== undefined) reading.diagnose(fault, { name, ...range });
    if (token < 0) addDynamic(reading, start, end);
    if (name === '') continue;
    addReference(reading, {
      name,
      kind: 'directive',
      optional: guards.length > 0,
      tested: false,
      process,
      profile: reading.profile,
      guards,
      ignored: false,
      ...cursor.content(token),
    });
  }
}
