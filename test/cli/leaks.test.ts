import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillNextflowStore } from '../fixtures/known-secrets.ts';
import { nextflowStoreFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const VALUE = 'Zq7-fake/leak&x=y+end';
const OF_WORKSPACE = 'fakeWorkspaceQ9zX2vTb4n7';

interface Found {
  readonly leaks: { name: string; file: string; line: number | null; form: string; count: number }[];
  readonly unread: string[];
  readonly links: number;
  readonly notLookedFor: { tooShort: string[]; withheld: string[]; scopes: string[] };
  readonly complete: boolean;
}

describe('nf-secrets leaks', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillVault('user', { LEAKY: VALUE, CLEAN: 'neverWrittenDown12' }, sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(join(sandbox.workspace, name, '..'), { recursive: true });
    writeFileSync(join(sandbox.workspace, name), content);
  };
  const json = async (...args: string[]): Promise<Found> =>
    JSON.parse(String(await sandbox.ok(['leaks', '--json', ...args]))) as Found;

  it('shows names, files, lines and forms, and no value', async () => {
    write('.nextflow.log', `one\n${VALUE}\n`);
    write('results/r.html', `\n\n<script>${JSON.stringify({ VALUE }).replaceAll('/', '\\/')}</script>`);
    write(`results/of-${encodeURIComponent(VALUE)}.txt`, 'nothing\n');
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['leaks']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(String(stdout).trim().split('\n'), [
      'LEAK: LEAKY is in .nextflow.log:2 (raw)',
      'LEAK: LEAKY is in the name of results/of-***.txt (URL)',
      'LEAK: LEAKY is in results/r.html:3 (JSON)',
    ]);
    assert.match(stderr, /Looked for 2 secrets in 3 files .*: 1 leaked, into 3 of them/);
    assert.ok(!`${String(stdout)}${stderr}`.includes(VALUE));
    assert.equal((await sandbox.nfSecrets(['leaks', '--fail-on-leak'])).exitCode, 74);
  });

  it('finds none where there is none', async () => {
    write('a.txt', 'nothing\n');
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['leaks', '--fail-on-leak', 'a.txt']);
    assert.deepEqual([exitCode, String(stdout)], [0, ''], stderr);
    assert.match(stderr, /Looked for 2 secrets in 1 file .*: found none/);
  });

  it('looks for all scopes, also for what is overridden, and not in Nextflow’s own store', async () => {
    await fillVault('workspace', { LEAKY: OF_WORKSPACE }, sandbox);
    fillNextflowStore(nextflowStoreFile(sandbox), { OWN: 'fakeOwnT6hB9qFe4uJs' });
    write('a.txt', `${OF_WORKSPACE}\n${VALUE}\n`);
    write('own.json', JSON.stringify({ own: 'fakeOwnT6hB9qFe4uJs' }));
    const all = await json('--accept-members', '.', sandbox.home);
    assert.deepEqual(
      all.leaks.map(({ name, file }) => [name, file.slice(sandbox.root.length + 1)]),
      [
        ['LEAKY', 'workspace/a.txt'],
        ['OWN', 'workspace/own.json'],
      ],
    );
    const [leaky] = all.leaks.filter(({ name }) => name === 'LEAKY');
    assert.deepEqual([leaky?.line, leaky?.count], [1, 2]);
    const user = await json('--scope', 'user');
    assert.deepEqual(
      user.leaks.map(({ name, line }) => [name, line]),
      [['LEAKY', 2]],
    );
  });

  it('says what it has not looked for, and not looked into', async () => {
    await fillVault('user', { LEAKY: VALUE, PIN: '1234' }, sandbox);
    write('target.txt', VALUE);
    symlinkSync('target.txt', join(sandbox.workspace, 'link.txt'));
    execFileSync('mkfifo', [join(sandbox.workspace, 'pipe')]);
    const found = await json();
    assert.deepEqual(
      found.leaks.map(({ file, form }) => [file, form]),
      [[join(sandbox.workspace, 'target.txt'), 'raw']],
    );
    assert.deepEqual(found.notLookedFor, { tooShort: ['PIN'], tooLong: [], withheld: [], scopes: [] });
    assert.deepEqual([found.links, found.complete], [1, false]);
    const { stderr } = await sandbox.nfSecrets(['leaks']);
    assert.match(stderr, /Too short to look for: PIN\. A value needs 8 bytes/);
    assert.match(stderr, /Symbolic links that were not followed: 1/);
  });

  it('refuses a path that is not there, before it decrypts anything', async () => {
    const { exitCode, stderr } = await sandbox.nfSecrets(['leaks', 'absent']);
    assert.equal(exitCode, 64);
    assert.match(stderr, /There is no file or directory .*absent/);
  });

  it('reads a workspace only if it is accepted', async () => {
    await fillVault('workspace', { SHARED: OF_WORKSPACE }, sandbox);
    write('a.txt', OF_WORKSPACE);
    const stranger = { NF_SECRETS_HOME: sandbox.toolHome };
    // Another person's acceptance is not ours.
    writeFileSync(join(sandbox.toolHome, 'workspaces.json'), '{}\n', { mode: 0o600 });
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['leaks'], { env: stranger });
    assert.equal(exitCode, 77, stderr);
    assert.equal(String(stdout), '');
    assert.match(stderr, /--accept-members/);
    assert.equal(
      String(await sandbox.ok(['leaks', '--accept-members'])),
      'LEAK: SHARED is in a.txt:1 (raw)\n',
    );
  });
});
