import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand, ListSecretVersionIdsCommand } from '@aws-sdk/client-secrets-manager';
import { ACCOUNT, AwsWorkspace, PREFIX, REGION, useAwsWorkspace } from '../fixtures/aws-workspace.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

const FILE = { store: 'aws', region: REGION, account: ACCOUNT, prefix: PREFIX };

describe('a workspace in AWS @aws', () => {
  let lab: AwsWorkspace;
  useAwsWorkspace((made) => {
    lab = made;
  });

  describe('workspace init', () => {
    it('asks for the account, writes the file for git, and makes nothing in AWS', async () => {
      const { exitCode, stderr } = await lab.run(['workspace', 'init', '--aws']);
      assert.equal(exitCode, 0, stderr);
      const file = JSON.parse(readFileSync(lab.file, 'utf8')) as object;
      assert.deepEqual(file, { format: 1, ...FILE, prefix: 'nf-secrets/workspace' });
      assert.match(stderr, /account 123456789012, region eu-west-1, names nf-secrets\/workspace\/NAME/);
      assert.deepEqual(lab.aws.requests, ['GetCallerIdentity', 'ListSecrets']);
      assert.ok(existsSync(join(lab.sandbox.workspace, '.nf-secrets', '.gitignore')));
      const again = await lab.run(['workspace', 'init', '--aws']);
      assert.equal(again.exitCode, 0, again.stderr);
      assert.match(again.stderr, /Unchanged/);
    });

    it('takes the name of the git remote, and nothing else of its address', async () => {
      const git = (...args: string[]): unknown =>
        execFileSync('git', args, { cwd: lab.sandbox.workspace, env: lab.sandbox.env });
      git('init', '-q');
      git('remote', 'add', 'origin', 'https://user:fake-token@git.example/team/rna seq.git/');
      await lab.sandbox.ok(['workspace', 'init', '--aws']);
      assert.match(readFileSync(lab.file, 'utf8'), /"nf-secrets\/rna-seq"/);
    });

    it('refuses another store, a vault, and a damaged file, and changes none of them', async () => {
      await lab.init();
      const before = readFileSync(lab.file);
      const other = await lab.run(['workspace', 'init', '--aws', '--prefix', 'prod']);
      assert.equal(other.exitCode, 64);
      assert.match(other.stderr, /has another store already/);
      assert.deepEqual(readFileSync(lab.file), before);
      lab.write('{');
      assert.equal((await lab.run(['workspace', 'init', '--aws'])).exitCode, 65);
      assert.equal(readFileSync(lab.file, 'utf8'), '{');
      rmSync(lab.file);
      await lab.set('KEY', 'fake-value');
      const vault = await lab.run(['workspace', 'init', '--aws']);
      assert.equal(vault.exitCode, 64);
      assert.match(vault.stderr, /has a vault already/);
      assert.ok(!existsSync(lab.file));
    });

    it('names what is needed, and takes no prefix or region that is none', async () => {
      assert.equal((await lab.run(['workspace', 'init'])).exitCode, 64);
      for (const option of ['--prefix=a b', '--prefix=/x', '--region=evil.example'])
        assert.equal((await lab.run(['workspace', 'init', '--aws', option])).exitCode, 64);
      const noRegion = await lab.run(['workspace', 'init', '--aws'], { env: { AWS_REGION: undefined } });
      assert.equal(noRegion.exitCode, 64);
      assert.match(noRegion.stderr, /AWS_REGION/);
      assert.deepEqual(readdirSync(lab.sandbox.workspace), []);
    });
  });

  describe('with secrets', () => {
    beforeEach(() => lab.init());

    it('sets, lists, gets and deletes them, one secret in AWS for each', async () => {
      await lab.set('DB_PASSWORD', 'fake-one\n', '--keep-newline', '--description', 'of the database');
      await lab.set('API_KEY', 'fake-two');
      assert.deepEqual(await lab.aws.content(), [`${PREFIX}/API_KEY`, `${PREFIX}/DB_PASSWORD`]);
      assert.deepEqual(await lab.listed(), [
        ['API_KEY', null],
        ['DB_PASSWORD', 'of the database'],
      ]);
      assert.equal(String(await lab.sandbox.ok(['get', 'DB_PASSWORD'])), 'fake-one\n');
      assert.equal(String(await lab.sandbox.ok(['get', 'API_KEY', '--scope', 'workspace'])), 'fake-two');
      const deleted = await lab.run(['delete', 'API_KEY', '--yes']);
      assert.equal(deleted.exitCode, 0, deleted.stderr);
      assert.match(deleted.stderr, /Until 20.*this can be undone: nf-secrets undo API_KEY --scope workspace/);
      assert.equal((await lab.run(['get', 'API_KEY'])).exitCode, 66);
      const trash = await lab.json<{ name: string; scope: string; deletedUntil: string }[]>([
        'list',
        '--deleted',
      ]);
      assert.deepEqual(
        trash.map(({ name, scope }) => [name, scope]),
        [['API_KEY', 'workspace']],
      );
      assert.match(trash[0]?.deletedUntil ?? '', /^20\d\d-/);
      for (const [args, code] of [
        [['get', 'no name'], 66],
        [['history', 'no name'], 64],
        [['undo', 'no-name'], 64],
      ] as const)
        assert.equal((await lab.run(args)).exitCode, code, args.join(' '));
      const shown = await lab.run(['list']);
      assert.match(shown.stderr, /Workspace: .* \(AWS Secrets Manager, account 123456789012, eu-west-1, /);
      await lab.sandbox.ok(['undo', 'API_KEY']);
      assert.equal(String(await lab.sandbox.ok(['get', 'API_KEY'])), 'fake-two');
    });

    it('updates a value without reading any, and a description only if it is another one', async () => {
      await lab.set('KEY', 'fake-one', '--description', 'a');
      lab.aws.requests = [];
      await lab.set('KEY', 'fake-two');
      assert.deepEqual(lab.aws.requests, ['GetCallerIdentity', 'PutSecretValue']);
      lab.aws.requests = [];
      await lab.set('KEY', 'fake-three', '--description', 'a');
      assert.deepEqual(lab.aws.requests, ['GetCallerIdentity', 'DescribeSecret', 'PutSecretValue']);
      await lab.set('KEY', 'fake-four', '--description', '');
      assert.ok(lab.aws.requests.includes('UpdateSecret'));
      assert.equal(await lab.valueInAws(`${PREFIX}/KEY`), 'fake-four');
    });

    it('reads twenty values with one request, and only those that a run needs', async () => {
      for (let number = 1; number <= 23; number++)
        await lab.aws.clients.secrets.send(
          new CreateSecretCommand({ Name: `${PREFIX}/KEY_${number}`, SecretString: `fake-${number}` }),
        );
      lab.aws.requests = [];
      const all = String(await lab.sandbox.ok(['export', '--scope', 'workspace', '--format', 'json']));
      assert.equal(Object.keys(JSON.parse(all) as object).length, 23);
      assert.equal(lab.aws.requests.filter((one) => one === 'BatchGetSecretValue').length, 2);
      lab.aws.requests = [];
      await lab.sandbox.ok(['exec', '--secret', 'KEY_3', '--', 'true']);
      assert.ok(!lab.aws.requests.includes('BatchGetSecretValue'), lab.aws.requests.join());
      assert.equal(lab.aws.requests.filter((one) => one === 'GetSecretValue').length, 1);
    });

    it('gives a run its values, those of the user first', async () => {
      await lab.set('KEY', 'fake-one');
      await lab.set('BOTH', 'fake-of-all');
      await lab.sandbox.ok(['set', 'BOTH'], { input: 'fake-mine' });
      const store = await lab.sandbox.ok(['exec', '--', 'sh', '-c', 'cat "$NXF_SECRETS_FILE"']);
      assert.deepEqual(JSON.parse(String(store)), [
        { name: 'BOTH', value: 'fake-mine' },
        { name: 'KEY', value: 'fake-one' },
      ]);
    });

    it('does not ask AWS for a secret of the user, nor to complete a name', async () => {
      await lab.sandbox.ok(['set', 'MINE'], { input: 'fake-mine' });
      lab.aws.requests = [];
      assert.equal(String(await lab.sandbox.ok(['get', 'MINE'])), 'fake-mine');
      await lab.sandbox.ok(['set', 'MINE'], { input: 'fake-other' });
      assert.equal(String(await lab.sandbox.ok(['complete', '--', 'get', ''])), 'MINE\n');
      assert.deepEqual(lab.aws.requests, []);
    });

    it('gets no vault beside it', async () => {
      for (const args of [
        ['member', 'list'],
        ['member', 'rotate'],
        ['member', 'request'],
      ]) {
        await lab.run(args);
        assert.deepEqual(readdirSync(join(lab.sandbox.workspace, '.nf-secrets')).sort(), [
          '.gitattributes',
          '.gitignore',
          'workspace.json',
        ]);
      }
      const { exitCode, stderr } = await lab.run(['member', 'list']);
      assert.equal(exitCode, 64);
      assert.match(stderr, /are in AWS/);
    });

    it('moves and copies between AWS and the vault of the user', async () => {
      await lab.set('KEY', 'fake-one', '--description', 'a key');
      await lab.sandbox.ok(['copy', 'KEY', '--to', 'user', '--yes']);
      assert.equal(String(await lab.sandbox.ok(['get', 'KEY', '--scope', 'user'])), 'fake-one');
      await lab.sandbox.ok(['set', 'KEY'], { input: 'fake-two' });
      assert.equal((await lab.run(['copy', 'KEY', '--to', 'workspace'])).exitCode, 64, 'without a yes');
      await lab.sandbox.ok(['move', 'KEY', '--to', 'workspace', '--yes']);
      assert.equal(await lab.valueInAws(`${PREFIX}/KEY`), 'fake-two');
      assert.equal((await lab.run(['get', 'KEY', '--scope', 'user'])).exitCode, 66);
      assert.deepEqual(await lab.listed(), [['KEY', 'a key']]);
    });

    it('imports, says what is the same, and exports the same again', async () => {
      const text = 'A_KEY=fake-a\nB_KEY="fake b"\n';
      const args = ['import', '-', '--format', 'env', '--scope', 'workspace'];
      await lab.sandbox.ok(args, { input: text });
      assert.equal(String(await lab.sandbox.ok(['export', '--scope', 'workspace'])), text);
      const again = await lab.run(args, { input: text });
      assert.match(again.stderr, /Imported 0 of 2 into workspace; 2 had that value already/);
      const other = await lab.run(args, { input: 'A_KEY=fake-x\nC_KEY=fake-c\n' });
      assert.equal(other.exitCode, 64);
      assert.deepEqual(await lab.aws.content(), [`${PREFIX}/A_KEY`, `${PREFIX}/B_KEY`]);
      await lab.sandbox.ok([...args, '--overwrite'], { input: 'A_KEY=fake-x\nC_KEY=fake-c\n' });
      assert.equal(await lab.valueInAws(`${PREFIX}/A_KEY`), 'fake-x');
    });

    it('names what was imported when one of them is refused, and the same import can be done again', async () => {
      const args = ['import', '-', '--format', 'env', '--scope', 'workspace'];
      const names = Array.from({ length: 30 }, (_, number) => `KEY_${number}`);
      const input = names.map((name) => `${name}=fake-${name}\n`).join('');
      lab.aws.fail({ operation: 'CreateSecret', call: 20, code: 'InvalidRequestException' });
      const { exitCode, stderr } = await lab.run(args, { input });
      assert.equal(exitCode, 73, stderr);
      const done = (await lab.aws.content()).map((id) => id.slice(PREFIX.length + 1));
      const [, named = ''] = /Set in AWS already: (.*?)\. Import/.exec(stderr) ?? [];
      assert.deepEqual(named.split(', ').sort(), done.sort());
      lab.aws.heal();
      const again = await lab.run(args, { input });
      assert.equal(again.exitCode, 0, again.stderr);
      assert.match(
        again.stderr,
        new RegExp(`Imported ${30 - done.length} of 30 into workspace; ${done.length} had`),
      );
    });

    it('sets one name by several people at the same time, and each value was the current one', async () => {
      const values = ['fake-a', 'fake-b', 'fake-c', 'fake-d'];
      await Promise.all(values.map((value) => lab.set('KEY', value)));
      const input = { SecretId: `${PREFIX}/KEY`, IncludeDeprecated: true };
      const { Versions = [] } = await lab.aws.clients.secrets.send(new ListSecretVersionIdsCommand(input));
      assert.equal(Versions.length, values.length);
      assert.ok(values.includes((await lab.valueInAws(`${PREFIX}/KEY`)) ?? ''));
    });

    it('renames with value and description, and leaves the old one in the trash', async () => {
      await lab.set('OLD_KEY', 'fake-one', '--description', 'a key');
      await lab.sandbox.ok(['rename', 'OLD_KEY', 'NEW_KEY', '--yes']);
      assert.deepEqual(await lab.listed(), [['NEW_KEY', 'a key']]);
      assert.equal(await lab.valueInAws(`${PREFIX}/NEW_KEY`), 'fake-one');
      await lab.sandbox.ok(['undo', 'OLD_KEY']);
      assert.equal(await lab.valueInAws(`${PREFIX}/OLD_KEY`), 'fake-one');
    });

    it('shows versions and goes back to one without reading a value', async () => {
      await lab.set('KEY', 'fake-one');
      await lab.set('KEY', 'fake-two');
      lab.aws.requests = [];
      await lab.sandbox.ok(['undo', 'KEY']);
      assert.equal(await lab.valueInAws(`${PREFIX}/KEY`), 'fake-one');
      await lab.sandbox.ok(['undo', 'KEY']);
      assert.equal(await lab.valueInAws(`${PREFIX}/KEY`), 'fake-two');
      const { versions } = await lab.json<{
        versions: { number: number; isCurrent: boolean; isPrevious: boolean }[];
      }>(['history', 'KEY']);
      assert.deepEqual(
        versions.map(({ number }) => number),
        [1, 2],
      );
      assert.deepEqual(versions.map(({ isCurrent }) => isCurrent).sort(), [false, true]);
      const current = versions.find(({ isCurrent }) => isCurrent)?.number ?? 0;
      const none = await lab.run(['undo', 'KEY', '--to', String(current)]);
      assert.equal(none.exitCode, 64);
      assert.match(none.stderr, /is the current one already/);
      await lab.sandbox.ok(['undo', 'KEY', '--to', String(3 - current)]);
      assert.equal(await lab.valueInAws(`${PREFIX}/KEY`), 'fake-one');
      assert.equal((await lab.run(['undo', 'KEY', '--to', '7'])).exitCode, 64);
      assert.ok(!lab.aws.requests.some((one) => one.includes('GetSecretValue')), lab.aws.requests.join());
      await lab.set('OTHER', 'fake-three');
      const first = await lab.run(['undo', 'OTHER']);
      assert.equal(first.exitCode, 64);
      assert.match(first.stderr, /nothing to undo/);
    });
  });

  describe('of somebody else', () => {
    it('is accepted before a value is read or written, and asks for nothing before', async () => {
      lab.write(FILE);
      await lab.aws.clients.secrets.send(
        new CreateSecretCommand({ Name: `${PREFIX}/KEY`, SecretString: 'fake-one' }),
      );
      for (const args of [
        ['get', 'KEY'],
        ['set', 'KEY', '--scope', 'workspace'],
        ['delete', 'KEY', '--yes'],
        ['undo', 'KEY'],
        ['export'],
        ['exec', '--', 'true'],
      ]) {
        lab.aws.requests = [];
        const { exitCode, stderr } = await lab.run(args, { input: 'fake-two' });
        assert.equal(exitCode, 77, `${args.join(' ')}: ${stderr}`);
        assert.match(stderr, /add --accept-members/);
        const changes = lab.aws.requests.filter(
          (one) => !['GetCallerIdentity', 'DescribeSecret', 'ListSecrets'].includes(one),
        );
        assert.deepEqual(changes, [], args.join(' '));
      }
      assert.equal(String(await lab.sandbox.ok(['get', 'KEY', '--accept-members'])), 'fake-one');
      assert.equal(String(await lab.sandbox.ok(['get', 'KEY'])), 'fake-one');
    });

    it('can be accepted where the home cannot be written to, as in a container, for one command', async () => {
      lab.write(FILE);
      const env = { NF_SECRETS_HOME: '/proc/nf-secrets' };
      const set = ['set', 'KEY', '--scope', 'workspace', '--accept-members'];
      const { exitCode, stderr } = await lab.run(set, { env, input: 'fake-one' });
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /could not be noted/);
      const get = await lab.run(['get', 'KEY', '--scope', 'workspace', '--accept-members'], { env });
      assert.equal(String(get.stdout), 'fake-one', get.stderr);
      assert.equal((await lab.run(['get', 'KEY', '--scope', 'workspace'], { env })).exitCode, 77);
    });

    it('is asked about on a terminal, with what it is', async () => {
      lab.write(FILE);
      const input = { Name: `${PREFIX}/KEY`, SecretString: 'fake-one' };
      await lab.aws.clients.secrets.send(new CreateSecretCommand(input));
      for (const [answer, exitCode] of [
        ['n', 77],
        ['y', 0],
      ] as const) {
        const args = ['exec', '--secret', 'KEY', '--', 'true'];
        const terminal = Terminal.open(lab.sandbox, [process.execPath, CLI, ...args]);
        await until('the question', () => terminal.screen.includes('Accept this store?'));
        assert.match(
          terminal.screen,
          /account 123456789012, region eu-west-1\s+secrets nf-secrets\/lab\/NAME/,
        );
        terminal.type(`${answer}\r`);
        assert.equal(await terminal.ended(), exitCode, terminal.screen);
        rmSync(join(lab.sandbox.root, 'exit-code'));
      }
      assert.equal(String(await lab.sandbox.ok(['get', 'KEY'])), 'fake-one');
    });

    it('is asked about anew after any change, which is shown', async () => {
      await lab.init();
      await lab.set('KEY', 'fake-one');
      lab.write(`${JSON.stringify({ ...FILE, format: 1 }, undefined, 7)}\n`);
      await lab.sandbox.ok(['get', 'KEY']);
      const arn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:prod/db-AbCdEf`;
      for (const [change, shown] of [
        [{ prefix: 'prod' }, /prefix: prod, was nf-secrets\/lab/],
        [{ account: '210987654321' }, /account: 210987654321, was 123456789012/],
        [{ region: 'us-east-1' }, /region: us-east-1, was eu-west-1/],
        [{ names: { DB: arn } }, /DB is arn:aws:secretsmanager:.*:secret:prod\/db-AbCdEf now, a new line/],
        [{ later: 1 }, /fields that this version does not know/],
      ] as const) {
        lab.write({ ...FILE, format: 1, ...change });
        const { exitCode, stderr } = await lab.run(['set', 'KEY', '--scope', 'workspace'], {
          input: 'fake-two',
        });
        assert.equal(exitCode, 77, stderr);
        assert.match(stderr, shown);
      }
      assert.equal(await lab.valueInAws(`${PREFIX}/KEY`), 'fake-one');
    });

    it('is not used with credentials of another account', async () => {
      lab.write({ ...FILE, account: '210987654321' });
      const args = ['--accept-members'];
      for (const command of [
        ['get', 'KEY', ...args],
        ['set', 'KEY', '--scope', 'workspace', ...args],
        ['list'],
        ['history', 'KEY'],
      ]) {
        lab.aws.requests = [];
        const { exitCode, stderr } = await lab.run(command, { input: 'fake-two' });
        assert.equal(exitCode, 77, stderr);
        assert.match(stderr, /in AWS account 210987654321/);
        assert.match(stderr, /AWS_ACCESS_KEY_ID of the environment\) are of account 123456789012/);
        assert.deepEqual([...new Set(lab.aws.requests)], ['GetCallerIdentity']);
      }
    });

    it('takes no side if there is a vault too', async () => {
      await lab.set('KEY', 'fake-one');
      lab.write(FILE);
      for (const args of [
        ['list'],
        ['get', 'KEY'],
        ['set', 'KEY', '--scope', 'workspace'],
        ['exec', '--', 'true'],
      ]) {
        const { exitCode, stderr } = await lab.run(args, { input: 'fake-two' });
        assert.equal(exitCode, 65, args.join(' '));
        assert.match(stderr, /two stores/);
      }
    });
  });

  describe('with names of its own', () => {
    const create = async (Name: string, SecretString: string): Promise<string> => {
      const { ARN = '' } = await lab.aws.clients.secrets.send(
        new CreateSecretCommand({ Name, SecretString }),
      );
      return ARN;
    };

    it('reads, sets and lists them under these names', async () => {
      const whole = await create('prod/token', 'fake-token');
      const object = await create('prod/db', '{"user":"fake-user","password":"fake-password","port":5432}');
      const names = {
        TOKEN: whole,
        DB_PASSWORD: `${object}:password::`,
        DB_PORT: `${object}:port::`,
        NONE: `${object}:none::`,
      };
      lab.write({ ...FILE, names });
      const accept = '--accept-members';
      assert.equal(String(await lab.sandbox.ok(['get', 'DB_PASSWORD', accept])), 'fake-password');
      assert.equal(String(await lab.sandbox.ok(['get', 'DB_PORT'])), '5432');
      assert.equal(String(await lab.sandbox.ok(['get', 'TOKEN'])), 'fake-token');
      const none = await lab.run(['get', 'NONE']);
      assert.equal(none.exitCode, 65);
      assert.match(none.stderr, /NONE is the key none of arn/);
      assert.deepEqual(
        (await lab.listed()).map(([name]) => name),
        ['DB_PASSWORD', 'DB_PORT', 'NONE', 'TOKEN'],
      );
      await lab.set('TOKEN', 'fake-new');
      assert.equal(await lab.valueInAws('prod/token'), 'fake-new');
      const key = await lab.run(['set', 'DB_PASSWORD', '--scope', 'workspace'], { input: 'fake-new' });
      assert.equal(key.exitCode, 64);
      assert.match(key.stderr, /it is the key password of the JSON object/);
      for (const args of [
        ['delete', 'TOKEN', '--yes'],
        ['rename', 'TOKEN', 'OTHER', '--yes'],
        ['delete', 'DB_PORT', '--yes'],
      ]) {
        const { exitCode, stderr } = await lab.run(args);
        assert.equal(exitCode, 64, stderr);
        assert.match(stderr, /which others may use/);
      }
      assert.equal(
        await lab.valueInAws('prod/db'),
        '{"user":"fake-user","password":"fake-password","port":5432}',
      );
    });
  });

  it('shows a name of its own that may not be looked at, and says of a vault that it has no trash', async () => {
    const arn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:prod/db-AbCdEf`;
    lab.write({ ...FILE, names: { DB: arn } });
    lab.deny('DescribeSecret');
    assert.deepEqual(await lab.listed(), [['DB', null]]);
    rmSync(lab.file);
    assert.match((await lab.run(['list', '--deleted'])).stderr, /No deleted secrets/);
    for (const command of ['history', 'undo']) {
      const { exitCode, stderr } = await lab.run([command, 'KEY']);
      assert.equal(exitCode, 66, stderr);
      assert.match(stderr, /is not there, so it has no history/);
    }
    await lab.sandbox.ok(['set', 'MINE'], { input: 'fake-mine' });
    const { exitCode, stderr } = await lab.run(['undo', 'MINE', '--scope', 'user']);
    assert.equal(exitCode, 64, stderr);
    assert.match(stderr, /Your user vault has no earlier value of MINE/);
  });

  it('is a clone away from a second person', async () => {
    await lab.init();
    await lab.set('KEY', 'fake-one');
    const other = new Sandbox();
    try {
      Object.assign(other.env, lab.aws.env, { AWS_REGION: 'us-east-1' });
      cpSync(join(lab.sandbox.workspace, '.nf-secrets'), join(other.workspace, '.nf-secrets'), {
        recursive: true,
      });
      assert.equal(String(await other.ok(['get', 'KEY', '--accept-members'])), 'fake-one');
      assert.ok(!existsSync(join(other.toolHome, 'identity.txt')), 'no key of our own is needed');
    } finally {
      other.remove();
    }
  });

  it('keeps no value in any file of the person', async () => {
    await lab.init();
    await lab.set('KEY', 'fake-very-secret-value');
    await lab.sandbox.ok(['get', 'KEY']);
    await lab.sandbox.ok(['rename', 'KEY', 'NEW_KEY', '--yes']);
    for (const directory of [lab.sandbox.toolHome, lab.sandbox.workspace])
      for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        const path = join(directory, name);
        if (!existsSync(path) || readdirSyncSafe(path)) continue;
        assert.ok(!readFileSync(path).includes('fake-very-secret-value'), path);
      }
  });

  it('costs other workspaces nothing: the SDK is not loaded', async () => {
    const hook = join(lab.sandbox.root, 'hook.cjs');
    writeFileSync(
      hook,
      `const Module = require('node:module'); const load = Module._load;
       Module._load = function (request, ...rest) {
         if (/libraries.aws/.test(String(request))) process.stderr.write('LOADED ' + request + '\\n');
         return load.call(this, request, ...rest);
       };`,
    );
    const env = { NODE_OPTIONS: `--require ${hook}` };
    await lab.set('KEY', 'fake-one');
    for (const args of [
      ['list'],
      ['get', 'KEY'],
      ['exec', '--', 'true'],
      ['set', 'MINE'],
      ['export', '--names'],
    ]) {
      const { exitCode, stderr } = await lab.run(args, { env, input: 'fake-two' });
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /LOADED/);
    }
    rmSync(join(lab.sandbox.workspace, '.nf-secrets'), { recursive: true });
    await lab.init();
    assert.match((await lab.run(['list'], { env })).stderr, /LOADED/, 'the hook sees it');
  });
});

function readdirSyncSafe(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
