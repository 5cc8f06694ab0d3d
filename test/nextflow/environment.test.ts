import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { dealTests } from '../fixtures/deal-tests.ts';
import { NEXTFLOW_VARIANTS, NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { identityFile, runRoot } from '../fixtures/places.ts';
import { environmentOf, KEEP_ENVIRONMENT } from '../fixtures/task-environment.ts';

const VALUE = 'fake-value-of-no-service';

/** What of a kept environment is about secrets. */
function settings(sandbox: NextflowSandbox, name: string): Record<string, string> {
  const about = /^(NXF_.*SECRET.*|NF_SECRETS_.*|SOPS_.*|ELECTRON_.*|TOKEN)$/;
  const kept = Array.from(environmentOf(sandbox, name), ([key, value]) => [key, value.toString()] as const);
  return Object.fromEntries(kept.filter(([key]) => about.test(key)));
}

for (const variant of NEXTFLOW_VARIANTS) {
  const suite = describe(`the environment of a launch, ${variant.title} @nextflow`, () => {
    let sandbox: NextflowSandbox;
    beforeEach(async () => {
      sandbox = await NextflowSandbox.create(variant);
      await sandbox.fillVault('user', { TOKEN: VALUE });
    });
    afterEach(() => {
      sandbox.remove();
    });

    it('has the place of the secrets, neither keys nor values, and nothing that traces values into logs', async () => {
      sandbox.write(
        'main.nf',
        `
process TASK {
  secret 'TOKEN'

  script:
  '''
  ${KEEP_ENVIRONMENT} task
  '''
}

process WITHOUT {
  script:
  '''
  ${KEEP_ENVIRONMENT} without
  '''
}

workflow {
  TASK()
  WITHOUT()
}
`,
      );
      const key = readFileSync(identityFile(sandbox), 'utf8').trim().split('\n').at(-1)!;
      const env = {
        SOPS_AGE_KEY: key,
        SOPS_AGE_KEY_FILE: identityFile(sandbox),
        NF_SECRETS_WORKSPACE: sandbox.workspace,
        NXF_ENABLE_SECRETS: 'false',
        ELECTRON_RUN_AS_NODE: '1',
        // With it Nextflow has bash trace each line of a task, the secrets among them.
        NXF_DEBUG: '3',
      };

      const { exitCode, stderr } = await sandbox.launch(['main.nf'], { env });

      assert.equal(exitCode, 0, stderr);
      const got = settings(sandbox, 'without');
      const { NXF_SECRETS_FILE: store = '', NF_SECRETS_RUN: runId = '' } = got;
      assert.match(runId, /^[a-z0-9]{12}$/);
      assert.ok(isAbsolute(store), store);
      assert.equal(store, join(runRoot(sandbox), runId, basename(store)));
      const expected = { NXF_SECRETS_FILE: store, NF_SECRETS_RUN: runId, NXF_ENABLE_SECRETS: 'true' };
      assert.deepEqual(got, expected);
      assert.deepEqual(settings(sandbox, 'task'), { ...expected, TOKEN: VALUE });
      assert.match(stderr, /NXF_DEBUG/);
      assert.deepEqual(sandbox.filesWith(VALUE), []);
    });

    it('lets a launch and an exec inside of a run use its secrets, and not end it', async () => {
      sandbox.write(
        'main.nf',
        `
process FIRST {
  output:
  val true

  script:
  '''
  nf-secrets exec -- bash -c '${KEEP_ENVIRONMENT} exec_in_task'
  '''
}

process SECOND {
  secret 'TOKEN'

  input:
  val ready

  script:
  '''
  ${KEEP_ENVIRONMENT} second
  '''
}

workflow {
  FIRST()
  SECOND(FIRST.out)
}
`,
      );
      const script = `${KEEP_ENVIRONMENT} outer; nf-secrets launch main.nf && cp "$NXF_SECRETS_FILE" "$DUMPS/store"`;

      const { exitCode, stderr } = await sandbox.nfSecrets(['exec', '--', 'bash', '-c', script]);

      assert.equal(exitCode, 0, stderr);
      const outer = settings(sandbox, 'outer');
      assert.deepEqual(settings(sandbox, 'exec_in_task'), outer);
      assert.deepEqual(settings(sandbox, 'second'), { ...outer, TOKEN: VALUE });
      assert.ok(existsSync(join(sandbox.dumps, 'store')));
      assert.ok(!existsSync(dirname(outer['NXF_SECRETS_FILE']!)));
      assert.deepEqual(sandbox.leftovers(), []);
    });
  });
  dealTests(suite, variant);
}
