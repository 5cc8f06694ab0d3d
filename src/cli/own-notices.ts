// eslint-disable-next-line no-restricted-imports -- our own program's files
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileError } from '../core/system/human-error.ts';
import { isExecutable, ownProgram } from './own-program.ts';

/** The name that the build gives them, beside the scripts and in the executable. */
const NAME = 'THIRD-PARTY-NOTICES.txt';

/**
 * Reads the names and licences of the packages that we are made of.
 *
 * @throws HumanError 74 if the file of our package is not there.
 */
export async function ownNotices(): Promise<string> {
  if (isExecutable) return (await import('node:sea')).getAsset(NAME, 'utf8');
  const [, script = ''] = ownProgram();
  const path = join(dirname(realpathSync(script)), NAME);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'read', path, false);
  }
}
