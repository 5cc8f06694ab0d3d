import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';

// Where Nextflow keeps a remote pipeline depends on its version: one clone that is switched, or since 25.12 a bare one and
// a directory a commit. A plan is of the text that will run, never of the one beside it.

const GIT_ENV = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org' },
  ...{ GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' },
};
const git = (directory: string, ...args: string[]): string =>
  execFileSync('git', ['-C', directory, ...args], { env: GIT_ENV, encoding: 'utf8' }).trim();

const script = (name: string): string =>
  `process P {\n  secret '${name}'\n\n  script:\n  'true'\n}\n\nworkflow {\n  P()\n}\n`;

/** The launcher of one version; `pull` makes the directory of the commit that it is asked for. */
const launcher = (version: string): string => `#!/bin/sh
NXF_VER=\${NXF_VER:-'${version}'}
repos="$NXF_HOME/assets/.repos/lab/pipeline"
case $1 in
-v) echo "nextflow version $NXF_VER.1234" ;;
pull)
  echo pull >> "$NXF_HOME/calls"
  revision=main
  [ "$3" = -r ] && revision=$4
  [ -e "$repos/bare" ] || git clone -q --bare "$NXF_HOME/source" "$repos/bare"
  commit=$(git -C "$repos/bare" rev-parse --verify -q "$revision^{commit}") || { echo "no $revision"; exit 1; }
  [ -e "$repos/clones/$commit" ] || { git clone -q "$repos/bare" "$repos/clones/$commit" && git -C "$repos/clones/$commit" checkout -q "$commit"; } ;;
run) echo run >> "$NXF_HOME/calls"; tr , '\\n' < "$NXF_SECRETS_FILE" | grep -o '"name":"[A-Z_0-9]*"' > "$NXF_HOME/given" ;;
esac
`;

