import type { BatchSettings, ContainerOptions } from '../../nextflow/preview.ts';
import { dirname } from 'node:path/posix';
import type {
  ContainerProperties,
  KeyValuePair,
  LinuxParameters,
  MountPoint,
  RegisterJobDefinitionCommandInput,
  Tmpfs,
  Ulimit,
  Volume,
} from '@aws-sdk/client-batch';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';

/** A process whose tasks run as jobs of AWS Batch and ask for secrets. */
export interface BatchProcess {
  /** Fully qualified: `WORKFLOW:PROCESS`. */
  readonly name: string;
  readonly image: string;
  readonly containerOptions: ContainerOptions;
  /** In GiB; null if the pipeline does not say. */
  readonly disk: number | null;
  /** `arch`, as Nextflow calls it: `arm64`, `x86_64`. */
  readonly arch: string | null;
  /** Where its jobs go; {@link ANY_QUEUE} among them if that is known only when a task runs. */
  readonly queues: readonly string[];
  /** The effective `secret` directives. */
  readonly secrets: readonly string[];
}

/** Fargate's disk, if the process does not say, or says less than one. In GiB. */
const FARGATE_DISK = 50;

/**
 * The job definition for one process: all that nf-amazon's own would have (`AwsBatchTaskHandler` and
 * `AwsContainerOptionsMapper` of nf-amazon 2.9), which Nextflow skips for a definition that it did not make, and the
 * secrets. What belongs to a single task (command, resources, time, queue, labels, retries) Nextflow sends with the
 * job.
 *
 * @param arns - of each secret's whole name with Secrets Manager's suffix.
 * @param region - where the logs go.
 * @throws HumanError 65 for an option that AWS Batch cannot have.
 */
export function jobDefinition(
  name: string,
  process: BatchProcess,
  arns: ReadonlyMap<string, string>,
  settings: BatchSettings,
  region: string,
): RegisterJobDefinitionCommandInput {
  const { fargate, jobRole, executionRole, logsGroup } = settings;
  const { mountPoints, volumes } = mounts(settings);
  const containerProperties: ContainerProperties = {
    ...optionProperties(process),
    image: process.image,
    command: ['true'],
    // They matter: for a process with these very numbers Nextflow sends none.
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
        `aws.batch.volumes has "${printable(text)}", which is no volume.`,
        'Write it as host, host:container or host:container:ro.',
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

/** What nf-amazon takes from `containerOptions`; it ignores all others, and so do we. */
function optionProperties({ name: process, containerOptions }: BatchProcess): Partial<ContainerProperties> {
  if (Object.keys(containerOptions).length === 0) return {};
  const all = (...names: string[]): string[] => names.flatMap((name) => [...(containerOptions[name] ?? [])]);
  const first = (...names: string[]): string | undefined => all(...names).find((value) => value !== '');
  const has = (name: string): boolean => containerOptions[name] !== undefined;
  const malformed = (option: string, value: string, form: string): HumanError =>
    new HumanError(
      ExitCode.data,
      `containerOptions of process ${printable(process)} has --${option} ${printable(value)}, which AWS Batch cannot have.`,
      `Write it as --${option} ${form}.`,
    );
  const whole = (option: string, value: string, form: string): number => {
    if (!/^-?\d+$/.test(value)) throw malformed(option, value, form);
    return Number(value);
  };
  const optional = (option: string, form: string): number | undefined => {
    const value = first(option);
    return value === undefined ? undefined : whole(option, value, form);
  };

  const environment = all('env', 'e').map((text): KeyValuePair => {
    const equals = text.indexOf('=');
    return equals < 0 ? { name: text } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
  });
  const ulimits = all('ulimit').map((text): Ulimit => {
    const form = 'NAME=SOFT:HARD';
    const [, name, soft = '', hard = soft] = /^([^=]+)=([^:]+)(?::(.+))?$/.exec(text) ?? [];
    if (name === undefined) throw malformed('ulimit', text, form);
    return {
      name,
      softLimit: whole('ulimit', soft, form),
      hardLimit: whole('ulimit', hard, form),
    };
  });
  const tmpfs = all('tmpfs').map((text): Tmpfs => {
    const form = 'PATH:OPTIONS,size=MIB';
    const [, containerPath, options = '', size = ''] = /^(.*?):(.*?),?size=(.*)$/.exec(text) ?? [];
    if (containerPath === undefined) throw malformed('tmpfs', text, form);
    return {
      containerPath,
      size: whole('tmpfs', size, form),
      mountOptions: options.split(',').filter((option) => option !== ''),
    };
  });
  const shared = first('shm-size');
  const sharedMemorySize = shared === undefined ? undefined : mebibytes(shared);
  if (shared !== undefined && sharedMemorySize === undefined) {
    throw malformed('shm-size', shared, 'SIZE, such as 256m');
  }
  const maxSwap = optional('memory-swap', 'MIB');
  const swappiness = optional('memory-swappiness', '0 to 100');
  const linuxParameters: LinuxParameters = {
    ...(sharedMemorySize !== undefined && { sharedMemorySize }),
    ...(tmpfs.length > 0 && { tmpfs }),
    ...(maxSwap !== undefined && { maxSwap }),
    ...(swappiness !== undefined && { swappiness }),
    ...(has('init') && { initProcessEnabled: true }),
  };
  const user = first('u', 'user');
  return {
    ...(has('privileged') && { privileged: true }),
    ...(has('read-only') && { readonlyRootFilesystem: true }),
    ...(environment.length > 0 && { environment }),
    ...(user !== undefined && { user }),
    ...(ulimits.length > 0 && { ulimits }),
    ...(Object.keys(linuxParameters).length > 0 && { linuxParameters }),
  };
}

/** A size as Docker and Nextflow write it (`256m`, `1.5 GB`; without a unit it is bytes) in whole MiB. */
function mebibytes(size: string): number | undefined {
  const [, count, unit = 'b'] = /^(\d+(?:\.\d+)?)\s*([bkmgt])?b?$/i.exec(size) ?? [];
  return count === undefined
    ? undefined
    : Math.floor(Number(count) * 1024 ** ('bkmgt'.indexOf(unit.toLowerCase()) - 2));
}
