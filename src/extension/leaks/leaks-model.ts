import { EventEmitter, window } from 'vscode';
import { allLeaks, forgetLeaks, leaksDirectory } from '../../core/leaks/record.ts';
import { lstat } from '../../core/system/file-calls.ts';
import { systemErrorCode } from '../../core/system/human-error.ts';
import { inTime } from '../../core/system/open-file.ts';
import type { World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { FileWatch } from '../file-watch.ts';
import { filesOf, groupOf, type LeakGroup, withoutGone } from './leak-group.ts';

/** Most files that are looked at whether they are still there. */
const MOST_FILES = 1_000;
/** Most files that are watched: the end of the others is seen when the window gets the focus. */
const MOST_WATCHED = 100;
const AT_ONCE = 16;

/** The leaks that are known: those of runs, from their records, and those that looks into folders have found. */
export class LeaksModel {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #world: World;
  readonly #files: FileWatch;
  readonly #folders = new Map<string, LeakGroup>();
  #groups: readonly LeakGroup[] = [];
  #shown = '[]';
  #reading: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
    const refresh = (): void => void this.refresh();
    this.#store.add(new FileWatch(refresh)).watch([leaksDirectory(world)]);
    this.#files = this.#store.add(new FileWatch(refresh));
    this.#store.add(
      window.onDidChangeWindowState(({ focused }) => {
        if (focused && this.#groups.length > 0) refresh();
      }),
    );
    refresh();
  }

  /** The latest first, without files that are gone. */
  get groups(): readonly LeakGroup[] {
    return this.#groups;
  }

  /** Reads the records again, and looks which files are still there. */
  async refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Takes over the findings of a look into a folder, in the place of those of an earlier one. */
  async setFolder(group: LeakGroup): Promise<void> {
    this.#folders.set(group.id, group);
    await this.#readAnew();
  }

  /** Forgets a group: a person has seen to it, or does not want to see it. */
  async dismiss({ kind, id }: LeakGroup): Promise<void> {
    if (kind === 'folder') this.#folders.delete(id);
    else await forgetLeaks(id, this.#world);
    await this.#readAnew();
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** A reading that is under way may not have seen the change. */
  async #readAnew(): Promise<void> {
    await this.#reading;
    await this.refresh();
  }

  async #read(): Promise<void> {
    const all = [...(await allLeaks(this.#world)).map(groupOf), ...this.#folders.values()];
    const gone = await goneOf([...new Set(all.flatMap(filesOf))].slice(0, MOST_FILES));
    const groups = all
      .flatMap((group) => withoutGone(group, gone) ?? [])
      .sort((a, b) => (a.looked < b.looked ? 1 : -1));
    const shown = JSON.stringify(groups);
    if (shown === this.#shown) return;
    this.#groups = groups;
    this.#files.watch(groups.flatMap(filesOf).slice(0, MOST_WATCHED));
    this.#shown = shown;
    this.#changed.fire();
  }
}

/** The files that are certainly gone. What a file server does not tell counts as there. */
async function goneOf(files: readonly string[]): Promise<Set<string>> {
  const gone = new Set<string>();
  const waiting = files[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const file of waiting) if (await isGone(file)) gone.add(file);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return gone;
}

async function isGone(file: string): Promise<boolean> {
  // A value in the name is masked: there is no file of this name, and the one that is meant may be there.
  if (file.includes('***')) return false;
  try {
    await inTime(lstat(file), file);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
  }
}
