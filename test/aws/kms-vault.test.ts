import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsVault, TESTER, useKmsVault } from '../fixtures/kms-vault.ts';
import { ACCOUNT, REGION } from '../fixtures/aws-workspace.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { CLI } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { changeVault, readVault } from '../fixtures/vault-file.ts';

describe('a vault with keys of AWS KMS @aws @sops', () => {
  let lab: KmsVault;
  let arn: string;
  useKmsVault(async (made) => {
    lab = made;
    arn = await lab.newKey('alias/lab');
  });

  describe('is read without an age key', () => {
    beforeEach(async () => {
      await lab.addBySops(arn, '--encryption-context', 'Role:lab');
    });

    it('but AWS hears nothing before the person has accepted the key: 77, with account and key', async () => {
      const refused = await lab.read(['get', 'DB_PASSWORD']);
      assertRefusedWithRemedy(refused, 77, 'AWS was not asked', ACCOUNT, '--accept-members');
      assert.deepEqual(lab.aws.requests, []);
      const plan = await lab.read(['list']);
      assert.equal(plan.exitCode, 0, plan.stderr);
      assert.deepEqual(lab.aws.requests, []);
    });

    it('nor before a yes on a terminal, where the key comes before the members', async () => {
      const ask = (): Terminal =>
        Terminal.open(lab.reader, [
          process.execPath,
          CLI,
          'get',
          'DB_PASSWORD',
          '--reveal',
          '--workspace',
          lab.owner.workspace,
        ]);
      const refused = ask();
      await until('the question', () => refused.screen.includes('Ask AWS?'));
      assert.match(refused.screen, new RegExp(`AWS account ${ACCOUNT}`));
      assert.deepEqual(
        lab.aws.requests.filter((request) => request === 'Decrypt'),
        [],
      );
      refused.type('n\r');
      assert.equal(await refused.ended(), 77, refused.screen);
      assert.deepEqual(
        lab.aws.requests.filter((request) => request === 'Decrypt'),
        [],
      );
      // Else it would be taken for that of the next one.
      rmSync(join(lab.reader.root, 'exit-code'));
      const accepted = ask();
      await until('the question', () => accepted.screen.includes('Ask AWS?'));
      accepted.type('y\r');
      await until('the second question', () => accepted.screen.includes('Accept these members?'));
      accepted.type('y\r');
      assert.equal(await accepted.ended(), 0, accepted.screen);
      assert.match(accepted.screen, /fake-db/);
    });

    it('by get, export and exec, with one request each, and asks no more', async () => {
      const first = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assert.equal(first.stdout.toString(), 'fake-db', first.stderr);
      assert.match(first.stderr, new RegExp(`AWS account ${ACCOUNT}, ${REGION}: ${arn}`));
      assert.deepEqual(lab.aws.requests, ['Decrypt']);
      for (const args of [['get', 'DB_PASSWORD'], ['export'], ['exec', '--', 'true']]) {
        const { exitCode, stderr } = await lab.read(args);
        assert.equal(exitCode, 0, stderr);
        assert.deepEqual(lab.aws.requests, ['Decrypt'], args.join(' '));
      }
    });

    it('is written; the entry stays byte for byte, and sops reads both ways', async () => {
      const before = lab.entries;
      const set = await lab.read(['set', 'API_KEY', '--scope', 'workspace', '--accept-members'], {
        input: 'fake-api',
      });
      assert.equal(set.exitCode, 0, set.stderr);
      assert.deepEqual(lab.entries, before);
      for (const sops of [lab.sops, lab.readersSops])
        assert.equal(String(await sops.extract(lab.file, ['secrets', 'API_KEY'])), 'fake-api');
      assert.equal(String(await lab.owner.ok(['get', 'API_KEY'])), 'fake-api');
    });

    it('asks nothing of AWS where an age key opens it', async () => {
      lab.aws.requests = [];
      await lab.owner.ok(['get', 'DB_PASSWORD']);
      await lab.owner.ok(['set', 'API_KEY', '--scope', 'workspace'], { input: 'fake-api' });
      assert.deepEqual(lab.aws.requests, []);
    });

    it('also where no age key is left in it', async () => {
      const own = readVault(lab.file).sops.age[0]?.['recipient'] ?? '';
      await lab.setMembers(() => []);
      await lab.sops.ok(['rotate', '--in-place', '--rm-age', own, lab.file]);
      const { stdout, stderr } = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assert.equal(stdout.toString(), 'fake-db', stderr);
      const rotated = await lab.read(['member', 'rotate']);
      assert.equal(rotated.exitCode, 0, rotated.stderr);
      assert.match(await lab.readersSops.decrypt(lab.file), /fake-db/);
    });

    const FAILURES: readonly [
      name: string,
      code: string,
      message: string,
      exitCode: number,
      says: string[],
    ][] = [
      ['disabled', 'DisabledException', 'arn is disabled.', 69, ['is disabled', 'enable-key']],
      [
        'scheduled for deletion',
        'KMSInvalidStateException',
        'arn is pending deletion.',
        69,
        ['scheduled for deletion', 'cancel-key-deletion'],
      ],
      ['gone', 'NotFoundException', 'Key does not exist', 69, ['AWS has no KMS key']],
      ['another one', 'IncorrectKeyException', 'wrong key', 65, ['was not encrypted with the KMS key']],
      ['not asked in time', 'ThrottlingException', 'Rate exceeded', 69, ['throttles kms:Decrypt']],
      [
        'asked with expired credentials',
        'ExpiredTokenException',
        'The security token is expired',
        77,
        ['credentials have expired', 'aws sso login'],
      ],
    ];
    for (const [name, code, message, exitCode, says] of FAILURES)
      it(`names a key that is ${name}: ${exitCode}`, async () => {
        lab.aws.fail({ operation: 'Decrypt', code, message });
        const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
        assertRefusedWithRemedy(refused, exitCode, ...says);
        assert.doesNotMatch(refused.stderr, /not a recipient|is not set/);
      });

    it('names who is denied what: 77, with a statement that allows it directly', async () => {
      lab.deny('Decrypt', arn);
      const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assertRefusedWithRemedy(
        refused,
        77,
        `does not let ${TESTER} do kms:Decrypt on ${arn}`,
        `"Resource": "${arn}"`,
      );
      assert.doesNotMatch(refused.stderr, /ViaService/);
    });

    it('says that AWS cannot be reached, and not that the person is no recipient: 69', async () => {
      const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
      const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members'], { env });
      assertRefusedWithRemedy(refused, 69, 'AWS cannot be reached', arn);
      assert.doesNotMatch(refused.stderr, /not a recipient/);
    });

    it('says that there are no credentials: 77', async () => {
      const env = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
      const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members'], { env });
      assertRefusedWithRemedy(refused, 77, 'AWS does not take your credentials, or there are none', arn);
    });

    it('refuses another context than that of the entry: 65', async () => {
      lab.changeEntries(([entry]) => {
        entry!.context = { Role: 'other' };
      });
      const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assertRefusedWithRemedy(refused, 65, 'same encryption context');
    });

    it('lists its members without a question, and says that the list is not checked', async () => {
      const { stdout, stderr, exitCode } = await lab.read(['member', 'list']);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout.toString(), new RegExp(`KMS ${arn}.*AWS account ${ACCOUNT}`));
      assert.match(stderr, /could not be checked/);
      assert.deepEqual(lab.aws.requests, []);
    });
  });

  describe('takes the way that an entry names, once it is accepted', () => {
    beforeEach(async () => {
      await lab.addBySops(arn);
    });
    const role = `arn:aws:iam::${ACCOUNT}:role/lab`;

    it('a role, which is assumed first', async () => {
      lab.changeEntries(([entry]) => {
        entry!.role = role;
      });
      const { stdout, stderr } = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assert.equal(stdout.toString(), 'fake-db', stderr);
      assert.deepEqual(lab.aws.requests, ['AssumeRole', 'Decrypt']);
      assert.notEqual(lab.aws.signers[1], lab.aws.signers[0]);
      assert.match(stderr, new RegExp(`with the role ${role}`));
    });

    it('a profile of the person', async () => {
      const config = join(lab.reader.home, 'aws-config');
      writeFileSync(
        config,
        '[profile lab]\naws_access_key_id = fake-of-lab\naws_secret_access_key = fake-key\n',
      );
      lab.changeEntries(([entry]) => {
        entry!.aws_profile = 'lab';
      });
      const env = { AWS_CONFIG_FILE: config };
      const { stdout, stderr } = await lab.read(['get', 'DB_PASSWORD', '--accept-members'], { env });
      assert.equal(stdout.toString(), 'fake-db', stderr);
      assert.deepEqual(lab.aws.signers, ['fake-of-lab']);
      assert.match(stderr, /with your AWS profile lab/);
    });

    it('but a role or profile that somebody adds later is no accepted one: 77, and nobody is asked', async () => {
      await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      for (const change of [{ role }, { aws_profile: 'lab' }, { context: { a: 'b' } }]) {
        const before = readFileSync(lab.file);
        lab.changeEntries(([entry]) => Object.assign(entry!, change));
        assertRefusedWithRemedy(await lab.read(['get', 'DB_PASSWORD']), 77, 'AWS was not asked');
        assert.deepEqual(lab.aws.requests, []);
        writeFileSync(lab.file, before);
      }
    });

    it('and none with cipher text of a key of the one who wrote the file', async () => {
      const stranger = await lab.newKey();
      await lab.addBySops(stranger);
      const [, foreign] = lab.entries;
      lab.changeEntries((entries) => {
        entries.splice(0, 2, { ...entries[0]!, enc: foreign!.enc });
      });
      // moto does not compare them, as KMS does; what is sent is seen.
      lab.aws.fail({ operation: 'Decrypt', code: 'IncorrectKeyException', message: 'the key differs' });
      assertRefusedWithRemedy(await lab.read(['get', 'DB_PASSWORD', '--accept-members']), 65, arn);
    });
  });

  describe('of a stranger', () => {
    beforeEach(async () => {
      await lab.addBySops(arn);
    });
    const HOSTILE: readonly [name: string, change: object][] = [
      ['a region with a slash', { arn: `arn:aws:kms:evil.example/x:${ACCOUNT}:key/a` }],
      ['a region that is a host', { arn: `arn:aws:kms:eu-west-1.evil.example:${ACCOUNT}:key/a` }],
      ['an ARN of another partition', { arn: `arn:aws-cn:kms:${REGION}:${ACCOUNT}:key/a` }],
      ['another service', { arn: `arn:aws:s3:${REGION}:${ACCOUNT}:key/a` }],
      ['a huge enc', { enc: 'A'.repeat(1 << 20) }],
      ['an enc that is no Base64', { enc: '\u0000' }],
      ['a profile with a newline', { aws_profile: 'lab\ncredential_process = touch x' }],
      ['a role of another service', { role: `arn:aws:sts::${ACCOUNT}:assumed-role/a/b` }],
      ['a context that is no object', { context: ['a'] }],
      ['a context of numbers', { context: { a: 1 } }],
    ];
    for (const [name, change] of HOSTILE)
      it(`is refused for ${name}: 65, and AWS is not asked`, async () => {
        lab.changeEntries(([entry]) => Object.assign(entry!, change));
        const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
        assertRefusedWithRemedy(refused, 65, 'an entry for KMS in it cannot be one');
        assert.deepEqual(lab.aws.requests, []);
      });

    it('is refused for 10,000 entries: 65, and AWS is not asked', async () => {
      lab.changeEntries((entries) => {
        entries.push(...Array.from({ length: 9_999 }, () => ({ ...entries[0]! })));
      });
      const refused = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assertRefusedWithRemedy(refused, 65, '10000 keys of KMS');
      assert.deepEqual(lab.aws.requests, []);
    });

    it('asks with none that is added beside an accepted one', async () => {
      await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      lab.changeEntries((entries) => {
        entries.unshift({ ...entries[0]!, arn: `arn:aws:kms:${REGION}:999999999999:key/evil` });
      });
      const refused = await lab.read(['get', 'DB_PASSWORD']);
      // Opened with the accepted one alone, and then the readers have changed.
      assertRefusedWithRemedy(refused, 77, '999999999999');
      assert.deepEqual(lab.aws.requests, ['Decrypt']);
    });
  });

  describe('gets a new data key', () => {
    it('which each KMS key is given, with the fields of its entry, and sops reads it', async () => {
      const second = await lab.newKey();
      await lab.addBySops(arn, '--encryption-context', 'Role:lab');
      await lab.addBySops(second);
      lab.changeEntries(([entry]) => Object.assign(entry!, { future: { kept: [1] } }));
      const before = lab.entries;
      lab.aws.requests = [];
      await lab.owner.ok(['member', 'rotate']);
      assert.deepEqual(lab.aws.requests, ['Encrypt', 'Encrypt']);
      const after = lab.entries;
      for (const [index, entry] of after.entries()) {
        assert.notEqual(entry.enc, before[index]?.enc);
        assert.deepEqual(
          { ...entry, enc: '', created_at: '' },
          { ...before[index], enc: '', created_at: '' },
        );
      }
      assert.match(await lab.readersSops.decrypt(lab.file), /fake-db/);
      const { stdout, stderr } = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assert.equal(stdout.toString(), 'fake-db', stderr);
    });

    it('or nothing is written, if one of them is denied', async () => {
      const second = await lab.newKey();
      await lab.addBySops(arn);
      await lab.addBySops(second);
      const before = readFileSync(lab.file);
      lab.deny('Encrypt', second, { call: 2 });
      const refused = await lab.owner.nfSecrets(['member', 'rotate']);
      assertRefusedWithRemedy(
        refused,
        77,
        'gets no new data key',
        second,
        'kms:Encrypt',
        'Nothing was written',
      );
      assert.deepEqual(readFileSync(lab.file), before);
      lab.aws.heal();
      await lab.owner.ok(['member', 'rotate']);
    });

    it('when a member has gone, at the next write', async () => {
      await lab.addBySops(arn);
      const gone = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
      await lab.setMembers((members) => [...members, { recipient: gone, label: 'gone', since: '', by: '' }]);
      await lab.sops.ok(['rotate', '--in-place', '--add-age', gone, lab.file]);
      await lab.owner.ok(['get', 'DB_PASSWORD', '--accept-members']);
      await lab.setMembers((members) => members.slice(0, 1));
      changeVault(lab.file, ({ sops }) => {
        sops.age = sops.age.filter(({ recipient }) => recipient !== gone);
      });
      const [before] = lab.entries;
      const set = await lab.owner.nfSecrets(['set', 'API_KEY', '--scope', 'workspace', '--accept-members'], {
        input: 'fake-api',
      });
      assert.equal(set.exitCode, 0, set.stderr);
      assert.match(set.stderr, /gets a new data key/);
      assert.notEqual(lab.entries[0]?.enc, before?.enc);
      assert.match(await lab.readersSops.decrypt(lab.file), /fake-api/);
    });
  });

  describe('is given to and taken from a KMS key', () => {
    it('by its alias: member add, list, remove', async () => {
      const added = await lab.owner.nfSecrets(['member', 'add', 'alias/lab', '--yes']);
      assert.equal(added.exitCode, 0, added.stderr);
      const alias = `arn:aws:kms:${REGION}:${ACCOUNT}:alias/lab`;
      assert.deepEqual(Object.keys(lab.entries[0]!), ['arn', 'created_at', 'enc', 'aws_profile']);
      assert.equal(lab.entries[0]?.arn, alias);
      assert.match(await lab.readersSops.decrypt(lab.file), /fake-db/);
      const listed = JSON.parse(String(await lab.owner.ok(['member', 'list', '--json']))) as object[];
      assert.deepEqual(listed[1], {
        recipient: `KMS ${alias}`,
        label: 'alias/lab',
        since: '',
        by: '',
        role: null,
        recipients: [`KMS ${alias}`],
        signingKey: null,
        you: false,
        checked: true,
        accepted: true,
      });
      assertRefusedWithRemedy(await lab.read(['get', 'DB_PASSWORD']), 77, ACCOUNT);
      const read = await lab.read(['get', 'DB_PASSWORD', '--accept-members']);
      assert.equal(read.stdout.toString(), 'fake-db', read.stderr);

      const removed = await lab.owner.nfSecrets(['member', 'remove', 'alias/lab', '--yes']);
      assert.equal(removed.exitCode, 0, removed.stderr);
      assert.match(removed.stderr, /new data key[^]*DB_PASSWORD/);
      assert.deepEqual(lab.entries, []);
      const secrets = JSON.parse(String(await lab.owner.ok(['list', '--json']))) as { exposed: string[] }[];
      assert.deepEqual(secrets[0]?.exposed, ['alias/lab']);
      await lab.sops.decrypt(lab.file);
      assert.equal((await lab.read(['get', 'DB_PASSWORD', '--accept-members'])).exitCode, 77);
    });

    it('by its ARN; twice is refused (64), and so is what is no key', async () => {
      await lab.owner.ok(['member', 'add', arn, '--yes']);
      assert.equal(lab.entries[0]?.arn, arn);
      const before = readFileSync(lab.file);
      const cases: [string[], number, string][] = [
        [['add', arn], 64, 'already'],
        [['add', 'arn:aws:kms:evil/x:1:key/a'], 64, 'names no key of AWS KMS'],
        [['add', 'alias/other', '--label', 'x'], 64, '--label'],
        [['remove', 'alias/other'], 64, 'is not encrypted to'],
      ];
      for (const [args, exitCode, says] of cases)
        assertSays(await lab.owner.nfSecrets(['member', ...args, '--yes']), exitCode, says);
      assert.deepEqual(readFileSync(lab.file), before);
      await lab.owner.ok(['member', 'remove', arn, '--yes']);
      assert.deepEqual(lab.entries, []);
    });

    it('and nothing is written if AWS denies it: 77', async () => {
      const before = readFileSync(lab.file);
      lab.deny('Encrypt', arn);
      assertRefusedWithRemedy(
        await lab.owner.nfSecrets(['member', 'add', arn, '--yes']),
        77,
        'kms:Encrypt',
        arn,
      );
      assert.deepEqual(readFileSync(lab.file), before);
    });

    it('but never in a vault with a roster: 69, and AWS is not asked', async () => {
      const line = String(await lab.reader.ok(['member', 'request'])).trim();
      await lab.owner.ok(['member', 'add', line, '--label', 'reader/vm', '--yes']);
      lab.aws.requests = [];
      const refused = await lab.owner.nfSecrets(['member', 'add', arn, '--yes']);
      assertRefusedWithRemedy(refused, 69, 'has a roster', 'takes no key of KMS');
      assert.deepEqual(lab.aws.requests, []);
    });

    it('and no roster is made of a vault that has one: 69', async () => {
      await lab.owner.ok(['member', 'add', arn, '--yes']);
      const line = String(await lab.reader.ok(['member', 'request'])).trim();
      assertRefusedWithRemedy(await lab.owner.nfSecrets(['member', 'add', line, '--yes']), 69, arn);
    });
  });
});

function assertSays(
  result: { readonly exitCode: number | null; readonly stderr: string },
  exitCode: number,
  says: string,
): void {
  assert.equal(result.exitCode, exitCode, result.stderr);
  assert.ok(result.stderr.includes(says), result.stderr);
}
