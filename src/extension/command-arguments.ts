import type { Scope } from '../core/secrets/scope.ts';

// What features and key bindings hand to commands. Never a value.

/** A secret, by its name. */
export interface NamedSecret {
  readonly name: string;
  readonly scope?: Scope;
}

/** Where a text is. Offsets in UTF-16 units, the end exclusive. */
export interface SelectedText {
  /** Of the document, as text. */
  readonly uri: string;
  readonly offset: number;
  readonly endOffset: number;
  /** Of the document when the offsets were right. */
  readonly version: number;
}
