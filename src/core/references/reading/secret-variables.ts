import type { Test } from './guards.ts';
import type { FoundReference } from './findings.ts';

/** A local variable that has a secret, or a test of one, as its value. */
export interface SecretVariable {
  readonly reference: FoundReference;
  readonly set: boolean;
  /** The uses of the variable, each as if it were a use of the secret. */
  readonly uses: FoundReference[];
}

/** The local variables with secrets that the code being read can see. */
export class SecretVariables {
  #visible: Map<string, SecretVariable>;
  readonly #all: SecretVariable[] = [];
  /** Variables that are hidden by variables of open blocks, the innermost last. */
  readonly #hidden: [name: string, variable: SecretVariable | undefined][] = [];

  constructor(visible = new Map<string, SecretVariable>()) {
    this.#visible = visible;
  }

  /** Variables for code inside a text: it sees the same ones. */
  forInnerCode(): SecretVariables {
    return new SecretVariables(this.#visible);
  }

  get areNone(): boolean {
    return this.#visible.size === 0;
  }

  get(name: string): SecretVariable | undefined {
    return this.#visible.get(name);
  }

  /** Declares a variable. After `def key = secrets.X` a use of the variable is a use of the secret. */
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

  /** Reads a block. Its variables end with it. */
  block(read: () => void): void {
    const hidden = this.#hidden.length;
    read();
    for (const [name, variable] of this.#hidden.splice(hidden).reverse()) {
      if (variable === undefined) this.#visible.delete(name);
      else this.#visible.set(name, variable);
    }
  }

  /** Reads a function. It sees no variable of the script around it. */
  hiding(read: () => void): void {
    const outer = this.#visible;
    this.#visible = new Map();
    read();
    this.#visible = outer;
  }

  /** Makes a secret optional, or tested, if all uses of its variable are so. */
  settle(): void {
    for (const { reference, uses } of this.#all) {
      // A variable without uses here may be used in a template, which is not read now.
      reference.optional ||= uses.length > 0 && uses.every(({ optional }) => optional);
      reference.tested ||= uses.length > 0 && uses.every(({ tested }) => tested);
    }
  }
}
