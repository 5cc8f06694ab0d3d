import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import type { PreviewContext } from '../nextflow/preview-run.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import type { RunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry, Leftover } from './lease-entry.ts';
import type { LeaseItem } from './lease-item.ts';
import type { LeasedSecret } from './plan-delivery.ts';
import type { ServiceNames } from './service-names.ts';

/** A connection to a target that somebody has open. Nobody but the target looks into it. */
export interface OpenTarget {
  /** Of which target. */
  readonly target: string;
  /** Ends it. */
  close(): void;
}

/** A lease as far as its release needs it: an entry of the ledger, or what is known of one that cannot be read. */
export type Releasable = Pick<LedgerEntry, 'runId' | 'items'>;

/** The end of a release: each item of the target is gone, or something is said to be left of it. */
export interface Released {
  readonly gone: readonly LeaseItem[];
  readonly left: readonly Leftover[];
}

/** A job that waits in a queue, or starts, and has not read its secrets yet, or may be started anew and read them again. */
export interface PendingJob {
  readonly id: string;
}

/** Jobs of one target. */
export interface PendingJobs {
  /** The target's id. */
  readonly target: string;
  readonly jobs: readonly PendingJob[];
}

/** Why it is not known whether a run has jobs that need its secrets. `serviceSilent`: maybe for ever, for want of credentials. */
export type WhyJobsUnknown = 'schedulerSilent' | 'serviceSilent' | 'jobHidden';

/** Jobs of a run that need its secrets, in words for a person. */
export interface JobsInNeed {
  /** Whether there are some; else they only cannot be ruled out. */
  readonly known: boolean;
  /** Why not. */
  readonly why?: WhyJobsUnknown;
  /** Of a run that has just ended: "… but `still`". */
  readonly still: string;
  /** Why a run is not over. */
  readonly state: string;
  readonly jobs?: readonly PendingJob[];
}

/** What the guardian of a run needs, so that it can release what is in a target. */
export interface GuardianNeeds {
  /** Names of variables of the launcher's environment. */
  readonly environment: RegExp;
  /** Loads all that a release needs, so that an update of the program during a run breaks nothing. */
  load(world: World): Promise<void>;
}

/** A look for what other runs have left in a target. */
export interface LeftByOthers {
  /** Entries of the ledger. */
  readonly entries: readonly LedgerEntry[];
  /** Whether to look where the environment leads to, even if no run was there. */
  readonly here: boolean;
  /** Whether to look where runs of this person are, or were a short time ago. */
  readonly known: boolean;
  /** All runs of this person, now. */
  readonly ownRuns: () => Promise<ReadonlySet<RunId>>;
}

/** Something that an nf-secrets made for a run that is not in this person's ledger. */
export interface ForeignItem {
  readonly runId: RunId;
  /** Who made it; null if it does not say. */
  readonly caller: string | null;
  readonly item: string;
  /** ISO 8601 in UTC; null if it does not say. */
  readonly created: string | null;
  /** The command that removes it. */
  readonly remedy: string;
}

/** A look that did not succeed. */
export interface Unseen {
  /** For a person. */
  readonly where: string;
  readonly reason: string;
  readonly remedy: string | null;
}

/** What is in a target of runs that no ledger of this person has. */
export interface Foreign {
  readonly foreign: readonly ForeignItem[];
  /** Where, or for what, the target could not be asked. */
  readonly unseen: readonly Unseen[];
}

/** Names that a launch may leave out, see `--allow-missing`. */
export type AllowMissing = true | readonly string[] | undefined;

/** What decides what a run gets in a service. */
export interface ServiceRequest {
  readonly command: NextflowCommand;
  readonly code: PipelineCode;
  readonly secrets: readonly LeasedSecret[];
  readonly allowMissing: AllowMissing;
  /** Whether the service is certain: else a run that Nextflow cannot preview goes on without it. */
  readonly certain: boolean;
}

