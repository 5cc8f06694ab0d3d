// Where the description of Seqera Platform's API is. Nothing is imported that `npm ci` has to install first.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** The description that the table is made of, and where Seqera publishes it. */
const NAME = 'seqera-api-1.181.0.yaml';
export const PUBLISHED = `https://github.com/seqeralabs/docs/blob/master/platform-api-docs/scripts/specs/${NAME}`;

/**
 * Finds the description on this machine: `NF_SECRETS_PLATFORM_API`, else beside the clone.
 *
 * @returns {string | undefined}
 */
export function findDescription() {
  const named = process.env['NF_SECRETS_PLATFORM_API'];
  if (named) return named;
  const beside = ['..', '../..'].map((up) => join(project, up, 'shared', 'reference', 'platform', NAME));
  return beside.find((path) => existsSync(path));
}
