/** Something that was provisioned for a run and has to be removed. Its kind tells its target, see `targets.ts`. */
export interface LeaseItem {
  readonly kind: string;
}
