import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { ACCOUNT, AwsWorkspace, PREFIX, REGION, useAwsWorkspace } from '../fixtures/aws-workspace.ts';
import { copyOf, killAtEachStep } from '../fixtures/killed-at-each-step.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { CLI, type Result } from '../fixtures/sandbox.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { fillVault } from '../fixtures/vault-values.ts';
import { until } from '../fixtures/until.ts';

const ID = `${PREFIX}/KEY`;
/** AWS's words about a secret that is deleted and can be put back. */
const DELETED = {
  code: 'InvalidRequestException',
  message: "You can't perform this operation on the secret because it was marked for deletion.",
};

describe('a workspace in AWS that does not do what was asked @aws', () => {
  let lab: AwsWorkspace;
  useAwsWorkspace(async (made) => {
    lab = made;
    await lab.init();
  });

  const createInAws = async (name: string, value = 'fake-value'): Promise<void> => {
    const input = { Name: `${PREFIX}/${name}`, SecretString: value };
    await lab.aws.clients.secrets.send(new CreateSecretCommand(input));
  };
  const versions = async (): Promise<number> =>
    (await lab.aws.clients.secrets.send(new ListSecretVersionIdsCommand({ SecretId: ID }))).Versions
      ?.length ?? 0;

  describe('cannot be reached, at a launch', () => {
    const launch = async (code: string, ...args: string[]): Promise<Result> => {
      writeFileSync(join(lab.sandbox.workspace, 'main.nf'), code);
      Object.assign(lab.sandbox.env, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' });
      return lab.run(['launch', '--dry-run', '--json', ...args, '--nextflow', '/bin/true', 'main.nf']);
    };
    const code = (...names: string[]): string =>
      `process P {\n${names.map((name) => `  secret '${name}'\n`).join('')}  script:\n  'true'\n}\nworkflow { P() }\n`;
    beforeEach(async () => {
      await fillVault('user', { TOKEN: 'fake-token' }, lab.sandbox);
    });

    it('which goes on where the user has all that the code asks for, and says so', async () => {
      const { exitCode, stdout, stderr } = await launch(code('TOKEN'));
      assert.equal(exitCode, 0, stderr);
      const { secrets } = JSON.parse(String(stdout)) as { secrets: { name: string }[] };
      assert.deepEqual(
        secrets.map(({ name }) => name),
        ['TOKEN'],
      );
      assert.match(stderr, /This workspace was not asked: AWS cannot be reached/);
    });

    it('which stops where only the workspace could have a name, or its own is wanted: 69', async () => {
      assertRefused(await launch(code('TOKEN', 'API_KEY')), 69, 'cannot be reached');
      assertRefused(await launch(code('TOKEN'), '--without-user'), 69, 'cannot be reached');
    });

    it('which stops where AWS does not take the credentials: 77', async () => {
      lab.aws.fail({ operation: 'GetCallerIdentity', code: 'InvalidClientTokenId' });
      writeFileSync(join(lab.sandbox.workspace, 'main.nf'), code('TOKEN'));
      const result = await lab.run(['launch', '--dry-run', '--nextflow', '/bin/true', 'main.nf']);
      assertRefused(result, 77, 'does not take your credentials');
    });
  });

  describe('denies', () => {
    // The command, the action that it is denied, and whether the rest of it is done all the same.
    const CASES: readonly [args: string[], action: string][] = [
      [['list'], 'ListSecrets'],
      [['get', 'KEY'], 'DescribeSecret'],
      [['get', 'KEY'], 'GetSecretValue'],
      [['export'], 'GetSecretValue,BatchGetSecretValue'],
      [['set', 'KEY', '--scope', 'workspace'], 'PutSecretValue'],
      [['set', 'NEW_KEY', '--scope', 'workspace'], 'CreateSecret'],
      [['set', 'KEY', '--scope', 'workspace', '--description', 'new'], 'UpdateSecret'],
      [['delete', 'KEY', '--yes'], 'DeleteSecret'],
      [['undo', 'GONE_KEY'], 'RestoreSecret'],
      [['undo', 'KEY'], 'UpdateSecretVersionStage'],
      [['undo', 'KEY'], 'ListSecretVersionIds'],
      [['history', 'KEY'], 'ListSecretVersionIds'],
      [['rename', 'KEY', 'NEW_KEY', '--yes'], 'GetSecretValue'],
      [['rename', 'KEY', 'NEW_KEY', '--yes'], 'CreateSecret'],
      [['copy', 'KEY', '--to', 'user', '--yes'], 'GetSecretValue'],
      [['exec', '--', 'true'], 'ListSecrets'],
    ];
    for (const [args, action] of CASES)
      it(`${action} to ${args.join(' ')}: 77, who, what, where, and nothing is changed`, async () => {
        await lab.set('KEY', 'fake-one');
        await lab.set('KEY', 'fake-two');
        await lab.set('OTHER', 'fake-three');
        await lab.set('GONE_KEY', 'fake-gone');
        await lab.sandbox.ok(['delete', 'GONE_KEY', '--yes']);
        lab.deny(...action.split(','));
        const { exitCode, stderr } = await lab.run(args, { input: 'fake-new' });
        assert.equal(exitCode, 77, stderr);
        const [first = ''] = action.split(',');
        assert.match(
          stderr,
          new RegExp(
            `AWS does not let arn:aws:sts::${ACCOUNT}:assumed-role/lab/tester do secretsmanager:${first} on arn:aws:secretsmanager:`,
          ),
        );
        assert.match(stderr, /Have this added to the policies of/);
        assert.doesNotMatch(stderr, /fake-|is not set/);
        lab.aws.heal();
        assert.equal(await lab.valueInAws(ID), 'fake-two');
        assert.equal(await versions(), 2);
        assert.deepEqual(
          (await lab.listed()).map(([name]) => name),
          ['KEY', 'OTHER'],
        );
      });

    it('PutSecretValue after UpdateSecret: it is said what was changed', async () => {
      await lab.set('KEY', 'fake-one', '--description', 'old');
      lab.deny('PutSecretValue');
      const args = ['set', 'KEY', '--scope', 'workspace', '--description', 'new'];
      const { exitCode, stderr } = await lab.run(args, { input: 'fake-two' });
      assert.equal(exitCode, 77, stderr);
      assert.match(stderr, /The description of KEY in AWS was changed already, and its value was not/);
      assert.equal(await lab.valueInAws(ID), 'fake-one');
    });

    it('BatchGetSecretValue: the values are read one by one', async () => {
      await createInAws('KEY');
      await createInAws('OTHER', 'fake-other');
      lab.deny('BatchGetSecretValue');
      assert.equal(
        String(await lab.sandbox.ok(['export', '--scope', 'workspace'])),
        'KEY=fake-value\nOTHER=fake-other\n',
      );
    });

    it('GetSecretValue and ListSecrets: who may only change secrets can', async () => {
      lab.deny('GetSecretValue', 'BatchGetSecretValue', 'ListSecrets');
      await lab.set('KEY', 'fake-one', '--description', 'a key');
      await lab.set('KEY', 'fake-two');
      await lab.sandbox.ok(['delete', 'KEY', '--yes']);
      await lab.sandbox.ok(['undo', 'KEY']);
      const args = ['import', '-', '--format', 'env', '--scope', 'workspace'];
      const refused = await lab.run(args, { input: 'KEY=fake-one\nOTHER=fake-o\n' });
      assert.equal(refused.exitCode, 64, refused.stderr);
      assert.match(refused.stderr, /You may not read the values/);
      await lab.sandbox.ok([...args, '--overwrite'], { input: 'KEY=fake-four\nOTHER=fake-o\n' });
      lab.aws.heal();
      assert.equal(await lab.valueInAws(ID), 'fake-four');
    });

    it('a key of KMS: names the action on it', async () => {
      await createInAws('KEY');
      const code = 'AccessDeniedException';
      lab.aws.fail({ operation: 'GetSecretValue', code, message: 'Access to KMS is not allowed' });
      lab.aws.fail({ operation: 'PutSecretValue', code, message: 'Access to KMS is not allowed' });
      const get = await lab.run(['get', 'KEY']);
      assert.equal(get.exitCode, 77);
      assert.match(get.stderr, /kms:Decrypt on the KMS key/);
      const set = await lab.run(['set', 'KEY', '--scope', 'workspace'], { input: 'fake-new' });
      assert.equal(set.exitCode, 77);
      assert.match(set.stderr, /kms:GenerateDataKey on the KMS key/);
    });
  });

  describe('has a list that is late', () => {
    const STALE = { operation: 'ListSecrets', answer: { SecretList: [] } };

    it('calls nothing missing because of it', async () => {
      await createInAws('KEY');
      lab.aws.fail(STALE);
      assert.equal(String(await lab.sandbox.ok(['get', 'KEY'])), 'fake-value');
      await lab.sandbox.ok(['exec', '--secret', 'KEY', '--', 'true']);
      writeFileSync(
        join(lab.sandbox.workspace, 'main.nf'),
        "process P {\n  secret 'KEY'\n  script:\n  'true'\n}\nworkflow { P() }\n",
      );
      const text = String(
        await lab.sandbox.ok(['launch', '--dry-run', '--json', '--nextflow', '/bin/true', 'main.nf']),
      );
      const dry = JSON.parse(text) as { secrets: { name: string }[]; missing: object[] };
      assert.deepEqual([dry.secrets.map(({ name }) => name), dry.missing], [['KEY'], []]);
      const scan = await lab.json<{ diagnostics: { code: string }[] }>(['scan']);
      assert.deepEqual(scan.diagnostics, []);
      await lab.sandbox.ok(['rename', 'KEY', 'NEW_KEY', '--yes']);
      await lab.sandbox.ok(['delete', 'NEW_KEY', '--yes']);
    });

    it('has what this machine has just set, and not what it has deleted', async () => {
      lab.aws.fail(STALE);
      await lab.set('KEY', 'fake-one', '--description', 'a key');
      assert.deepEqual(await lab.listed(), [['KEY', 'a key']]);
      assert.match(String(await lab.sandbox.ok(['export'])), /^KEY=/);
      lab.aws.heal();
      lab.aws.fail({ operation: 'ListSecrets', answer: { SecretList: [{ Name: ID, ARN: 'arn' }] } });
      await lab.sandbox.ok(['delete', 'KEY', '--yes']);
      assert.deepEqual(await lab.listed(), []);
      lab.aws.heal();
      lab.aws.fail(STALE);
      await lab.sandbox.ok(['undo', 'KEY']);
      assert.deepEqual(await lab.listed(), [['KEY', 'a key']]);
    });
  });

  describe('is asked again', () => {
    it('after it was too much, and does it once', async () => {
      lab.aws.fail({ operation: 'CreateSecret', times: 2, code: 'ThrottlingException' });
      lab.aws.fail({ operation: 'GetCallerIdentity', times: 1, code: 'Throttling' });
      await lab.set('KEY', 'fake-one');
      lab.aws.fail({ operation: 'PutSecretValue', times: 2, code: 'ThrottlingException' });
      await lab.set('KEY', 'fake-two');
      assert.equal(await versions(), 2);
    });

    for (const operation of [
      'CreateSecret',
      'PutSecretValue',
      'DeleteSecret',
      'UpdateSecretVersionStage',
      'RestoreSecret',
    ])
      it(`after the answer of ${operation} was lost: it is done once`, async () => {
        await lab.set('KEY', 'fake-one');
        await lab.set('KEY', 'fake-two');
        lab.aws.fail({ operation, times: 1, cut: 'after' });
        if (operation === 'CreateSecret') {
          await lab.set('NEW_KEY', 'fake-new');
          assert.equal(await lab.valueInAws(`${PREFIX}/NEW_KEY`), 'fake-new');
        } else if (operation === 'PutSecretValue') {
          await lab.set('KEY', 'fake-three');
          assert.equal(await versions(), 3);
          assert.equal(await lab.valueInAws(ID), 'fake-three');
        } else if (operation === 'UpdateSecretVersionStage') {
          await lab.sandbox.ok(['undo', 'KEY']);
          assert.equal(await lab.valueInAws(ID), 'fake-one');
        } else {
          await lab.sandbox.ok(['delete', 'KEY', '--yes']);
          assert.deepEqual(await lab.listed(), []);
          await lab.sandbox.ok(['undo', 'KEY']);
          assert.deepEqual(await lab.listed(), [['KEY', null]]);
        }
      });

    it('in vain: 69, and it is not known whether it was done', async () => {
      lab.aws.fail({ operation: 'PutSecretValue', cut: 'before' });
      const env = { AWS_MAX_ATTEMPTS: '2' };
      const { exitCode, stderr } = await lab.run(['set', 'KEY', '--scope', 'workspace'], {
        input: 'fake-one',
        env,
      });
      assert.equal(exitCode, 69, stderr);
      assert.match(stderr, /It is not known whether KEY was set/);
      lab.aws.heal();
      lab.aws.fail({ operation: 'ListSecrets', code: 'ThrottlingException' });
      const list = await lab.run(['list'], { env });
      assert.equal(list.exitCode, 69, list.stderr);
      assert.match(list.stderr, /AWS throttles secretsmanager:ListSecrets/);
    });
  });

  describe('has it deleted', () => {
    it('set offers to put it back; without a terminal it says how', async () => {
      await lab.set('KEY', 'fake-one');
      await lab.sandbox.ok(['delete', 'KEY', '--yes']);
      lab.aws.fail({ operation: 'PutSecretValue', times: 1, ...DELETED });
      const { exitCode, stderr } = await lab.run(['set', 'KEY', '--scope', 'workspace'], {
        input: 'fake-two',
      });
      assert.equal(exitCode, 73, stderr);
      assert.match(stderr, /its name in AWS is taken until 20.*Nothing was set/);
      assert.match(stderr, /Put it back first, then set it: nf-secrets undo KEY/);
      assert.equal(await versions(), 1);
    });

    it('puts it back after a yes on a terminal', async () => {
      await lab.set('KEY', 'fake-one');
      await lab.sandbox.ok(['delete', 'KEY', '--yes']);
      lab.aws.fail({ operation: 'PutSecretValue', times: 1, ...DELETED });
      const args = ['set', 'KEY', '--scope', 'workspace', '--from-env', 'GIVEN'];
      const terminal = Terminal.open(lab.sandbox, [process.execPath, CLI, ...args], { GIVEN: 'fake-two' });
      await until('the question', () => terminal.screen.includes('give it this value?'));
      terminal.type('y\r');
      assert.equal(await terminal.ended(), 0, terminal.screen);
      assert.equal(await lab.valueInAws(ID), 'fake-two');
    });

    it('get, a run and history tell it', async () => {
      await lab.set('KEY', 'fake-one');
      await lab.sandbox.ok(['delete', 'KEY', '--yes']);
      for (const args of [
        ['get', 'KEY'],
        ['exec', '--secret', 'KEY', '--', 'true'],
      ]) {
        const { exitCode, stderr } = await lab.run(args);
        assert.equal(exitCode, 66, stderr);
        assert.match(
          stderr,
          /KEY of this workspace was deleted, and can be put back (until 20|for some days)/,
          args.join(' '),
        );
      }
      const twice = await lab.run(['delete', 'KEY', '--yes']);
      assert.equal(twice.exitCode, 64, twice.stderr);
      const history = await lab.json<{ deletedUntil: string | null }>(['history', 'KEY']);
      assert.match(history.deletedUntil ?? '', /^20/);
    });
  });

  it('has a binary value: 65, and no other secret is hindered', async () => {
    const input = { Name: ID, SecretBinary: Buffer.from([0xff, 0xfe]) };
    await lab.aws.clients.secrets.send(new CreateSecretCommand(input));
    await createInAws('OTHER');
    const { exitCode, stderr } = await lab.run(['get', 'KEY']);
    assert.equal(exitCode, 65);
    assert.match(stderr, /KEY has a binary value in AWS/);
    await lab.sandbox.ok(['exec', '--secret', 'OTHER', '--', 'true']);
  });

  it('gets no value that is too long or empty', async () => {
    for (const input of ['x'.repeat(65_537), '']) {
      const { exitCode } = await lab.run(['set', 'KEY', '--scope', 'workspace'], { input });
      assert.equal(exitCode, 65);
    }
    assert.deepEqual(await lab.aws.content(), []);
    await lab.set('KEY', 'x'.repeat(65_536));
  });

  it('has other secrets below the prefix that are none of ours', async () => {
    await createInAws('sub/KEY');
    await createInAws('no-name');
    await lab.aws.clients.secrets.send(
      new CreateSecretCommand({ Name: `${PREFIX}2/KEY`, SecretString: 'x' }),
    );
    assert.deepEqual(await lab.listed(), []);
    assert.equal(String(await lab.sandbox.ok(['export'])), '');
  });

  describe('cannot be asked', () => {
    const all = [
      ['list'],
      ['get', 'KEY'],
      ['set', 'KEY', '--scope', 'workspace'],
      ['exec', '--', 'true'],
      ['history', 'KEY'],
    ];

    it('without credentials, or with some that have expired: 77', async () => {
      const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
      for (const args of all) {
        const { exitCode, stderr } = await lab.run(args, { env: none, input: 'fake-one' });
        assert.equal(exitCode, 77, stderr);
        assert.match(stderr, /there are none/);
      }
      lab.aws.fail({ operation: 'GetCallerIdentity', code: 'ExpiredToken', status: 403 });
      const { exitCode, stderr } = await lab.run(['get', 'KEY']);
      assert.equal(exitCode, 77);
      assert.match(stderr, /have expired/);
    });

    it('offline: 69, and nothing is called missing', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      server.close();
      const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_MAX_ATTEMPTS: '1' };
      for (const args of all) {
        const { exitCode, stderr } = await lab.run(args, { env, input: 'fake-one' });
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, /AWS cannot be reached/);
        assert.doesNotMatch(stderr, /is not set/);
      }
      await lab.sandbox.ok(['set', 'MINE'], { env, input: 'fake-mine' });
      assert.equal(String(await lab.sandbox.ok(['get', 'MINE'], { env })), 'fake-mine');
    });

    it('by a scan in CI: the code is checked all the same, but for --strict=set', async () => {
      writeFileSync(
        join(lab.sandbox.workspace, 'main.nf'),
        "process P {\n  secret 'KEY'\n  script:\n  'true'\n}\n",
      );
      const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
      const { exitCode, stderr } = await lab.run(['scan', '--strict'], { env });
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /Which secrets are set is not known/);
      assert.equal((await lab.run(['scan', '--strict=set'], { env })).exitCode, 77);
    });
  });

  describe('is set while somebody else does too', () => {
    it('a name that was set after the question is not replaced by a copy', async () => {
      await lab.sandbox.ok(['set', 'KEY'], { input: 'fake-mine' });
      await lab.set('KEY', 'fake-one');
      const put = new PutSecretValueCommand({ SecretId: ID, SecretString: 'fake-of-bob' });
      lab.aws.fail({
        operation: 'DescribeSecret',
        call: 2,
        before: async () => {
          await lab.aws.clients.secrets.send(put);
        },
      });
      const { exitCode, stderr } = await lab.run([
        'copy',
        'KEY',
        '--to',
        'workspace',
        '--scope',
        'user',
        '--yes',
      ]);
      assert.equal(exitCode, 64, stderr);
      assert.match(stderr, /was set in AWS meanwhile/);
      assert.equal(await lab.valueInAws(ID), 'fake-of-bob');
    });

    it('a name that is made and deleted at the same time is set once', async () => {
      lab.aws.fail({ operation: 'CreateSecret', call: 1, before: () => createInAws('KEY', 'fake-of-bob') });
      await lab.set('KEY', 'fake-one');
      assert.equal(await lab.valueInAws(ID), 'fake-one');
      const secret = { SecretId: ID, ForceDeleteWithoutRecovery: true };
      lab.aws.heal();
      lab.aws.fail({
        operation: 'PutSecretValue',
        call: 1,
        before: async () => {
          await lab.aws.clients.secrets.send(new DeleteSecretCommand(secret));
        },
      });
      await lab.set('KEY', 'fake-two');
      assert.equal(await lab.valueInAws(ID), 'fake-two');
    });
  });

  describe('and a command that is killed', () => {
    it('at each request of set: the old value or the new one, and set again works', async () => {
      await lab.set('KEY', 'fake-one', '--description', 'old');
      const args = (description: string): string[] => [
        ...['set', 'KEY', '--scope', 'workspace'],
        ...['--description', description],
      ];
      for (const when of ['before', 'after'] as const)
        for (let request = 1; request <= 4; request++) {
          const { signal } = await lab.kill(args(`${when} ${request}`), 'fake-two', request, when);
          assert.equal(signal, 'SIGKILL', `${when} ${request}`);
          assert.match((await lab.valueInAws(ID)) ?? '', /^fake-(one|two)$/);
        }
      await lab.sandbox.ok(args('new'), { input: 'fake-three' });
      assert.deepEqual(await lab.listed(), [['KEY', 'new']]);
      assert.equal(await lab.valueInAws(ID), 'fake-three');
    });

    it('at each request of rename: the value is under one name at least, and the next command says so', async () => {
      const args = ['rename', 'OLD_KEY', 'NEW_KEY', '--yes'];
      await lab.set('OLD_KEY', 'fake-one', '--description', 'a key');
      lab.aws.requests = [];
      await lab.sandbox.ok(args);
      const requests = lab.aws.requests.length;
      for (const when of ['before', 'after'] as const)
        for (let request = 1; request <= requests; request++) {
          await lab.aws.reset();
          await lab.set('OLD_KEY', 'fake-one', '--description', 'a key');
          const at = `${when} ${request}`;
          assert.equal((await lab.kill(args, '', request, when)).signal, 'SIGKILL', at);
          const names = (await lab.aws.content()).map((id) => id.slice(PREFIX.length + 1));
          const list = await lab.run(['list']);
          assert.equal(list.exitCode, 0, list.stderr);
          const isBoth = names.includes('NEW_KEY') && names.includes('OLD_KEY');
          assert.equal(
            list.stderr.includes('A rename of OLD_KEY to NEW_KEY was interrupted'),
            isBoth,
            `${at}: ${list.stderr}`,
          );
          // Done again, it comes to its end; the question is about the one that is there.
          if (names.includes('OLD_KEY')) await lab.sandbox.ok(args);
          assert.deepEqual(await lab.listed(), [['NEW_KEY', 'a key']], at);
          assert.equal(await lab.valueInAws(`${PREFIX}/NEW_KEY`), 'fake-one', at);
          assert.doesNotMatch((await lab.run(['list'])).stderr, /interrupted/, at);
        }
    });

    it('at each step of init: it is not there, or whole, and init again works', async () => {
      const empty = new AwsWorkspace(lab.aws);
      try {
        await killAtEachStep({
          args: ['workspace', 'init', '--aws', '--prefix', PREFIX],
          input: '',
          make: () => {
            const sandbox = copyOf(empty.sandbox);
            Object.assign(sandbox.env, lab.aws.env, { AWS_REGION: REGION });
            return sandbox;
          },
          check: async (sandbox, at) => {
            const there = existsSync(join(sandbox.workspace, '.nf-secrets', 'workspace.json'));
            const list = await sandbox.nfSecrets(['list']);
            assert.equal(list.exitCode, 0, `${at}, ${there}: ${list.stderr}`);
            const again = await sandbox.nfSecrets(['workspace', 'init', '--aws', '--prefix', PREFIX]);
            assert.equal(again.exitCode, 0, `${at}: ${again.stderr}`);
            const left = readdirSync(join(sandbox.workspace, '.nf-secrets')).sort();
            const wanted = ['.gitattributes', '.gitignore', 'workspace.json'];
            assert.deepEqual(
              left.filter((name) => !/\.lock|\.tmp$/.test(name)),
              wanted,
              at,
            );
          },
        });
      } finally {
        empty.sandbox.remove();
      }
    });
  });
});
