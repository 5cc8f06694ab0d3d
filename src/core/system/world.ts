import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Remedies } from './remedy.ts';
import type { Phrase } from './phrase.ts';

/** The surroundings that a shell gives to the core. The core looks nowhere else for them. */
export interface World {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Current directory, absolute. */
  readonly cwd: string;
  /** The person's home directory, absolute; undefined if neither HOME nor the system tells one. */
  readonly homeDir: string | undefined;
  /** The person's login name. */
  readonly userName: string;
  /** The person's numeric user id. */
  readonly uid: number;
  readonly platform: NodeJS.Platform;
  /** True if no program may be started that only the environment names: VS Code's Restricted Mode. */
  readonly startsNothing?: boolean;
  /** True if a program that we start may ask the person on our terminal, for a passphrase or a touch. */
  readonly hasTerminal?: boolean;
  readonly now: () => Date;
  /** Shows one line of progress to a person, never a value. */
  readonly say: (line: string) => void;
  /** Tells a person a fact that they should know, and remedies; never a value. */
  readonly notice: (notice: Phrase, remedy?: Remedies) => void;
  /** Asks a question with the answer yes or no; undefined if there is nobody to ask. */
  readonly ask: (question: Phrase | string) => Promise<boolean | undefined>;
}

/** Makes the world of the person who runs this process; a shell adds the parts that only it knows. */
export function localWorld(
  shell: Pick<World, 'env' | 'cwd' | 'hasTerminal' | 'say' | 'notice' | 'ask'>,
): World {
  const uid = process.getuid?.() ?? -1;
  const account = ownAccount();
  return {
    homeDir: [shell.env['HOME'], account?.homedir].find((path) => path !== undefined && isAbsolute(path)),
    userName: account?.username ?? (shell.env['USER'] || `uid ${uid}`),
    uid,
    platform: process.platform,
    now: () => new Date(),
    ...shell,
  };
}

function ownAccount(): { readonly username: string; readonly homedir: string } | undefined {
  try {
    return userInfo();
  } catch {
    // A container may run under a user id that no name and no home belong to.
    return undefined;
  }
}

/** Formats a time as ISO 8601 in UTC, to the second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
