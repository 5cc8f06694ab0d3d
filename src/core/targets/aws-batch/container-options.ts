import type {
  ContainerProperties,
  KeyValuePair,
  LinuxParameters,
  Tmpfs,
  Ulimit,
} from '@aws-sdk/client-batch';
import type { ContainerOptions } from '../../nextflow/preview.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { phrase } from '../../system/phrase.ts';

/** The options of one process, read one by one. */
class OptionReader {
  readonly #process: string;
  readonly #options: ContainerOptions;

  constructor(process: string, options: ContainerOptions) {
    this.#process = process;
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#options[name] !== undefined;
  }

  all(...names: string[]): string[] {
    return names.flatMap((name) => [...(this.#options[name] ?? [])]);
  }

  first(...names: string[]): string | undefined {
    return this.all(...names).find((value) => value !== '');
  }

  /** @throws HumanError 65 if it is not a whole number. */
  whole(option: string, value: string, form: string): number {
    if (!/^-?\d+$/.test(value)) throw this.malformed(option, value, form);
    return Number(value);
  }

  /** The first value as a whole number; undefined if there is none. */
  firstWhole(option: string, form: string): number | undefined {
    const value = this.first(option);
    return value === undefined ? undefined : this.whole(option, value, form);
  }

  malformed(option: string, value: string, form: string): HumanError {
    return new HumanError(
      ExitCode.data,
      phrase`containerOptions of process ${printable(this.#process)} has --${option} ${printable(value)},
        which AWS Batch cannot have.`,
      phrase`Write it as --${option} ${form}.`,
    );
  }
}

/**
 * The properties that nf-amazon makes of `containerOptions`. It ignores all other options, and so do we.
 *
 * @param process - its name.
 * @throws HumanError 65 for an option that AWS Batch cannot have.
 */
export function optionProperties(process: string, options: ContainerOptions): Partial<ContainerProperties> {
  if (Object.keys(options).length === 0) return {};
  const reader = new OptionReader(process, options);
  const environment = reader.all('env', 'e').map(variable);
  const ulimits = reader.all('ulimit').map((text) => ulimit(text, reader));
  const linux = linuxParameters(reader);
  const user = reader.first('u', 'user');
  return {
    ...(reader.has('privileged') && { privileged: true }),
    ...(reader.has('read-only') && { readonlyRootFilesystem: true }),
    ...(environment.length > 0 && { environment }),
    ...(user !== undefined && { user }),
    ...(ulimits.length > 0 && { ulimits }),
    ...(Object.keys(linux).length > 0 && { linuxParameters: linux }),
  };
}

function variable(text: string): KeyValuePair {
  const equals = text.indexOf('=');
  return equals < 0 ? { name: text } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

function ulimit(text: string, reader: OptionReader): Ulimit {
  const form = 'NAME=SOFT:HARD';
  const [, name, soft = '', hard = soft] = /^([^=]+)=([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (name === undefined) throw reader.malformed('ulimit', text, form);
  return {
    name,
    softLimit: reader.whole('ulimit', soft, form),
    hardLimit: reader.whole('ulimit', hard, form),
  };
}

function linuxParameters(reader: OptionReader): LinuxParameters {
  const tmpfs = reader.all('tmpfs').map((text) => tmpfsMount(text, reader));
  const sharedMemorySize = sharedMemory(reader);
  const maxSwap = reader.firstWhole('memory-swap', 'MIB');
  const swappiness = reader.firstWhole('memory-swappiness', '0 to 100');
  return {
    ...(sharedMemorySize !== undefined && { sharedMemorySize }),
    ...(tmpfs.length > 0 && { tmpfs }),
    ...(maxSwap !== undefined && { maxSwap }),
    ...(swappiness !== undefined && { swappiness }),
    ...(reader.has('init') && { initProcessEnabled: true }),
  };
}

function tmpfsMount(text: string, reader: OptionReader): Tmpfs {
  const form = 'PATH:OPTIONS,size=MIB';
  const [, containerPath, options = '', size = ''] = /^(.*?):(.*?),?size=(.*)$/.exec(text) ?? [];
  if (containerPath === undefined) throw reader.malformed('tmpfs', text, form);
  return {
    containerPath,
    size: reader.whole('tmpfs', size, form),
    mountOptions: options.split(',').filter((option) => option !== ''),
  };
}

/** Size of the shared memory, in MiB. */
function sharedMemory(reader: OptionReader): number | undefined {
  const text = reader.first('shm-size');
  if (text === undefined) return undefined;
  const size = mebibytes(text);
  if (size === undefined) throw reader.malformed('shm-size', text, 'SIZE, such as 256m');
  return size;
}

/** A size as Docker and Nextflow write it (`256m`, `1.5 GB`; without a unit it is bytes) in whole MiB. */
function mebibytes(size: string): number | undefined {
  const [, count, unit = 'b'] = /^(\d+(?:\.\d+)?)\s*([bkmgt])?b?$/i.exec(size) ?? [];
  return count === undefined
    ? undefined
    : Math.floor(Number(count) * 1024 ** ('bkmgt'.indexOf(unit.toLowerCase()) - 2));
}
