/**
 * A way to mend a store that cannot be used: sign it, merge it, accept it, or look at a file of it that is damaged, or at the
 * reason that a service does not answer as it should.
 */
export type Repair =
  | { readonly kind: 'sign' | 'resolve' | 'accept' }
  /** `isRefused`: the service has answered, and does not permit it. */
  | { readonly kind: 'reach'; readonly isRefused: boolean }
  /** `file` is an absolute path. */
  | { readonly kind: 'open'; readonly file: string };
