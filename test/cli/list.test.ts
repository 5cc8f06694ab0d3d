import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identityFile, nextflowStoreFile, SCOPES, userVaultFile } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { changeVault } from '../fixtures/vault-file.ts';
import { until } from '../fixtures/until.ts';

const dateOrNull = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? 'a date' : value;

describe('nf-secrets list', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const fillNextflowStore = (...names: string[]): void => {
    mkdirSync(dirname(nextflowStoreFile(sandbox)), { recursive: true });
    const entries = names.map((name) => ({ name, value: `fake-${name}` }));
    writeFileSync(nextflowStoreFile(sandbox), JSON.stringify(entries), { mode: 0o600 });
  };
  const listed = async (...args: string[]): Promise<Record<string, unknown>[]> =>
    JSON.parse(String(await sandbox.ok(['list', '--json', ...args]))) as Record<string, unknown>[];

  it('--json is an empty list where there is nothing', async () => {
    assert.equal(String(await sandbox.ok(['list', '--json'])), '[]\n');
    assert.equal(String(await sandbox.ok(['list'])), '');
  });

  it('--json has exactly these fields, in this order, for every scope', async () => {
    await sandbox.ok(['set', 'FAKE_ALL', '--description', 'mine'], { input: 'fake' });
    await sandbox.ok(['set', 'FAKE_ALL', '--scope', 'workspace'], { input: 'fake' });
    fillNextflowStore('FAKE_ALL');
    const list = await listed();
    for (const secret of list) {
      assert.deepEqual(Object.keys(secret), [
        'name',
        'scope',
        'created',
        'updated',
        'updatedBy',
        'lastUsed',
        'description',
        'overrides',
        'overriddenBy',
        'exposed',
        'expires',
      ]);
    }
    // What differs from run to run.
    const known = list.map((secret) => ({
      ...secret,
      created: dateOrNull(secret['created']),
      updated: dateOrNull(secret['updated']),
      updatedBy: typeof secret['updatedBy'] === 'string' ? 'somebody' : null,
    }));
    assert.deepEqual(known, [
      {
        name: 'FAKE_ALL',
        scope: 'user',
        created: 'a date',
        updated: 'a date',
        updatedBy: 'somebody',
        lastUsed: null,
        description: 'mine',
        overrides: 'workspace',
        overriddenBy: null,
        exposed: [],
        expires: null,
      },
      {
        name: 'FAKE_ALL',
        scope: 'workspace',
        created: 'a date',
        updated: 'a date',
        updatedBy: 'somebody',
        lastUsed: null,
        description: null,
        overrides: 'nextflow',
        overriddenBy: 'user',
        exposed: [],
        expires: null,
      },
      {
        name: 'FAKE_ALL',
        scope: 'nextflow',
        created: null,
        updated: null,
        updatedBy: null,
        lastUsed: null,
        description: null,
        overrides: null,
        overriddenBy: 'user',
        exposed: [],
        expires: null,
      },
    ]);
  });

  it('says what overrides what, for each pair of scopes', async () => {
    const relation = async (...args: string[]): Promise<unknown[]> =>
      (await listed(...args)).map(({ name, scope, overrides, overriddenBy }) => [
        name,
        scope,
        overrides,
        overriddenBy,
      ]);
    await sandbox.ok(['set', 'FAKE_UN'], { input: 'fake' });
    await sandbox.ok(['set', 'FAKE_WN', '--scope', 'workspace'], { input: 'fake' });
    await sandbox.ok(['set', 'FAKE_U'], { input: 'fake' });
    fillNextflowStore('FAKE_UN', 'FAKE_WN', 'FAKE_N');
    assert.deepEqual(await relation(), [
      ['FAKE_N', 'nextflow', null, null],
      ['FAKE_U', 'user', null, null],
      ['FAKE_UN', 'user', 'nextflow', null],
      ['FAKE_UN', 'nextflow', null, 'user'],
      ['FAKE_WN', 'workspace', 'nextflow', null],
      ['FAKE_WN', 'nextflow', null, 'workspace'],
    ]);
    // One scope alone, but with what is known of the others.
    assert.deepEqual(await relation('--scope', 'workspace'), [['FAKE_WN', 'workspace', 'nextflow', null]]);
    assert.equal((await relation('--scope', 'nextflow')).length, 3);
  });

  it('knows when a secret was last used, by get and by a run, in the scope that won', async () => {
    for (const scope of SCOPES) await sandbox.ok(['set', 'FAKE_A', '--scope', scope], { input: 'fake' });
    await sandbox.ok(['set', 'FAKE_B', '--scope', 'workspace'], { input: 'fake' });
    const used = async (): Promise<unknown[]> => (await listed()).map(({ lastUsed }) => dateOrNull(lastUsed));
    assert.deepEqual(await used(), [null, null, null]);
    await sandbox.ok(['get', 'FAKE_A', '--scope', 'workspace']);
    assert.deepEqual(await used(), [null, 'a date', null]);
    await sandbox.ok(['exec', '--', 'true']);
    assert.deepEqual(await used(), ['a date', 'a date', 'a date']);
  });

  it('keeps the day of creation when a secret is updated', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
    const [before] = await listed();
    // Dates are to the second; what is compared must be another one.
    await until('a later second', () => Date.now() >= Date.parse(String(before?.['updated'])) + 1000);
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
    const [after] = await listed();
    assert.equal(after?.['created'], before?.['created']);
    assert.notEqual(after?.['updated'], before?.['updated']);
  });

  it('is a table for people, with the workspace that it looked at', async () => {
    await sandbox.ok(['set', 'FAKE_A', '--description', 'for the fake server'], { input: 'fake-value' });
    await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-value' });
    const { stdout, stderr } = await sandbox.nfSecrets(['list']);
    const [head, first, second, end] = String(stdout).split('\n');
    assert.match(head ?? '', /^NAME +SCOPE +STATE +UPDATED +LAST USED +DESCRIPTION$/);
    assert.match(first ?? '', /^FAKE_A +user +overrides workspace +\d{4}-\d\d-\d\d +- +for the fake server$/);
    assert.match(second ?? '', /^FAKE_A +workspace +overridden by user +\d{4}-\d\d-\d\d +-$/);
    assert.equal(end, '');
    assert.ok(stderr.includes(sandbox.workspace));
    assert.doesNotMatch(`${String(stdout)}${stderr}`, /fake-value|ENC\[/);
  });

  it('takes a pattern of names', async () => {
    for (const name of ['NCBI_A', 'NCBI_B', 'OTHER']) await sandbox.ok(['set', name], { input: 'fake' });
    const names = async (...args: string[]): Promise<unknown[]> =>
      (await listed(...args)).map(({ name }) => name);
    assert.deepEqual(await names('NCBI_*'), ['NCBI_A', 'NCBI_B']);
    assert.deepEqual(await names('*_?'), ['NCBI_A', 'NCBI_B']);
    assert.deepEqual(await names('OTHER'), ['OTHER']);
    assert.deepEqual(await names('NONE*'), []);
    const { stdout, stderr } = await sandbox.nfSecrets(['list', 'NONE*']);
    assert.equal(String(stdout), '');
    assert.match(stderr, /No secret has such a name: NONE\*/);
  });

  it('is grouped by scope in a terminal, in natural order, and fits it', async () => {
    for (const name of ['KEY_10', 'KEY_9'])
      await sandbox.ok(['set', name, '--description', 'long '.repeat(30)], { input: 'fake' });
    await sandbox.ok(['set', 'KEY_9', '--scope', 'workspace'], { input: 'fake' });
    const terminal = Terminal.open(sandbox, [
      ...['sh', '-c', 'stty cols 60; exec "$0" "$1" list', process.execPath, CLI],
    ]);
    assert.equal(await terminal.ended(), 0);
    const lines = terminal.screen.split(/\r?\n/).filter((line) => !line.includes('nf-secrets:'));
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]).filter((word) => word !== ''),
      ['user', 'NAME', 'KEY_9', 'KEY_10', 'workspace', 'NAME', 'KEY_9'],
    );
    assert.equal(
      lines.find((line) => line.startsWith('user')),
      'user (2)',
    );
    for (const line of lines) assert.ok(line.length <= 60, line);
    assert.ok(lines.some((line) => line.length === 60 && line.endsWith('…')));
  });

  it('decrypts nothing: works without any identity', async () => {
    for (const scope of SCOPES) await sandbox.ok(['set', 'FAKE_A', '--scope', scope], { input: 'fake' });
    const before = await listed();
    rmSync(identityFile(sandbox));
    assert.deepEqual(await listed(), before);
    writeFileSync(identityFile(sandbox), 'damaged');
    assert.deepEqual(await listed(), before);
  });

  it('shows nothing raw of what a file may hold', async () => {
    const evil = 'a\x1b]0;fake\x07b\x9b31mc\x7fd\u202ee\u2028f\r\ng\x00h';
    await sandbox.ok(['set', 'FAKE_A', '--description', evil.replace('\x00', '')], { input: 'fake' });
    changeVault(userVaultFile(sandbox), ({ info_unencrypted: info }) => {
      Object.assign(info['FAKE_A']!, { updatedBy: evil, created: evil });
    });
    // C0, DEL, C1, bidirectional controls, line separators: all that may steer a terminal.
    const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
    const table = String(await sandbox.ok(['list']));
    assert.doesNotMatch(table, UNSAFE);
    assert.equal(table.split('\n').length, 3, 'one line a secret');
    const json = String(await sandbox.ok(['list', '--json']));
    assert.equal((JSON.parse(json) as { updatedBy: string }[])[0]?.updatedBy, evil, 'JSON loses nothing');
    assert.doesNotMatch(json, UNSAFE);
  });

  it('a last use that cannot be read is no reason to stop', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
    const usage = userVaultFile(sandbox).replace('user.sops.json', 'usage.json');
    for (const text of [
      '',
      'fake',
      '[]',
      '{"user": 1}',
      '{"user": {"FAKE_A": 1}}',
      '{"__proto__": {"FAKE_A": "x"}}',
    ]) {
      writeFileSync(usage, text);
      assert.equal((await listed())[0]?.['lastUsed'], null);
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake');
    }
    assert.ok(readFileSync(usage).length > 0);
  });

  it('refuses a scope that is none', async () => {
    assertRefused(
      await sandbox.nfSecrets(['list', '--scope', 'usr']),
      64,
      'user, workspace, nextflow',
      'Did you mean user?',
    );
  });
});
