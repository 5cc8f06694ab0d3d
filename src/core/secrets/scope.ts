/** Scopes that we keep vaults for. */
export type VaultScope = 'user' | 'workspace';

/** A scope: `nextflow` is the person's own Nextflow store. */
export type Scope = VaultScope | 'nextflow';

/** Differences between one scope and the others. */
export interface ScopeTraits {
  /** True if we write its store. */
  readonly isWritten: boolean;
  /** True if others than this person can change its store. */
  readonly isShared: boolean;
  /** True if a value reaches tasks as it is, as without us; else it reaches them in the way that its uses need. */
  readonly isSentAsItIs: boolean;
}

/** All scopes, from the one that wins to the one that any other overrides. */
const TRAITS: Readonly<Record<Scope, ScopeTraits>> = {
  user: { isWritten: true, isShared: false, isSentAsItIs: false },
  workspace: { isWritten: true, isShared: true, isSentAsItIs: false },
  nextflow: { isWritten: false, isShared: false, isSentAsItIs: true },
};

export const SCOPES = Object.keys(TRAITS) as readonly Scope[];

export const traitsOf = (scope: Scope): ScopeTraits => TRAITS[scope];

/** Tells whether we keep a vault for a scope. */
export const isVaultScope = (scope: Scope): scope is VaultScope => TRAITS[scope].isWritten;
