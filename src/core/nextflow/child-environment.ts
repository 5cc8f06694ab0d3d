import type { Notice } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';
import type { RunId } from '../system/run-id.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The child's environment, and notes for a person on its differences from theirs. */
export interface ChildEnvironment {
  readonly env: Record<string, string>;
  readonly notes: readonly Notice[];
}

/**
 * Makes the environment for Nextflow, or the command of `exec`: ours with the run's private store, without the
 * variables that only we need. Local tasks inherit it, and schedulers keep it, so no key and no value may be in it.
 */
export function childEnvironment(own: Environment, runId: RunId, storeFile: string): ChildEnvironment {
  const env = withoutOurs(own);
  const notes: Notice[] = [];
  // Measured on 22.10, 24.10 and 25.04: from 1 on local tasks run under `bash -x`, which writes each export.
  if (!['', '0'].includes(env['NXF_DEBUG'] ?? '')) {
    delete env['NXF_DEBUG'];
    notes.push({
      fact: phrase`NXF_DEBUG is left out: with it, tasks write their secrets into .command.log.`,
    });
  }
  if (env['SHELLOPTS']?.split(':').some((option) => ['xtrace', 'verbose'].includes(option)) === true) {
    delete env['SHELLOPTS'];
    notes.push({
      fact: phrase`SHELLOPTS is left out: it makes every shell of a task write its secrets into .command.log.`,
    });
  }
  if (env['NXF_ENABLE_SECRETS'] === 'false') {
    notes.push({
      fact: phrase`NXF_ENABLE_SECRETS=false is overridden: with it Nextflow ignores the secret directive.`,
    });
  }
  env['NXF_ENABLE_SECRETS'] = 'true';
  env['NXF_SECRETS_FILE'] = storeFile;
  env['NF_SECRETS_RUN'] = runId;
  return { env, notes };
}

/** Makes an environment for other programs: without our keys and settings. */
export function withoutOurs(own: Environment): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && !isOurs(name)) env[name] = value;
  }
  return env;
}

const isOurs = (name: string): boolean =>
  name.startsWith('SOPS_AGE_') || name.startsWith('NF_SECRETS_') || name === 'ELECTRON_RUN_AS_NODE';
