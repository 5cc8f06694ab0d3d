/** What a shell tells the core about the place it runs in. The core looks nowhere else for it. */
export interface World {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Current directory, absolute. */
  readonly cwd: string;
  /** The person's home directory, absolute. */
  readonly homeDir: string;
  /** The person's login name. */
  readonly userName: string;
  /** The person's numeric user id. */
  readonly uid: number;
  /** The person's primary group, numeric. */
  readonly gid: number;
  readonly platform: NodeJS.Platform;
  readonly now: () => Date;
  /** One line for a person: what is going on, never a value. */
  readonly say: (line: string) => void;
  /** A question to be answered yes or no; undefined where there is nobody to ask. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
}

/** ISO 8601 in UTC, to the second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
