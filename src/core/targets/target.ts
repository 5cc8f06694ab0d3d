import type { NextflowCommand } from '../nextflow/nextflow-command.ts';
import type { PreviewContext } from '../nextflow/preview-run.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import type { WithheldSecret } from '../secrets/resolve.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import type { Notice, Reason } from '../system/notice.ts';
import type { Phrase, PhraseArgument } from '../system/phrase.ts';
import type { LedAction, Remedy } from '../system/remedy.ts';
import type { RunId } from '../system/run-id.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry, Leftover, TargetFields } from './lease-entry.ts';
import type { LeaseItem } from './lease-item.ts';
import type { LeasedSecret } from './plan-delivery.ts';
import type { ServiceNames } from './service-names.ts';

/** An open connection to a target. Only the target looks into it. */
export interface OpenTarget {
  /** The target's id. */
  readonly target: string;
  /** Ends the connection. */
  close(): void;
}

/** The part of a lease that its release needs: an entry of the ledger, or the known part of one that cannot be read. */
export interface Releasable extends Pick<LedgerEntry, 'runId' | 'items'>, TargetFields {}

/** The result of a release: each item of the target is gone, or is listed with what is left of it. */
export interface Released {
  readonly gone: readonly LeaseItem[];
  readonly left: readonly Leftover[];
}

/** A job that waits in a queue or starts and has not read its secrets, or that may start again and read them again. */
export interface PendingJob {
  readonly id: string;
}

/** Pending jobs of one target. */
export interface PendingJobs {
  /** The target's id. */
  readonly target: string;
  readonly jobs: readonly PendingJob[];
}

/**
 * The reason that nobody knows whether a run has jobs that need its secrets. `serviceSilent`: maybe for ever, because
 * credentials are missing.
 */
export type WhyJobsUnknown = 'schedulerSilent' | 'serviceSilent' | 'jobHidden';

/** Jobs of a run that need its secrets, in words for a person. */
export interface JobsInNeed {
  /** True if there are some. False if they only cannot be ruled out. */
  readonly known: boolean;
  /** Reason that `known` is false. */
  readonly why?: WhyJobsUnknown;
  /** Clause about a run that has just ended: "… but `still`". */
  readonly still: Phrase;
  /** Reason that a run is not over: a part of a sentence. */
  readonly state: Phrase;
  /** Ways to end the jobs, or to ask for them. */
  readonly remedies?: readonly Remedy[];
  readonly jobs?: readonly PendingJob[];
}

/** The needs of a run's guardian, so that it can release the items in a target. */
export interface GuardianNeeds {
  /** Names of variables that it needs of the launcher's environment. */
  readonly environment: RegExp;
  /** Loads all code that a release needs, so that an update of the program during a run breaks nothing. */
  load(world: World): Promise<void>;
}

/** A search for things that other runs have left in a target. */
export interface LeftByOthers {
  /** Entries of the ledger. */
  readonly entries: readonly LedgerEntry[];
  /** True to look in the account that the environment leads to, even if no run was there. */
  readonly here: boolean;
  /** True to look in accounts where runs of this person are, or were a short time ago. */
  readonly known: boolean;
  /** Gives all present runs of this person. */
  readonly ownRuns: () => Promise<ReadonlySet<RunId>>;
}

/** Something that an nf-secrets made for a run that is not in this person's ledger. */
export interface ForeignItem {
  readonly runId: RunId;
  /** The user or role that made it; null if the item does not tell. */
  readonly caller: string | null;
  readonly item: string;
  /** ISO 8601 in UTC; null if the item does not tell. */
  readonly created: string | null;
  /** The way to remove it. */
  readonly remedy: LedAction;
}

/** A search that failed. */
export interface Unseen extends Reason {
  /** The part that was not searched, for a person. */
  readonly where: string;
}

/** Items in a target of runs that are not in this person's ledger. */
export interface Foreign {
  readonly foreign: readonly ForeignItem[];
  /** Parts of the target that could not be searched. */
  readonly unseen: readonly Unseen[];
}

/** Names of secrets that may be missing at a launch, see `--allow-missing`. */
export type AllowMissing = true | readonly string[] | undefined;

/** Input for a service: it decides what the service provisions for a run. */
export interface ServiceRequest {
  readonly command: NextflowCommand;
  readonly code: PipelineCode;
  readonly secrets: readonly LeasedSecret[];
  /** Secrets of the run that tasks in the service get from where they are, because the person may not read them. */
  readonly withheld?: readonly WithheldSecret[] | undefined;
  readonly allowMissing: AllowMissing;
  /** True if the run certainly uses the service. If false, a run that Nextflow cannot preview continues without it. */
  readonly certain: boolean;
  /** True to ask Nextflow even if its answer to an earlier launch would be the same. */
  readonly askAgain?: boolean | undefined;
}

