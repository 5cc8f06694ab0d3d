import type { Scope } from '../core/secrets/scope.ts';

// Arguments that features and key bindings give to commands. Never a value.

/** A secret, by its name. */
export interface NamedSecret {
  readonly name: string;
  readonly scope?: Scope;
}

/** Range of a text in a document. Offsets in UTF-16 units, the end exclusive. */
export interface SelectedText {
  /** URI of the document, as text. */
  readonly uri: string;
  readonly offset: number;
  readonly endOffset: number;
  /** Version of the document that the offsets are for. */
  readonly version: number;
}
