import type { SourceReference } from '../../references/scan.ts';
import { secretNameProblem } from '../../secrets/secret-name.ts';
import { candidatesFor, didYouMean } from '../../system/near-miss.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { Finding, ScanRule } from './rule.ts';

/** A use of a secret that is not set. */
export const notSet = {
  code: 'not-set',
  severity: 'error',
  strict: 'set',
  *find({ references }, { names }): Iterable<Finding> {
    if (names === undefined) return;
    const messages = new Map<string, Phrase>();
    for (const reference of references) {
      const isKnown = names.has(reference.name) || secretNameProblem(reference.name) !== undefined;
      if (reference.optional || reference.ignored || isKnown) continue;
      const key = `${reference.kind} ${reference.name}`;
      const message = messages.get(key) ?? sentence(reference, candidatesFor(messages.size, names));
      messages.set(key, message);
      yield { span: reference, message, remedy: { do: 'set-secret', name: reference.name } };
    }
  },
} as const satisfies ScanRule;

function sentence({ name, kind }: SourceReference, names: ReadonlySet<string>): Phrase {
  const shown = printable(name);
  const hint = didYouMean(name, names);
  return kind === 'directive'
    ? phrase`Secret ${shown} is used but not set: Nextflow stops at the first task that asks for it.${hint}`
    : phrase`Secret ${shown} is used but not set: it reads as null.${hint}`;
}
