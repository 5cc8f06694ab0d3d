import type { Phrase } from '../../system/phrase.ts';
import type { EndingSecret } from '../../secrets/expiry.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { SourceDiagnostic, SourceScan, SourceSpan } from '../../references/scan.ts';

/** An `error` ends a run, or lets others read a secret. A `warning` may be intended. */
export type Severity = 'error' | 'warning' | 'info';

/** The faults that make a strict scan fail. */
export type Strictness = 'code' | 'set';

/** The facts of every rule. Its page is `docs/diagnostics/<code>.md`. */
export interface Rule {
  /** Stable code: people suppress and search by it. */
  readonly code: string;
  readonly severity: Severity;
  /**
   * `code`: a fault on every machine. `set`: a fault that depends on the secrets of the machine that scans. Absent: no
   * fault; something is not known, or does nothing.
   */
  readonly strict?: Strictness;
}

/** A rule about a finding of the reader of one text. The reader knows the rule by its code. */
export interface ReaderRule extends Rule {
  readonly code: SourceDiagnostic['code'];
  /** Makes a sentence that tells what happens at run time, and what to write instead. */
  message(found: SourceDiagnostic, facts: ReaderFacts): Phrase;
  /** Other action that a person can take. */
  readonly remedy?: Remedy;
}

/** The parts of sentences, beside the finding. Names are printable. */
export interface ReaderFacts {
  /** The secret's name, or empty. */
  readonly shown: string;
  /** `The value of KEY (in key)`. */
  readonly value: Phrase;
  /** The code of the dynamic name at this location. */
  readonly dynamic: string;
}

/** Something that a rule has found in a scan. */
export interface Finding {
  readonly span: SourceSpan;
  readonly message: Phrase;
  readonly remedy?: Remedy;
}

/** The secrets that the stores have, as far as rules need them. */
export interface FoundSecrets {
  /** The secrets that are set; undefined if that is not known, as where a vault cannot be read. */
  readonly names?: ReadonlySet<string> | undefined;
  /** Those with a value that has expired, or does soon; undefined if that is not known. */
  readonly ending?: ReadonlyMap<string, EndingSecret> | undefined;
}

/** A rule that looks through the scan of a text itself. */
export interface ScanRule extends Rule {
  find(scan: Pick<SourceScan, 'references'>, secrets: FoundSecrets): Iterable<Finding>;
}
