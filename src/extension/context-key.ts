import { commands } from 'vscode';

/** A variable that `when` clauses of package.json read. */
export class ContextKey<T> {
  #shown: string | undefined;

  constructor(readonly name: `nextflowSecrets.${string}`) {}

  set(value: T): void {
    const shown = JSON.stringify(value);
    if (shown === this.#shown) return;
    this.#shown = shown;
    void commands.executeCommand('setContext', this.name, value);
  }
}

export const contextKeys = {
  /** Content of the view of secrets. */
  state: new ContextKey<'unsupported' | 'empty' | 'filled'>('nextflowSecrets.state'),
  /** True if the view of secrets shows only some of them. */
  isFiltered: new ContextKey<boolean>('nextflowSecrets.isFiltered'),
  /** Whether somebody has signed in to a Seqera Platform. Not set before that is known, and in Restricted Mode. */
  platform: new ContextKey<'signedOut' | 'signedIn'>('nextflowSecrets.platformLogin'),
  /** Scripts with an entry workflow: an object, because `in` looks for keys. */
  entryScripts: new ContextKey<Readonly<Record<string, true>>>('nextflowSecrets.entryScripts'),
} as const;
