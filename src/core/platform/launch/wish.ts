import { ExitCode, HumanError } from '../../system/human-error.ts';
import { nearMiss } from '../../system/near-miss.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';

/** A parameter of a pipeline, as it was typed: the name without dashes. */
export interface TypedParameter {
  readonly name: string;
  readonly value: string;
}

/** A launch on a Platform as a person asks for it. */
export interface LaunchWish {
  /** A path, a URL, `owner/name`. */
  readonly pipeline: string;
  readonly revision?: string;
  readonly workDir?: string;
  readonly profiles: readonly string[];
  /** Paths of configs on this machine, which are sent with the launch. */
  readonly configs: readonly string[];
  /** Path of the script in the repository. */
  readonly mainScript?: string;
  readonly entryName?: string;
  readonly runName?: string;
  /** Path of a file of parameters on this machine. */
  readonly paramsFile?: string;
  readonly isStub: boolean;
  readonly parameters: readonly TypedParameter[];
}

/** Options of `nextflow run` that a Platform has a field for, and what is done with a value. */
const WITH_VALUE = {
  '-r': 'revision',
  '-revision': 'revision',
  '-w': 'workDir',
  '-work-dir': 'workDir',
  '-main-script': 'mainScript',
  '-entry': 'entryName',
  '-name': 'runName',
  '-params-file': 'paramsFile',
  '-profile': 'profiles',
  '-c': 'configs',
  '-config': 'configs',
} as const satisfies Readonly<Record<string, keyof LaunchWish>>;

const FLAGS = { '-stub': 'isStub', '-stub-run': 'isStub', '-latest': 'isLatest' } as const;

const KNOWN = [...Object.keys(WITH_VALUE), ...Object.keys(FLAGS)];

type Field = (typeof WITH_VALUE)[keyof typeof WITH_VALUE];

/** A word that begins another option, and is no negative number. */
const IS_OPTION = /^-(?![\d.])/;

/**
 * Reads the words of a launch: the pipeline, and what `nextflow run` takes after it.
 *
 * @param given - what a person gave apart from these words; it counts less than they do.
 * @throws HumanError 64 for an option that a Platform has no field for, a word without a meaning, a name without a value.
 */
export function launchWish(
  [pipeline = '', ...words]: readonly string[],
  given: Pick<LaunchWish, 'revision' | 'workDir' | 'mainScript' | 'runName'> = {},
): LaunchWish {
  const values = new Map<Field, string[]>();
  const parameters: TypedParameter[] = [];
  let isStub = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const next = words[index + 1];
    if (word.startsWith('--')) {
      const { parameter, hasNext } = parameterOf(word, next);
      parameters.push(parameter);
      if (hasNext) index += 1;
    } else if (Object.hasOwn(FLAGS, word)) {
      isStub ||= FLAGS[word as keyof typeof FLAGS] === 'isStub';
    } else {
      const [option = '', ...rest] = word.split('=');
      if (!Object.hasOwn(WITH_VALUE, option)) throw unknownWord(word);
      const field = WITH_VALUE[option as keyof typeof WITH_VALUE];
      const value = rest.length > 0 ? rest.join('=') : next;
      if (rest.length === 0) index += 1;
      if (value === undefined || value === '') throw noValue(option);
      values.set(field, [...(values.get(field) ?? []), value]);
    }
  }
  const last = (field: keyof typeof given | 'entryName' | 'paramsFile'): Partial<LaunchWish> => {
    const value = values.get(field)?.at(-1);
    return value === undefined ? {} : { [field]: value };
  };
  return {
    pipeline,
    ...given,
    ...last('revision'),
    ...last('workDir'),
    ...last('mainScript'),
    ...last('runName'),
    ...last('entryName'),
    ...last('paramsFile'),
    profiles: (values.get('profiles')?.at(-1) ?? '').split(',').filter((name) => name !== ''),
    configs: (values.get('configs') ?? []).flatMap((value) => value.split(',')),
    isStub,
    parameters,
  };
}

function parameterOf(
  word: string,
  next: string | undefined,
): { readonly parameter: TypedParameter; readonly hasNext: boolean } {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals < 0 ? undefined : equals);
  if (name === '' || /^\.|\.$|\.\./.test(name))
    throw new HumanError(ExitCode.usage, phrase`${printable(word)} is no parameter of a pipeline.`);
  if (equals >= 0) return { parameter: { name, value: word.slice(equals + 1) }, hasNext: false };
  const hasNext = next !== undefined && !IS_OPTION.test(next);
  return { parameter: { name, value: hasNext ? next : 'true' }, hasNext };
}

function unknownWord(word: string): HumanError {
  if (!word.startsWith('-')) {
    return new HumanError(
      ExitCode.usage,
      phrase`"${printable(word)}" is neither an option nor the value of one.`,
      phrase`A value with spaces needs quotes.`,
    );
  }
  const near = nearMiss(word, KNOWN);
  return new HumanError(
    ExitCode.usage,
    near === undefined
      ? phrase`Seqera Platform has nothing like the option ${printable(word)} of nextflow run.`
      : phrase`Seqera Platform has nothing like the option ${printable(word)} of nextflow run. Did you mean ${near}?`,
    phrase`It takes ${KNOWN.join(', ')}, and parameters with two dashes.`,
  );
}

const noValue = (option: string): HumanError =>
  new HumanError(ExitCode.usage, phrase`${option} needs a value.`);
