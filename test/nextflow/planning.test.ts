import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIDDLE, NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';

// Planning runs no code of the pipeline: a stranger's config is Groovy, and would read the store that it finds.

const VALUE = 'fake-value-of-the-person';
const PIPELINE = "process TASK {\n  secret 'TOKEN'\n\n  script:\n  'true'\n}\n\nworkflow {\n  TASK()\n}\n";
/** Leaves the content of the store that it was given, or a word that there was none. */
const CURIOUS = `process.executor = 'awsbatch'
new File(System.getenv('DUMPS'), 'ran').text = new File(System.getenv('NXF_SECRETS_FILE') ?: '/dev/null').text
`;

const PLANS: readonly (readonly string[])[] = [
  ['scan'],
  ['scan', 'main.nf'],
  ['list'],
  ['launch', '--dry-run', 'main.nf'],
  ['launch', '--dry-run', '--json', 'main.nf'],
  ['launch', '--dry-run', '--target', 'aws-batch', 'main.nf'],
  ['launch', '--dry-run', '--all', '--', 'nextflow', 'run', 'main.nf'],
  ['aws', 'check', '--region', 'eu-west-1', 'main.nf'],
];

describe('planning @nextflow', () => {
  let sandbox: NextflowSandbox;
  const ran = (): string | undefined => {
    const file = join(sandbox.dumps, 'ran');
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };

  beforeEach(async () => {
    // About the older parser: only its configs are programs. The strict one takes settings alone.
    sandbox = await NextflowSandbox.create(MIDDLE);
    await sandbox.fillVault('user', { TOKEN: VALUE });
    sandbox.write('main.nf', PIPELINE);
    sandbox.write('nextflow.config', CURIOUS);
    // Nothing of AWS is here: what wants it has to say so, and ends.
    Object.assign(sandbox.env, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' });
    Object.assign(sandbox.env, { AWS_ACCESS_KEY_ID: 'fake-id', AWS_SECRET_ACCESS_KEY: 'fake-key' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const words of PLANS) {
    it(`${words.join(' ')}: runs no code of the pipeline`, async () => {
      const { exitCode, stderr } = await sandbox.nfSecrets([...words]);
      assert.ok([0, 69].includes(exitCode ?? -1), stderr);
      assert.equal(ran(), undefined);
      assert.deepEqual(sandbox.leftovers(), []);
    });
  }

  for (const words of [
    ['launch', '--dry-run', '--preview', 'main.nf'],
    ['aws', 'check', '--preview', '--region', 'eu-west-1', 'main.nf'],
  ]) {
    it(`${words.join(' ')}: the pipeline's code finds placeholders`, async () => {
      const { stderr } = await sandbox.nfSecrets(words);
      assert.match(ran() ?? '', /placeholder-of-TOKEN/, stderr);
      assert.ok(!(ran() ?? '').includes(VALUE));
      assert.deepEqual(sandbox.leftovers(), []);
    });
  }

  it('says what went wrong in the pipeline when Nextflow was asked', async () => {
    sandbox.write('nextflow.config', `${CURIOUS}throw new Exception("no input for ${VALUE}")\n`);
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', '--dry-run', '--preview', 'main.nf']);
    assert.equal(exitCode, 69, stderr);
    assert.match(stderr, /Nextflow printed[^]*no input for/);
    assert.ok(!stderr.includes('preview/log'), 'a file that is gone by now');
  });
});
