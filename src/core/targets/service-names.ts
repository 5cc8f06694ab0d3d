/** How a service is called. */
export interface ServiceNames {
  /** Of the ledger and of `--target`. */
  readonly id: string;
  /** For a person. */
  readonly title: string;
  /** Nextflow's names of its executors, lower case. */
  readonly executors: readonly string[];
}
