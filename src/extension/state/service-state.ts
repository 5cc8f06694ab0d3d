import type { SecretInfo } from '../../core/secrets/secret-store.ts';
import { ExitCode, type HumanError } from '../../core/system/human-error.ts';
import { factWithRemedies } from '../remedies.ts';
import type { Repair } from './repair.ts';

// What is shown of a workspace whose secrets are in a service. Plain data without values.

/** The last answers of a service. */
export interface Answer {
  /** False before the first answer, whatever it is. */
  readonly isAnswered: boolean;
  readonly infos: ReadonlyMap<string, SecretInfo>;
  /** Names that were asked for one by one, and are not there. */
  readonly absent: ReadonlySet<string>;
  /** Facts that the person should know. */
  readonly notes: readonly string[];
  /** Undefined if the last answer was good. */
  readonly failure: HumanError | undefined;
  /** Time of the last good answer. */
  readonly at: Date | undefined;
}

export const NO_ANSWER: Answer = {
  ...{ isAnswered: false, infos: new Map(), absent: new Set(), notes: [], failure: undefined, at: undefined },
};

/** A reason that a service is not asked at all. */
export interface Refusal {
  readonly kind: 'unaccepted' | 'restricted';
  readonly message: string;
}

/** A workspace in a service, as the models take it. */
export interface ServiceState {
  /** The service, account, region, and beginning of names. */
  readonly title: string;
  /** File that names the store. Absolute path. */
  readonly path: string;
  readonly infos: ReadonlyMap<string, SecretInfo>;
  /** The only names that can be called missing: a list alone is no proof. */
  readonly absent: readonly string[];
  /** True until the service has answered for the first time. */
  readonly isAsked: boolean;
  /** Reason that not all names are known; undefined if there is none. */
  readonly problem: string | undefined;
  readonly repair: Repair | undefined;
  /** Time of the answer that is shown, if a later one failed: ISO 8601. */
  readonly asOf: string | undefined;
  readonly notes: readonly string[];
  /** True if the store keeps earlier values and deleted secrets. */
  readonly hasPast: boolean;
}

/** Service that the secrets of a workspace are in, as it is shown. */
export type StoreService = Pick<ServiceState, 'title' | 'asOf' | 'notes' | 'hasPast' | 'isAsked'>;

/** What {@link stateOfService} is made from. */
interface ServiceFacts extends Pick<ServiceState, 'title' | 'path' | 'hasPast'> {
  readonly answer: Answer;
  /** Undefined if the service may be asked. */
  readonly refusal: Refusal | undefined;
}

export function stateOfService({ title, path, hasPast, answer, refusal }: ServiceFacts): ServiceState {
  const { infos, absent, notes, failure, at, isAnswered } = answer;
  return {
    ...{ title, path, hasPast, infos, notes },
    absent: [...absent],
    isAsked: refusal === undefined && !isAnswered,
    problem: refusal?.message ?? (failure && factWithRemedies(failure.phrase, failure.remedies)),
    repair: repairOf(failure, refusal),
    asOf: failure === undefined ? undefined : at?.toISOString(),
  };
}

function repairOf(failure: HumanError | undefined, refusal: Refusal | undefined): Repair | undefined {
  if (refusal !== undefined) return refusal.kind === 'unaccepted' ? { kind: 'accept' } : undefined;
  if (failure === undefined) return undefined;
  return { kind: 'reach', isRefused: failure.exitCode === ExitCode.notPermitted };
}
