import assert from 'node:assert/strict';
import { NextflowSandbox, STRICT } from '../fixtures/nextflow-sandbox.ts';

// What a launch refuses before it makes anything: a run whose end nobody would see, and one whose tasks would
// start without their secrets.

const PIPELINE = "process TASK {\n  secret 'TOKEN'\n\n  script:\n  'true'\n}\n\nworkflow {\n  TASK()\n}\n";

interface Refusal {
  readonly title: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly exitCode: number;
  readonly says: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    title: 'Kubernetes in nextflow.config',
    config: "process.executor = 'k8s'\n",
    exitCode: 69,
    says: /k8s.*nextflow\.config/s,
  },
  {
    title: 'Google Batch for one process',
    config: "process { withName: 'TASK' { executor = 'google-batch' } }\n",
    exitCode: 69,
    says: /google-batch/,
  },
  {
    title: 'Azure Batch in the profile that is used',
    args: ['main.nf', '-profile', 'cloud'],
    config: "profiles { cloud { process.executor = 'azurebatch' } }\n",
    exitCode: 69,
    says: /azurebatch/,
  },
  {
    title: 'Kubernetes in the environment',
    env: { NXF_EXECUTOR: 'k8s' },
    exitCode: 69,
    says: /NXF_EXECUTOR/,
  },
];

describe('what a launch refuses @nextflow', () => {
  let sandbox: NextflowSandbox;
  beforeEach(async () => {
    sandbox = await NextflowSandbox.create(STRICT);
    await sandbox.fillVault('user', { TOKEN: 'fake-value' });
    sandbox.write('main.nf', PIPELINE);
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const { title, args = ['main.nf'], env = {}, config, exitCode, says } of REFUSALS) {
    it(`${title}: exit code ${exitCode}, and nothing is made`, async () => {
      if (config !== undefined) sandbox.write('nextflow.config', config);
      const before = sandbox.files();

      const result = await sandbox.launch(args, { env });

      assert.equal(result.exitCode, exitCode, result.stderr);
      assert.match(result.stderr, says);
      assert.deepEqual(sandbox.files(), before);
    });
  }

  it('but not an executor in a profile that is not used', async () => {
    sandbox.write('nextflow.config', "profiles { cloud { process.executor = 'k8s' } }\n");

    const { exitCode, stderr } = await sandbox.launch(['main.nf']);

    assert.equal(exitCode, 0, stderr);
  });
});
