import type { World } from '../system/world.ts';
import { choosesExecutor, executorMentions, isExecutor, namesExecutor } from './executor-mentions.ts';
import type { GraphFile } from './include-graph.ts';
import { paramsFileOf } from './launch-parameters.ts';

/** Nextflow's name of the executor. */
const AWS_BATCH = 'awsbatch';

/** Finds out whether processes may run in AWS Batch although no plain setting says so. */
export class BatchMentions {
  readonly #profiles: ReadonlySet<string>;
  /** Whether a text in the code has the name of the executor. */
  #isNamed = false;
  /** Whether a value from elsewhere may be an executor. */
  #isChosen = false;

  /** @param profiles - those in use. */
  constructor(profiles: ReadonlySet<string>) {
    this.#profiles = profiles;
  }

  add({ text = '', scan, language }: GraphFile): void {
    const isConfig = language === 'config';
    // A plain setting accounts for one mention; any other may be a part of something computed.
    const plain = (scan?.settings ?? []).filter(({ value, path }) => value === AWS_BATCH && this.#sets(path));
    const mentions = executorMentions(text, AWS_BATCH, isConfig ? this.#profiles : undefined);
    if (mentions > plain.length) this.#isNamed = true;
    if (choosesExecutor(text, AWS_BATCH, isConfig)) this.#isChosen = true;
  }

  #sets(path: readonly string[]): boolean {
    const [first, profile = '', ...rest] = path;
    if (first !== 'profiles') return isExecutor({ path });
    return this.#profiles.has(profile) && isExecutor({ path: rest });
  }

  /** Whether a launch may choose it: what is in its arguments, parameters and environment counts too. */
  mayBeChosen(args: readonly string[], world: World): boolean {
    if (!this.#isChosen) return false;
    const launch = { args, paramsFile: paramsFileOf(args, world) ?? '', env: Object.values(world.env) };
    return this.#isNamed || namesExecutor(AWS_BATCH, launch);
  }
}

/** Whether a text is the name of AWS Batch's executor. */
export const isBatch = (executor: string): boolean => executor === AWS_BATCH;
