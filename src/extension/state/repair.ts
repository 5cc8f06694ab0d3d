/** A way to mend a store that cannot be used: sign it, merge it, or look at a file of it that is damaged. */
export type Repair =
  | { readonly kind: 'sign' | 'resolve' }
  /** `file` is an absolute path. */
  | { readonly kind: 'open'; readonly file: string };
