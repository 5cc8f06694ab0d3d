import type { Phrase } from '../system/phrase.ts';
import type {
  InFile,
  DynamicReference,
  SourceDiagnostic,
  SourceReference,
  SourceSetting,
} from '../references/scan.ts';
import type { LiteralParameter } from './literal-parameters.ts';

/** A use of a secret in the code of a launch. */
export type PipelineReference = InFile<SourceReference> & {
  /** True if the run may reach it: something calls its process, and no known condition excludes it. */
  readonly reached: boolean;
};

/** Secrets in the code of one launch. Files are relative to the project if they are in it. */
export interface PipelineCode {
  readonly references: readonly PipelineReference[];
  readonly dynamic: readonly InFile<DynamicReference>[];
  /** Code that writes a value of a secret down: into a script, a parameter, a setting, a file or the output. */
  readonly sinks: readonly InFile<SourceDiagnostic>[];
  /** Plain settings of the configs and of the profiles in use, in the order of the configs; files are absolute. */
  readonly settings: readonly InFile<SourceSetting>[];
  /** Executors, not of services, that processes which ask for a secret name themselves; files are absolute. */
  readonly ownExecutors: readonly InFile<SourceSetting>[];
  /** Code that was not read, in words for a person. */
  readonly notRead: readonly Phrase[];
  /** Parameters of the launch that name a secret where Nextflow reads a mere text. */
  readonly literalParameters: readonly LiteralParameter[];
  /** Parameters of {@link PipelineRequest.doubtful} that the pipeline does not know. */
  readonly unknownParameters: readonly string[];
  /** Executors of services that processes may use without a plain setting: it is computed, or was not read. */
  readonly mayUse: ReadonlySet<string>;
}
