/** The test files: which there are, which take long, and which must not run beside others. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const SUITES = ['unit', 'cli', 'nextflow', 'host', 'slurm', 'aws', 'platform'];

/**
 * The files that take longest, the longest first, in seconds on two cores: they are started first, so that none of
 * them is left over when all others are done. The run's last lines show when this list is out of date.
 *
 * @type {Record<string, number>}
 */
const LONG = {
  'test/aws/nextflow.test.ts': 290,
  'test/slurm/endings.test.ts': 165,
  'test/cli/attacks-git.test.ts': 115,
  'test/aws/workspace-edges.test.ts': 110,
  'test/nextflow/reach.test.ts': 90,
  'test/slurm/sbatch-launcher.test.ts': 90,
  'test/nextflow/plan.test.ts': 90,
  'test/cli/killed-signer.test.ts': 90,
  'test/aws/pace.test.ts': 85,
  'test/cli/killed-launch.test.ts': 85,
  'test/aws/launch.test.ts': 80,
  'test/unit/vault-mutations.test.ts': 75,
  'test/nextflow/endings.test.ts': 65,
  'test/aws/waiting-jobs.test.ts': 65,
  'test/host/launch.test.ts': 50,
  'test/cli/killed-writer.test.ts': 45,
  'test/aws/check.test.ts': 45,
  'test/slurm/arrays.test.ts': 45,
  'test/cli/model.test.ts': 40,
  'test/nextflow/remote-plan.test.ts': 40,
  'test/aws/workspace.test.ts': 40,
  'test/nextflow/scan-oracle.test.ts': 40,
  'test/nextflow/killed-launch.test.ts': 35,
  'test/host/inside.test.ts': 35,
  'test/slurm/hygiene.test.ts': 30,
  'test/nextflow/every-character.test.ts': 25,
  'test/host/secrets.test.ts': 25,
};

/**
 * Suites of which one file runs at a time, beside files of others: a window of VS Code is a browser and two
 * processors' work.
 */
const ONE_AT_A_TIME = ['host'];

/**
 * Files beside which nothing runs, and why. They come last.
 *
 * @type {Record<string, string>}
 */
const ALONE = {
  'test/host/packed.test.ts': 'it builds dist/ anew, which the tests of all suites but unit run',
};

/**
 * @typedef {object} TestFile
 * @property {string} path relative to the project
 * @property {string} suite
 * @property {string | undefined} group files of one group do not run at the same time
 * @property {boolean} alone nothing runs beside it
 */

/**
 * The files of some suites, in the order in which they are to be started.
 *
 * @param {string} project
 * @param {readonly string[]} suites
 * @returns {TestFile[]}
 * @throws {Error} if a list here names a file that there is not
 */
export function testFiles(project, suites) {
  for (const path of [...Object.keys(LONG), ...Object.keys(ALONE)])
    if (!existsSync(join(project, path))) throw new Error(`scripts/test-files.mjs: there is no ${path}`);
  const files = suites.flatMap((suite) =>
    readdirSync(join(project, 'test', suite))
      .filter((name) => name.endsWith('.test.ts'))
      .sort()
      .map((name) => {
        const path = `test/${suite}/${name}`;
        return {
          path,
          suite,
          group: ONE_AT_A_TIME.includes(suite) ? suite : undefined,
          alone: ALONE[path] !== undefined,
        };
      }),
  );
  const rank = (/** @type {TestFile} */ { path, alone }) => (alone ? -1 : (LONG[path] ?? 0));
  return files.sort((a, b) => rank(b) - rank(a));
}
