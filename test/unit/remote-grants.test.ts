import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { forgeVault } from '../fixtures/forged-vault.ts';
import { InProcess } from '../fixtures/in-process.ts';
import { filesBelow } from '../fixtures/loot.ts';
import { nextflowStoreFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import type { Result } from '../fixtures/sandbox.ts';
import { assertShowable } from '../fixtures/showable.ts';
import { Victim } from '../fixtures/victim.ts';

// The author of a remote pipeline chooses the names that it asks for, and sends what it gets anywhere. What Nextflow
// would be started with is lost. Pipelines are pulled by a program that makes their clones.

describe('a remote pipeline without a grant', () => {
  let victim: Victim;
  let nextflow: InProcess;

  beforeEach(async () => {
    victim = await Victim.create();
    nextflow = new InProcess(victim, new FakeNextflow(victim));
    await victim.fillUser({ USER_KEY: 'fake-of-the-user', OTHER_KEY: 'fake-other' });
  });
  afterEach(() => {
    victim.remove();
  });

  const launch = async (...args: string[]): Promise<Result> => nextflow.nfSecrets(['launch', ...args]);
  const loot = (): string[] => nextflow.starts.flatMap(({ secrets }) => Object.keys(secrets)).sort();

  /** All ways in which Nextflow takes the name of a remote pipeline. */
  const SPELLINGS: readonly string[][] = [
    ['mallory/pipeline'],
    ['pipeline'],
    ['https://github.com/mallory/pipeline'],
    ['http://github.com/mallory/pipeline'],
    ['HTTPS://GitHub.com/mallory/pipeline.git'],
    ['https://example.org/mallory/pipeline'],
    ['git@example.org:mallory/pipeline.git'],
    ['ssh://git@example.org/mallory/pipeline'],
    ['file:///tmp/mallory/pipeline'],
    ['mallory/pipeline', '-hub', 'gitlab'],
    ['mallory/pipeline', '-r', 'main', '-latest'],
    ['--', 'nextflow', 'run', 'mallory/pipeline'],
    ['--', 'nextflow', '-log', 'x.log', 'run', '-resume', 'mallory/pipeline', '-r', 'main'],
    ['--', 'nextflow', 'run', '-r', 'main', '-hub', 'gitlab', 'mallory/pipeline'],
  ];
  it('gets no secret of the user, however it is written, and is not started', async () => {
    for (const words of SPELLINGS) {
      assertRefusedWithRemedy(
        await launch(...words),
        77,
        'pipeline',
        'OTHER_KEY, USER_KEY',
        '--grant USER_KEY',
      );
    }
    assert.deepEqual(nextflow.starts, []);
    assert.deepEqual(filesBelow(victim.root, 'fake-of-the-user'), []);
  });

  it('gets no secret of the person’s own Nextflow store, and the remedies work', async () => {
    const store = nextflowStoreFile(victim);
    mkdirSync(dirname(store), { recursive: true });
    writeFileSync(store, '[{"name":"STORE_KEY","value":"fake-of-the-store"}]', { mode: 0o600 });
    const result = await launch('--without-user', 'mallory/pipeline');
    assertRefusedWithRemedy(result, 77, 'STORE_KEY');
    // It was given already, and did not help.
    assert.doesNotMatch(result.stderr, /--without-user/);
    assert.deepEqual(nextflow.starts, []);
  });

  it('with --without-user gets nothing of the user, and needs no grant', async () => {
    const { exitCode, stderr } = await launch('--without-user', 'mallory/pipeline');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(loot(), []);
  });

  it('gets what the workspace shares, without a grant, and no name that the user overrides', async () => {
    await victim.fillWorkspace({ WORK_KEY: 'fake-of-the-workspace' });
    const { exitCode, stderr } = await launch('--only', 'WORK_KEY', 'mallory/pipeline');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(nextflow.start.secrets, { WORK_KEY: 'fake-of-the-workspace' });
    await victim.fillUser({ WORK_KEY: 'fake-of-the-user' });
    assertRefusedWithRemedy(await launch('--only', 'WORK_KEY', 'mallory/pipeline'), 77, 'WORK_KEY');
    assert.equal(nextflow.starts.length, 1);
  });

  it('finds a workspace only from the current directory, not from where it was downloaded to', async () => {
    const assets = join(victim.nextflowHome, 'assets', 'mallory', 'pipeline');
    const vault = join(assets, '.nf-secrets', 'workspace.sops.json');
    await forgeVault(vault, { Alice: victim.recipient }, { PLANTED_KEY: 'fake-of-mallory' });
    const { exitCode, stderr } = await launch('--without-user', 'mallory/pipeline');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(loot(), []);
  });

  // What Nextflow takes for local, we have to take for local, and the other way round.
  it('is not mistaken for a local one by an empty directory of its name and -main-script', async () => {
    mkdirSync(join(victim.workspace, 'mallory', 'pipeline'), { recursive: true });
    // Nextflow looks for other.nf here, does not find it, and goes on to the remote pipeline.
    const results = [
      await launch('mallory/pipeline', '-main-script', 'other.nf'),
      await launch('--', 'nextflow', 'run', '-main-script', 'other.nf', 'mallory/pipeline'),
    ];
    for (const result of results) assertRefusedWithRemedy(result, 77, 'mallory/pipeline');
    assert.deepEqual(nextflow.starts, []);
  });

  it('whose clone has no files yet is not started as one that uses no secrets', async () => {
    mkdirSync(join(victim.nextflowHome, 'assets', 'mallory', 'pipeline', '.git'), { recursive: true });
    assertRefusedWithRemedy(await launch('mallory/pipeline'), 69, 'there is no main.nf in its clone');
    assert.deepEqual(nextflow.starts, []);
  });
});

describe('a grant', () => {
  let victim: Victim;
  let nextflow: InProcess;

  beforeEach(async () => {
    victim = await Victim.create();
    nextflow = new InProcess(victim, new FakeNextflow(victim));
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
    await nextflow.ok(['launch', '--grant', 'USER_KEY', 'Owner/Pipeline']);
  });
  afterEach(() => {
    victim.remove();
  });

  const launch = async (...args: string[]): Promise<Result> => nextflow.nfSecrets(['launch', ...args]);

  const SAME: readonly string[][] = [
    ['Owner/Pipeline'],
    ['owner/pipeline', '-r', 'dev'],
    ['https://github.com/owner/pipeline'],
    ['https://GitHub.com/Owner/Pipeline.git'],
    ['https://user:fake-password@github.com/owner/pipeline'],
    ['owner/pipeline', '-hub', 'github'],
  ];
  it('serves the same pipeline, however it is written', async () => {
    for (const words of SAME) {
      const { exitCode, stderr } = await launch(...words);
      assert.equal(exitCode, 0, stderr);
    }
    assert.equal(nextflow.starts.length, 1 + SAME.length);
  });

  const OTHERS: readonly string[][] = [
    ['other/pipeline'],
    ['owner/other'],
    ['pipeline'],
    ['owner/pipeline', '-hub', 'gitlab'],
    ['owner/pipeline', '-hub', 'bitbucket'],
    ['https://gitlab.com/owner/pipeline'],
    ['https://github.com.example.org/owner/pipeline'],
    ['https://github.com@example.org/owner/pipeline'],
    ['https://github.com:fake@example.org/owner/pipeline'],
    ['https://example.org/github.com/owner/pipeline'],
    ['https://github.com/owner/pipeline/../../other/pipeline'],
    ['https://github.com/owner/pipeline?x=y'],
    ['http://github.com/owner/pipeline'],
    ['git@example.org:owner/pipeline'],
    ['file:///tmp/owner/pipeline'],
    ['owner/pipeline\u200b'],
    ['owner/p\u0456peline'],
  ];
  it('serves no other pipeline that is written alike', async () => {
    for (const words of OTHERS) {
      const result = await launch(...words);
      // What is nothing that Nextflow could have pulled is refused for that.
      assert.ok(result.exitCode === 77 || result.exitCode === 69, result.stderr);
      assert.match(result.stderr, result.exitCode === 77 ? /USER_KEY/ : /cannot be read/);
      assertShowable(result.stderr);
    }
    assert.equal(nextflow.starts.length, 1, 'only the granted one');
  });

  it('serves no other name: new ones are asked about', async () => {
    await victim.fillUser({ NEW_KEY: 'fake-new' });
    const result = await launch('owner/pipeline');
    assertRefusedWithRemedy(result, 77, 'NEW_KEY');
    assert.doesNotMatch(result.stderr, /before: .*USER_KEY/);
    assertRefusedWithRemedy(await launch('--grant', 'USER_KEY', 'owner/pipeline'), 77, 'NEW_KEY');
    assert.equal(nextflow.starts.length, 1);
    await nextflow.ok(['launch', '--grant', 'NEW_KEY', 'owner/pipeline']);
    await nextflow.ok(['launch', 'owner/pipeline']);
  });

  it('that is needed is said by --dry-run, which grants nothing', async () => {
    await victim.fillUser({ NEW_KEY: 'fake-new', LAST_KEY: 'fake-last' });
    const plan = await launch('--dry-run', '--grant', 'LAST_KEY', 'Owner/Pipeline');
    assert.equal(plan.exitCode, 0, plan.stderr);
    assert.match(plan.stderr, /Owner\/Pipeline has not had these .* asks: NEW_KEY$/m);
    assertRefusedWithRemedy(await launch('owner/pipeline'), 77, 'LAST_KEY, NEW_KEY');
    assertRefused(await launch('--grant', 'new-key', 'owner/pipeline'), 64, 'Did you mean new_key?');
  });

  it('is kept where it was refused: a refusal grants nothing of what it was asked with', async () => {
    await victim.fillUser({ NEW_KEY: 'fake-new', LAST_KEY: 'fake-last' });
    assertRefusedWithRemedy(await launch('--grant', 'NEW_KEY', 'owner/pipeline'), 77, 'LAST_KEY');
    const grants = JSON.parse(String(await nextflow.ok(['grant', 'list', '--json']))) as unknown;
    assert.deepEqual(grants, [{ pipeline: 'owner/pipeline', names: ['USER_KEY'] }]);
  });

  it('ends when it is taken back', async () => {
    await nextflow.ok(['grant', 'remove', 'https://github.com/owner/pipeline', 'USER_KEY']);
    assertRefusedWithRemedy(await launch('owner/pipeline'), 77, 'USER_KEY');
  });

  it('behind the pipeline grants nothing: it is no parameter of that pipeline', async () => {
    const result = await launch('other/pipeline', '--grant', 'all', '--accept-members', '--without-user');
    assertRefusedWithRemedy(
      result,
      64,
      'no parameter grant',
      '--grant --accept-members --without-user PIPELINE',
    );
  });

  it('keeps no password of a URL', async () => {
    const password = 'fake-password';
    for (const url of [
      `https://user:${password}@example.org/owner/pipeline`,
      `https://user:fake@${password}@example.org/owner/pipeline`,
    ]) {
      const { stderr } = await launch('--grant', 'all', url);
      assert.ok(!stderr.includes(password), stderr);
    }
    assert.deepEqual(filesBelow(victim.toolHome, password), []);
  });

  it('is for the remote pipeline, not for a directory of its name that a repository brings', async () => {
    const planted = join(victim.workspace, 'owner', 'pipeline');
    mkdirSync(planted, { recursive: true });
    writeFileSync(join(planted, 'main.nf'), 'workflow {}\n');
    await victim.fillUser({ NEW_KEY: 'fake-new' });
    const { exitCode, stderr } = await launch('owner/pipeline');
    // Nextflow runs the directory. Either that is said, or it is asked about.
    assert.ok(exitCode === 0 || exitCode === 77, stderr);
    assert.match(stderr, /local|directory/i);
  });
});

describe('an environment in which tasks would print their secrets', () => {
  let victim: Victim;
  let nextflow: InProcess;

  beforeEach(async () => {
    victim = await Victim.create();
    nextflow = new InProcess(victim);
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
    victim.writePipeline('USER_KEY');
  });
  afterEach(() => {
    victim.remove();
  });

  // With 1 Nextflow's local executor starts tasks by `bash -x`; the script of each task turns that on itself for
  // whatever comes after "1" as a text. Either way their secrets are in .command.log.
  for (const level of ['1', '2', '10', '1x', ' 2', 'true']) {
    it(`NXF_DEBUG=${level} does not reach Nextflow, and that is said`, async () => {
      const { stderr } = await nextflow.nfSecrets(['launch', 'main.nf'], { env: { NXF_DEBUG: level } });
      assert.match(stderr, /NXF_DEBUG/);
      assert.match(nextflow.start.env.get('NXF_DEBUG') ?? '', /^0?$/);
    });
  }
});
