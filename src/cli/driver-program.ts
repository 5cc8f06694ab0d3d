import type { DriverProgram } from '../core/vault/merge/install.ts';

/** The command that runs now, as git is to start it. */
export const driverProgram = (): DriverProgram => ({
  node: process.execPath,
  script: process.argv[1] ?? '',
});
