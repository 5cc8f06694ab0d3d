import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  parseWorkspaceFile,
  readWorkspaceFile,
  workspaceFileText,
} from '../../src/core/stores/workspace-file.ts';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';

const REGION = 'eu-west-1';
const ACCOUNT = '123456789012';
const PLACE = { region: REGION, account: ACCOUNT, prefix: 'nf-secrets/lab' };
const FILE = { store: 'aws', ...PLACE };
const arn = (rest: string, { region = REGION, account = ACCOUNT } = {}): string =>
  `arn:aws:secretsmanager:${region}:${account}:secret:${rest}`;

const parse = (content: unknown): ReturnType<typeof parseWorkspaceFile> =>
  parseWorkspaceFile(
    Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
    '/w/.nf-secrets/workspace.json',
  );

function refusal(content: unknown): string {
  try {
    parse(content);
  } catch (error) {
    assert.ok(error instanceof HumanError);
    assert.equal(error.exitCode, ExitCode.data);
    return error.message;
  }
  assert.fail(`taken: ${JSON.stringify(content)}`);
}

describe('the file that names a store in AWS', () => {
  it('is read with and without a format, names of its own, and fields that are not known', () => {
    assert.deepEqual(parse(FILE).names, new Map());
    assert.equal(
      parse({ ...FILE, format: 1, later: { any: [1, 'x', null, true] } }).prefix,
      'nf-secrets/lab',
    );
    const { names } = parse({
      ...FILE,
      names: {
        DB_PASSWORD: arn('prod/db-AbCdEf:password::'),
        WHOLE: arn('prod/other-AbCdEf'),
        constructor: arn('prod/c-AbCdEf'),
      },
    });
    assert.deepEqual(names.get('DB_PASSWORD'), { arn: arn('prod/db-AbCdEf'), jsonKey: 'password' });
    assert.deepEqual(names.get('WHOLE'), { arn: arn('prod/other-AbCdEf') });
    assert.deepEqual(names.get('constructor'), { arn: arn('prod/c-AbCdEf') });
  });

  it('has the same meaning in any order and with any spaces, and another one with any other content', () => {
    const one = parse(FILE).canonical;
    assert.equal(
      parse(`\n ${JSON.stringify(Object.fromEntries(Object.entries(FILE).reverse()), undefined, 4)}`)
        .canonical,
      one,
    );
    assert.notEqual(parse({ ...FILE, later: 1 }).canonical, one);
    assert.notEqual(parse({ ...FILE, prefix: 'nf-secrets/lab2' }).canonical, one);
  });

  it('is written as it is read', () => {
    const { region, account, prefix } = parse(workspaceFileText(PLACE));
    assert.deepEqual({ region, account, prefix }, PLACE);
  });

  const REFUSED: readonly [string, unknown, RegExp][] = [
    ['no JSON', '{"store": "aws"', /it is not JSON/],
    ['a list', [], /it has to be an object/],
    ['a field twice', '{"store":"aws","store":"aws"}', /it is not JSON/],
    ['no store', PLACE, /the store that it names is none/],
    ['another store', { ...FILE, store: 'vault\u001b[31m' }, /"vault.*this version knows "aws"/],
    ['a later format', { ...FILE, format: 2 }, /a newer nf-secrets wrote it/],
    ['a format that is no number', { ...FILE, format: '1' }, /a newer nf-secrets wrote it/],
    ['no region', { ...FILE, region: undefined }, /its "region"/],
    ['a host for a region', { ...FILE, region: 'eu-west-1.evil.example/' }, /its "region"/],
    ['a user for a region', { ...FILE, region: 'x@evil.example#' }, /its "region"/],
    ['an account that is a number', { ...FILE, account: 123456789012 }, /its "account"/],
    ['a short account', { ...FILE, account: '12345' }, /its "account"/],
    ['no prefix', { ...FILE, prefix: '' }, /its "prefix"/],
    ['a prefix with a slash at its end', { ...FILE, prefix: 'lab/' }, /its "prefix"/],
    ['a prefix that negates a filter', { ...FILE, prefix: '!lab' }, /its "prefix"/],
    ['a prefix with two slashes', { ...FILE, prefix: 'lab//x' }, /its "prefix"/],
    ['a long prefix', { ...FILE, prefix: 'x'.repeat(401) }, /its "prefix"/],
    ['names that are a list', { ...FILE, names: [] }, /its "names"/],
    ['a name that is none', { ...FILE, names: { 'a-b': arn('x-AbCdEf') } }, /cannot be the name of a secret/],
    ['a name without an ARN', { ...FILE, names: { KEY: 'prod/db' } }, /its KEY has to be the whole ARN/],
    ['a partial ARN', { ...FILE, names: { KEY: arn('prod/db') } }, /its KEY has to be the whole ARN/],
    [
      'an ARN of another service',
      { ...FILE, names: { KEY: 'arn:aws:ssm:eu-west-1:123456789012:parameter/x' } },
      /whole ARN/,
    ],
    [
      'an ARN of another account',
      { ...FILE, names: { KEY: arn('db-AbCdEf', { account: '210987654321' }) } },
      /another account or region/,
    ],
    [
      'an ARN of another region',
      { ...FILE, names: { KEY: arn('db-AbCdEf', { region: 'us-east-1' }) } },
      /another account or region/,
    ],
    ['a fixed stage', { ...FILE, names: { KEY: arn('db-AbCdEf:key:AWSPREVIOUS:') } }, /only the current one/],
    ['bytes that are no text', '\ud800', /./],
  ];
  for (const [what, content, expected] of REFUSED)
    it(`is refused with ${what}`, () => {
      assert.match(refusal(content), expected);
    });

  describe('on disk', () => {
    let workspace: string;
    let path: string;
    beforeEach(() => {
      workspace = mkdtempSync(join(tmpdir(), 'nf-secrets-file-'));
      mkdirSync(join(workspace, '.nf-secrets'));
      path = join(workspace, '.nf-secrets', 'workspace.json');
    });
    afterEach(() => {
      rmSync(workspace, { recursive: true });
    });

    const refused = async (expected: RegExp): Promise<void> => {
      await assert.rejects(readWorkspaceFile(workspace), (error) => {
        assert.ok(error instanceof HumanError);
        assert.equal(error.exitCode, ExitCode.data);
        assert.match(error.message, expected);
        return true;
      });
    };

    it('is absent for a workspace with a vault', async () => {
      assert.equal(await readWorkspaceFile(workspace), undefined);
    });

    it('is not read through a link', async () => {
      writeFileSync(join(workspace, 'real.json'), JSON.stringify(FILE));
      symlinkSync(join(workspace, 'real.json'), path);
      await refused(/symbolic link/);
    });

    it('is not read if it is a directory or too large', async () => {
      writeFileSync(path, JSON.stringify({ ...FILE, more: 'x'.repeat(300_000) }));
      await refused(/more than 262144 are not read/);
      rmSync(path);
      mkdirSync(path);
      await refused(/not a regular file/);
    });

    it('is not used beside a vault: nobody knows which one is meant', async () => {
      writeFileSync(path, JSON.stringify(FILE));
      writeFileSync(join(workspace, '.nf-secrets', 'workspace.sops.json'), '{}');
      await refused(/two stores/);
    });
  });
});