describe('the clone of a remote pipeline', () => {
  let sandbox: Sandbox;
  let home: string;
  let source: string;
  const commits = new Map<string, string>();

  beforeEach(() => {
    sandbox = new Sandbox();
    home = join(sandbox.root, 'nextflow-home');
    source = join(home, 'source');
    mkdirSync(source, { recursive: true });
    sandbox.env['NXF_HOME'] = home;
    git(source, 'init', '-q', '-b', 'main');
    for (const [name, branch] of [
      ['KEY_V1', 'main'],
      ['KEY_DEV', 'dev'],
      ['KEY_MAIN', 'main'],
    ] as const) {
      if (branch === 'dev') git(source, 'checkout', '-q', '-b', 'dev');
      else git(source, 'checkout', '-q', '-B', 'main');
      writeFileSync(join(source, 'main.nf'), script(name));
      git(source, 'add', '.');
      git(source, 'commit', '-q', '-m', name);
      commits.set(name, git(source, 'rev-parse', 'HEAD'));
      if (name === 'KEY_V1') git(source, 'tag', 'v1');
    }
  });
  afterEach(() => {
    sandbox.remove();
  });

  const nextflow = (text: string): void => {
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'nextflow'), text, { mode: 0o755 });
    sandbox.env['PATH'] = [bin, sandbox.env['PATH']].join(delimiter);
  };
  const single = (name: string): void => {
    const directory = join(home, 'assets', 'lab', 'pipeline');
    git(source, 'clone', '-q', source, directory);
    writeFileSync(join(directory, 'main.nf'), script(name));
  };
  const byRevision = (...names: string[]): void => {
    const repos = join(home, 'assets', '.repos', 'lab', 'pipeline');
    git(source, 'clone', '-q', '--bare', source, join(repos, 'bare'));
    for (const name of names) {
      const directory = join(repos, 'clones', commits.get(name) ?? '');
      git(source, 'clone', '-q', source, directory);
      git(directory, 'checkout', '-q', commits.get(name) ?? '');
    }
  };
  const plan = async (...args: string[]): Promise<Result> =>
    sandbox.nfSecrets(['launch', '--dry-run', '--json', ...args]);
  const missing = async (...args: string[]): Promise<string[]> => {
    const { stdout, stderr } = await plan(...args);
    assert.ok(stdout.length > 0, stderr);
    return (JSON.parse(String(stdout)) as { missing: { name: string }[] }).missing.map(({ name }) => name);
  };

  it('is read by revision where Nextflow makes one directory a commit', async () => {
    nextflow(launcher('26.04.6'));
    byRevision('KEY_MAIN', 'KEY_V1', 'KEY_DEV');
    assert.deepEqual(await missing('lab/pipeline'), ['KEY_MAIN']);
    assert.deepEqual(await missing('https://github.com/lab/pipeline', '-r', 'v1'), ['KEY_V1']);
    assert.deepEqual(await missing('lab/pipeline', '-r', 'dev'), ['KEY_DEV']);
    assert.deepEqual(await missing('pipeline', '-r', commits.get('KEY_DEV') ?? ''), ['KEY_DEV']);
  });

  it('is at the branch that its manifest names, if no revision is asked for', async () => {
    nextflow(launcher('26.04.6'));
    git(source, 'checkout', '-q', 'main');
    writeFileSync(join(source, 'nextflow.config'), "manifest.defaultBranch = 'dev'\n");
    git(source, 'add', '.');
    git(source, 'commit', '-q', '-m', 'manifest');
    commits.set('MANIFEST', git(source, 'rev-parse', 'HEAD'));
    byRevision('MANIFEST', 'KEY_DEV');
    assert.deepEqual(await missing('lab/pipeline'), ['KEY_DEV']);
  });

  for (const [version, env, expected] of [
    ['26.04.6', {}, 'KEY_MAIN'],
    ['25.12.0-edge', {}, 'KEY_MAIN'],
    ['25.10.7', {}, 'KEY_SINGLE'],
    ['24.10.0', {}, 'KEY_SINGLE'],
    ['24.10.0', { NXF_VER: '26.04.6' }, 'KEY_MAIN'],
    ['26.04.6', { NXF_VER: '25.04.4' }, 'KEY_SINGLE'],
    ['26.04.6', { NXF_SCM_LEGACY: 'true' }, 'KEY_SINGLE'],
  ] as const) {
    it(`beside one of the other kind is the one of Nextflow ${version} ${JSON.stringify(env)}`, async () => {
      nextflow(launcher(version));
      Object.assign(sandbox.env, env);
      single('KEY_SINGLE');
      byRevision('KEY_MAIN');
      assert.deepEqual(await missing('lab/pipeline'), [expected]);
    });
  }

  it('that is alone and of the old kind is used by every version', async () => {
    nextflow(launcher('26.04.6'));
    single('KEY_SINGLE');
    assert.deepEqual(await missing('lab/pipeline'), ['KEY_SINGLE']);
  });

  it('is not guessed: with two kinds and an unknown version a plan stops, and a launch asks', async () => {
    nextflow(launcher('26.04.6').replace(/^NXF_VER=.*$/m, "NXF_VER='26.04.6'"));
    single('KEY_SINGLE');
    byRevision('KEY_MAIN');
    const refused = await plan('lab/pipeline');
    assert.equal(refused.exitCode, 69, refused.stderr);
    assert.match(refused.stderr, /two clones of lab\/pipeline.*NXF_VER/s);
    const launched = await sandbox.nfSecrets(['launch', 'lab/pipeline']);
    assert.equal(launched.exitCode, 66, launched.stderr);
    assert.match(launched.stderr, /KEY_MAIN/);
  });

  it('that lacks the revision is pulled by a launch, and not by a plan', async () => {
    nextflow(launcher('26.04.6'));
    byRevision('KEY_MAIN');
    const refused = await plan('lab/pipeline', '-r', 'v1');
    assert.equal(refused.exitCode, 69, refused.stderr);
    assert.match(refused.stderr, /nextflow pull lab\/pipeline -r v1/);
    await sandbox.nfSecrets(['set', 'KEY_V1'], { input: 'fake-v1' });
    const launch = ['launch', '--grant', 'all', 'lab/pipeline', '-r', 'v1'];
    const { exitCode, stderr } = await sandbox.nfSecrets(launch);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /1 secret for lab\/pipeline/);
  });

  it('is made by a launch where there is none', async () => {
    nextflow(launcher('26.04.6'));
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'lab/pipeline']);
    assert.equal(exitCode, 66, stderr);
    assert.match(stderr, /KEY_MAIN/);
    rmSync(join(home, 'assets'), { recursive: true });
    const nowhere = await sandbox.nfSecrets(['launch', 'lab/pipeline', '-r', 'nothing']);
    assert.equal(nowhere.exitCode, 69, nowhere.stderr);
  });
});
