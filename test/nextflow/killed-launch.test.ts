import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime } from '../../src/core/system/process-identity.ts';
import { dealTests } from '../fixtures/deal-tests.ts';
import {
  NEWEST,
  NEXTFLOW_VARIANTS,
  type NextflowSandbox,
  Sandboxes,
  STAY,
} from '../fixtures/nextflow-sandbox.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { guardianOf, leftOfRuns, onlyRun } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';

// The launcher, its guardian and Nextflow itself are killed with -9 at moments of a real run: while Nextflow
// starts, while its first task runs, and after that, with a second task still to come, which needs its secret too.

const VALUE = 'fake-value-of-no-service';

const PIPELINE = `
process FIRST {
  secret 'TOKEN'
  output: val true
  script:
  '''
  test -n "$TOKEN"
  ${STAY}
  '''
}

process SECOND {
  secret 'TOKEN'
  input: val ready
  script:
  '''
  printf %s "$TOKEN" > "$DUMPS/second"
  '''
}

workflow {
  FIRST | SECOND
}
`;

const MOMENTS = ['Nextflow starts', 'its first task runs'] as const;
const VICTIMS = [
  'launcher',
  'launcher and guardian',
  'guardian',
  'launcher and Nextflow',
  'all three',
] as const;
/** Each version names what it derives from the store in a way of its own; the parser does not matter. */
const VARIANTS = NEXTFLOW_VARIANTS.filter((variant) => variant !== NEWEST);

for (const variant of VARIANTS) {
  const suite = describe(`kill -9 during a run, ${variant.title} @nextflow`, () => {
    const sandboxes = new Sandboxes();
    afterEach(() => {
      sandboxes.removeAll();
    });

    for (const moment of MOMENTS) {
      it(`while ${moment}: its tasks have their secrets, and nothing is left`, async () => {
        await sideBySide(VICTIMS, async (victim) => {
          const at = `${victim} while ${moment}`;
          const sandbox = await sandboxes.create(variant);
          await sandbox.fillVault('user', { TOKEN: VALUE });
          sandbox.write('main.nf', PIPELINE);
          const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf'], { stdio: 'ignore' });
          await until(`${at}: Nextflow is there`, () => nextflowOf(sandbox) !== undefined);
          if (moment === 'its first task runs') await sandbox.untilStarted();
          const runId = onlyRun(sandbox);
          const guardian = guardianOf(runId);
          const nextflow = nextflowOf(sandbox) ?? 0;
          if (victim !== 'launcher' && victim !== 'launcher and Nextflow') process.kill(guardian, 'SIGKILL');
          if (victim !== 'guardian') launcher.kill('SIGKILL');
          const nextflowDies = victim === 'launcher and Nextflow' || victim === 'all three';
          if (nextflowDies) process.kill(nextflow, 'SIGKILL');
          else {
            await sandbox.ok(['sweep']);
            assert.ok(existsSync(join(runRoot(sandbox), runId)), at);
          }
          sandbox.openGate();
          await until(`${at}: Nextflow has ended`, () => isGone(nextflow));
          if (victim !== 'launcher and guardian' && victim !== 'all three')
            await until(`${at}: nothing is left`, () =>
              leftOfRuns(sandbox).every((name) => name.endsWith('.tmp')),
            );
          await until(`${at}: the launcher has ended`, () => hasEnded(launcher));
          await sandbox.ok(['sweep']);
          // The dates of last use are written beside the run; the next use removes what a kill left of that.
          const left = sandbox.leftovers().filter((name) => !name.includes('/.usage.json.'));
          assert.deepEqual(left, [], at);
          assert.deepEqual(sandbox.filesWith(VALUE), [], at);
          if (!nextflowDies) assert.equal(readFileSync(join(sandbox.dumps, 'second'), 'utf8'), VALUE, at);
        });
      });
    }
  });
  dealTests(suite, variant, VARIANTS);
}

/** The pid of the Java that works in the sandbox. */
function nextflowOf(sandbox: NextflowSandbox): number | undefined {
  const pid = readdirSync('/proc').find((name) => {
    try {
      if (!/^[0-9]+$/.test(name)) return false;
      return (
        readFileSync(`/proc/${name}/cmdline`, 'latin1').includes('nextflow.cli.Launcher') &&
        readFileSync(`/proc/${name}/environ`, 'latin1').includes(`NXF_HOME=${sandbox.nextflowHome}\0`)
      );
    } catch {
      return false;
    }
  });
  return pid === undefined ? undefined : Number(pid);
}

const isGone = (pid: number): boolean => processStartTime(pid, process.platform) === undefined;
const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;
