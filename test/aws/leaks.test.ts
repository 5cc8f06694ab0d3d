import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AwsWorkspace, READING, useAwsWorkspace } from '../fixtures/aws-workspace.ts';
import { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { CLI, finished, type Result } from '../fixtures/sandbox.ts';

const VALUE = 'fakeTokenQ9zX2vTb4n7Wk';
const LOG = [
  'Nov-29 06:17:44.212 [main] DEBUG nextflow.Session - Work-dir: s3://fake-bucket/w [S3]',
  'Nov-29 06:17:45.199 [Task submitter] INFO  nextflow.Session - [57/0344ab] Submitted process > P',
  `Nov-29 06:17:45.279 [main] INFO  nextflow.Nextflow - ${VALUE}`,
].join('\n');

describe('leaks of a workspace in AWS @aws', () => {
  let lab: AwsWorkspace;
  useAwsWorkspace(async (made) => {
    lab = made;
    await lab.init();
    await lab.set('TOKEN', VALUE);
    await lab.set('KEY', 'fakeKeyT6hB9qFe4uJs');
    writeFileSync(join(lab.sandbox.workspace, 'a.txt'), `one\n${VALUE}\n`);
    lab.aws.requests = [];
  });

  it('are looked for with the values that AWS has', async () => {
    const { exitCode, stdout, stderr } = await lab.run(['leaks', '--fail-on-leak', '--accept-members']);
    assert.equal(exitCode, 74, stderr);
    assert.equal(String(stdout), 'LEAK: TOKEN is in a.txt:2 (raw)\n');
    assert.ok(!stderr.includes(VALUE));
  });

  it('are not known of names that may not be read, which is said', async () => {
    await lab.sandbox.ok(['set', 'OWN'], { input: VALUE });
    lab.deny(...READING);
    const found = await lab.json<{ leaks: { name: string }[]; notLookedFor: object; complete: boolean }>([
      'leaks',
      '--accept-members',
    ]);
    assert.deepEqual(
      found.leaks.map(({ name }) => name),
      ['OWN'],
    );
    assert.deepEqual(found.notLookedFor, {
      ...{ tooShort: [], tooLong: [], scopes: [] },
      withheld: ['KEY', 'TOKEN'],
    });
    assert.equal(found.complete, false);
    const { exitCode, stderr } = await lab.run([
      'leaks',
      '--fail-on-leak',
      '--accept-members',
      '.nf-secrets',
    ]);
    assert.equal(exitCode, 74);
    assert.match(stderr, /Not looked for, because you may not read them: KEY, TOKEN\./);
  });

  describe('of a launch in AWS Batch', () => {
    let nextflow: BatchNextflow;
    beforeEach(async () => {
      await lab.aws.addRole('execution');
      nextflow = new BatchNextflow(lab.sandbox);
      nextflow.answers([{ name: 'MAIN:ALIGN', secrets: ['TOKEN', 'KEY'] }]);
    });

    /** Launches, and writes the log of the head's Nextflow while it runs. */
    async function launch(...options: string[]): Promise<Result> {
      nextflow.hold();
      const words = ['launch', ...options, '--accept-members', 'main.nf'];
      const end = finished(lab.sandbox.spawn(process.execPath, [CLI, ...words]));
      await Promise.race([nextflow.untilStarted(), end]);
      writeFileSync(join(lab.sandbox.workspace, '.nextflow.log'), LOG);
      nextflow.letGo();
      return end;
    }

    it('are looked for in the files of the head, and the files of tasks are said', async () => {
      await lab.sandbox.ok(['set', 'OWN'], { input: 'fakeOwnT6hB9qFe4uJs' });
      const { exitCode, stderr } = await launch('--fail-on-leak');
      assert.equal(exitCode, 74, stderr);
      assert.match(stderr, /LEAK: TOKEN is in \.nextflow\.log:3 \(raw\)/);
      assert.match(stderr, /files of tasks in s3:\/\/fake-bucket\/w were not looked at for leaks/);
      assert.ok(!stderr.includes(VALUE));
    });

    it('are not known of secrets that the person may not read, which is said', async () => {
      lab.deny(...READING);
      const { exitCode, stderr } = await launch('--fail-on-leak');
      assert.equal(exitCode, 74, stderr);
      assert.doesNotMatch(stderr, /LEAK: /);
      assert.match(stderr, /Not looked for, because you may not read them: KEY, TOKEN\./);
      assert.equal((await launch()).exitCode, 0);
    });
  });
});
