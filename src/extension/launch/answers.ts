import type { Memento } from 'vscode';
import { isRecord } from '../../core/system/state-file.ts';
import { timestamp } from '../../core/system/world.ts';
import { LAUNCH_OPTIONS } from '../target-views.ts';
import { type LaunchDefinition, ownValue, type TargetChoice, TARGETS } from './launch-definition.ts';
import type { Pipeline } from './pipelines.ts';
import { TASK_TYPE } from '../task-type.ts';

/** The answers of a person about one pipeline. Names and paths, never a value. */
export interface Answers {
  /** Profiles, separated by commas, as for `-profile`; empty for none. */
  readonly profile: string;
  /** Path relative to the folder; empty for none. */
  readonly paramsFile: string;
  readonly resume: boolean;
  /** More options of `nextflow run` and parameters, one each; absent for none. */
  readonly arguments?: readonly string[] | undefined;
  /** Names to send; undefined for all that the launch would send. */
  readonly secrets?: readonly string[] | undefined;
  /** Undefined for that of the settings. */
  readonly target?: TargetChoice | undefined;
  /** Values of launch options, by their properties; empty or absent for those of settings and environment. */
  readonly options?: Readonly<Record<string, string>>;
}

/** Answers for a pipeline that was never launched. */
export const NO_ANSWERS: Answers = { profile: '', paramsFile: '', resume: false };

/** The task of a launch with these answers. */
export function definitionOf({ word }: Pipeline, answers: Answers, allowMissing = false): LaunchDefinition {
  const { profile, paramsFile, resume, secrets, target, options = {} } = answers;
  const more = answers.arguments ?? [];
  return {
    type: TASK_TYPE,
    pipeline: word,
    ...(profile !== '' && { profile }),
    ...(paramsFile !== '' && { paramsFile }),
    ...(resume && { resume }),
    ...(secrets !== undefined && { secrets }),
    ...(allowMissing && { allowMissing }),
    ...(target !== undefined && { target }),
    ...(more.length > 0 && { arguments: more }),
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== '')),
  };
}

/** The answers of the last launch of each pipeline, in the state of the workspace. */
export class RememberedAnswers {
  constructor(private readonly memento: Memento) {}

  /** Undefined for a pipeline that was never launched here. */
  get(pipeline: Pipeline): Answers | undefined {
    const kept = this.memento.get<unknown>(keyOf(pipeline));
    if (!isRecord(kept)) return undefined;
    const { profile, paramsFile, resume, secrets } = kept;
    const more: unknown = kept['arguments'];
    const target = TARGETS.find((one) => one === kept['target']);
    return {
      profile: typeof profile === 'string' ? profile : NO_ANSWERS.profile,
      paramsFile: typeof paramsFile === 'string' ? paramsFile : NO_ANSWERS.paramsFile,
      resume: resume === true,
      ...(Array.isArray(secrets) && { secrets: secrets.filter((name) => typeof name === 'string') }),
      ...(target !== undefined && { target }),
      ...(Array.isArray(more) && { arguments: more.filter((word) => typeof word === 'string') }),
      options: Object.fromEntries(
        LAUNCH_OPTIONS.flatMap((option): [string, string][] => {
          const value = ownValue(option, kept);
          return value === undefined ? [] : [[option.property, value]];
        }),
      ),
    };
  }

  /** Time of the last launch of each pipeline of a folder, by its word. ISO 8601. */
  lastLaunches(folder: Pipeline['folder']): Map<string, string> {
    const start = keyOf({ folder, word: '' });
    const found = new Map<string, string>();
    for (const key of this.memento.keys()) {
      if (!key.startsWith(start)) continue;
      const kept = this.memento.get<unknown>(key);
      const at = isRecord(kept) ? kept['launchedAt'] : undefined;
      if (typeof at === 'string') found.set(key.slice(start.length), at);
    }
    return found;
  }

  /** @param launched - time of the launch; undefined if the pipeline is not launched with these answers now. */
  async set(pipeline: Pipeline, { options, ...answers }: Answers, launched?: Date): Promise<void> {
    const launchedAt =
      launched === undefined ? this.lastLaunches(pipeline.folder).get(pipeline.word) : timestamp(launched);
    await this.memento.update(keyOf(pipeline), {
      ...{ ...answers, ...options },
      ...(launchedAt !== undefined && { launchedAt }),
    });
  }
}

const keyOf = ({ folder, word }: Pick<Pipeline, 'folder' | 'word'>): string =>
  `launch ${folder.uri.toString()} ${word}`;
