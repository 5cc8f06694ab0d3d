import { EventEmitter } from 'vscode';
import { ledgerDirectory } from '../../core/system/paths.ts';
import { allRuns, type Run } from '../../core/runs/sweep.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { FileWatch } from '../file-watch.ts';

/** Milliseconds between two checks while the view can be seen: a run that was killed writes nothing. */
const INTERVAL = 3_000;

/** The runs of the ledger: those that go on, and those with items that are not released. */
export class RunsModel {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #world: World;
  #timer: NodeJS.Timeout | undefined;
  #runs: readonly Run[] = [];
  #shown = '[]';
  #reading: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
    const watch = this.#store.add(
      new FileWatch(() => {
        void this.refresh();
      }),
    );
    watch.watch([ledgerDirectory(world)]);
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** Reads the runs again, and fires an event if their state has changed. */
  async refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads the runs again and again while the view can be seen. */
  watchClosely(visible: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!visible) return;
    void this.refresh();
    this.#timer = setInterval(() => {
      if (this.#runs.length > 0) void this.refresh();
    }, INTERVAL);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#store.dispose();
  }

  async #read(): Promise<void> {
    const runs = await allRuns(this.#world);
    // The age of a heartbeat alone is no change.
    const shown = JSON.stringify(runs.map(({ runId, state, entry, items }) => [runId, state, entry, items]));
    if (shown === this.#shown) return;
    this.#runs = [...runs].sort((a, b) => ((a.entry?.started ?? '') < (b.entry?.started ?? '') ? 1 : -1));
    this.#shown = shown;
    this.#changed.fire();
  }
}
