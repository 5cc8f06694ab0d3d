import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InProcess } from '../fixtures/in-process.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { PlatformStandIn } from './stand-in.ts';
import type { StandInRun, StandInUser, StandInWorkspace } from './stand-in-state.ts';

// What a launch plans, sends and says. No Nextflow runs: a run ends as the test says.

const SHARED = 'fake-value-of-the-lab';
const MAIN = "process ASK {\n  secret 'API_KEY'\n  script:\n  'true'\n}\nworkflow { ASK() }\n";

describe('a launch on Seqera Platform, planned', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let inProcess: InProcess;
  let platform: PlatformStandIn;
  let alice: StandInUser;
  let workspace: StandInWorkspace;
  let clone: string;
  let repository: string;

  before(async () => {
    platform = await PlatformStandIn.start();
  });
  after(async () => {
    await platform.stop();
  });
  beforeEach(async () => {
    platform.reset();
    alice = platform.state.addUser('alice');
    workspace = platform.state.addWorkspace('fake-lab/rnaseq', [[alice, 'launch']]);
    platform.state.addComputeEnv('cluster', workspace);
    platform.state.onLaunch = (run) => {
      end(run, 'SUCCEEDED');
    };
    sandbox = new Sandbox();
    inProcess = new InProcess(sandbox);
    sandbox.env['TMPDIR'] = sandbox.home;
    repository = join(sandbox.root, 'lab', 'hello.git');
    clone = join(sandbox.root, 'clone');
    mkdirSync(join(sandbox.root, 'lab'));
    await git(sandbox.root, 'init', '-q', '--bare', '-b', 'main', repository);
    await git(sandbox.root, 'clone', '-q', repository, clone);
    await git(clone, 'checkout', '-qb', 'main');
    await commit('main.nf', MAIN);
    await git(clone, 'push', '-q', '-u', 'origin', 'main');
  });
  afterEach(() => {
    sandbox.remove();
  });

  async function git(directory: string, ...args: string[]): Promise<string> {
    const own = ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@example.org'];
    const { exitCode, stderr, stdout } = await sandbox.run('git', [...own, ...args]);
    assert.equal(exitCode, 0, stderr);
    return stdout.toString().trim();
  }

  async function commit(name: string, text: string): Promise<void> {
    writeFileSync(join(clone, name), text);
    await git(clone, 'add', '.');
    await git(clone, 'commit', '-qm', 'change');
  }

  function end(run: StandInRun, status: string, exitStatus?: number): void {
    run.status = status;
    run.exitStatus = exitStatus;
    run.log.push('N E X T F L O W', 'a line of the log');
  }

  const platformCommand = async (...args: string[]): Promise<Result> =>
    inProcess.nfSecrets(['platform', ...args], {
      cwd: clone,
      env: { TOWER_ACCESS_TOKEN: alice.token ?? '', TOWER_API_ENDPOINT: platform.url },
    });
  const launch = async (...args: string[]): Promise<Result> =>
    platformCommand('launch', '--in', 'fake-lab/rnaseq', ...args);
  const check = async (...args: string[]): Promise<Result> =>
    platformCommand('check', '--in', 'fake-lab/rnaseq', ...args);
  const share = (): void => {
    platform.state.addSecret(workspace, 'API_KEY', SHARED);
  };
  const launches = (): number => platform.count('CreateWorkflowLaunch');
  const sent = (): Readonly<Record<string, unknown>> => platform.state.runs[0]?.launch ?? {};

  async function ends(code: number, result: Promise<Result>, words?: RegExp): Promise<Result> {
    const { exitCode, stderr, stdout } = await result;
    assert.equal(exitCode, code, stderr);
    if (words !== undefined) assert.match(stderr, words);
    assert.ok(!`${stderr}${stdout.toString()}`.includes(alice.token ?? ''));
    return { exitCode, stderr, stdout, signal: null };
  }

  it('checks what is there, and says what is missing with its place and a near miss', async () => {
    platform.state.addSecret(workspace, 'API_KEYS', SHARED);
    const { stdout } = await ends(
      66,
      check('.'),
      /Secret API_KEY is used in main\.nf:2 \(process ASK\) but is not in fake-lab\/rnaseq .* Did you mean API_KEYS\?[^]*platform set API_KEY --in fake-lab\/rnaseq/,
    );
    assert.match(stdout.toString(), /API_KEY\s+MISSING\s+-\s+main\.nf:2/);
    share();
    platform.state.addSecret(alice, 'API_KEY', 'fake-own');
    await ends(64, check('.', '--json'), /no parameter json/);
    const { stdout: there } = await ends(0, check('--json', '.'));
    const found = JSON.parse(there.toString()) as { secrets: object[]; code: Record<string, string> };
    assert.deepEqual(
      found.secrets.map((one) => ({ ...one, uses: [] })),
      [{ name: 'API_KEY', from: 'user', overrides: ['workspace'], uses: [] }],
    );
    assert.equal(found.code['commit'], await git(clone, 'rev-parse', 'HEAD'));
  });

  it('does not call missing what the Platform does not show', async () => {
    platform.state.customRoles.set('blind', ['launch', 'read']);
    workspace.roles.set(alice.id, ['blind']);
    const { stdout } = await ends(0, check('.'), /does not let you list the secrets of fake-lab\/rnaseq/);
    assert.match(stdout.toString(), /API_KEY\s+NOT KNOWN/);
    share();
    await ends(0, launch('.'), /API_KEY {2}NOT KNOWN/);
    assert.deepEqual(sent()['workspaceSecrets'], ['API_KEY']);
  });

  it('launches nothing if a secret is missing, unless that is allowed', async () => {
    await ends(66, launch('.'), /Nothing was launched\.[^]*--allow-missing=API_KEY/);
    assert.equal(launches(), 0);
    await ends(0, launch('--allow-missing', '.'));
    assert.deepEqual([sent()['userSecrets'], sent()['workspaceSecrets']], [[], []]);
  });

  it('reads the code of the revision that is launched', async () => {
    await git(clone, 'checkout', '-qb', 'dev');
    await commit('main.nf', MAIN.replace('API_KEY', 'DEV_KEY'));
    await git(clone, 'push', '-q', '-u', 'origin', 'dev');
    await git(clone, 'checkout', '-q', 'main');
    platform.state.addSecret(workspace, 'DEV_KEY', SHARED);
    await ends(66, check('.'), /API_KEY/);
    await ends(0, launch('.', '-r', 'dev'));
    assert.deepEqual([sent()['revision'], sent()['workspaceSecrets']], ['dev', ['DEV_KEY']]);
    await ends(0, check('--revision', 'dev', `file://${repository}`));
    await ends(
      69,
      check('--revision', 'deb', `file://${repository}`),
      /has no revision deb\. Did you mean dev\?/,
    );
    assert.ok(!readdirSync(tmpdir()).some((name) => /^nf-secrets-.*\.git$/.test(name)));
  });

  it('says what is here and not launched, and refuses without a yes', async () => {
    share();
    writeFileSync(join(clone, 'main.nf'), `${MAIN}// changed\n`);
    writeFileSync(join(clone, 'new.csv'), 'a\n');
    await ends(
      64,
      launch('.'),
      /not committed are not launched: main\.nf[^]*does not have are not launched: new\.csv[^]*--yes/,
    );
    await commit('main.nf', `${MAIN}// changed\n`);
    await ends(64, launch('.'), /were not pushed are not launched \(1\): the launch takes main as file:/);
    assert.equal(launches(), 0);
    await ends(0, launch('--yes', '.'));
    assert.equal(sent()['commitId'], await git(clone, 'rev-parse', 'origin/main'));
    await git(clone, 'push', '-q');
    await ends(0, launch('.'));
    assert.equal(platform.state.runs[1]?.launch['commitId'], await git(clone, 'rev-parse', 'HEAD'));
  });

  it('refuses a pipeline that is in no repository, or pushed nowhere', async () => {
    writeFileSync(join(sandbox.workspace, 'main.nf'), MAIN);
    await ends(65, launch(join(sandbox.workspace, 'main.nf')), /is in no git repository/);
    await git(sandbox.workspace, 'init', '-q');
    await ends(65, launch(sandbox.workspace), /has no commit yet/);
    await ends(64, launch('mian.nf'), /Did you mean main\.nf\?/);
  });

  it('takes the primary compute environment, and refuses one where runs get no secrets', async () => {
    share();
    platform.state.addComputeEnv('cloud', workspace, { platform: 'k8s-platform', primary: false });
    platform.state.addComputeEnv('old', workspace, { status: 'ERRORED', primary: false });
    await ends(64, launch('--compute-env', 'clutser', '.'), /Did you mean cluster\?/);
    await ends(69, launch('--compute-env', 'old', '.'), /it is ERRORED/);
    await ends(69, launch('--compute-env', 'cloud', '.'), /\(k8s-platform\) get no secrets[^]*API_KEY/);
    assert.equal(launches(), 0);
    await ends(0, launch('.'));
    assert.equal(sent()['computeEnvId'], platform.state.computeEnvs[0]?.id);
  });

  it('sends parameters with the types that Nextflow gives them, over those of a file', async () => {
    share();
    writeFileSync(
      join(sandbox.workspace, 'p.yml'),
      'reads: [a, b]\nsave: yes\nbig: 9007199254740993\nmax: 1\n',
    );
    const file = join(sandbox.workspace, 'p.yml');
    await ends(
      0,
      launch(
        '.',
        '-params-file',
        file,
        '--max',
        '-2',
        '--a.b-c=x',
        '--ratio',
        '0.5',
        '--flag',
        '-profile',
        'a,b',
      ),
    );
    const text = String(sent()['paramsText']);
    assert.match(text, /"big": 9007199254740993\b/);
    const { big, ...rest } = JSON.parse(text) as Record<string, unknown>;
    assert.equal(typeof big, 'number');
    assert.deepEqual(rest, {
      reads: ['a', 'b'],
      save: true,
      max: -2,
      a: { bC: 'x' },
      ratio: 0.5,
      flag: true,
    });
    assert.deepEqual(sent()['configProfiles'], ['a', 'b']);
  });

  it('refuses options of ours after the pipeline, and those that a Platform has no field for', async () => {
    share();
    await ends(
      64,
      launch('.', '--dry-run'),
      /no parameter dry-run[^]*nf-secrets platform launch --dry-run PIPELINE/,
    );
    await ends(64, launch('.', '-resume'), /nothing like the option -resume/);
    await ends(64, launch('-profile', 'test', '.'), /platform launch PIPELINE -/);
    assert.equal(launches(), 0);
  });

  it('sends nothing for a dry run', async () => {
    share();
    const { stdout } = await ends(0, launch('--dry-run', '--json', '.'));
    const { request } = JSON.parse(stdout.toString()) as { request: Record<string, unknown> };
    assert.deepEqual(request['workspaceSecrets'], ['API_KEY']);
    assert.equal(launches(), 0);
    await ends(66, launch('--dry-run', '--without-user', '--secret', 'OTHER', '.'), /no secret OTHER/);
  });

  it('finds its run if the answer to the launch is lost, and launches once', async () => {
    share();
    platform.fail({ operation: 'CreateWorkflowLaunch', cut: 'after' });
    await ends(0, launch('.'), /answer of the Platform was lost; a look at its runs shows this one/);
    assert.equal(platform.state.runs.length, 1);
    assert.equal(launches(), 1);
  });

  it('ends with the exit code of the run', async () => {
    share();
    for (const [status, exitStatus, code] of [
      ['FAILED', 3, 3],
      ['FAILED', undefined, 1],
      ['CANCELLED', undefined, 130],
    ] as const) {
      platform.state.onLaunch = (run) => {
        end(run, status, exitStatus);
        run.messages.push('Clean-up of the fake bucket failed');
      };
      const { stdout } = await ends(
        code,
        launch('.'),
        /The Platform says: Clean-up of the fake bucket failed/,
      );
      assert.equal(stdout.toString(), 'N E X T F L O W\na line of the log\n');
    }
  });

  it('reads a log in parts, each line once, and tries again while the Platform is down', async () => {
    share();
    platform.state.logPage = 40;
    platform.state.onLaunch = (run) => {
      run.log.push(...Array.from({ length: 20 }, (_, index) => `line ${index}`));
      platform.fail({ operation: 'DescribeWorkflow', times: 4, answer: { status: 502 } });
      run.status = 'SUCCEEDED';
    };
    const { stdout } = await ends(0, launch('.'), /The run is not touched by that[^]*answers again/);
    assert.equal(stdout.toString(), Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join(''));
  });

  it('is refused by role, and says so', async () => {
    share();
    workspace.roles.set(alice.id, ['view']);
    await ends(77, launch('.'), /does not let you launch .* Your role there is view/);
  });

  it('prints the id of a run in the background, which wait and cancel take', async () => {
    share();
    platform.state.onLaunch = () => undefined;
    const { stdout } = await ends(0, launch('--background', '.'));
    const id = stdout.toString().trim();
    await ends(64, platformCommand('cancel', id, '--in', 'fake-lab/rnaseq'), /--yes/);
    await ends(0, platformCommand('cancel', id, '--yes', '--in', 'fake-lab/rnaseq'));
    const waited = await ends(
      130,
      platformCommand('wait', id, '--json', '--in', 'fake-lab/rnaseq'),
      /was cancelled/,
    );
    assert.equal((JSON.parse(waited.stdout.toString()) as { status: string }).status, 'CANCELLED');
  });

  it('asks before a remote pipeline gets an own secret', async () => {
    platform.state.addSecret(alice, 'API_KEY', 'fake-own');
    await ends(77, launch(`file://${repository}`), /has not had these secrets of yours before: API_KEY/);
    assert.equal(launches(), 0);
    await ends(0, launch('--grant', 'API_KEY', `file://${repository}`));
    assert.deepEqual(sent()['userSecrets'], ['API_KEY']);
    await ends(0, launch('.'));
  });
});
