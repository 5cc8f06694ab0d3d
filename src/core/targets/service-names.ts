/** Names of a service. */
export interface ServiceNames {
  /** Id in the ledger and for `--target`. */
  readonly id: string;
  /** Name for a person. */
  readonly title: string;
  /** Nextflow's names of its executors, lower case. */
  readonly executors: readonly string[];
}
