import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MIDDLE, type NextflowSandbox, Sandboxes, STRICT } from '../fixtures/nextflow-sandbox.ts';
import type { Result, RunOptions } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { NextflowRuns } from './nextflow-runs.ts';
import { PlatformStandIn } from './stand-in.ts';
import type { StandInRun, StandInUser, StandInWorkspace } from './stand-in-state.ts';

// A real Nextflow runs what is launched, from a git repository on disk, with the secrets that the launch names.

const OWN = 'fake-value-of-alice';
const SHARED = 'fake-value-of-the-lab';

for (const variant of [STRICT, MIDDLE]) {
  describe(`a launch on Seqera Platform, ${variant.title} @nextflow`, function () {
    this.timeout(300_000);
    const sandboxes = new Sandboxes();
    let sandbox: NextflowSandbox;
    let platform: PlatformStandIn;
    let runs: NextflowRuns;
    let alice: StandInUser;
    let workspace: StandInWorkspace;
    /** A repository that others can read, and a clone of it. */
    let repository: string;
    let clone: string;

    before(async () => {
      platform = await PlatformStandIn.start();
      sandbox = await sandboxes.create(variant);
      repository = join(sandbox.root, 'lab', 'hello.git');
      clone = join(sandbox.root, 'clone');
      mkdirSync(join(sandbox.root, 'lab'));
      await git(sandbox.root, 'init', '-q', '--bare', '-b', 'main', repository);
      await git(sandbox.root, 'clone', '-q', repository, clone);
      await git(clone, 'checkout', '-qb', 'main');
      await commit({
        'main.nf': [
          'params.who = "nobody"',
          'params.count = 0',
          'process ASK {',
          "  secret 'API_KEY'",
          '  debug true',
          '  input:',
          '  val who',
          '  script:',
          '  """',
          `  printf %s "\\$API_KEY" > ${join(sandbox.dumps, 'key')}`,
          `  echo "hello $who" > ${join(sandbox.dumps, 'who')}`,
          '  test $who != nobody-0 || exit 7',
          '  """',
          '}',
          'workflow { ASK("${params.who}-${params.count + 1}") }',
          '',
        ].join('\n'),
        'nextflow.config': '',
      });
      await git(clone, 'push', '-q', '-u', 'origin', 'main');
    });
    after(async () => {
      await runs.end();
      sandboxes.removeAll();
      await platform.stop();
    });
    beforeEach(() => {
      platform.reset();
      alice = platform.state.addUser('alice');
      workspace = platform.state.addWorkspace('fake-lab/rnaseq', [[alice, 'maintain']]);
      platform.state.addComputeEnv('cluster', workspace, { platform: 'slurm-platform' });
      runs = new NextflowRuns(sandbox, platform.state);
    });
    afterEach(async () => {
      await runs.end();
    });

    async function git(directory: string, ...args: string[]): Promise<string> {
      const { exitCode, stderr, stdout } = await sandbox.run('git', [
        ...['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@example.org'],
        ...args,
      ]);
      assert.equal(exitCode, 0, stderr);
      return stdout.toString().trim();
    }

    async function commit(files: Readonly<Record<string, string>>): Promise<void> {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(clone, name)), { recursive: true });
        writeFileSync(join(clone, name), text);
      }
      await git(clone, 'add', '.');
      await git(clone, 'commit', '-qm', 'change');
    }

    const env = (): Record<string, string> => ({
      TOWER_ACCESS_TOKEN: alice.token ?? '',
      TOWER_API_ENDPOINT: platform.url,
    });
    const command = async (args: readonly string[], options: RunOptions = {}): Promise<Result> =>
      sandbox.nfSecrets(['platform', ...args], { cwd: clone, ...options, env: { ...env(), ...options.env } });
    const launch = async (...args: string[]): Promise<Result> =>
      command(['launch', '--in', 'fake-lab/rnaseq', ...args]);
    const dumped = (name: string): string => readFileSync(join(sandbox.dumps, name), 'utf8').trim();
    const onlyRun = (): StandInRun => {
      assert.equal(platform.state.runs.length, 1);
      const [run] = platform.state.runs;
      assert.ok(run !== undefined);
      return run;
    };

    it('fails by the plain API, which gives the run no secret', async () => {
      platform.state.addSecret(workspace, 'API_KEY', SHARED);
      const [computeEnv] = platform.state.computeEnvs;
      const body = {
        launch: {
          computeEnvId: computeEnv?.id,
          pipeline: `file://${repository}`,
          workDir: '/nowhere',
          revision: 'main',
        },
      };
      const answer = await fetch(`${platform.url}/workflow/launch?workspaceId=${workspace.id}`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${alice.token ?? ''}`,
          'Content-Type': 'application/json',
          'Accept-Version': '1',
        },
        body: JSON.stringify(body),
      });
      assert.equal(answer.status, 200);
      const run = onlyRun();
      await until('the run has ended', () => run.status === 'FAILED' || run.status === 'SUCCEEDED');
      assert.equal(run.status, 'FAILED', run.log.join('\n'));
      assert.match(run.log.join('\n'), /API_KEY/);
    });

    it('gets what the code needs, the own secret rather than the workspace’s, and ends with its exit code', async () => {
      platform.state.addSecret(workspace, 'API_KEY', SHARED);
      platform.state.addSecret(workspace, 'UNUSED', 'fake-unused');
      const first = await launch('.', '--who', 'world', '--count', '41');
      assert.equal(first.exitCode, 0, first.stderr);
      assert.equal(dumped('key'), SHARED);
      assert.equal(dumped('who'), 'hello world-42');
      const { launch: sent } = onlyRun();
      assert.deepEqual([sent['userSecrets'], sent['workspaceSecrets']], [[], ['API_KEY']]);
      assert.equal(sent['commitId'], await git(clone, 'rev-parse', 'HEAD'));
      assert.deepEqual(JSON.parse(String(sent['paramsText'])), { who: 'world', count: 41 });
      assert.match(first.stdout.toString(), /ASK/);
      assert.match(first.stderr, /Run \S+ succeeded/);
      platform.state.addSecret(alice, 'API_KEY', OWN);
      const second = await launch('.', '--who', 'world');
      assert.equal(second.exitCode, 0, second.stderr);
      assert.equal(dumped('key'), OWN);
      assert.match(second.stderr, /API_KEY {2}user, overrides workspace; main\.nf:4 \(process ASK\)/);
      assert.deepEqual(platform.state.runs[1]?.launch['userSecrets'], ['API_KEY']);
      assert.deepEqual(platform.state.runs[1].launch['workspaceSecrets'], []);
      assert.equal(onlyToken(second), 0);
    });

    /** The number of times that a token or a value was shown. */
    const onlyToken = ({ stdout, stderr }: Result): number =>
      [alice.token ?? '', OWN, SHARED].filter((text) => `${stdout.toString()}${stderr}`.includes(text))
        .length;

    it('says what failed and ends with that exit status', async () => {
      platform.state.addSecret(workspace, 'API_KEY', SHARED);
      const { exitCode, stderr } = await launch('.', '--who', 'nobody', '--count=-1');
      const run = onlyRun();
      assert.equal(run.status, 'FAILED', `${stderr}${run.log.join('\n')}`);
      assert.equal(exitCode, run.exitStatus, stderr);
      assert.match(stderr, /Run \S+ failed, exit status 1\./);
    });
  });
}
