import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';

describe('the end of a command is not the end of the work', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-value' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  const exec = async (...words: string[]): Promise<Result> => sandbox.nfSecrets(['exec', '--', ...words]);
  const entriesOf = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
  const isReleased = (): boolean =>
    [runRoot(sandbox), ledgerDirectory(sandbox)].every((directory) => entriesOf(directory).length === 0);
  const runId = ({ stderr }: Result): string => /Run ([a-z0-9]{12})/.exec(stderr)?.[1] ?? '';

  /** Something that reads the store when it is told to, long after the command. */
  const late = (left: string): string =>
    `${left} sh -c 'while [ ! -e gate ]; do sleep 0.1; done; grep -c fake-value "$NXF_SECRETS_FILE" > seen' > /dev/null 2>&1 < /dev/null &`;

  for (const left of ['', 'nohup', 'setsid']) {
    it(`what a command leaves ${left === '' ? 'in the background' : `with ${left}`} finds its secrets, and they go when it ends`, async () => {
      const result = await exec('sh', '-c', late(left));
      assert.equal(result.exitCode, 0, result.stderr);
      assert.match(result.stderr, /but process \d+ \(\S+\) of it still runs .*nf-secrets sweep --run/s);
      const [run] = JSON.parse(String(await sandbox.ok(['runs', '--json']))) as {
        state: string;
        reason: string;
      }[];
      assert.equal(run?.state, 'running');
      assert.match(run.reason, /process \d+/);
      await sandbox.ok(['sweep']);
      writeFileSync(join(sandbox.workspace, 'gate'), '');
      await until('it has looked', () => existsSync(join(sandbox.workspace, 'seen')));
      await until('the lease is released', isReleased);
      assert.equal((await sandbox.run('cat', ['seen'])).stdout.toString().trim(), '1');
    });
  }

  it('a person may end a lease that only such a process keeps', async () => {
    const result = await exec('sh', '-c', late('setsid'));
    const swept = await sandbox.nfSecrets(['sweep', '--run', runId(result)]);
    assert.equal(swept.exitCode, 0, swept.stderr);
    assert.deepEqual(
      [runRoot(sandbox), ledgerDirectory(sandbox)].map(entriesOf),
      [[], []],
      result.stderr + swept.stderr,
    );
    writeFileSync(join(sandbox.workspace, 'gate'), '');
    await until('it has ended', () => existsSync(join(sandbox.workspace, 'seen')));
  });

  const SUBMITTED: readonly string[][] = [
    ['sbatch', 'head.sh'],
    ['/opt/slurm/bin/sbatch', '--mem=1G', 'head.sh'],
    ['env', 'A=b', 'sbatch', 'head.sh'],
    ['nohup', 'qsub', 'head.sh'],
    ['bash', '-c', 'cd . && sbatch head.sh'],
    ['bash', '-lc', 'job=$(sbatch --parsable head.sh); echo "$job"'],
    ['sh', '-c', 'if true; then bsub < head.sh; fi'],
    ['at', 'now'],
    ['batch'],
    ['condor_submit', 'head.sub'],
    ['systemd-run', '--user', './head.sh'],
    ['timeout', '-s', 'INT', '60', 'sbatch', 'head.sh'],
  ];
  for (const words of SUBMITTED) {
    it(`refuses ${words.join(' ')}: 64, and names launch inside of the job`, async () => {
      const result = await exec(...words);
      assert.equal(result.exitCode, 64, result.stderr);
      assert.match(result.stderr, /nf-secrets launch.*examples\/slurm\/launch\.sbatch/);
      assert.ok(isReleased());
    });
  }

  for (const words of [
    ['sh', '-c', 'echo "sbatch head.sh"'],
    ['sh', '-c', "echo 'a; sbatch head.sh' # sbatch"],
    ['echo', 'sbatch'],
    ['sh', '-c', 'echo batch; true at'],
  ]) {
    it(`runs ${words.join(' ')}, which submits nothing`, async () => {
      const result = await exec(...words);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.ok(isReleased());
    });
  }

  it('keeps the secrets of a script that submits jobs, until a person removes them', async () => {
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'sbatch'), '#!/bin/sh\necho submitted\n', { mode: 0o755 });
    writeFileSync(join(sandbox.workspace, 'sub.sh'), '#!/bin/bash\n# sbatch\nsbatch head.sh\n', {
      mode: 0o755,
    });
    const env = { PATH: `${bin}:${sandbox.env['PATH'] ?? ''}` };
    for (const words of [['./sub.sh'], ['bash', 'sub.sh']]) {
      const result = await sandbox.nfSecrets(['exec', '--', ...words], { env });
      assert.equal(result.exitCode, 0, result.stderr);
      assert.match(result.stderr, /sbatch in \S*sub\.sh:3 may have submitted jobs .*Its secrets stay/);
      assert.equal(entriesOf(runRoot(sandbox)).length, 1);
      await sandbox.ok(['sweep']);
      assert.equal(entriesOf(runRoot(sandbox)).length, 1);
      await sandbox.ok(['sweep', '--run', runId(result)]);
      assert.ok(isReleased());
    }
  });
});
