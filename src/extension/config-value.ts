import { type ConfigurationScope, workspace } from 'vscode';

const SECTION = 'nextflowSecrets';

/** Reads one setting. A value of another type than the default's counts as not set. */
export class ConfigValue<T> {
  constructor(
    /** Name after `nextflowSecrets.`. */
    readonly name: string,
    readonly fallback: T,
  ) {}

  get(scope?: ConfigurationScope): T {
    const value: unknown = workspace.getConfiguration(SECTION, scope).get(this.name);
    return isLike(value, this.fallback) ? value : this.fallback;
  }

  /** The full id, for the editor of settings. */
  get id(): string {
    return `${SECTION}.${this.name}`;
  }
}

function isLike<T>(value: unknown, fallback: T): value is T {
  if (Array.isArray(fallback)) return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typeof value === typeof fallback;
}
