import type { World } from '../system/world.ts';
import { choosesExecutor, executorMentions, namesExecutor } from './executor-mentions.ts';
import { isExecutor } from './executor-setting.ts';
import type { GraphFile } from './include-graph.ts';
import { paramsFileOf } from './launch-parameters.ts';

/** Finds out whether processes may use the executor of a service without a plain setting. */
export class ServiceMentions {
  readonly #executors: readonly string[];
  readonly #profiles: ReadonlySet<string>;
  /** Executors that a text of the code names. */
  readonly #named = new Set<string>();
  /** Executors that a value of a parameter, a function or the environment may choose. */
  readonly #chosen = new Set<string>();

  /**
   * @param executors - Nextflow's names of the executors that services have.
   * @param profiles - the profiles in use.
   */
  constructor(executors: readonly string[], profiles: ReadonlySet<string>) {
    this.#executors = executors;
    this.#profiles = profiles;
  }

  add({ text = '', scan, language }: GraphFile): void {
    const isConfig = language === 'config';
    for (const executor of this.#executors) {
      // A plain setting accounts for one mention; any other may be a part of something computed.
      const plain = (scan?.settings ?? []).filter(
        ({ value, path }) => value === executor && this.#sets(path),
      );
      const mentions = executorMentions(text, executor, isConfig ? this.#profiles : undefined);
      if (mentions > plain.length) this.#named.add(executor);
      if (choosesExecutor(text, executor, isConfig)) this.#chosen.add(executor);
    }
  }

  #sets(path: readonly string[]): boolean {
    const [first, profile = '', ...rest] = path;
    if (first !== 'profiles') return isExecutor({ path });
    return this.#profiles.has(profile) && isExecutor({ path: rest });
  }

  /** Finds the executors that a launch may choose: its arguments, parameters and environment count too. */
  mayBeChosen(args: readonly string[], world: World): ReadonlySet<string> {
    if (this.#chosen.size === 0) return this.#chosen;
    const launch = { args, paramsFile: paramsFileOf(args, world) ?? '', env: Object.values(world.env) };
    return new Set(
      [...this.#chosen].filter((executor) => this.#named.has(executor) || namesExecutor(executor, launch)),
    );
  }
}
