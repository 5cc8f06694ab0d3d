import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NEXTFLOW_VARIANTS, NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';

/** Prints what came through of its command line. */
const PIPELINE = `
workflow {
  println "got \${params.greeting} \${params.mode} \${workflow.profile}"
}
`;

const CONFIG = "params.mode = 'none'\nprofiles { quick { params.mode = 'quick mode' } }\n";

for (const variant of NEXTFLOW_VARIANTS) {
  describe(`a whole command line, ${variant.title} @nextflow`, () => {
    let sandbox: NextflowSandbox;
    beforeEach(async () => {
      sandbox = await NextflowSandbox.create(variant);
    });
    afterEach(() => {
      sandbox.remove();
    });

    it('goes to Nextflow as it is', async () => {
      await sandbox.fillVault('user', { TOKEN: 'fake-value' });
      sandbox.write('main.nf', PIPELINE);
      sandbox.write('nextflow.config', CONFIG);
      const command = 'nextflow -log own.log run main.nf -profile quick --greeting'.split(' ');

      const { exitCode, stdout, stderr } = await sandbox.launch(['--', ...command, 'a * "b" $HOME']);

      assert.equal(exitCode, 0, stderr);
      assert.ok(stdout.toString().includes('got a * "b" $HOME quick mode quick\n'), stdout.toString());
      assert.ok(existsSync(join(sandbox.workspace, 'own.log')));
      assert.deepEqual(sandbox.leftovers(), []);
    });
  });
}
