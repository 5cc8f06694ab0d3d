import type { Notice } from '../../system/notice.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import type { BatchProcess } from './job-definition.ts';
import type { Remedy } from '../../system/remedy.ts';
import { type Phrase, phrase, type PhraseArgument } from '../../system/phrase.ts';

/** Variables that others set for each job, and who. With such a secret the job does not start, or does not get it. */
const SET_BY_OTHERS: readonly (readonly [RegExp, Phrase])[] = [
  [/^AWS_BATCH/, phrase`AWS Batch keeps names that begin with AWS_BATCH for itself`],
  [
    /^(ECS_.*|AWS_CONTAINER_.*|AWS_EXECUTION_ENV)$/,
    phrase`ECS sets variables of that name in the container: they give the task the credentials of its role`,
  ],
  [
    /^(NXF_DEBUG|AWS_RETRY_MODE|AWS_MAX_ATTEMPTS|AWS_METADATA_SERVICE_NUM_ATTEMPTS)$/,
    phrase`Nextflow sets it for each job itself`,
  ],
];

const OTHER_HALF = 'AWS_SECRET_ACCESS_KEY';

/** Variables that the AWS CLI and SDKs of the task read, for credentials and for the way to AWS. */
const ACCESS =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|(DEFAULT_)?(PROFILE|REGION)|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|CREDENTIAL_EXPIRATION|CA_BUNDLE|ENDPOINT_URL(_\w+)?|IGNORE_CONFIGURED_ENDPOINT_URLS|EC2_METADATA_\w+|USE_(FIPS|DUALSTACK)_ENDPOINT)$/;

/** Facts that a person should know of a secret with this name, before Nextflow tells which tasks ask for it. */
export function nameNotes(name: string, usedIn: PhraseArgument): Notice[] {
  const shown = printable(name);
  const reason = whyNotInBatch(name);
  return [
    ...(reason === undefined
      ? []
      : [{ fact: phrase`WARNING: a task of AWS Batch cannot get ${shown} (${usedIn}): ${reason}.` }]),
    ...(replacesAccess(name)
      ? [
          {
            fact: phrase`WARNING: in AWS Batch a task that asks for ${shown} (${usedIn}) reaches AWS by it, before its job
              role.`,
          },
        ]
      : []),
  ];
}

/** Reason that no task of AWS Batch can get a secret of this name; undefined if one can. */
const whyNotInBatch = (name: string): Phrase | undefined =>
  SET_BY_OTHERS.find(([pattern]) => pattern.test(name))?.[1];

/** Tells whether a secret of this name replaces a variable that the task reaches AWS with. */
const replacesAccess = (name: string): boolean => ACCESS.test(name);

/**
 * @param env - names of the pipeline's `env` settings, which Nextflow exports in each task after all else.
 * @throws HumanError 69 if a process asks for a secret, but something else sets its variable.
 */
export function refuseTakenNames(
  { name: process, secrets, containerOptions }: Pick<BatchProcess, 'name' | 'secrets' | 'containerOptions'>,
  env: readonly string[],
): void {
  const options = [...(containerOptions['env'] ?? []), ...(containerOptions['e'] ?? [])];
  const given = new Set(options.map((text) => text.split('=')[0]?.trim()));
  for (const secret of secrets) {
    const reason = whyNotInBatch(secret);
    if (reason !== undefined) throw refusal(process, secret, reason, anotherName(secret));
    if (given.has(secret))
      throw refusal(
        process,
        secret,
        phrase`its containerOptions give that variable too (-e, --env), and AWS does not start a container with both`,
        phrase`Leave -e ${printable(secret)} out of containerOptions, or the directive secret '${printable(secret)}' out of the process.`,
      );
    if (env.includes(secret))
      throw refusal(
        process,
        secret,
        phrase`the config sets that variable too (env, -e.NAME or -E), and the task gets the value of the config`,
        phrase`Leave ${printable(secret)} out of env, or the directive secret '${printable(secret)}' out of the process.`,
      );
    const half = secret === 'AWS_ACCESS_KEY_ID' && !secrets.includes(OTHER_HALF) && !given.has(OTHER_HALF);
    if (half)
      throw refusal(
        process,
        secret,
        phrase`it does not ask for AWS_SECRET_ACCESS_KEY, and the AWS CLI, which copies the files of the task, does not work with one of the two`,
        { do: 'rename-secret', name: secret, lead: phrase`Ask for both, or give it another name` },
      );
  }
}

const anotherName = (secret: string): Remedy => ({ do: 'rename-secret', name: secret });

const refusal = (process: string, secret: string, reason: Phrase, remedy: Remedy): HumanError =>
  new HumanError(
    ExitCode.unavailable,
    phrase`Process ${printable(process)} asks for the secret ${printable(secret)}, but ${reason}.`,
    remedy,
  );

/** Facts that a person should know of secrets with names that the task itself reads to reach AWS. */
export function accessWarnings(processes: readonly Pick<BatchProcess, 'name' | 'secrets'>[]): Notice[] {
  return processes.flatMap(({ name, secrets }) => {
    const names = secrets.filter(replacesAccess).map(printable);
    if (names.length === 0) return [];
    return [
      {
        fact: phrase`WARNING: process ${printable(name)} asks for ${names.join(', ')}, which the AWS CLI of the task reads
          before the job role: Nextflow copies files of the task from and to its work directory with it.`,
        remedy: phrase`If only a program of the task is to have it, give it another name.`,
      },
    ];
  });
}
