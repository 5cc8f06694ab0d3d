import { Pace, type Rate } from '../system/pace.ts';
import { isThrottled } from './aws-error.ts';

/**
 * AWS publishes no rate for AWS Batch but of SubmitJob. Observed are 10 a second and 10 at once for all calls of an
 * account and region together; some room is left, for a bucket that is never quite full.
 */
export const BATCH_RATE: Rate = { perSecond: 9, burst: 9 };

/** Secrets Manager takes about 50 requests a second of an account that make or delete secrets. */
export const SECRETS_RATE: Rate = { perSecond: 50, burst: 50 };
export const SECRETS_WRITES: ReadonlySet<string> = new Set(['CreateSecretCommand', 'DeleteSecretCommand']);

/** Position of {@link paced} among the SDK's middlewares: inside of the repetitions. */
export const EACH_TRY = { name: 'pace', relation: 'after', toMiddleware: 'retryMiddleware' } as const;

type Send<Request, Answer> = (request: Request) => Promise<Answer>;

/**
 * A middleware of the SDK that makes each request of a client wait for its turn, and each repetition too. So repeated
 * requests are a part of the rate, and do not multiply it.
 *
 * @param only - the commands that count; all if absent.
 */
export function paced(
  rate: Rate,
  only?: ReadonlySet<string>,
): <Request, Answer>(
  send: Send<Request, Answer>,
  context: { readonly commandName?: string },
) => Send<Request, Answer> {
  const pace = new Pace(rate);
  return (send, { commandName = '' }) =>
    async (request) => {
      if (only?.has(commandName) === false) return send(request);
      await pace.turn();
      try {
        const answer = await send(request);
        pace.taken();
        return answer;
      } catch (error) {
        if (isThrottled(error)) pace.refused();
        throw error;
      }
    };
}
