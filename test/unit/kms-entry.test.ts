import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { decryptWithKms, encryptWithKms } from '../../src/core/aws/kms.ts';
import { parseKmsArn } from '../../src/core/aws/kms-key.ts';
import { kmsError } from '../../src/core/aws/kms-error.ts';
import { missingOnKey } from '../../src/core/aws/policy/missing-statement.ts';
import { HumanError } from '../../src/core/system/human-error.ts';
import { type JsonTree, parseJson } from '../../src/core/system/json-tree.ts';
import { holderOf, labelOfKms, readKmsEntry } from '../../src/core/vault/kms/kms-entry.ts';
import { fakeWorld } from '../fixtures/world.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555';
const entry = (more: object = {}): JsonTree =>
  parseJson(
    JSON.stringify({
      arn: ARN,
      created_at: '2026-01-01T00:00:00Z',
      enc: 'ZmFrZQ==',
      aws_profile: '',
      ...more,
    }),
  );

describe('a KMS entry of a vault', () => {
  it('is read with what leads to its key', () => {
    const role = 'arn:aws:iam::444455556666:role/path/lab';
    const read = readKmsEntry(entry({ role, aws_profile: 'lab', context: { b: '2', a: '1' } }));
    assert.ok('key' in read);
    assert.deepEqual(read.key, {
      ...{ arn: ARN, region: 'eu-west-1', account: '111122223333', name: ARN.split(':')[5] },
      ...{
        context: new Map([
          ['b', '2'],
          ['a', '1'],
        ]),
        profile: 'lab',
        role,
      },
    });
    assert.equal(holderOf(read), `KMS ${ARN} role ${role} profile lab context {"a":"1","b":"2"}`);
  });

  it('has the same holder whatever the order of its context, and another one for another way to the key', () => {
    const holder = (more: object): string => {
      const read = readKmsEntry(entry(more));
      assert.ok('key' in read, JSON.stringify(read));
      return holderOf(read);
    };
    assert.equal(holder({ context: { a: '1', b: '2' } }), holder({ context: { b: '2', a: '1' } }));
    assert.equal(holder({}), `KMS ${ARN}`);
    const text = fc.stringMatching(/^[a-z ":{},=]{0,12}$/);
    const way = fc.record({
      aws_profile: fc.constantFrom('', 'lab', 'context', 'a=b'),
      role: fc.constantFrom('', 'arn:aws:iam::444455556666:role/x'),
      context: fc.dictionary(text, text, { maxKeys: 2 }),
    });
    const plain = ({ context, ...one }: { readonly context: Readonly<Record<string, string>> }): string => {
      const pairs = Object.entries(context).map((pair) => JSON.stringify(pair));
      return JSON.stringify([one, pairs.sort()]);
    };
    fc.assert(
      fc.property(way, way, (one, other) => {
        assert.equal(holder(one) === holder(other), plain(one) === plain(other));
      }),
    );
  });

  it('is labelled by its alias, else by its ARN', () => {
    assert.equal(
      labelOfKms({ arn: 'arn:aws:kms:eu-west-1:111122223333:alias/lab', name: 'alias/lab' }),
      'alias/lab',
    );
    assert.equal(labelOfKms({ arn: ARN, name: 'key/1' }), ARN);
  });

  it('is unfit for what is no entry of sops', () => {
    const unfit: object[] = [
      { arn: 1 },
      { arn: 'alias/lab' },
      { arn: `${ARN}\n` },
      { arn: `${ARN} ` },
      { arn: ARN.replace('111122223333', '1') },
      { role: 1 },
      { role: 'lab' },
      { role: 'arn:aws-cn:iam::444455556666:role/x' },
      { aws_profile: 'a b' },
      { aws_profile: 'a]\n[b' },
      { aws_profile: 'x'.repeat(129) },
      { context: 'a' },
      { context: { a: null } },
      { context: { a: 'x'.repeat(8192) } },
      { context: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, ''])) },
      { enc: '' },
      { enc: 'ZmFr ZQ==' },
      { enc: 'A'.repeat(8193) },
    ];
    for (const more of unfit)
      assert.ok('problem' in readKmsEntry(entry(more)), JSON.stringify(more).slice(0, 80));
    for (const node of [null, 'x', [], true] as JsonTree[]) assert.ok('problem' in readKmsEntry(node));
  });
});

