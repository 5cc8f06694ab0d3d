import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepAnswer } from '../../src/core/nextflow/known-answers.ts';
import { ensureGranted } from '../../src/core/launch/grants.ts';
import { ensureIdentities } from '../../src/core/vault/identity.ts';
import { newEntry } from '../../src/core/runs/new-entry.ts';
import { rememberAws } from '../../src/core/targets/aws-batch/accounts.ts';
import { recordStart } from '../../src/core/runs/background.ts';
import { recordLease } from '../../src/core/runs/ledger.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { recordUsage } from '../../src/core/secrets/usage.ts';
import { recordAcceptance } from '../../src/core/vault/acceptance.ts';
import { updateVault } from '../../src/core/vault/update-vault.ts';
import { userVault } from '../../src/core/vault/vault-location.ts';
import type { World } from '../../src/core/system/world.ts';
import { FakeNextflow, usingIfSet } from '../fixtures/fake-nextflow.ts';
import { type AgeKey, forgeVault, newAgeKey } from '../fixtures/forged-vault.ts';
import { workspaceVaultFile } from '../fixtures/places.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { fakeWorld } from '../fixtures/world.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

// A CI job, or the second laptop of somebody who has the key: a clone, a key in the environment, and no home of the
// tool. Whatever is done first has to make it.
describe('the first use in an empty home', () => {
  let sandbox: Sandbox;
  let key: AgeKey;
  let nextflow: FakeNextflow;

  beforeEach(async () => {
    sandbox = new Sandbox();
    key = await newAgeKey();
    nextflow = new FakeNextflow(sandbox);
    sandbox.env['SOPS_AGE_KEY'] = key.secret;
    // Where it is for most people: two of the directories above it are missing too.
    delete sandbox.env['NF_SECRETS_HOME'];
    await forgeVault(workspaceVaultFile(sandbox), { 'me@work': key.recipient }, { WORK_KEY: 'fake-work' });
    writeFileSync(join(sandbox.workspace, 'main.nf'), usingIfSet(['WORK_KEY']));
  });
  afterEach(() => {
    sandbox.remove();
  });

  const toolHome = (): string => join(sandbox.home, '.local', 'share', 'nf-secrets');
  const assertMade = (...names: string[]): void => {
    assert.equal(modeOf(toolHome()), 0o700);
    for (const name of names) assert.equal(modeOf(join(toolHome(), name)), 0o600, name);
    assert.deepEqual(
      readdirSync(toolHome()).filter((name) => name.endsWith('.lock')),
      [],
    );
  };
  const succeeds = async (args: string[], input = ''): Promise<Result> => {
    const result = await sandbox.nfSecrets(args, { input });
    assert.equal(result.exitCode, 0, result.stderr);
    return result;
  };

  it('launch --accept-members', async () => {
    await succeeds(['launch', '--accept-members', 'main.nf']);
    assert.deepEqual(nextflow.start.secrets, { WORK_KEY: 'fake-work' });
    assertMade('workspaces.json', 'usage.json');
  });

  it('launch --accept-members --background', async () => {
    const { stdout } = await succeeds(['launch', '--accept-members', '--background', 'main.nf']);
    await succeeds(['wait', stdout.toString().trim()]);
    assertMade('workspaces.json');
    assert.equal(modeOf(join(toolHome(), 'logs')), 0o700);
  });

  it('launch --grant of a remote pipeline', async () => {
    mkdirSync(join(sandbox.nextflowHome, 'secrets'), { recursive: true });
    writeFileSync(
      join(sandbox.nextflowHome, 'secrets', 'store.json'),
      '[{"name":"STORE_KEY","value":"fake-store"}]',
    );
    const elsewhere = join(sandbox.root, 'elsewhere');
    mkdirSync(elsewhere);
    const args = ['launch', '--grant', 'STORE_KEY', 'lab/pipeline'];
    const result = await sandbox.nfSecrets(args, { cwd: elsewhere });
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(nextflow.start.secrets, { STORE_KEY: 'fake-store' });
    assertMade('grants.json');
  });

  it('launch, and y on a terminal', async () => {
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'launch', 'main.nf']);
    await until('it asks', () => terminal.screen.includes('Accept these members?'));
    terminal.type('y\n');
    assert.equal(await terminal.ended(), 0, terminal.screen);
    assert.deepEqual(nextflow.start.secrets, { WORK_KEY: 'fake-work' });
  });

  it('exec --accept-members', async () => {
    const show = ['exec', '--accept-members', '--', 'sh', '-c', 'cat "$NXF_SECRETS_FILE"'];
    assert.match((await succeeds(show)).stdout.toString(), /fake-work/);
    assertMade('workspaces.json');
  });

  it('set --scope workspace --accept-members', async () => {
    await succeeds(['set', 'NEW_KEY', '--scope', 'workspace', '--accept-members'], 'fake-new');
    assertMade('workspaces.json');
    assert.match((await succeeds(['list', '--scope', 'workspace'])).stdout.toString(), /NEW_KEY/);
  });

  it('set, with a key of one’s own already there', async () => {
    await succeeds(['set', 'NEW_KEY'], 'fake-new');
    assertMade('user.sops.json');
    assert.ok(!existsSync(join(toolHome(), 'identity.txt')), 'no other identity beside it');
  });

  it('set, without any key', async () => {
    delete sandbox.env['SOPS_AGE_KEY'];
    await succeeds(['set', 'NEW_KEY'], 'fake-new');
    assertMade('identity.txt', 'user.sops.json');
  });

  for (const args of [
    ['list'],
    ['runs'],
    ['sweep'],
    ['logs'],
    ['grant', 'list'],
    ['scan'],
    ['member', 'list'],
  ]) {
    it(`${args.join(' ')}: shows what there is, and makes nothing`, async () => {
      await succeeds(args);
      assert.deepEqual(readdirSync(sandbox.home), []);
    });
  }
});

