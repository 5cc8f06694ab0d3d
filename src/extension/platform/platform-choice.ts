import type { Memento } from 'vscode';
import type { PlatformContext } from '../../core/platform/types.ts';
import type { Login } from './login.ts';

// What a person has chosen. It is kept by VS Code on their machine: no file of a folder can choose for them, so a clone
// of a stranger's repository asks no Platform for anything.

/** Keys in the global state, and in that of a window's folders. */
const SHOWN = 'platform.shown';
const FOLDERS = 'platform.folders';

/** A workspace of a Platform, as it was called when it was chosen. */
export interface ChosenWorkspace {
  readonly id: string;
  readonly title: string;
}

type Person = Pick<Login, 'endpoint' | 'userId'>;

/** The workspaces that a person wants to see, and those that are the place of a folder's secrets. */
export class PlatformChoice {
  constructor(
    private readonly everywhere: Memento,
    private readonly here: Memento,
  ) {}

  /** Workspaces that the view shows. */
  shown(login: Person): ChosenWorkspace[] {
    return listOf(this.everywhere.get<Readonly<Record<string, unknown>>>(SHOWN, {})[keyOf(login)]);
  }

  async show(chosen: readonly ChosenWorkspace[], login: Person): Promise<void> {
    const all = this.everywhere.get<Readonly<Record<string, unknown>>>(SHOWN, {});
    await this.everywhere.update(SHOWN, { ...all, [keyOf(login)]: chosen });
  }

  /** The workspace of a folder; undefined if none was chosen at this Platform. @param folder - its URI, as text. */
  of(folder: string, login: Person): ChosenWorkspace | undefined {
    return listOf([this.#folders()[`${folder} ${keyOf(login)}`]])[0];
  }

  async choose(folder: string, chosen: ChosenWorkspace | undefined, login: Person): Promise<void> {
    const key = `${folder} ${keyOf(login)}`;
    const others = Object.entries(this.#folders()).filter(([other]) => other !== key);
    const own = chosen === undefined ? [] : [[key, chosen] as const];
    await this.here.update(FOLDERS, Object.fromEntries([...others, ...own]));
  }

  #folders(): Readonly<Record<string, unknown>> {
    return this.here.get<Readonly<Record<string, unknown>>>(FOLDERS, {});
  }
}

export const contextOfChosen = ({ id, title }: ChosenWorkspace): PlatformContext => ({
  workspaceId: id,
  title,
});

const keyOf = ({ endpoint, userId }: Person): string => `${endpoint.url} ${userId}`;

/** Takes over what has the right shape: another version of the extension may have kept something else. */
const listOf = (kept: unknown): ChosenWorkspace[] =>
  (Array.isArray(kept) ? kept : []).flatMap((one: Partial<ChosenWorkspace> | null | undefined) =>
    typeof one?.id === 'string' && typeof one.title === 'string' ? [{ id: one.id, title: one.title }] : [],
  );
