import type { SecretGuard } from '../scan.ts';
import type { FoundReference } from './findings.ts';

/** A reference remembers this many of the tests around it. */
const MAX_GUARDS = 8;

/** A test of whether secrets are set, as a condition has it. */
export interface Test {
  readonly atoms: { readonly reference: FoundReference; readonly set: boolean }[];
  /** What joins them; with only one, either. */
  join: 'and' | 'or' | 'one' | 'mixed';
}

/** The references of a test are only looked at, not used: the code works without them. */
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

/** The tests of secrets under which the code runs that is being read. */
export class Guards {
  #innermost: GuardLink | undefined;
  /** How many guards say that a name is set. */
  readonly #guarded = new Map<string, number>();

  /** Adds what a test says where it holds, or where it does not. @returns what takes it back. */
  push(test: Test | undefined, holds: boolean): () => void {
    if (test === undefined) return () => undefined;
    const outer = this.#innermost;
    // Of `a && b` only both together say something where it does not hold, of `a || b` where it does.
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

  /** Whether the code runs only where the secret is set. */
  saySet(name: string): boolean {
    return (this.#guarded.get(name) ?? 0) > 0;
  }
}
