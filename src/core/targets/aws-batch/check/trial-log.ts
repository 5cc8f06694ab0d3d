import { ExitCode, HumanError } from '../../../system/human-error.ts';
import { printable } from '../../../system/printable.ts';
import { type Phrase, phrase } from '../../../system/phrase.ts';
import { awsError, awsErrorCode, type AwsStep, type Refusal, refusalOf } from '../../../aws/aws-error.ts';
import type { Tried } from './verdict.ts';

/** Codes for something that is not there, which AWS looks for after it has let the request pass. */
const PASSED = /^(ResourceNotFoundException|ClientException|InvalidRequestException)$/;

/** The verdicts on all actions that were tried. */
export class TrialLog {
  /** Verdicts by action; for `iam:PassRole` by action and resource, with a blank between. */
  readonly verdicts = new Map<string, Tried>();

  allows(action: string): boolean {
    return this.verdicts.get(action)?.result === 'allowed';
  }

  works(key: string): void {
    this.verdicts.set(key, { result: 'allowed', reason: phrase`tried, and it works` });
  }

  notTried(action: string, reason: Phrase): void {
    this.verdicts.set(action, { result: 'unknown', reason: phrase`not tried: ${reason}` });
  }

  /**
   * Notes the result of a request.
   *
   * @returns its answer; undefined if there is none.
   * @throws HumanError 69, 77 if every other request would fail too.
   */
  async send<Answer extends object>(step: AwsStep, request: Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await request;
      this.works(step.action);
      return answer;
    } catch (error) {
      this.#failed(step, error);
      return undefined;
    }
  }

  #failed(step: AwsStep, error: unknown): void {
    const { action } = step;
    const refusal = refusalOf(error, step);
    if (refusal !== undefined) {
      this.#refused(action, refusal);
      return;
    }
    if (PASSED.test(awsErrorCode(error) ?? '')) {
      this.works(action);
      return;
    }
    const human = awsError(error, step);
    if (!(human instanceof HumanError) || isFatal(human)) throw human;
    this.verdicts.set(action, { result: 'unknown', reason: phrase`tried: ${human.phrase}` });
  }

  #refused(action: string, refusal: Refusal): void {
    const { policies, statement } = refusal;
    const reason =
      policies === undefined
        ? phrase`tried: AWS denies it`
        : statement === undefined
          ? phrase`tried: AWS denies it (${policies} denies it explicitly)`
          : phrase`tried: AWS denies it (${policies} does not allow it)`;
    const verdict: Tried = { result: 'denied', reason, statement: statement ?? null, refusal };
    if (refusal.action === action) {
      this.verdicts.set(action, verdict);
      return;
    }
    const key = refusal.action === 'iam:PassRole' ? `iam:PassRole ${refusal.resource}` : refusal.action;
    this.verdicts.set(key, verdict);
    const before = phrase`tried: AWS denies ${printable(refusal.action)} before`;
    this.verdicts.set(action, { result: 'unknown', reason: before });
  }
}

const isFatal = ({ exitCode }: HumanError): boolean =>
  exitCode === ExitCode.unavailable || exitCode === ExitCode.notPermitted;
