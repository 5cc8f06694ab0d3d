// A preview of a run, by Nextflow itself: `nextflow run -preview` builds the pipeline's graph with all of the
// run's options and starts no task. The same happens in `nextflow inspect`, which is not used because it takes only
// some of the options, and since 25.04 answers for processes that the run does not reach, under names without their
// workflows and without what `withName` says (https://github.com/nextflow-io/nextflow/issues/6164).

/** Nextflow's name of the executor. */
export const AWS_BATCH = 'awsbatch';

/** A setting that is known only when a task runs: the class of the error that Nextflow had with it. */
export interface Unknown {
  readonly failed: string;
}

/** Options of Docker as Nextflow reads them: long and short names without dashes, each with all its values. */
export type ContainerOptions = Readonly<Record<string, readonly string[]>>;

/** The pipeline's settings of AWS Batch: `aws.region`, `aws.profile` and `aws.batch.*`. */
export interface BatchSettings {
  readonly region: string | null;
  readonly profile: string | null;
  readonly jobRole: string | null;
  readonly executionRole: string | null;
  readonly logsGroup: string | null;
  /** Absolute path of `aws` on the machines of the compute environment; it may name `s5cmd` instead. */
  readonly cliPath: string | null;
  /** `host[:container[:ro]]`. */
  readonly volumes: readonly string[];
  /** `platformType = 'fargate'`. */
  readonly fargate: boolean;
}

/** Stands for all queues of the account: no queue can have that name. */
export const ANY_QUEUE = '*';

/** A process of the run's graph. */
export interface PreviewedProcess {
  /** Fully qualified. */
  readonly name: string;
  readonly executor: string;
  /** Its `container`, as the pipeline and the configs have it. */
  readonly container: string | null | Unknown;
  /** The image that AWS Batch gets, with the registry; null for other executors, which may have to pull it. */
  readonly image: string | null | Unknown;
  /** Effective `secret` directives. */
  readonly secrets: readonly string[] | Unknown;
  readonly containerOptions: ContainerOptions | Unknown;
  /** In GiB. */
  readonly disk: number | null | Unknown;
  /** `arm64`, `x86_64`. */
  readonly arch: string | null | Unknown;
  /** The queues of the first attempts; {@link ANY_QUEUE} among them if code computes it; empty if it sets none. */
  readonly queues: readonly string[] | Unknown;
}

/** A run's session, which is a part of every task's hash. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** True if it continues an earlier run: by `-resume`, or `resume` in a config. */
  readonly resumed: boolean;
  /** True if another Nextflow runs it now, as far as Nextflow could tell. */
  readonly locked: boolean;
}

/** Nextflow's own account of a run that is about to start. */
export interface Preview {
  readonly session: Session;
  readonly settings: BatchSettings;
  readonly wave: boolean;
  readonly fusion: boolean;
  /** The names of variables that the configs set for all tasks: `env`, `-e.NAME`, `-E`. */
  readonly env: readonly string[];
  /** Those that the run reaches with its parameters; empty with Wave or Fusion. */
  readonly processes: readonly PreviewedProcess[];
}

/** The failure of an `arch` that has more than one. */
export const SEVERAL = 'several architectures';
