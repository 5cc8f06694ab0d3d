import type { Phrase } from '../../system/phrase.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { SourceDiagnostic, SourceScan, SourceSpan } from '../../references/scan.ts';

/** An `error` ends a run, or puts a secret where others read it; a `warning` may be meant. */
export type Severity = 'error' | 'warning' | 'info';

/** What a strict scan fails for. */
export type Strictness = 'code' | 'set';

/** What every rule says of itself. Its page is `docs/diagnostics/<code>.md`. */
export interface Rule {
  /** Stable: people suppress and search by it. */
  readonly code: string;
  readonly severity: Severity;
  /**
   * `code`: a fault wherever the code runs. `set`: a fault that depends on the secrets of the machine that looks.
   * Absent: no fault; something is not known, or does nothing.
   */
  readonly strict?: Strictness;
}

/** A rule about what the reader of one text has found; the reader knows it by its code. */
export interface ReaderRule extends Rule {
  readonly code: SourceDiagnostic['code'];
  /** A sentence that says what happens at run time, and what to write instead. */
  message(found: SourceDiagnostic, facts: ReaderFacts): Phrase;
  /** What a person can do besides. */
  readonly remedy?: Remedy;
}

/** What sentences are made of, beside what was found. Names are printable. */
export interface ReaderFacts {
  /** The secret's name, or empty. */
  readonly shown: string;
  /** `The value of KEY (in key)`. */
  readonly value: Phrase;
  /** The code of the dynamic name that stands there. */
  readonly dynamic: string;
}

/** Something that a rule has found in a scan. */
export interface Finding {
  readonly span: SourceSpan;
  readonly message: Phrase;
  readonly remedy?: Remedy;
}

/** A rule that looks through the scan of a text itself. */
export interface ScanRule extends Rule {
  /** @param names - the secrets that are set; undefined if that is not known, as where a vault cannot be read. */
  find(scan: Pick<SourceScan, 'references'>, names: ReadonlySet<string> | undefined): Iterable<Finding>;
}
