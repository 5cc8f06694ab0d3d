/** Something that was provisioned for a run and has to be removed. Its kind tells whose it is, see `targets.ts`. */
export interface LeaseItem {
  readonly kind: string;
}
