/** A way to write a value down. */
export type FormKind =
  'raw' | 'line' | 'JSON' | 'HTML' | 'URL' | 'shell' | 'octal' | 'hex' | 'base64' | 'base64url';

/** A form that a value was found in. */
export interface Form {
  readonly kind: FormKind;
  /** The number of the line, from 1, of a value that has several: the line alone was found. */
  readonly line?: number;
}

/** Bytes to look for. */
export interface Needle {
  readonly bytes: Buffer;
  readonly form: Form;
  /** True if a line may end anywhere within them, as in base64. */
  readonly isWrapped: boolean;
}
