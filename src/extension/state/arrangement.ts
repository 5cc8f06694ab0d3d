import { EventEmitter, type Memento } from 'vscode';
import { DisposableStore } from '../disposables.ts';
import { AS_USUAL, arrange, type Arranged, type Show, type Sort, SORTS } from './arrange.ts';
import type { Root } from './secret-nodes.ts';
import type { SecretsOverview } from './secrets-overview.ts';

/** Key of the order in the state of the workspace. */
const KEY = 'sortSecrets';

/**
 * What the view of secrets shows of all that there is. The order is remembered for the workspace; what is shown is not, so
 * that a new window never hides a name.
 */
export class Arrangement {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #arranged: Arranged;
  #roots: readonly Root[] = [];

  constructor(
    private readonly overview: SecretsOverview,
    private readonly remembered: Memento,
  ) {
    const kept = remembered.get<unknown>(KEY);
    this.#arranged = { ...AS_USUAL, sort: SORTS.find((sort) => sort === kept) ?? AS_USUAL.sort };
    this.#arrange();
    this.#store.add(
      overview.onDidChange(() => {
        this.#arrange();
      }),
    );
  }

  get roots(): readonly Root[] {
    return this.#roots;
  }

  get show(): Show {
    return this.#arranged.show;
  }

  get sort(): Sort {
    return this.#arranged.sort;
  }

  showOnly(show: Show): void {
    this.#arranged = { ...this.#arranged, show };
    this.#arrange();
  }

  async sortBy(sort: Sort): Promise<void> {
    this.#arranged = { ...this.#arranged, sort };
    this.#arrange();
    await this.remembered.update(KEY, sort);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #arrange(): void {
    this.#roots = arrange(this.overview.snapshot.roots, this.#arranged);
    this.#changed.fire();
  }
}
