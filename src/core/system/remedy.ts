import { Phrase } from './phrase.ts';

/**
 * Action of a person against an error or a notice. Each shell has its own way to do it: a command line, an option, a
 * button. So the core names none of these.
 */
export type Action =
  /** Sets a secret. Without a name: one that a person still has to name; with a scope: one that is set there. */
  | { readonly do: 'set-secret'; readonly name?: string; readonly scope?: 'user' | 'workspace' }
  | { readonly do: 'rename-secret'; readonly name: string }
  | { readonly do: 'delete-secret'; readonly name: string; readonly scope: 'user' | 'workspace' }
  /** Takes secrets over from the person's own Nextflow store. */
  | { readonly do: 'import-nextflow' }
  /** Chooses what an import does with names that have another value. */
  | { readonly do: 'decide-import' }
  | {
      readonly do: 'accept-members';
      readonly changed: 'members' | 'data-key' | 'unsigned' | 'store' | 'kms-keys';
    }
  | { readonly do: 'rotate-key' }
  /** Gets a request of somebody who wants to become a member. */
  | { readonly do: 'request-membership'; readonly withSigningKey?: true }
  | { readonly do: 'add-member' }
  /** Gives a new member a label, or another one. */
  | { readonly do: 'name-label' }
  | { readonly do: 'change-role'; readonly label: string; readonly role?: string }
  | { readonly do: 'remove-member'; readonly label: string }
  | { readonly do: 'list-members' }
  /** Takes over what another program has changed in a vault. */
  | { readonly do: 'sign-vault' }
  /** Merges the two sides of a vault that git could not merge, or takes one of them. */
  | { readonly do: 'resolve'; readonly side?: 'ours' | 'theirs' }
  /** Puts a deleted secret back, or an earlier value. */
  | { readonly do: 'undo-change'; readonly name: string; readonly scope?: 'user' | 'workspace' }
  | { readonly do: 'show-history'; readonly name: string; readonly scope?: 'user' | 'workspace' }
  | { readonly do: 'back-up-identity' }
  /** Makes one for a person who has none. */
  | { readonly do: 'show-identity' }
  | { readonly do: 'use-workspace'; readonly directory: string }
  | { readonly do: 'choose-run-root' }
  /** Lets a remote pipeline have these secrets. */
  | { readonly do: 'grant'; readonly names: readonly string[] }
  | { readonly do: 'list-grants' }
  | { readonly do: 'list-secrets' }
  /** Sends named secrets, and no others. */
  | { readonly do: 'send-only' }
  /** Sends this secret too, or one that a person still has to name. */
  | { readonly do: 'send-secret'; readonly name?: string }
  | { readonly do: 'allow-missing'; readonly name?: string }
  /** Releases leases of runs that are over. Before it, a command line of another program has to succeed. */
  | {
      readonly do: 'sweep';
      readonly run?: string;
      readonly cancelJobs?: boolean;
      readonly after?: string;
      /** True if the launch was told to keep the lease. */
      readonly isKept?: true;
    }
  | { readonly do: 'list-runs' }
  | { readonly do: 'stop-run'; readonly run?: string }
  /** Gives these options of ours before the pipeline, or as parameters that the pipeline is to get all the same. */
  | { readonly do: 'place-options'; readonly names: readonly string[]; readonly of?: 'platform' }
  | { readonly do: 'launch-in-background' }
  | { readonly do: 'list-logs' }
  /** Runs a command that is no `nextflow run`. */
  | { readonly do: 'run-command'; readonly isNextflow: boolean }
  | { readonly do: 'name-nextflow' }
  /** Asks Nextflow itself, which runs the pipeline's code. */
  | { readonly do: 'ask-nextflow' }
  /** Asks it before a launch, though its answer to an earlier one is known. */
  | { readonly do: 'ask-again' }
  /** Looks for values in files, without a limit of time. */
  | { readonly do: 'find-leaks' }
  | { readonly do: 'choose-target'; readonly target: string }
  /** Starts without the run that this process is inside of. */
  | { readonly do: 'leave-run'; readonly toLaunch: boolean }
  /** Gives the run that this process is inside of these secrets, or leaves it. */
  | { readonly do: 'send-to-outer-run'; readonly names: readonly string[] }
  | { readonly do: 'make-execution-role' }
  /** Chooses other credentials of AWS. A command line has no way of its own, and the text beside it says how. */
  | { readonly do: 'choose-profile' }
  /** Adds a statement, as JSON, to a policy of AWS. */
  | { readonly do: 'add-statement'; readonly statement: string }
  /** Names a thing that a check of AWS looks at, where no pipeline names it. */
  | { readonly do: 'name-in-check'; readonly what: 'execution-role' | 'queue' }
  /** Leaves the secrets of the person out of the run that this process is inside of. */
  | { readonly do: 'leave-out-user' }
  /** Submits a job that launches the pipeline, instead of a launch of a command that submits a job. */
  | { readonly do: 'submit-launch' }
  | { readonly do: 'platform-login' }
  | { readonly do: 'list-platform-workspaces' }
  /** Sets a secret on Seqera Platform. @param context - title of a workspace there, or `user`. */
  | { readonly do: 'set-platform-secret'; readonly name: string; readonly context: string }
  /** Launches what a Platform gets, although it differs from what is here. */
  | { readonly do: 'launch-as-pushed' }
  /** Waits for a run on Seqera Platform, or ends it. */
  | { readonly do: 'watch-platform-run'; readonly run: string; readonly context: string }
  | { readonly do: 'cancel-platform-run'; readonly run: string; readonly context: string }
  /**
   * Runs a command line of another program. One that changes the environment counts only for what is started from the
   * same shell.
   */
  | { readonly do: 'run'; readonly command: string; readonly changes?: 'environment' }
  | { readonly do: 'open-file'; readonly path: string };

/** An action, and its purpose or the case that it is right for: the beginning of a sentence, without a colon. */
export type LedAction = Action & { readonly lead?: Phrase };

/** Next step for a person: an action, or advice in a sentence. */
export type Remedy = LedAction | Phrase;

/** One remedy, or several: the nearest first. */
export type Remedies = Remedy | readonly Remedy[];

export const remediesOf = (remedies: Remedies | undefined): readonly Remedy[] =>
  remedies === undefined ? [] : [remedies].flat();

/** Makes a remedy of a command line of another program and its purpose. */
export const run = (lead: Phrase, command: string): LedAction => ({ do: 'run', lead, command });

/** Makes a remedy of a shell command that changes the environment, and its purpose. */
export const runForShell = (lead: Phrase, command: string): LedAction => ({
  do: 'run',
  lead,
  command,
  changes: 'environment',
});
