import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NEXTFLOW_VARIANTS, NextflowSandbox, STAY } from '../fixtures/nextflow-sandbox.ts';
import { environmentOf, KEEP_ENVIRONMENT } from '../fixtures/task-environment.ts';

// Two launches in one workspace, with one Nextflow home and one run root, and with different values of the same
// names. One ends while the other still has a task to start.

/** Its first task waits until the test opens the gate; its second then still gets the secret. */
const LONG = `
process FIRST {
  secret 'TOKEN'

  output:
  val true

  script:
  '''
  ${KEEP_ENVIRONMENT} long_first
  ${STAY}
  '''
}

process SECOND {
  secret 'TOKEN'

  input:
  val ready

  script:
  '''
  ${KEEP_ENVIRONMENT} long_second
  '''
}

workflow {
  FIRST()
  SECOND(FIRST.out)
}
`;

const SHORT = `
process TASK {
  secret 'TOKEN'

  script:
  '''
  ${KEEP_ENVIRONMENT} short
  exit 1
  '''
}

workflow {
  TASK()
}
`;

for (const variant of NEXTFLOW_VARIANTS) {
  describe(`two launches at once, ${variant.title} @nextflow`, () => {
    let sandbox: NextflowSandbox;
    beforeEach(async () => {
      sandbox = await NextflowSandbox.create(variant);
      await sandbox.fillVault('user', { TOKEN: 'fake-user-value' });
      await sandbox.fillVault('workspace', { TOKEN: 'fake-workspace-value' });
    });
    afterEach(() => {
      sandbox.remove();
    });

    const value = (name: string, key = 'TOKEN'): string => environmentOf(sandbox, name).get(key)!.toString();

    it('do not disturb each other when one fails', async () => {
      sandbox.write('long.nf', LONG);
      sandbox.write('short.nf', SHORT);
      const long = sandbox.launch(['long.nf']);
      await sandbox.untilStarted();

      const short = await sandbox.launch(['--without-user', 'short.nf']);

      assert.equal(short.exitCode, 1, short.stderr);
      assert.equal(value('short'), 'fake-workspace-value');
      assert.ok(!existsSync(dirname(value('short', 'NXF_SECRETS_FILE'))));
      assert.ok(existsSync(value('long_first', 'NXF_SECRETS_FILE')));
      sandbox.openGate();
      const { exitCode, stderr } = await long;
      assert.equal(exitCode, 0, stderr);
      assert.equal(value('long_first'), 'fake-user-value');
      assert.equal(value('long_second'), 'fake-user-value');
      assert.deepEqual(sandbox.leftovers(), []);
    });
  });
}
