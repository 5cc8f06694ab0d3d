import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectProxy } from '../fixtures/connect-proxy.ts';
import { filesBelow } from '../fixtures/loot.ts';
import { CLI, type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';
import { PlatformStandIn } from './stand-in.ts';
import type { StandInUser, StandInWorkspace } from './stand-in-state.ts';

const TOKEN = 'fake-tokenQ9zX2vTb4n7WkOfAlice';
const VALUE = 'fakeValueR3mY8pLd6s-of-no-service';

describe('nf-secrets platform', () => {
  let platform: PlatformStandIn;
  let sandbox: Sandbox;
  let alice: StandInUser;
  let workspace: StandInWorkspace;
  before(async () => {
    platform = await PlatformStandIn.start({ prefix: '/api' });
  });
  after(async () => {
    await platform.stop();
  });
  beforeEach(() => {
    platform.reset();
    alice = platform.state.addUser('alice', TOKEN);
    workspace = platform.state.addWorkspace('fake-lab/rnaseq', [[alice, 'maintain']]);
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const run = async (args: readonly string[], options: RunOptions = {}): Promise<Result> => {
    const result = await sandbox.nfSecrets(['platform', ...args], options);
    assert.ok(!result.stdout.includes(TOKEN) && !result.stderr.includes(TOKEN), 'the token is shown');
    assert.ok(!result.stdout.includes(VALUE) && !result.stderr.includes(VALUE), 'the value is shown');
    return result;
  };
  const ok = async (args: readonly string[], options: RunOptions = {}): Promise<Result> => {
    const result = await run(args, options);
    assert.equal(result.exitCode, 0, result.stderr);
    return result;
  };
  const json = async <Data>(args: readonly string[], options: RunOptions = {}): Promise<Data> =>
    JSON.parse((await ok([...args, '--json'], options)).stdout.toString()) as Data;
  const fails = async (
    exitCode: number,
    words: RegExp,
    args: readonly string[],
    options: RunOptions = {},
  ) => {
    const result = await run(args, options);
    assert.equal(result.exitCode, exitCode, result.stderr);
    assert.match(result.stderr, words);
  };
  const logIn = async (): Promise<Result> =>
    ok(['login', '--url', `${platform.url}/`], { input: `${TOKEN}\n` });
  const inEnvironment = (more: Record<string, string> = {}): RunOptions => ({
    env: { TOWER_ACCESS_TOKEN: TOKEN, TOWER_API_ENDPOINT: platform.url, ...more },
  });

  describe('login', () => {
    it('keeps the token in a vault of an empty home, where no list, export or pipeline has it', async () => {
      const { stderr } = await logIn();
      assert.match(stderr, /Logged in to 127\.0\.0\.1:\d+ as alice\./);
      assert.equal((await sandbox.ok(['list', '--json'])).toString().trim(), '[]');
      assert.equal((await sandbox.ok(['export'])).toString(), '');
      const { stdout } = await sandbox.nfSecrets(['exec', '--', 'sh', '-c', 'env; cat "$NXF_SECRETS_FILE"']);
      assert.ok(!stdout.includes(TOKEN));
      assert.deepEqual(filesBelow(sandbox.root, TOKEN), []);
      const names = (await json<{ name: string }[]>(['workspaces'])).map(({ name }) => name);
      assert.deepEqual(names, ['user', 'fake-lab/rnaseq']);
    });

    it('outlives changes of secrets, encrypted beside them', async () => {
      await logIn();
      await sandbox.ok(['set', 'KEY'], { input: VALUE });
      await sandbox.ok(['rename', 'KEY', 'OTHER_KEY', '--yes']);
      await sandbox.ok(['delete', 'OTHER_KEY', '--yes']);
      await ok(['list']);
      const vault = readFileSync(join(sandbox.toolHome, 'user.sops.json'), 'utf8');
      assert.match(vault, /"private": \{\s+"seqera-platform": "ENC\[/);
    });

    it('asks for the token on a terminal, and does not show it', async () => {
      const login = [process.execPath, CLI, 'platform', 'login', '--url', platform.url];
      const terminal = Terminal.open(sandbox, login);
      await until('it asks', () => terminal.screen.includes('(hidden)'));
      terminal.type(`${TOKEN}\r`);
      assert.equal(await terminal.ended(), 0, terminal.screen);
      assert.ok(!terminal.screen.includes(TOKEN));
    });

    it('keeps no token that the Platform does not take, or that is none', async () => {
      const login = ['login', '--url', platform.url];
      await fails(77, /does not take the access token/, login, { input: 'fake-wrong' });
      await fails(65, /There is no access token/, login, { input: '\n' });
      await fails(65, /This is no access token/, login, { input: 'fake two\nlines' });
      await fails(77, /You are not logged in/, ['list']);
      assert.deepEqual(filesBelow(sandbox.root, 'fake-wrong'), []);
    });

    it('sends no token to what is no Platform, or over the network in clear', async () => {
      platform.fail({ operation: 'Info', answer: { status: 200, body: '<html>' } });
      await fails(69, /is no Seqera Platform/, ['login', '--url', platform.url], { input: TOKEN });
      assert.ok(platform.requests.every(({ hasToken }) => !hasToken));
      await fails(64, /not encrypted/, ['login', '--url', 'http://platform.example.org/api'], {
        input: TOKEN,
      });
      await fails(64, /no address/, ['login', '--url', 'ftp://x'], { input: TOKEN });
    });

    it('is forgotten by logout, which says what counts then', async () => {
      await logIn();
      const { stderr } = await ok(['logout']);
      assert.match(stderr, /Logged out\. The Platform still takes the token/);
      await fails(77, /You are not logged in[^]*nf-secrets platform login/, ['list']);
      assert.match((await ok(['logout'], inEnvironment())).stderr, /not logged in[^]*TOWER_ACCESS_TOKEN/);
    });
  });

  describe('takes the token', () => {
    it('of the environment before that of a login, and leaves it to Nextflow', async () => {
      const other = platform.state.addUser('bob', 'fake-token-of-bob');
      platform.state.addSecret(other, 'KEY_OF_BOB', VALUE);
      await logIn();
      const listed = await json<{ name: string }[]>(
        ['list'],
        inEnvironment({ TOWER_ACCESS_TOKEN: 'fake-token-of-bob' }),
      );
      assert.deepEqual(
        listed.map(({ name }) => name),
        ['KEY_OF_BOB'],
      );
      const { stdout } = await sandbox.nfSecrets(['exec', '--', 'sh', '-c', 'echo "$TOWER_ACCESS_TOKEN"'], {
        env: { TOWER_ACCESS_TOKEN: 'fake-token-of-bob' },
      });
      assert.equal(stdout.toString(), 'fake-token-of-bob\n');
    });

    it('of nextflow auth login, unless others can change that file', async () => {
      mkdirSync(sandbox.nextflowHome, { recursive: true });
      const file = join(sandbox.nextflowHome, 'seqera-auth.config');
      const lines = [
        '// Seqera Platform configuration',
        'tower {',
        `    accessToken = '${TOKEN}'`,
        `    endpoint = '${platform.url}'`,
        `    workspaceId = '${workspace.id}'  // fake-lab / rnaseq [rnaseq]`,
        '    enabled = true',
        '}',
      ];
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
      platform.state.addSecret(workspace, 'KEY', VALUE);
      assert.deepEqual(
        (await json<{ name: string; in: string }[]>(['list'])).map(({ name, in: where }) => [name, where]),
        [['KEY', 'fake-lab/rnaseq']],
      );
      await fails(77, /Your token is for 127\.0\.0\.1/, ['list'], {
        env: { TOWER_API_ENDPOINT: 'https://platform.example.org/api' },
      });
      chmodSync(file, 0o666);
      await fails(77, /Others can change [^]*seqera-auth\.config/, ['list']);
      chmodSync(file, 0o600);
      writeFileSync(file, '');
      await fails(77, /You are not logged in/, ['list']);
    });
  });

  it('shows workspaces with roles, also where there are none', async () => {
    platform.state.addWorkspace('fake-lab/showcase', [], 'SHARED');
    platform.state.addWorkspace('fake lab two/rna seq', [[alice, 'curator']]);
    const rows = await json<{ name: string; roles: string[]; mayWrite: boolean | null }[]>(
      ['workspaces'],
      inEnvironment(),
    );
    assert.deepEqual(
      rows.map(({ name, roles, mayWrite }) => [name, roles.join(), mayWrite]),
      [
        ['user', 'owner', true],
        ['fake lab two/rna seq', 'curator', null],
        ['fake-lab/rnaseq', 'maintain', true],
        ['fake-lab/showcase', '', null],
      ],
    );
    platform.state.workspaces = [];
    platform.state.hasPersonalWorkspace = false;
    const { stderr } = await ok(['workspaces'], inEnvironment());
    assert.match(stderr, /You see no workspace[^]*personal workspaces are turned off/);
    await fails(69, /have no secrets of their own/, ['list'], inEnvironment());
  });

  it('finds a workspace as people name it', async () => {
    platform.state.addWorkspace('fake lab two/rna seq', [[alice, 'maintain']]);
    platform.state.addWorkspace('fake-clinic/rnaseq', [[alice, 'view']]);
    for (const named of ['fake-lab/rnaseq', 'FAKE-LAB/RNAseq', String(workspace.id), 'rna seq', 'user'])
      await ok(['list', '--in', named], inEnvironment());
    await ok(['list'], inEnvironment({ TOWER_WORKSPACE_ID: String(workspace.id) }));
    await fails(64, /Several workspaces[^]*fake-clinic\/rnaseq/, ['list', '--in', 'rnaseq'], inEnvironment());
    await fails(64, /Did you mean fake-lab\/rnaseq\?/, ['list', '--in', 'fake-lab/rnasq'], inEnvironment());
  });

  it('lists what a run there gets: your own secret overrides the one of the workspace', async () => {
    platform.state.addSecret(workspace, 'KEY', VALUE);
    platform.state.addSecret(workspace, 'OTHER_KEY', VALUE);
    platform.state.addSecret(alice, 'KEY', VALUE);
    const list = ['list', '--in', 'fake-lab/rnaseq'];
    const rows = await json<{ name: string; in: string; overrides: string; overriddenBy: string }[]>(
      list,
      inEnvironment(),
    );
    assert.deepEqual(
      rows.map(({ name, in: where, overrides, overriddenBy }) => [name, where, overrides, overriddenBy]),
      [
        ['KEY', 'user', 'fake-lab/rnaseq', null],
        ['KEY', 'fake-lab/rnaseq', null, 'user'],
        ['OTHER_KEY', 'fake-lab/rnaseq', null, null],
      ],
    );
    const shown = (await ok(list, inEnvironment())).stdout.toString();
    assert.match(shown, /KEY +fake-lab\/rnaseq +overridden by user/);
  });

  it('sets a secret: a value of any characters, as it is', async () => {
    const value = `fake "$HOME" \`x\` ☃\nline 2 ${VALUE}`;
    const set = ['set', 'KEY', '--in', 'fake-lab/rnaseq'];
    const { stderr } = await ok(set, { ...inEnvironment(), input: `${value}\n` });
    assert.match(stderr, /Created KEY in fake-lab\/rnaseq on 127\.0\.0\.1/);
    assert.deepEqual(platform.state.valuesOf(workspace), { KEY: value });
    const rows = await json<{ done: string }[]>(set, { ...inEnvironment(), input: VALUE });
    assert.deepEqual(
      rows.map(({ done }) => done),
      ['updated'],
    );
    assert.equal(platform.state.valuesOf(workspace)['KEY'], VALUE);
    await fails(65, /is empty/, set, { ...inEnvironment(), input: '' });
    await fails(64, /cannot be the name/, ['set', 'no-name'], { ...inEnvironment(), input: VALUE });
    workspace.roles.set(alice.id, ['view']);
    await fails(77, /does not let you.*Your role there is view/, set, { ...inEnvironment(), input: VALUE });
  });

  it('deletes only after a yes, and all of the names or none', async () => {
    for (const name of ['A_KEY', 'B_KEY']) platform.state.addSecret(workspace, name, VALUE);
    const from = ['--in', 'fake-lab/rnaseq'];
    await fails(64, /no undo/, ['delete', 'A_KEY', ...from], inEnvironment());
    await fails(
      66,
      /no secret C_KEY.*Did you mean [AB]_KEY\?.*Nothing was deleted/,
      ['delete', 'A_KEY', 'C_KEY', ...from, '--yes'],
      inEnvironment(),
    );
    assert.equal(platform.state.secretsOf(workspace).length, 2);
    const rows = await json<{ name: string; done: string }[]>(
      ['delete', 'A_KEY', 'B_KEY', ...from, '--yes'],
      inEnvironment(),
    );
    assert.deepEqual(
      rows.map(({ name, done }) => [name, done]),
      [
        ['A_KEY', 'deleted'],
        ['B_KEY', 'deleted'],
      ],
    );
    assert.deepEqual(platform.state.valuesOf(workspace), {});
  });

  it('copies what a launch here would use, and replaces nothing without a yes', async () => {
    await fillVault('user', { KEY: VALUE, OWN_KEY: 'fake-own' }, sandbox);
    await fillVault('workspace', { KEY: 'fake-overridden', TEAM_KEY: 'fake-team' }, sandbox);
    const to = ['--in', 'fake-lab/rnaseq'];
    await fails(
      64,
      /Send KEY \(user\), TEAM_KEY \(workspace\)/,
      ['copy', 'KEY', 'TEAM_KEY', ...to],
      inEnvironment(),
    );
    await ok(['copy', 'KEY', 'TEAM_KEY', ...to, '--yes'], inEnvironment());
    assert.deepEqual(platform.state.valuesOf(workspace), { KEY: VALUE, TEAM_KEY: 'fake-team' });
    await fails(
      64,
      /replaces KEY there, and has no undo/,
      ['copy', 'KEY', ...to, '--scope', 'workspace'],
      inEnvironment(),
    );
    await ok(['copy', 'KEY', ...to, '--scope', 'workspace', '--yes'], inEnvironment());
    assert.equal(platform.state.valuesOf(workspace)['KEY'], 'fake-overridden');
    await ok(['copy', 'OWN_KEY', '--in', 'user'], inEnvironment());
    assert.deepEqual(platform.state.valuesOf(alice), { OWN_KEY: 'fake-own' });
    await fails(66, /KEYS/, ['copy', 'KEYS', ...to], inEnvironment());
  });

  it('says what is down, and that a lost answer was looked after', async () => {
    platform.fail({ operation: 'CreatePipelineSecret', times: 1, cut: 'after' });
    const { stderr } = await ok(['set', 'KEY'], { ...inEnvironment(), input: VALUE });
    assert.match(stderr, /The answer was lost; the list there shows it/);
    await fails(
      69,
      /cannot be reached/,
      ['list'],
      inEnvironment({ TOWER_API_ENDPOINT: 'http://127.0.0.1:9' }),
    );
  });

  it('has the token in no argument, and the values in no file', async () => {
    await logIn();
    const seen: string[] = [];
    platform.fail({
      before: () => {
        if (process.platform === 'linux')
          seen.push(
            readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8'),
            ...argumentsOfChildren(),
          );
      },
    });
    await ok(['set', 'KEY', '--in', 'fake-lab/rnaseq'], { input: VALUE });
    await ok(['list', '--in', 'fake-lab/rnaseq']);
    assert.ok(seen.length > 0 || process.platform !== 'linux');
    for (const text of seen) assert.ok(!text.includes(TOKEN) && !text.includes(VALUE));
    for (const text of [TOKEN, VALUE]) assert.deepEqual(filesBelow(sandbox.root, text), []);
  });

  it('goes by way of the proxy that the environment names', async () => {
    const proxy = await ConnectProxy.start(['platform.example.org'], new URL(platform.url).origin);
    try {
      const env = {
        TOWER_ACCESS_TOKEN: TOKEN,
        TOWER_API_ENDPOINT: 'https://platform.example.org/api',
        NODE_EXTRA_CA_CERTS: proxy.certificate,
        HTTPS_PROXY: proxy.url,
      };
      await ok(['list', '--in', 'fake-lab/rnaseq'], { env });
      assert.deepEqual([...new Set(proxy.tunnels)], ['platform.example.org:443']);
      const wrong = { ...env, HTTPS_PROXY: proxy.url.replace('fake-password', 'fake-other') };
      await fails(69, /The proxy does not let requests/, ['list'], { env: wrong });
    } finally {
      proxy.stop();
    }
  });

  /** Arguments and environments of the programs that this process has started. */
  function argumentsOfChildren(): string[] {
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
    return children.split(' ').flatMap((pid) =>
      ['cmdline', 'environ'].map((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'utf8');
        } catch {
          // It has ended meanwhile.
          return '';
        }
      }),
    );
  }
});
