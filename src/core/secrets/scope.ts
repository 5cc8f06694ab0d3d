/** The scopes that we keep vaults for. */
export type VaultScope = 'user' | 'workspace';

/** `nextflow` is the person's own Nextflow store: read-only, the lowest of all. */
export type Scope = VaultScope | 'nextflow';

/** From the one that wins to the one that any other overrides. */
export const SCOPES: readonly Scope[] = ['user', 'workspace', 'nextflow'];
