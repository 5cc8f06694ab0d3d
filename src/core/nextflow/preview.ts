// A preview of a run, by Nextflow itself: `nextflow run -preview` builds the pipeline's graph with all of the
// run's options and starts no task. `nextflow inspect` does the same. We do not use it: it takes only some of the
// options, and since 25.04 it answers for processes that the run does not reach, under names without their
// workflows and without the settings of `withName` (https://github.com/nextflow-io/nextflow/issues/6164).

/** A setting that is known only when a task runs; it has the class of the error that Nextflow met. */
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
  /** Absolute path of `aws`, or of `s5cmd` instead, on the machines of the compute environment. */
  readonly cliPath: string | null;
  /** Volumes as `host[:container[:ro]]`. */
  readonly volumes: readonly string[];
  /** True if the config has `platformType = 'fargate'`. */
  readonly fargate: boolean;
}

/** Name for all queues of the account: no queue can have it. */
export const ANY_QUEUE = '*';

/** A process of the run's graph. */
export interface PreviewedProcess {
  /** Fully qualified name. */
  readonly name: string;
  readonly executor: string;
  /** Its `container`, as the pipeline and the configs have it. */
  readonly container: string | null | Unknown;
  /** The image, with the registry, that a service gets which runs containers itself; null for other executors. */
  readonly image: string | null | Unknown;
  /** Effective `secret` directives. */
  readonly secrets: readonly string[] | Unknown;
  readonly containerOptions: ContainerOptions | Unknown;
  /** Size in GiB. */
  readonly disk: number | null | Unknown;
  /** Architecture: `arm64`, `x86_64`. */
  readonly arch: string | null | Unknown;
  /** The queues of the first attempts; {@link ANY_QUEUE} among them if code computes one; empty if none is set. */
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

/** Nextflow's own description of a run that is about to start. */
export interface Preview {
  readonly session: Session;
  readonly settings: BatchSettings;
  readonly wave: boolean;
  readonly fusion: boolean;
  /** The names of variables that the configs set for all tasks: `env`, `-e.NAME`, `-E`. */
  readonly env: readonly string[];
  /** The processes that the run reaches with its parameters; empty with Wave or Fusion. */
  readonly processes: readonly PreviewedProcess[];
}

/** The failure of an `arch` that has more than one architecture. */
export const SEVERAL = 'several architectures';
