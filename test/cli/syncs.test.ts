import assert from 'node:assert/strict';
import { Sandbox } from '../fixtures/sandbox.ts';
import { stepsOf } from '../fixtures/steps.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// On a busy disk each of them may take longer than all else that a command does.

describe('what a run writes through to the disk', () => {
  it('is its entry before its store is made, and the removal of the store before its entry is struck', async () => {
    const steps = await stepsOf(['exec', '--', 'true'], async () => {
      const sandbox = new Sandbox();
      await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
      return sandbox;
    });
    const shown = steps
      .filter((step) => /^(sync|mkdir|rmdir|unlink|rename) /.test(step))
      .map((step) => step.replace(/ .*\/(home|tool)\//, ' ').replace(/[a-z0-9]{12}\b(?!-)/g, 'RUN'))
      .filter((step) => /\bruns\b/.test(step));
    assert.deepEqual(
      shown.map((step) => step.replace(/\/\.RUN\.json.*\.tmp$/, '/.RUN.tmp')),
      [
        'mkdir .nextflow/secrets/runs',
        'mkdir runs',
        'sync runs/.RUN.tmp',
        'rename runs/.RUN.tmp',
        'sync runs',
        'mkdir .nextflow/secrets/runs/RUN',
        'rename runs/.RUN.tmp',
        'unlink .nextflow/secrets/runs/RUN/store.json',
        'rmdir .nextflow/secrets/runs/RUN',
        'sync .nextflow/secrets/runs',
        'unlink runs/RUN.json',
      ],
    );
    assert.equal(steps.filter((step) => step.startsWith('sync')).length, 3);
  });
});
