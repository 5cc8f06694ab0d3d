// What a start of the executable costs beside the same command as a script that Node.js runs.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeExecutable } from '../scripts/executable.mjs';
import { medians, report, rounds, run } from './side-by-side.mjs';

const CLI = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'nf-secrets-bench-'));
try {
  const { executable } = await makeExecutable(join(root, 'release'));
  const home = join(root, 'home');
  mkdirSync(home);
  const options = {
    cwd: home,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, NF_SECRETS_HOME: join(home, 'tool') },
  };
  run(process.execPath, [CLI, 'set', 'FAKE_KEY'], { ...options, input: 'fake-value-of-no-service' });
  for (const [name, args] of Object.entries({
    list: ['list'],
    get: ['get', 'FAKE_KEY'],
    'exec -- true': ['exec', '--', 'true'],
  })) {
    const script = `nf-secrets ${name}, as a script`;
    const single = `nf-secrets ${name}, the executable`;
    report(
      name,
      medians(
        {
          [script]: () => run(process.execPath, [CLI, ...args], options),
          [single]: () => run(executable, args, options),
        },
        rounds(21),
      ),
      script,
      {
        [single]: {
          what: `\`nf-secrets ${name}\`, the executable`,
          beside: 'the same as a script',
          aim: '1',
        },
      },
    );
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
