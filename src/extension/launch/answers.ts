import type { Memento } from 'vscode';
import { isRecord } from '../../core/system/state-file.ts';
import { type LaunchDefinition, type TargetChoice, TARGETS, TASK_TYPE } from './launch-definition.ts';
import type { Pipeline } from './pipelines.ts';

/** The answers of a person about one pipeline. Names and paths, never a value. */
export interface Answers {
  /** Profiles, separated by commas, as for `-profile`; empty for none. */
  readonly profile: string;
  /** Path relative to the folder; empty for none. */
  readonly paramsFile: string;
  readonly resume: boolean;
  /** Names to send; undefined for all that the launch would send. */
  readonly secrets?: readonly string[] | undefined;
  /** Undefined for that of the settings. */
  readonly target?: TargetChoice | undefined;
  /** Region; empty or absent for that of settings and environment. */
  readonly awsRegion?: string;
  readonly awsProfile?: string;
}

/** Answers for a pipeline that was never launched. */
export const NO_ANSWERS: Answers = { profile: '', paramsFile: '', resume: false };

/** The task of a launch with these answers. */
export function definitionOf({ word }: Pipeline, answers: Answers, allowMissing = false): LaunchDefinition {
  const { profile, paramsFile, resume, secrets, target, awsRegion = '', awsProfile = '' } = answers;
  return {
    type: TASK_TYPE,
    pipeline: word,
    ...(profile !== '' && { profile }),
    ...(paramsFile !== '' && { paramsFile }),
    ...(resume && { resume }),
    ...(secrets !== undefined && { secrets }),
    ...(allowMissing && { allowMissing }),
    ...(target !== undefined && { target }),
    ...(awsRegion !== '' && { awsRegion }),
    ...(awsProfile !== '' && { awsProfile }),
  };
}

/** The answers of the last launch of each pipeline, in the state of the workspace. */
export class RememberedAnswers {
  constructor(private readonly memento: Memento) {}

  /** Undefined for a pipeline that was never launched here. */
  get(pipeline: Pipeline): Answers | undefined {
    const kept = this.memento.get<unknown>(keyOf(pipeline));
    if (!isRecord(kept)) return undefined;
    const { profile, paramsFile, resume, secrets, awsRegion, awsProfile } = kept;
    const target = TARGETS.find((one) => one === kept['target']);
    return {
      profile: typeof profile === 'string' ? profile : NO_ANSWERS.profile,
      paramsFile: typeof paramsFile === 'string' ? paramsFile : NO_ANSWERS.paramsFile,
      resume: resume === true,
      ...(Array.isArray(secrets) && { secrets: secrets.filter((name) => typeof name === 'string') }),
      ...(target !== undefined && { target }),
      ...(typeof awsRegion === 'string' && { awsRegion }),
      ...(typeof awsProfile === 'string' && { awsProfile }),
    };
  }

  async set(pipeline: Pipeline, answers: Answers): Promise<void> {
    await this.memento.update(keyOf(pipeline), answers);
  }
}

const keyOf = ({ folder, word }: Pipeline): string => `launch ${folder.uri.toString()} ${word}`;
