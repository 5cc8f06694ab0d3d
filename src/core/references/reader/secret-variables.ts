import type { Test } from './conditions.ts';
import type { FoundReference } from './findings.ts';

/** A local variable whose value is a secret, or a test of one. */
export interface SecretVariable {
  readonly reference: FoundReference;
  readonly set: boolean;
  /** Where it is read, each as if the secret were read there. */
  readonly uses: FoundReference[];
}

/** The local variables with secrets that are visible to the code which is being read. */
export class SecretVariables {
  #visible: Map<string, SecretVariable>;
  readonly #all: SecretVariable[] = [];
  /** Variables that those of open blocks have hidden, the innermost last. */
  readonly #hidden: [name: string, variable: SecretVariable | undefined][] = [];

  constructor(visible = new Map<string, SecretVariable>()) {
    this.#visible = visible;
  }

  /** For code in a text of the same code: the same are visible to it. */
  forInnerCode(): SecretVariables {
    return new SecretVariables(this.#visible);
  }

  get areNone(): boolean {
    return this.#visible.size === 0;
  }

  get(name: string): SecretVariable | undefined {
    return this.#visible.get(name);
  }

  /** `def key = secrets.X`: a use of the variable is one of the secret. */
  declare(name: string, test: Test | undefined): void {
    const [atom, ...more] = test?.atoms ?? [];
    const before = this.#visible.get(name);
    if (before !== undefined || atom !== undefined) this.#hidden.push([name, before]);
    if (atom === undefined || more.length > 0) {
      this.#visible.delete(name);
      return;
    }
    const variable: SecretVariable = { ...atom, uses: [] };
    this.#visible.set(name, variable);
    this.#all.push(variable);
  }

  forget(name: string): void {
    this.#visible.delete(name);
  }

  /** Reads a block, whose variables end with it. */
  block(read: () => void): void {
    const hidden = this.#hidden.length;
    read();
    for (const [name, variable] of this.#hidden.splice(hidden).reverse()) {
      if (variable === undefined) this.#visible.delete(name);
      else this.#visible.set(name, variable);
    }
  }

  /** Reads a function, to which no variable of the script around it is visible. */
  hiding(read: () => void): void {
    const outer = this.#visible;
    this.#visible = new Map();
    read();
    this.#visible = outer;
  }

  /** A secret is as optional, and as tested, as all uses of its variable are. */
  settle(): void {
    for (const { reference, uses } of this.#all) {
      // One that nothing here reads may be read where nothing is seen: in a template.
      reference.optional ||= uses.length > 0 && uses.every(({ optional }) => optional);
      reference.tested ||= uses.length > 0 && uses.every(({ tested }) => tested);
    }
  }
}
