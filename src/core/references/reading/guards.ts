import type { SecretGuard } from '../scan.ts';
import type { FoundReference } from './findings.ts';

/** Largest number of tests around it that a reference remembers. */
const MAX_GUARDS = 8;

/** A test in a condition: it tells whether secrets are set. */
export interface Test {
  readonly atoms: { readonly reference: FoundReference; readonly set: boolean }[];
  /** The sign that joins them; `one` if there is only one. */
  join: 'and' | 'or' | 'one' | 'mixed';
}

/** Notes that the code only tests the references of a test, and works without them. */
export function used(test: Test | undefined): void {
  for (const { reference } of test?.atoms ?? []) Object.assign(reference, { optional: true, tested: true });
}

export function negated({ atoms, join }: Test): Test {
  const turned = { and: 'or', or: 'and', one: 'one', mixed: 'mixed' } as const;
  return { atoms: atoms.map(({ reference, set }) => ({ reference, set: !set })), join: turned[join] };
}

interface GuardLink extends SecretGuard {
  readonly outer: GuardLink | undefined;
}

/** The tests of secrets that guard the code being read. */
export class Guards {
  #innermost: GuardLink | undefined;
  /** Number of guards, for each name, that require it to be set. */
  readonly #guarded = new Map<string, number>();

  /** Adds a test to the guards, as true or as false. @returns a function that removes it. */
  push(test: Test | undefined, holds: boolean): () => void {
    if (test === undefined) return () => undefined;
    const outer = this.#innermost;
    // A false `a && b` does not tell which of them is false, a true `a || b` not which of them is true.
    const says = test.join === 'one' || test.join === (holds ? 'and' : 'or');
    const counted: string[] = [];
    for (const { reference, set } of test.atoms) {
      const isSet = set === holds;
      if (says) this.#innermost = { name: reference.name, set: isSet, outer: this.#innermost };
      if (!isSet) continue;
      counted.push(reference.name);
      this.#guarded.set(reference.name, (this.#guarded.get(reference.name) ?? 0) + 1);
    }
    return () => {
      this.#innermost = outer;
      for (const name of counted) this.#guarded.set(name, (this.#guarded.get(name) ?? 1) - 1);
    };
  }

  nearest(): SecretGuard[] {
    const guards: SecretGuard[] = [];
    for (let link = this.#innermost; link !== undefined && guards.length < MAX_GUARDS; link = link.outer) {
      guards.push({ name: link.name, set: link.set });
    }
    return guards;
  }

  /** Tells whether the code runs only if the secret is set. */
  saySet(name: string): boolean {
    return (this.#guarded.get(name) ?? 0) > 0;
  }
}