// Each of them alone: it depends on the person which comes first.
describe('the first file of the home', () => {
  const NOW = '2026-01-02T03:04:05Z';
  const AWS = { partition: 'aws', account: '000000000000', region: 'eu-west-1', profile: null };
  const RUN = 'abcdefghijkl';
  const FIRST: readonly (readonly [file: string, write: (world: World) => Promise<unknown>])[] = [
    ['identity.txt', async (world) => ensureIdentities(world)],
    [
      'user.sops.json',
      async (world) =>
        updateVault(userVault(world), world, 'tester', (draft) => {
          draft.set('FAKE_A', new SecretValue('fake'));
        }),
    ],
    [
      'workspaces.json',
      async (world) =>
        recordAcceptance(
          '/clone/.nf-secrets/workspace.sops.json',
          { recipients: [], owner: 0, key: null, lastModified: NOW },
          world,
        ),
    ],
    [
      'grants.json',
      async (world) => ensureGranted('lab/pipeline', [{ name: 'FAKE_A', from: 'user' }], ['all'], world),
    ],
    ['usage.json', async (world) => recordUsage([{ name: 'FAKE_A', from: 'user' }], '/clone', world)],
    ['aws.json', async (world) => rememberAws(AWS, world)],
    ['answers.json', async (world) => keepAnswer(Buffer.from('key'), {}, [process.execPath], world)],
    [
      `runs/${RUN}.json`,
      async (world) =>
        recordLease(
          newEntry(
            { runId: RUN, label: 'main.nf', store: { kind: 'private-store', path: `/runs/${RUN}` } },
            world,
          ),
          world,
        ),
    ],
    [`logs/${RUN}.json`, async (world) => recordStart(RUN, 'main.nf', world)],
  ];

  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const [file, write] of FIRST) {
    it(`can be ${file}`, async () => {
      await write(fakeWorld({ cwd: sandbox.workspace, homeDir: sandbox.home }));
      const home = join(sandbox.home, '.local', 'share', 'nf-secrets');
      assert.notEqual(readFileSync(join(home, file), 'utf8'), '');
      assert.deepEqual([modeOf(home), modeOf(join(home, file))], [0o700, 0o600]);
    });
  }
});
