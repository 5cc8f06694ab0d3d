import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { usingIfSet } from '../fixtures/fake-nextflow.ts';
import { InProcess } from '../fixtures/in-process.ts';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const CODE = usingIfSet(['FAKE_USER', 'FAKE_WS', 'FAKE_HERE', 'FAKE_THERE']);

// How a launch is called. No nextflow is started here; the real one has its own tests.
describe('nf-secrets launch, as it is called', () => {
  let sandbox: Sandbox;
  let nextflow: InProcess;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillVault('user', { FAKE_USER: 'fake-user' }, sandbox);
    nextflow = new InProcess(sandbox);
    // Parameters of the names of our options go to a pipeline that has them.
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      `${CODE}\nprintln "${['workspace', 'only', 'all'].map((name) => `\${params.${name}}`).join('')}"\n`,
    );
  });
  afterEach(() => {
    for (const directory of [runRoot(sandbox), ledgerDirectory(sandbox)]) {
      assert.deepEqual(existsSync(directory) ? readdirSync(directory) : [], [], directory);
    }
    sandbox.remove();
  });

  const launch = async (words: string[], options?: RunOptions): Promise<Result> =>
    nextflow.nfSecrets(['launch', ...words], options);
  /** The arguments of nextflow, and the names that it could read. */
  const calledWith = async (
    words: string[],
    options?: RunOptions,
  ): Promise<[args: string[], names: string[]]> => {
    const { exitCode, stderr } = await launch(words, options);
    assert.equal(exitCode, 0, stderr);
    const { args, secrets } = nextflow.starts.at(-1)!;
    return [[...args], Object.keys(secrets)];
  };
  const assertNotStarted = (): void => {
    assert.deepEqual(nextflow.starts, [], 'nextflow was started');
  };

  describe('hands everything behind the pipeline to Nextflow', () => {
    const CASES: readonly [words: string[], args: string[]][] = [
      [['main.nf'], ['run', 'main.nf']],
      [['.'], ['run', '.']],
      [
        ['main.nf', '-profile', 'test', '--outdir', 'out', '-resume'],
        ['run', 'main.nf', '-profile', 'test', '--outdir', 'out', '-resume'],
      ],
      [
        ['main.nf', '--workspace', 'x', '--help', '--only', 'y'],
        ['run', 'main.nf', '--workspace', 'x', '--help', '--only', 'y'],
      ],
      [
        ['main.nf', '--', 'x', ''],
        ['run', 'main.nf', '--', 'x', ''],
      ],
      [
        ['main.nf', '--text', 'a b\tc "d" $e'],
        ['run', 'main.nf', '--text', 'a b\tc "d" $e'],
      ],
      [
        ['--without-user', 'main.nf', '--all'],
        ['run', 'main.nf', '--all'],
      ],
      [
        ['--', 'nextflow', 'run', 'main.nf', '-resume'],
        ['run', 'main.nf', '-resume'],
      ],
      [
        ['--', 'nextflow', '-q', '-log', 'x.log', 'run', '-profile', 'test', 'main.nf'],
        ['-q', '-log', 'x.log', 'run', '-profile', 'test', 'main.nf'],
      ],
    ];
    for (const [words, args] of CASES) {
      it(JSON.stringify(words.join(' ')), async () => {
        assert.deepEqual((await calledWith(words))[0], args);
      });
    }
  });

  describe('refuses an option before the pipeline, and says where it goes', () => {
    const CASES: readonly [option: string[], says: RegExp][] = [
      [['-profile', 'test'], /-profile/],
      [['-resume'], /-resume/],
      [['-c', 'x.config'], /-c\b/],
      [['-params-file', 'x.json'], /-params-file/],
      [['-with-docker'], /-with-docker/],
      [['-w', 'work'], /-w\b/],
      [['-r', 'main'], /-r\b/],
      [['--outdir', 'out'], /--outdir/],
      [['--input=x.csv'], /--input/],
    ];
    for (const [option, says] of CASES) {
      it(option.join(' '), async () => {
        const result = await launch([...option, 'main.nf']);
        assertRefusedWithRemedy(result, 64, says, /put it after the pipeline/);
        assertNotStarted();
      });
    }
  });

  it('refuses a pipeline that is not there, with a near miss', async () => {
    mkdirSync(join(sandbox.workspace, 'pipelines', 'rnaseq'), { recursive: true });
    const CASES: readonly [words: string[], ...says: string[]][] = [
      [['mian.nf'], 'mian.nf does not exist', 'Did you mean main.nf?'],
      [['./Main.nf'], './Main.nf', 'Did you mean main.nf?'],
      [['pipelines/rnasek.nf'], 'pipelines/rnasek.nf does not exist'],
      [['./pipelines/rnasq'], 'Did you mean pipelines/rnaseq?'],
      [['/nowhere/main.nf'], '/nowhere/main.nf does not exist'],
      [['--', 'nextflow', 'run', 'mian.nf'], 'Did you mean main.nf?'],
    ];
    for (const [words, ...says] of CASES) assertRefused(await launch(words), 64, ...says);
    assertNotStarted();
  });

  it('refuses no pipeline, and what is no nextflow run', async () => {
    const CASES: readonly [words: string[], ...says: (string | RegExp)[]][] = [
      [[], 'needs a pipeline'],
      [['--'], 'needs a pipeline'],
      [['--', 'make', 'run'], '"make"', 'nf-secrets exec -- COMMAND'],
      [['--', 'nextflow'], /"nextflow … run"/],
      [['--', 'nextflow', 'config'], '"nextflow config"', 'nf-secrets exec -- nextflow'],
      [['--', 'nextflow', 'run'], 'needs a pipeline'],
      [['--', 'nextflow', 'run', '-resume'], 'needs a pipeline'],
    ];
    for (const [words, ...says] of CASES) assertRefused(await launch(words), 64, ...says);
    assertNotStarted();
  });

  it('refuses to run without nextflow: 69', async () => {
    const env = { PATH: join(sandbox.root, 'empty') };
    assertRefusedWithRemedy(
      await launch(['main.nf'], { env }),
      69,
      'no nextflow on your PATH',
      '--nextflow PATH',
    );
    mkdirSync(join(sandbox.workspace, 'directory'));
    for (const path of ['./nowhere', 'main.nf', 'directory']) {
      assertRefusedWithRemedy(await launch(['--nextflow', path, 'main.nf']), 69, path, '--nextflow PATH');
    }
    assertNotStarted();
  });

  it('takes the nextflow that --nextflow names, or the command line', async () => {
    const other = join(sandbox.workspace, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'nextflow'), '', { mode: 0o755 });
    for (const words of [
      ['--nextflow', 'other/nextflow', 'main.nf'],
      ['--', './other/nextflow', 'run', 'main.nf'],
      ['--nextflow', join(other, 'nextflow'), '--', 'nextflow', 'run', 'main.nf'],
    ]) {
      assert.equal((await launch(words)).exitCode, 0);
      assert.equal(resolve(sandbox.workspace, nextflow.starts.at(-1)!.command), join(other, 'nextflow'));
    }
  });

  describe('refuses a run root that is no place for secrets: 73', () => {
    const root = (...names: string[]): string => join(sandbox.root, ...names);
    const refused = async (path: string, ...says: (string | RegExp)[]): Promise<void> => {
      assertRefusedWithRemedy(await launch(['--run-root', path, 'main.nf']), 73, path, ...says);
      const env = { NF_SECRETS_RUN_ROOT: path };
      assertRefusedWithRemedy(await launch(['main.nf'], { env }), 73, path, ...says);
      assertNotStarted();
    };

    for (const name of ['with space', "quo'te", 'dol$lar', 'a;b', 'ä']) {
      it(`with ${JSON.stringify(name)} in its path, which tasks do not quote`, async () => {
        await refused(root(name), /not quote/);
        assert.ok(!existsSync(root(name)), 'and it is not made');
      });
    }

    it('by a link to such a path', async () => {
      mkdirSync(root('with space'));
      symlinkSync(root('with space'), root('link'));
      assertRefused(await launch(['--run-root', root('link'), 'main.nf']), 73, 'with space');
      assertNotStarted();
    });

    it('that everybody can write, or below such a directory', async () => {
      mkdirSync(root('open', 'below'), { recursive: true });
      chmodSync(root('open'), 0o777);
      await refused(root('open'), 'every user');
      await refused(root('open', 'below'), 'every user', /open can be changed/);
      await refused(root('open', 'new'), 'every user');
    });

    it('that is a file, is below one, or leads nowhere', async () => {
      writeFileSync(root('file'), '');
      symlinkSync(root('nowhere'), root('link'));
      await refused(root('file'), 'is not a directory');
      await refused(root('file', 'below'));
      await refused(root('link'));
    });

    it('but not below one with the sticky bit, such as /tmp', async () => {
      mkdirSync(root('sticky'));
      chmodSync(root('sticky'), 0o1777);
      const [, names] = await calledWith(['--run-root', root('sticky', 'mine'), 'main.nf']);
      assert.deepEqual(names, ['FAKE_USER']);
    });

    it('that belongs to somebody else', async () => {
      if (process.getuid?.() !== 0) {
        console.warn('      NOT TRIED: only root can give a directory to somebody else');
        return;
      }
      mkdirSync(root('theirs'));
      await sandbox.run('chown', ['4242', root('theirs')]);
      await refused(root('theirs'), 'belongs to another user');
    });
  });

  it('refuses executors that no secret of this machine reaches: 69', async () => {
    const config = join(sandbox.workspace, 'nextflow.config');
    for (const [text, says] of [
      ["process.executor = 'awsbatch'", 'awsbatch'],
      ["process {\n  executor = 'k8s'\n}", 'k8s'],
      ['fusion.enabled = true', 'Fusion'],
    ] as const) {
      writeFileSync(config, text);
      assertRefusedWithRemedy(await launch(['--target', 'local', 'main.nf']), 69, says, config);
    }
    assertNotStarted();
    writeFileSync(config, "process.executor = 'slurm'");
    await calledWith(['main.nf']);
  });

  it('refuses a script from stdin that may run in AWS Batch: nobody can ask beforehand what it does', async () => {
    writeFileSync(join(sandbox.workspace, 'nextflow.config'), "process.executor = 'awsbatch'");
    assertRefusedWithRemedy(await launch(['-']), 69, 'stdin', '--target local');
    assertNotStarted();
  });

  it('finds the workspace from the pipeline’s directory, then from the current one', async () => {
    const project = join(sandbox.root, 'project');
    mkdirSync(join(project, 'sub'), { recursive: true });
    writeFileSync(join(project, 'sub', 'main.nf'), CODE);
    const workspaceAt = (directory: string): Sandbox =>
      Object.assign(Object.create(sandbox) as Sandbox, { workspace: directory });
    await fillVault('workspace', { FAKE_HERE: 'fake' }, sandbox);
    const names = async (...words: string[]): Promise<string[]> => (await calledWith(words))[1];
    assert.deepEqual(await names('../project/sub/main.nf'), ['FAKE_HERE', 'FAKE_USER']);
    await fillVault('workspace', { FAKE_THERE: 'fake' }, workspaceAt(project));
    assert.deepEqual(await names('../project/sub/main.nf'), ['FAKE_THERE', 'FAKE_USER']);
    assert.deepEqual(await names('../project/sub'), ['FAKE_THERE', 'FAKE_USER']);
    assert.deepEqual(await names('--workspace', '.', '../project/sub'), ['FAKE_HERE', 'FAKE_USER']);
    assert.deepEqual(await names('--', 'nextflow', 'run', '../project/sub'), ['FAKE_THERE', 'FAKE_USER']);
  });

  it('sends only what --only names, and not the user’s with --without-user', async () => {
    await fillVault('workspace', { FAKE_WS: 'fake', FAKE_USER: 'fake' }, sandbox);
    assert.deepEqual((await calledWith(['--only', 'FAKE_WS', 'main.nf']))[1], ['FAKE_WS']);
    assert.deepEqual((await calledWith(['--without-user', '--only', 'FAKE_USER', 'main.nf']))[1], [
      'FAKE_USER',
    ]);
    assertRefused(await launch(['--only', 'FAKE_GONE', 'main.nf']), 66, 'FAKE_GONE');
    assertRefused(await launch(['--only', 'no-name', 'main.nf']), 64, 'no_name');
  });

  it('hands Nextflow’s exit code on', async () => {
    nextflow.exitCode = 17;
    assert.equal((await launch(['main.nf'])).exitCode, 17);
  });
});
