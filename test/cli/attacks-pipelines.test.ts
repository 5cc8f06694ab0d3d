import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ensureNextflow } from '../../scripts/tools.mjs';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { filesBelow } from '../fixtures/loot.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Victim } from '../fixtures/victim.ts';

// The author of a remote pipeline chooses the names that it asks for, and sends what it gets anywhere. The fake
// Nextflow is that author's side: what it was handed is lost.

describe('a remote pipeline without a grant, by the built command', () => {
  let victim: Victim;
  let nextflow: FakeNextflow;

  beforeEach(async () => {
    victim = await Victim.create();
    nextflow = new FakeNextflow(victim);
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
  });
  afterEach(() => {
    victim.remove();
  });

  it('gets no secret of the user, and is not started; with a grant it gets that one, from then on', async () => {
    assertRefusedWithRemedy(await victim.nfSecrets(['launch', 'mallory/pipeline']), 77, '--grant USER_KEY');
    assert.deepEqual(nextflow.starts, []);
    assert.deepEqual(filesBelow(victim.root, 'fake-of-the-user'), []);
    await victim.ok(['launch', '--grant', 'USER_KEY', 'mallory/pipeline']);
    await victim.ok(['launch', 'https://github.com/mallory/pipeline.git']);
    assert.deepEqual(
      nextflow.starts.map(({ secrets }) => secrets),
      [{ USER_KEY: 'fake-of-the-user' }, { USER_KEY: 'fake-of-the-user' }],
    );
  });

  it('started inside of another run needs the grant too', async () => {
    const inner = [process.execPath, CLI, 'launch', 'mallory/pipeline'];
    const result = await victim.nfSecrets(['exec', '--', ...inner]);
    assert.equal(result.exitCode, 77, result.stderr);
    assert.match(result.stderr, /mallory\/pipeline.*USER_KEY/);
    assert.deepEqual(nextflow.starts, []);
  });
});

describe('an environment that gives secrets away', () => {
  let victim: Victim;
  let nextflow: FakeNextflow;

  beforeEach(async () => {
    victim = await Victim.create();
    nextflow = new FakeNextflow(victim);
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
    victim.writePipeline('USER_KEY');
  });
  afterEach(() => {
    victim.remove();
  });

  const envOfRun = async (env: Record<string, string>): Promise<ReadonlyMap<string, string>> => {
    const { exitCode, stderr } = await victim.nfSecrets(['launch', 'main.nf'], { env });
    assert.equal(exitCode, 0, stderr);
    return nextflow.starts.at(-1)!.env;
  };

  it('NXF_DEBUG=1 does not reach Nextflow, and that is said', async () => {
    const { stderr } = await victim.nfSecrets(['launch', 'main.nf'], { env: { NXF_DEBUG: '1' } });
    assert.match(stderr, /NXF_DEBUG/);
    assert.match(nextflow.start.env.get('NXF_DEBUG') ?? '', /^0?$/);
  });

  it('NXF_ENABLE_SECRETS=false does not switch the directive off, and that is said', async () => {
    const env = { NXF_ENABLE_SECRETS: 'false' };
    const { stderr } = await victim.nfSecrets(['launch', 'main.nf'], { env });
    assert.match(stderr, /NXF_ENABLE_SECRETS=false is overridden/);
    assert.equal(nextflow.start.env.get('NXF_ENABLE_SECRETS'), 'true');
  });

  it('age keys and settings of ours do not go on to tasks', async () => {
    const keys = join(victim.root, 'keys.txt');
    writeFileSync(keys, `# the same key\n${victim.key.secret}\n`);
    const env = await envOfRun({
      SOPS_AGE_KEY: victim.key.secret,
      SOPS_AGE_KEY_FILE: keys,
      SOPS_AGE_KEY_CMD: `cat ${keys}`,
      NF_SECRETS_WORKSPACE: victim.workspace,
      ELECTRON_RUN_AS_NODE: '1',
    });
    const names = [...env.keys()].filter((name) => /^(SOPS_AGE|NF_SECRETS|ELECTRON)/.test(name));
    assert.deepEqual(names, ['NF_SECRETS_RUN']);
    assert.ok(![...env.values()].some((value) => value.includes('fake-of-the-user')));
  });

  it('the store that Nextflow is told of is the run’s own, whatever NXF_SECRETS_FILE says', async () => {
    const planted = join(victim.root, 'planted.json');
    writeFileSync(planted, '[]', { mode: 0o600 });
    const env = await envOfRun({ NXF_SECRETS_FILE: planted });
    assert.match(env.get('NXF_SECRETS_FILE') ?? '', /\/runs\/[a-z0-9]{12}\/store\.json$/);
    assert.equal(readFileSync(planted, 'utf8'), '[]');
  });

  it('NXF_DEBUG=2 and a real Nextflow: no value in any file of any task @nextflow', async () => {
    const real = dirname(await ensureNextflow('24.10.0'));
    const env = { NXF_DEBUG: '2', PATH: [real, process.env['PATH']].join(delimiter), NXF_ANSI_LOG: 'false' };
    const { exitCode, stderr } = await victim.nfSecrets(['launch', 'main.nf'], { env });
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(filesBelow(victim.root, 'fake-of-the-user'), []);
  });
});

describe('code that a regular expression takes for ever with', () => {
  const NAME = 'A'.repeat(40);
  const CASES: readonly (readonly [title: string, script: string, config: string])[] = [
    [
      'a selector with many choices',
      '',
      `process { withName: '${'(A|.)'.repeat(39)}(B|C)' { secret = ['B_KEY'] } }\n`,
    ],
    ['a line with "from" again and again', `// ${'from '.repeat(180_000)}\n`, ''],
  ];
  for (const [title, script, config] of CASES) {
    it(`${title}: launch --dry-run and scan have an end`, () => {
      const sandbox = new Sandbox();
      try {
        const put = (name: string, text: string): void => {
          writeFileSync(join(sandbox.workspace, name), text);
        };
        const code = `process ${NAME} {\n  secret 'A_KEY'\n  script: 'true'\n}\nworkflow { ${NAME}() }\n`;
        put('main.nf', code + script);
        put('nextflow.config', config);
        new FakeNextflow(sandbox);
        const { env, workspace: cwd } = sandbox;
        for (const args of [['launch', '--dry-run', '--allow-missing', 'main.nf'], ['scan']]) {
          // It is ended after that time, which the status tells; only a hang needs so long.
          const { status } = spawnSync(process.execPath, [CLI, ...args], { env, cwd, timeout: 90_000 });
          assert.equal(status, 0, args[0]);
        }
      } finally {
        sandbox.remove();
      }
    });
  }
});
