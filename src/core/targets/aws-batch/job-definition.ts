import { dirname } from 'node:path/posix';
import type {
  ContainerProperties,
  MountPoint,
  RegisterJobDefinitionCommandInput,
  Volume,
} from '@aws-sdk/client-batch';
import type { BatchSettings, ContainerOptions } from '../../nextflow/preview.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { optionProperties } from './container-options.ts';
import { phrase } from '../../system/phrase.ts';

/** A process with tasks that run as jobs of AWS Batch and ask for secrets. */
export interface BatchProcess {
  /** Full name: `WORKFLOW:PROCESS`. */
  readonly name: string;
  readonly image: string;
  readonly containerOptions: ContainerOptions;
  /** Disk in GiB; null if the pipeline does not set it. */
  readonly disk: number | null;
  /** `arch`, as Nextflow calls it: `arm64`, `x86_64`. */
  readonly arch: string | null;
  /** The queues of its jobs; {@link ANY_QUEUE} among them if one is known only when a task runs. */
  readonly queues: readonly string[];
  /** The effective `secret` directives. */
  readonly secrets: readonly string[];
}

/** Fargate's disk, if the process does not set it, or sets less than one. In GiB. */
const FARGATE_DISK = 50;

/** The parts of a job definition. */
export interface DefinitionParts {
  readonly name: string;
  readonly process: BatchProcess;
  /** ARN of each secret, with the whole name and Secrets Manager's suffix. */
  readonly arns: ReadonlyMap<string, string>;
  readonly settings: BatchSettings;
  /** Region of its logs. */
  readonly region: string;
}

/**
 * The job definition for one process. It has the secrets, and all parts of nf-amazon's own definition
 * (`AwsBatchTaskHandler` and `AwsContainerOptionsMapper` of nf-amazon 2.9): Nextflow does not add these to a definition
 * that it did not make. It sends the parts of a single task (command, resources, time, queue, labels, retries) with the
 * job.
 *
 * @throws HumanError 65 for an option that AWS Batch cannot have.
 */
export function jobDefinition({
  name,
  process,
  arns,
  settings,
  region,
}: DefinitionParts): RegisterJobDefinitionCommandInput {
  const { fargate, jobRole, executionRole, logsGroup } = settings;
  const { mountPoints, volumes } = mounts(settings);
  const containerProperties: ContainerProperties = {
    ...optionProperties(process.name, process.containerOptions),
    image: process.image,
    command: ['true'],
    // They matter: for a process with exactly these numbers Nextflow sends none.
    resourceRequirements: [
      { type: 'VCPU', value: '1' },
      { type: 'MEMORY', value: fargate ? '2048' : '1024' },
    ],
    secrets: process.secrets.map((secret) => {
      const valueFrom = arns.get(secret);
      if (valueFrom === undefined) throw new Error(`no ARN for ${secret}`);
      return { name: secret, valueFrom };
    }),
    ...(jobRole !== null && { jobRoleArn: jobRole }),
    ...(executionRole !== null && { executionRoleArn: executionRole }),
    ...(logsGroup !== null && {
      logConfiguration: {
        logDriver: 'awslogs' as const,
        options: { 'awslogs-region': region, 'awslogs-group': logsGroup },
      },
    }),
    ...(volumes.length > 0 && { mountPoints, volumes }),
    ...(fargate && {
      networkConfiguration: { assignPublicIp: 'ENABLED' as const },
      ephemeralStorage: { sizeInGiB: process.disk === 0 ? FARGATE_DISK : (process.disk ?? FARGATE_DISK) },
      ...(process.arch === 'arm64' && { runtimePlatform: { cpuArchitecture: 'ARM64' } }),
    }),
  };
  return {
    jobDefinitionName: name,
    type: 'container',
    containerProperties,
    ...(fargate && { platformCapabilities: ['FARGATE' as const] }),
  };
}

function mounts({ cliPath, fargate, volumes: wanted }: BatchSettings): {
  readonly mountPoints: MountPoint[];
  readonly volumes: Volume[];
} {
  const mountPoints: MountPoint[] = [];
  const volumes: Volume[] = [];
  const add = (sourceVolume: string, text: string): void => {
    const [host = '', container = host, mode, ...rest] = text.split(':').filter((part) => part !== '');
    if (host === '' || rest.length > 0) {
      throw new HumanError(
        ExitCode.data,
        phrase`aws.batch.volumes has "${printable(text)}", which is no volume.`,
        phrase`Write it as host, host:container or host:container:ro.`,
      );
    }
    mountPoints.push({ sourceVolume, containerPath: container, readOnly: mode === 'ro' });
    volumes.push({ name: sourceVolume, host: { sourcePath: host } });
  };
  const isAws = cliPath !== null && !cliPath.split(/[/ ]+/).includes('s5cmd');
  if (isAws && !fargate) {
    // The whole installation: `aws` is a script beside the Python that runs it.
    const installation = dirname(dirname(cliPath));
    add('aws-cli', `${installation}:${installation}:ro`);
  }
  wanted.forEach((volume, index) => {
    add(`vol-${index + 1}`, volume);
  });
  return { mountPoints, volumes };
}
