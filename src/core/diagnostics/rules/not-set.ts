import type { SourceReference } from '../../references/scan.ts';
import { secretNameProblem } from '../../secrets/secret-name.ts';
import { candidatesFor, nearMiss } from '../../system/near-miss.ts';
import { printable } from '../../system/printable.ts';
import type { ScanRule } from './rule.ts';

/** A use of a secret that is not set. */
export const notSet = {
  code: 'not-set',
  severity: 'error',
  strict: 'set',
  *find({ references }, names) {
    const messages = new Map<string, string>();
    for (const reference of references) {
      const isKnown = names.has(reference.name) || secretNameProblem(reference.name) !== undefined;
      if (reference.optional || reference.ignored || isKnown) continue;
      const key = `${reference.kind} ${reference.name}`;
      const message = messages.get(key) ?? sentence(reference, candidatesFor(messages.size, names));
      messages.set(key, message);
      yield { span: reference, message };
    }
  },
} as const satisfies ScanRule;

function sentence({ name, kind }: SourceReference, names: ReadonlySet<string>): string {
  const near = nearMiss(name, names);
  const shown = printable(name);
  const happens =
    kind === 'directive' ? 'Nextflow stops at the first task that asks for it' : 'it reads as null';
  const hint = near === undefined ? '' : ` Did you mean ${printable(near)}?`;
  return `Secret ${shown} is used but not set: ${happens}.${hint} Set it: nf-secrets set ${shown}`;
}
