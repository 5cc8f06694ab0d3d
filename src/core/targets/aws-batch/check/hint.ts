/** Advice beside what was found, which denies nothing. */
export interface Hint {
  readonly severity: 'info' | 'warning';
  readonly message: string;
}
