import { resolve } from 'node:path';

/** Put here by the build of the single file that has Node.js in it; scripts do not have it. */
declare const IS_EXECUTABLE: boolean | undefined;

/** True in the single file that has Node.js in it. It takes no script: its first argument is the command. */
export const isExecutable = typeof IS_EXECUTABLE === 'boolean' && IS_EXECUTABLE;

/** The hidden first word with which the executable is a guardian: then `local RUN HOST`, or `targets RUN TARGET…`. */
export const GUARDIAN_WORD = '__guardian';

/** The words that start this very command: the executable, or Node.js with its script. Both are absolute paths. */
export function ownProgram(): readonly [string, ...string[]] {
  return isExecutable ? [process.execPath] : [process.execPath, resolve(process.argv[1] ?? '')];
}