/** A lease whose private store is there, and which may get more. */
export interface OpenLease {
  readonly entry: LedgerEntry;
  /** The private store's file. */
  readonly storeFile: string;
  /** The environment that the run will have. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts a changed entry into the ledger, before what it names is made. */
  readonly record: (entry: LedgerEntry) => Promise<void>;
  /** Hands an open target over, for the release of what is made there. */
  readonly opened: (target: OpenTarget) => void;
  /** Whether a signal has asked us to end. */
  readonly isStopped: () => boolean;
  /** Another run of the ledger that goes on and has such an item. */
  readonly otherRunWith: (isSuch: (item: LeaseItem) => boolean) => Promise<RunId | undefined>;
}

/** What a run is to be started with. */
export interface PreparedRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** An item in words. */
export interface ItemDescription {
  /** What tells it from all others: a path, an ARN. */
  readonly label: string;
  /** What it is for, where the label does not tell: a sentence without its end. */
  readonly note?: string | undefined;
}

/**
 * Where secrets of a run go, and what has to be removed there in the end. A lease item belongs to the target that knows
 * its kind. Every run has the target `local`; one whose executor is a service has that service's target too. A target
 * is entry points alone: what they need is loaded when they are called.
 */
export interface Target {
  /** Of the ledger and of `--target`. */
  readonly id: string;
  /** For a person. */
  readonly title: string;
  /** Who has its jobs, for a person. */
  readonly scheduler: string;

  /** Of its lease items. */
  readonly kinds: readonly string[];
  /** Whether a value of a file with one of its kinds is an item of this run. */
  isItem(value: Readonly<Record<string, unknown>>, runId: RunId): boolean;
  /** Whether what the target itself notes in an entry is as it writes it. Absent: it notes nothing. */
  isSound?(entry: Readonly<Record<string, unknown>>): boolean;
  describe(item: LeaseItem, entry: object | undefined): ItemDescription;
  /** What `runs --json` has of a run's items beside their labels. */
  details?(items: readonly LeaseItem[]): object;
  /** What a person should know of a run that failed. */
  failureLines?(items: readonly LeaseItem[]): string[];

  /**
   * Asks for jobs that wait or start, or may be started anew. Never throws.
   *
   * @returns undefined if there are none, and the scheduler has said so.
   */
  jobsThatNeedSecrets(
    entry: LedgerEntry,
    world: World,
    open: OpenTarget | undefined,
  ): Promise<JobsInNeed | undefined>;
  /** A job's name for a person. */
  jobLabel(job: PendingJob): string;
  /** Whether a job can be cancelled without the loss of any work. */
  isCancellable(job: PendingJob): boolean;
  /**
   * Cancels jobs of a run that wait or start, and waits until none of it does.
   *
   * @returns why some still do; undefined if none does.
   */
  cancelJobs(jobs: readonly PendingJob[], entry: LedgerEntry, world: World): Promise<string | undefined>;

  /** Removes what a lease has there. Touches nothing that the lease does not name. Safe to repeat. */
  release(lease: Releasable, world: World, open: OpenTarget | undefined): Promise<Released>;
}

/** A target that Nextflow hands tasks to through an executor of its own, and that a private store does not reach. */
export interface ServiceTarget extends Target, ServiceNames {
  /** How secrets get to tasks there, as `launch --dry-run --json` says it. */
  readonly delivery: string;
  /** What a person should know of a secret that its tasks ask for by this name. @param usedIn - where, for a person. */
  nameNotes(name: string, usedIn: string): string[];
  /**
   * What a launch would send there, without sending it: Nextflow is asked with what is in the private store of the preview.
   *
   * @param stored - the values there.
   * @returns the names of the secrets; undefined if no process of the run goes there.
   * @throws HumanError 65, 66, 69.
   */
  plan(
    request: ServiceRequest,
    stored: ReadonlyMap<string, SecretValue>,
    context: PreviewContext,
    world: World,
  ): Promise<ReadonlySet<string> | undefined>;
  /**
   * Makes what the run needs there: recorded first, so that whatever happens all of it can be removed.
   *
   * @throws HumanError 64, 65, 66, 69, 73, 77. What was made until then is in the ledger.
   */
  provision(request: ServiceRequest, lease: OpenLease, world: World): Promise<PreparedRun>;
  readonly guardianNeeds: GuardianNeeds;
  /** Looks for what other runs have left, of other people or of ledgers that are lost. Undefined: there is no reason to. */
  leftByOthers(look: LeftByOthers, world: World): Promise<Foreign | undefined>;
}
