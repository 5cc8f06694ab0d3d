import { ExitCode, HumanError } from '../../system/human-error.ts';
import { didYouMean } from '../../system/near-miss.ts';
import { printable } from '../../system/printable.ts';
import type { WithheldSecret } from '../../secrets/resolve.ts';
import type { SecretValue } from '../../secrets/secret-value.ts';
import {
  ANY_QUEUE,
  SEVERAL,
  type Preview,
  type PreviewedProcess,
  type Unknown,
} from '../../nextflow/preview.ts';
import { groovyLiteral } from '../../nextflow/groovy-literal.ts';
import type { AllowMissing } from '../target.ts';
import { AWS_BATCH_EXECUTOR } from './items.ts';
import type { BatchProcess } from './job-definition.ts';
import { refuseTakenNames } from './task-variables.ts';
import { phrase } from '../../system/phrase.ts';

export const runsOnBatch = ({ executor }: PreviewedProcess): boolean => executor === AWS_BATCH_EXECUTOR;

const isUnknown = (value: unknown): value is Unknown =>
  typeof value === 'object' && value !== null && 'failed' in value && typeof value.failed === 'string';

/**
 * Finds and checks the processes of AWS Batch that need a job definition of ours.
 *
 * @param values - the run's secrets.
 * @throws HumanError 65 if a value is in a process's options, 66 if a process asks for a secret that the run does not
 * have, 69 for a process that cannot get secrets in AWS Batch, with the change to make.
 */
export function batchProcesses(
  { processes, wave, fusion, settings, env }: Preview,
  values: ReadonlyMap<string, SecretValue>,
  allowMissing: AllowMissing,
  withheld: readonly WithheldSecret[] = [],
): BatchProcess[] {
  refuseOtherImages({ wave, fusion });
  const found: BatchProcess[] = [];
  const names = new Set([...values.keys(), ...withheld.map(({ name }) => name)]);
  refuseWithheld(processes, withheld);
  for (const process of processes.filter(runsOnBatch)) {
    const { name, queues } = process;
    const secrets = known(process, 'secret', process.secrets).filter((secret) =>
      isSent(secret, process, names, allowMissing),
    );
    if (secrets.length === 0) continue;
    const image = imageOf(process);
    const containerOptions = known(process, 'containerOptions', process.containerOptions);
    const texts = [image, ...Object.entries(containerOptions).flat(2)];
    refuseValues(name, texts, values);
    refuseTakenNames({ name, secrets, containerOptions }, env);
    if (!/^\w+(:\w+)*$/.test(name)) throw new Error(`a process called ${name}`);
    found.push({
      ...{ name, image, containerOptions, secrets },
      // Elsewhere a definition has neither.
      disk: settings.fargate ? known(process, 'disk', process.disk) : null,
      arch: settings.fargate ? known(process, 'arch', process.arch) : null,
      queues: isUnknown(queues) ? [ANY_QUEUE] : queues,
    });
  }
  if (found.length > 0 && settings.executionRole === null) {
    throw new HumanError(
      ExitCode.unavailable,
      phrase`The pipeline names no execution role, which AWS Batch needs to read the secrets for the tasks.`,
      phrase`Set it: aws.batch.executionRole = 'arn:aws:iam::ACCOUNT:role/NAME'`,
    );
  }
  return found;
}

/** @throws HumanError 69 if something gives tasks other images than their processes name. */
function refuseOtherImages({ wave, fusion }: Pick<Preview, 'wave' | 'fusion'>): void {
  if (!wave && !fusion) return;
  const what = fusion ? 'Fusion' : 'Wave';
  const scopes = [...(fusion ? ['fusion'] : []), ...(wave ? ['wave'] : [])];
  const off = scopes.map((scope) => `${scope}.enabled = false`);
  const options = scopes.map((scope) => `-with-${scope}`);
  throw new HumanError(
    ExitCode.unavailable,
    phrase`${what} is enabled: it takes the name of a job definition for a container image, so secrets
      cannot reach tasks in AWS Batch.`,
    phrase`Run without it: ${off.join(' and ')} in a config, and no ${options.join(', no ')}`,
  );
}

/** The container image of a process that asks for secrets. @throws HumanError 69 if it has none that gets them. */
function imageOf(process: PreviewedProcess): string {
  const { name } = process;
  const image = known(process, 'container', process.image);
  if (image === null) {
    throw new HumanError(
      ExitCode.unavailable,
      phrase`Process ${printable(name)} asks for secrets and runs in AWS Batch, but has no container.`,
      phrase`Give it one: process { withName: '${printable(name)}' { container = 'IMAGE' } }`,
    );
  }
  if (image.startsWith('job-definition://')) {
    throw new HumanError(
      ExitCode.unavailable,
      phrase`Process ${printable(name)} asks for secrets, but has your own job definition (${printable(image)}),
        which cannot get them.`,
      phrase`Name a container image instead.`,
    );
  }
  return image;
}