describe('an ARN of KMS', () => {
  const arn = (partition: string, region: string): string =>
    `arn:${partition}:kms:${region}:111122223333:alias/lab`;
  it('is of the partition of its region', () => {
    const right: [string, string][] = [
      ['aws', 'us-east-1'],
      ['aws', 'ap-southeast-4'],
      ['aws-cn', 'cn-north-1'],
      ['aws-us-gov', 'us-gov-west-1'],
      ['aws-iso', 'us-iso-east-1'],
      ['aws-iso-b', 'us-isob-east-1'],
      ['aws-eusc', 'eusc-de-east-1'],
    ];
    for (const [partition, region] of right) {
      assert.equal(parseKmsArn(arn(partition, region))?.region, region, region);
      for (const [other] of right.filter(([one]) => !one.startsWith(partition) && !partition.startsWith(one)))
        assert.equal(parseKmsArn(arn(other, region)), undefined, `${other} ${region}`);
    }
  });

  it('has a region that is one label of a host name', () => {
    for (const region of [
      '',
      'eu-west-1/',
      'eu-west-1.evil',
      'x@evil',
      'eu_west_1',
      'eu-west-1:1',
      'EU-WEST-1',
      '../x',
    ])
      assert.equal(parseKmsArn(arn('aws', region)), undefined, region);
  });
});

describe('a request to KMS', () => {
  const key = {
    ...{ arn: ARN, region: 'eu-west-1', account: '111122223333', name: 'key/1' },
    ...{ context: new Map([['Role', 'lab']]), profile: undefined, role: undefined },
  };
  const world = fakeWorld();

  it('names the key, so that no cipher text chooses another one, and the context', async () => {
    const kms = mockClient(KMSClient);
    kms.on(DecryptCommand).resolves({ Plaintext: new Uint8Array(32) });
    kms.on(EncryptCommand).resolves({ CiphertextBlob: new Uint8Array([1]), KeyId: ARN });
    await decryptWithKms(key, new Uint8Array([7]), world);
    await encryptWithKms(key, new Uint8Array(32), world);
    for (const call of kms.calls()) {
      const input = call.args[0].input as { KeyId?: string; EncryptionContext?: object };
      assert.equal(input.KeyId, ARN);
      assert.deepEqual(input.EncryptionContext, { Role: 'lab' });
    }
    assert.equal(kms.calls().length, 2);
    kms.restore();
  });

  it('that is answered without what it asked for is no answer: 69', async () => {
    const kms = mockClient(KMSClient);
    kms.on(DecryptCommand).resolves({});
    await assert.rejects(decryptWithKms(key, new Uint8Array([7]), world), { exitCode: 69 });
    kms.restore();
  });

  it('shows no text of an answer to a request with a key in it', () => {
    const error = Object.assign(new Error('fake-plain-text'), { name: 'ValidationException', $metadata: {} });
    const made = kmsError(error, { action: 'kms:Encrypt', resource: ARN, hasValue: true }, key);
    assert.ok(made instanceof HumanError);
    assert.doesNotMatch(made.message, /fake-plain-text/);
  });
});

describe('the statement that a request to KMS lacks', () => {
  it('names the key, without another service', () => {
    assert.deepEqual(missingOnKey('kms:Decrypt', ARN), {
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: ARN,
    });
  });

  it('names an alias by a condition, as no policy has it for a resource', () => {
    assert.deepEqual(missingOnKey('kms:Encrypt', 'arn:aws:kms:eu-west-1:111122223333:alias/lab'), {
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: 'arn:aws:kms:eu-west-1:111122223333:key/*',
      Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/lab' } },
    });
  });
});
