import {
  type BatchClient,
  type ComputeEnvironmentDetail,
  DescribeComputeEnvironmentsCommand,
  DescribeJobQueuesCommand,
  type JobQueueDetail,
  paginateDescribeJobQueues,
} from '@aws-sdk/client-batch';
import { type Phrase, phrase } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import { didYouMean } from '../../../system/near-miss.ts';
import { isUnread, orUnread, type Unread } from './iam.ts';

/** A job queue, and the environments that its jobs run in. */
export interface Queue {
  /** Its name in the pipeline, or its ARN. */
  readonly name: string;
  /** Its ARN; null if there is no such queue, or it cannot be looked at. */
  readonly arn: string | null;
  readonly computeEnvironments: readonly ComputeEnvironment[];
}

export interface ComputeEnvironment {
  readonly name: string;
  /** `EC2`, `SPOT`, `FARGATE`, `FARGATE_SPOT`; `UNMANAGED` or `unknown` otherwise. */
  readonly type: string;
  /** `ENABLED` or `DISABLED`, and a status that is not `VALID`: `ENABLED, INVALID`. */
  readonly state: string;
}

/** A reason why a queue takes no jobs. */
export interface QueueProblem {
  readonly queue: string;
  /** Its ARN if there is one. */
  readonly resource: string;
  /** A sentence without its end. */
  readonly reason: Phrase;
  /** False if the account or region may be wrong. */
  readonly certain: boolean;
}

/**
 * Finds the queues that take no jobs. One request, and one more if a queue is not there.
 *
 * @param names - names or ARNs.
 */
export async function queueProblems(
  batch: BatchClient,
  names: readonly string[],
  abortSignal?: AbortSignal,
): Promise<
  { readonly found: readonly JobQueueDetail[]; readonly problems: readonly QueueProblem[] } | Unread
> {
  if (names.length === 0) return { found: [], problems: [] };
  const options = abortSignal === undefined ? {} : { abortSignal };
  const described = await orUnread(
    'batch:DescribeJobQueues',
    batch.send(new DescribeJobQueuesCommand({ jobQueues: [...names] }), options),
  );
  if (isUnread(described)) return described;
  const { jobQueues: found = [] } = described;
  const absent = names.filter((name) => !found.some((queue) => isNamed(queue, name)));
  const others = absent.length === 0 ? [] : await queueNames(batch, abortSignal);
  const problems = names.flatMap((name): QueueProblem[] => {
    const queue = found.find((one) => isNamed(one, name));
    const resource = queue?.jobQueueArn ?? name;
    const problem = (reason: Phrase, certain = true): QueueProblem[] => [
      { queue: name, resource, reason, certain },
    ];
    if (queue === undefined) {
      // An account without any queue is not the pipeline's account, or it is a stand-in for AWS.
      return others.length === 0
        ? problem(phrase`there is no job queue at all in this account and region`, false)
        : problem(phrase`there is no job queue ${printable(name)}.${didYouMean(name, others)}`);
    }
    const { state, status, statusReason } = queue;
    if (state === 'DISABLED') return problem(phrase`the job queue is disabled`);
    if (status === 'INVALID' || status === 'DELETING' || status === 'DELETED')
      return problem(
        statusReason === undefined
          ? phrase`the job queue is ${status}`
          : phrase`the job queue is ${status} (${printable(statusReason)})`,
      );
    return [];
  });
  return { found, problems };
}

export interface DescribedQueues {
  readonly queues: readonly Queue[];
  readonly problems: readonly QueueProblem[];
  /** Reasons why something could not be looked at. */
  readonly unread: readonly Phrase[];
}

/** The queues with their compute environments. */
export async function describeQueues(batch: BatchClient, names: readonly string[]): Promise<DescribedQueues> {
  const described = await queueProblems(batch, names);
  const unknown = names.map((name): Queue => ({ name, arn: null, computeEnvironments: [] }));
  if (isUnread(described)) return { queues: unknown, problems: [], unread: [described.unread] };
  const { found, problems } = described;
  const wanted = new Set(found.flatMap(environmentsOf));
  const answer =
    wanted.size === 0
      ? { computeEnvironments: [] }
      : await orUnread(
          'batch:DescribeComputeEnvironments',
          batch.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: [...wanted] })),
        );
  const environments = isUnread(answer) ? [] : (answer.computeEnvironments ?? []);
  const queues = names.map((name): Queue => {
    const queue = found.find((one) => isNamed(one, name));
    if (queue === undefined) return { name, arn: null, computeEnvironments: [] };
    return {
      name: queue.jobQueueName ?? name,
      arn: queue.jobQueueArn ?? null,
      computeEnvironments: environmentsOf(queue).map((arn) =>
        computeEnvironment(
          arn,
          environments.find((one) => one.computeEnvironmentArn === arn || one.computeEnvironmentName === arn),
        ),
      ),
    };
  });
  return { queues, problems, unread: isUnread(answer) ? [answer.unread] : [] };
}

const isNamed = ({ jobQueueName, jobQueueArn }: JobQueueDetail, name: string): boolean =>
  name === jobQueueName || name === jobQueueArn;

const environmentsOf = ({ computeEnvironmentOrder = [] }: JobQueueDetail): string[] =>
  computeEnvironmentOrder.flatMap(({ computeEnvironment: arn }) => arn ?? []);

function computeEnvironment(arn: string, detail: ComputeEnvironmentDetail | undefined): ComputeEnvironment {
  const name = detail?.computeEnvironmentName ?? arn.slice(arn.lastIndexOf('/') + 1);
  const { computeResources, type, state = 'unknown', status } = detail ?? {};
  return {
    name,
    type: computeResources?.type ?? type ?? 'unknown',
    state: status === undefined || status === 'VALID' ? state : `${state}, ${status}`,
  };
}

async function queueNames(client: BatchClient, abortSignal?: AbortSignal): Promise<string[]> {
  const options = abortSignal === undefined ? {} : { abortSignal };
  const read = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const { jobQueues = [] } of paginateDescribeJobQueues({ client }, {}, options))
      names.push(...jobQueues.flatMap(({ jobQueueName: name }) => name ?? []));
    return names;
  };
  const names = await orUnread('batch:DescribeJobQueues', read());
  return isUnread(names) ? [] : names;
}