/** A lease that has its private store and may get more items. */
export interface OpenLease {
  readonly entry: LedgerEntry;
  /** The private store's file. */
  readonly storeFile: string;
  /** The environment that the run will have. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes a changed entry into the ledger, before the items that it names are made. */
  readonly record: (entry: LedgerEntry) => Promise<void>;
  /** Passes on an open target, so that the release of its items can use it. */
  readonly opened: (target: OpenTarget) => void;
  /** Tells whether a signal has asked us to end. */
  readonly isStopped: () => boolean;
  /** Finds another run of the ledger that is not over and has such an item. */
  readonly otherRunWith: (isSuch: (item: LeaseItem) => boolean) => Promise<RunId | undefined>;
}

/** Arguments and environment to start a run with. */
export interface PreparedRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Description of an item for a person. */
export interface ItemDescription {
  /** Text that identifies it: a path, an ARN. */
  readonly label: string;
  /** Its purpose, if the label does not tell: a sentence without its end. */
  readonly note?: Phrase | undefined;
}

/**
 * A destination of a run's secrets. It also removes its items in the end. A lease item belongs to the target that knows
 * its kind. Every run has the target `local`; if the executor is a service, the run has that service's target too.
 * A target has only entry points: they load the code that they need when they are called.
 */
export interface Target {
  /** Id in the ledger and for `--target`. */
  readonly id: string;
  /** Name for a person. */
  readonly title: string;
  /** Name of the scheduler that has its jobs, for a person. */
  readonly scheduler: string;

  /** Kinds of its lease items. */
  readonly kinds: readonly string[];
  /** Tells whether a value of a file, with one of its kinds, is an item of this run. */
  isItem(value: Readonly<Record<string, unknown>>, runId: RunId): boolean;
  /** Checks that an entry has all that a release of this target's items needs of it beside them. Absent: nothing. */
  isSound?(entry: Readonly<Record<string, unknown>>): boolean;
  /** Picks its own fields, those that are sound, from an entry or from a file that may be damaged. Absent: it has none. */
  ownFields?(entry: Readonly<Record<string, unknown>>): TargetFields;
  describe(item: LeaseItem, entry: Releasable | undefined): ItemDescription;
  /** Gives the facts about a run's items that `runs --json` has beside their labels. */
  details?(items: readonly LeaseItem[]): object;
  /** Gives facts that a person should know of a run that failed. */
  failureLines?(items: readonly LeaseItem[]): Phrase[];

  /**
   * Asks for jobs that wait or start, or may start again. Never throws.
   *
   * @returns undefined if the scheduler answered that there are none.
   */
  jobsThatNeedSecrets(
    entry: LedgerEntry,
    world: World,
    open: OpenTarget | undefined,
  ): Promise<JobsInNeed | undefined>;
  /** Gives a job's name for a person. */
  jobLabel(job: PendingJob): string;
  /** Tells whether a job can be cancelled without the loss of any work. */
  isCancellable(job: PendingJob): boolean;
  /**
   * Cancels jobs of a run that wait or start. Then waits until no job of the run does so.
   *
   * @returns the reason that some still do; undefined if none does.
   */
  cancelJobs(jobs: readonly PendingJob[], entry: LedgerEntry, world: World): Promise<Reason | undefined>;

  /** Removes the items of a lease in this target. Touches nothing that the lease does not name. Safe to repeat. */
  release(lease: Releasable, world: World, open: OpenTarget | undefined): Promise<Released>;
}

/** A target that Nextflow sends tasks to through its own executor. A private store does not reach it. */
export interface ServiceTarget extends Target, ServiceNames {
  /** The way that secrets get to its tasks, as in the output of `launch --dry-run --json`. */
  readonly delivery: string;
  /** True if its tasks can get a secret of a {@link SecretReference} from where it is. */
  readonly takesReferences?: boolean;
  /**
   * Gives facts that a person should know of a secret that its tasks ask for by this name.
   *
   * @param usedIn - location of the use, for a person.
   */
  nameNotes(name: string, usedIn: PhraseArgument): Notice[];
  /**
   * Finds what a launch would send to the target, and sends nothing. Nextflow is asked with the values in the private
   * store of the preview.
   *
   * @param stored - the values in that store.
   * @returns the names of the secrets; undefined if no process of the run goes to the target.
   * @throws HumanError 65, 66, 69.
   */
  plan(
    request: ServiceRequest,
    stored: ReadonlyMap<string, SecretValue>,
    context: PreviewContext,
    world: World,
  ): Promise<ReadonlySet<string> | undefined>;
  /**
   * Makes the items that the run needs in the target. Records them first, so that all of them can be removed, whatever
   * happens.
   *
   * @throws HumanError 64, 65, 66, 69, 73, 77. The items made until then are in the ledger.
   */
  provision(request: ServiceRequest, lease: OpenLease, world: World): Promise<PreparedRun>;
  readonly guardianNeeds: GuardianNeeds;
  /**
   * Looks for items that other runs have left: runs of other people, or of ledgers that are lost.
   *
   * @returns undefined if there is no reason to look.
   */
  leftByOthers(look: LeftByOthers, world: World): Promise<Foreign | undefined>;
}