function known<T>({ name }: PreviewedProcess, what: string, value: T | Unknown): T {
  if (!isUnknown(value)) return value;
  // The preview gives a task stand-ins for facts that only a real task has. Each use of one fails with this error.
  const why =
    value.failed === 'IllegalStateException'
      ? phrase`its input, name or number, or an earlier attempt`
      : printable(value.failed);
  const depends = value.failed === SEVERAL ? phrase`names ${SEVERAL}` : phrase`depends on the task (${why})`;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`The ${what} of process ${printable(name)} ${depends}, so no job definition can be made for it
      before the run.`,
    phrase`Let it depend on params only, or set it: process { withName: '${printable(name)}' { ${what} = … }
      }`,
  );
}

function isSent(
  secret: string,
  { name: process }: PreviewedProcess,
  names: ReadonlySet<string>,
  allowMissing: AllowMissing,
): boolean {
  if (names.has(secret)) return true;
  if (allowMissing === true || allowMissing?.includes(secret) === true) return false;
  throw new HumanError(
    ExitCode.missing,
    phrase`Process ${printable(process)} asks for the secret ${printable(secret)}, which this run does not
      have.${didYouMean(secret, [...names])}`,
    [
      { do: 'set-secret', name: secret },
      { do: 'send-secret', name: secret, lead: phrase`If it is set already` },
      { do: 'allow-missing', name: secret, lead: phrase`If the task does without` },
    ],
  );
}

/** @throws HumanError 77 if a task that does not run in AWS Batch asks for a value that the person may not read. */
function refuseWithheld(processes: readonly PreviewedProcess[], withheld: readonly WithheldSecret[]): void {
  for (const process of processes.filter((one) => !runsOnBatch(one))) {
    const { name, secrets } = process;
    const needed = isUnknown(secrets) ? withheld : withheld.filter((one) => secrets.includes(one.name));
    const [first] = needed;
    if (first === undefined) continue;
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`Process ${printable(name)} does not run in AWS Batch and asks for the secret ${printable(first.name)}, so its value
        has to be read. ${first.reason.phrase}`,
      first.reason.remedies,
      first.reason,
    );
  }
}

/** A value this short may be anywhere by accident. It counts only as a whole word. */
const SHORT = 4;

function refuseValues(
  process: string,
  texts: readonly string[],
  values: ReadonlyMap<string, SecretValue>,
): void {
  for (const [name, value] of values) {
    const plain = value.reveal();
    const holds = (text: string): boolean =>
      plain.length >= SHORT ? text.includes(plain) : text.split(/[\s=:,'"]+/).includes(plain);
    if (!texts.some(holds)) continue;
    throw new HumanError(
      ExitCode.data,
      phrase`The container or containerOptions of process ${printable(process)} hold the value of
        ${printable(name)}, which everyone who can see the account's job definitions could read.`,
      phrase`Let the task get it: secret '${printable(name)}' in the process`,
    );
  }
}

/**
 * The config that gives processes their job definitions, to be read last. Each key is one process's full name in a form
 * that no pipeline uses: a key that is there already would keep its position, and could lose. Nextflow applies
 * `withName` to a process's own name first, then to its alias, then to the full name. So the key of a process without a
 * workflow also matches processes of that name inside of workflows. These therefore get their own image again.
 *
 * @param definitions - the job definition of each process, by its full name.
 */
export function generatedConfig(
  { processes }: Pick<Preview, 'processes'>,
  definitions: ReadonlyMap<string, string>,
): string {
  const lone = new Set([...definitions.keys()].filter((name) => !name.includes(':')));
  const lines = processes.flatMap(({ name, container }) => {
    const definition = definitions.get(name);
    const key = `  withName: ${groovyLiteral(`(?:${name})`)} { container =`;
    if (definition !== undefined) return [`${key} ${groovyLiteral(`job-definition://${definition}`)} }`];
    if (lone.size === 0) return [];
    if (!isUnknown(container)) return [`${key} ${container === null ? 'null' : groovyLiteral(container)} }`];
    if (!lone.has(name.split(':').at(-1) ?? '')) return [];
    throw new HumanError(
      ExitCode.unavailable,
      phrase`Process ${printable(name)} has a container that depends on the task, and the name of another
        process that asks for secrets in AWS Batch.`,
      phrase`Give one of them another name: include { X as Y }`,
    );
  });
  return `// Written by nf-secrets for one run; it is removed when the run ends.\nprocess {\n${lines.join('\n')}\n}\n`;
}
