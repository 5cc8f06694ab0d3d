import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { machineEnv, onMachine } from '../fixtures/other-machine.ts';
import { userVaultFile } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { Sops } from '../fixtures/sops.ts';

/** A vault as sops decrypts it. */
type Clear = Record<string, Record<string, unknown>>;

interface Version {
  readonly number: number;
  readonly created: string | null;
  readonly by: string | null;
  readonly ended: string | null;
  readonly bytes: number;
  readonly expires: string | null;
  readonly isCurrent: boolean;
}

describe('the history of a secret of the user', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    at('2026-11-01');
  });
  afterEach(() => {
    sandbox.remove();
  });

  const at = (day: string): void => {
    Object.assign(sandbox.env, machineEnv({ clock: `${day}T12:00:00Z` }));
  };
  const run = (args: readonly string[], input = ''): Promise<Result> =>
    sandbox.run(process.execPath, onMachine(args), { input });
  const ok = async (args: readonly string[], input = ''): Promise<string> => {
    const result = await run(args, input);
    assert.equal(result.exitCode, 0, result.stderr);
    return String(result.stdout);
  };
  const history = async (name: string): Promise<Version[]> =>
    (JSON.parse(await ok(['history', name, '--json'])) as { versions: Version[] }).versions;
  const get = (name = 'FAKE_A'): Promise<string> => ok(['get', name]);

  const setThree = async (): Promise<void> => {
    await ok(['set', 'FAKE_A', '--description', 'first', '--expires', '2027-01-31'], 'fake-1');
    at('2026-11-02');
    await ok(['set', 'FAKE_A', '--description', 'second'], 'fake\n"2" äöü');
    at('2026-11-03');
    await ok(['set', 'FAKE_A'], 'fake-three');
  };

  it('shows dates, authors and sizes, and no value', async () => {
    await setThree();
    const versions = await history('FAKE_A');
    assert.deepEqual(
      versions.map(({ number, created, ended, bytes, expires }) => [number, created, ended, bytes, expires]),
      [
        [1, '2026-11-03T12:00:00Z', null, 10, null],
        [2, '2026-11-02T12:00:00Z', '2026-11-03T12:00:00Z', 15, null],
        [3, '2026-11-01T12:00:00Z', '2026-11-02T12:00:00Z', 6, '2027-01-31'],
      ],
    );
    assert.ok(versions.every(({ by }) => by !== null && by !== ''));
    const table = await ok(['history', 'FAKE_A']);
    assert.match(table, /^VERSION {2}SET .* STATE\n1 .* current\n2 .* previous\n3 /);
    assert.doesNotMatch(table + readFileSync(userVaultFile(sandbox), 'utf8'), /fake|äöü/);
  });

  it('gives values back with their description and last day, and an undo can be undone', async () => {
    await setThree();
    const undone = await run(['undo', 'FAKE_A']);
    assert.match(undone.stderr, /FAKE_A \(user\) has the value of 2026-11-02T12:00:00Z again/);
    assert.equal(await get(), 'fake\n"2" äöü');
    await ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'fake-three');
    await ok(['undo', 'FAKE_A', '--to', '3']);
    assert.equal(await get(), 'fake-1');
    const [listed] = JSON.parse(await ok(['list', '--json'])) as Record<string, unknown>[];
    assert.equal(listed?.['description'], 'first');
    assert.equal(listed['expires'], '2027-01-31');
    assert.equal(listed['created'], '2026-11-01T12:00:00Z');
  });

  it('has three earlier values, and refuses what it does not have', async () => {
    for (let value = 1; value <= 6; value++) await ok(['set', 'FAKE_A'], `fake-${value}`);
    assert.equal((await history('FAKE_A')).length, 4);
    assertRefused(await run(['undo', 'FAKE_A', '--to', '9']), 64, /no version 9 of FAKE_A/);
    assertRefused(await run(['undo', 'FAKE_A', '--to', '1']), 64, /current one already/);
    for (const wrong of ['0', '-1', 'last', '1e3'])
      assertRefused(await run(['undo', 'FAKE_A', `--to=${wrong}`]), 64, /number of a version/);
    assert.equal(await get(), 'fake-6');
    await ok(['undo', 'FAKE_A', '--to', '4']);
    assert.equal(await get(), 'fake-3');
    await ok(['set', 'FAKE_ONE'], 'fake');
    assertRefused(await run(['undo', 'FAKE_ONE']), 64, /no earlier value of FAKE_ONE/);
    assertRefused(await run(['undo', 'FAKE_NONE', '--scope', 'user']), 66, /no secret FAKE_NONE/);
    assertRefused(await run(['undo', '--', '-fake']), 64, /cannot be the name/);
  });

  it('keeps of long values those that fit', async () => {
    for (const letter of 'abcd') await ok(['set', 'FAKE_A'], letter.repeat(30_000));
    await ok(['set', 'FAKE_A'], 'e'.repeat(65_536));
    assert.deepEqual(
      (await history('FAKE_A')).map(({ bytes }) => bytes),
      [65_536, 30_000, 30_000],
    );
    await ok(['set', 'FAKE_A'], 'fake');
    assert.deepEqual(
      (await history('FAKE_A')).map(({ bytes }) => bytes),
      [4, 65_536],
    );
    await ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'e'.repeat(65_536));
  });

  it('has deleted secrets for 30 days', async () => {
    await setThree();
    const deleted = await run(['delete', 'FAKE_A', '--yes']);
    assert.match(
      deleted.stderr,
      /Until 2026-12-03T12:00:00Z this can be undone: nf-secrets undo FAKE_A --scope user/,
    );
    assert.deepEqual(JSON.parse(await ok(['list', '--deleted', '--json'])), [
      { name: 'FAKE_A', scope: 'user', deletedUntil: '2026-12-03T12:00:00Z' },
    ]);
    assert.deepEqual(JSON.parse(await ok(['list', '--json'])), []);
    at('2026-12-03');
    assert.match((await run(['undo', 'FAKE_A'])).stderr, /Put back FAKE_A \(user\)/);
    assert.equal(await get(), 'fake-three');
    await ok(['delete', 'FAKE_A', '--yes']);
    at('2027-01-03');
    assert.deepEqual(JSON.parse(await ok(['list', '--deleted', '--json'])), []);
    await ok(['set', 'FAKE_B'], 'fake');
    assert.ok(!readFileSync(userVaultFile(sandbox), 'utf8').includes('FAKE_A'));
    assertRefused(await run(['undo', 'FAKE_A', '--scope', 'user']), 66, /no secret FAKE_A/);
  });

  it('of a name that is set anew has the deleted value too', async () => {
    await setThree();
    await ok(['delete', 'FAKE_A', '--yes']);
    assert.match((await run(['set', 'FAKE_A'], 'fake-new')).stderr, /Created FAKE_A/);
    await ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'fake-three');
    await ok(['undo', 'FAKE_A']);
    assert.equal(await get(), 'fake-new');
  });

  it('goes along with a rename, and has what that replaced; a copy has none of it', async () => {
    await setThree();
    await ok(['set', 'FAKE_B'], 'fake-b');
    await ok(['rename', 'FAKE_A', 'FAKE_B', '--yes']);
    assert.equal(await get('FAKE_B'), 'fake-three');
    assertRefused(await run(['undo', 'FAKE_A', '--scope', 'user']), 66, /no secret FAKE_A/);
    await ok(['undo', 'FAKE_B']);
    assert.equal(await get('FAKE_B'), 'fake-b');
    await ok(['undo', 'FAKE_B', '--to', '4']);
    assert.equal(await get('FAKE_B'), 'fake-1');
    await ok(['copy', 'FAKE_B', '--to', 'workspace', '--yes', '--accept-members']);
    const shared = readFileSync(`${sandbox.workspace}/.nf-secrets/workspace.sops.json`, 'utf8');
    assert.ok(!shared.includes('previous'));
  });

  it('is removed by forget, which says what it cannot remove', async () => {
    await setThree();
    assertRefused(await run(['forget', 'FAKE_A']), 64, /needs a confirmation/);
    const forgot = await run(['forget', 'FAKE_A', '--yes']);
    assert.match(forgot.stderr, /Removed 2 earlier values of FAKE_A\. Backups/);
    assert.ok(!readFileSync(userVaultFile(sandbox), 'utf8').includes('previous'));
    assert.equal(await get(), 'fake-three');
    assert.match((await run(['forget', 'FAKE_A', '--yes'])).stderr, /no earlier value/);
    await ok(['delete', 'FAKE_A', '--yes']);
    await ok(['forget', 'FAKE_A', '--yes']);
    assert.ok(!readFileSync(userVaultFile(sandbox), 'utf8').includes('FAKE_A'));
    assertRefused(await run(['forget', 'FAKE_A', '--scope', 'user', '--yes']), 66, /no secret FAKE_A/);
  });

  it('loses nothing to commands that run at the same time', async () => {
    await ok(['set', 'FAKE_A'], 'fake-0');
    const values = ['fake-1', 'fake-2', 'fake-3'];
    await Promise.all(
      values.map((value) => finished(sandbox.spawn(process.execPath, [CLI, 'set', 'FAKE_A']), value)),
    );
    const seen = new Set([await get()]);
    for (const to of [2, 3, 4]) {
      await ok(['undo', 'FAKE_A', '--to', String(to)]);
      seen.add(await get());
    }
    assert.equal((await history('FAKE_A')).length, 4);
    assert.ok(seen.size >= 3, [...seen].join());
  });

  describe('and sops @sops', () => {
    const clear = async (sops: Sops): Promise<Clear> =>
      JSON.parse(await sops.decrypt(userVaultFile(sandbox))) as Clear;

    it('reads it, and its changes between are kept', async () => {
      const sops = await Sops.of(sandbox);
      await setThree();
      const [newest] = (await clear(sops))['previous']!['FAKE_A'] as { value: string }[];
      assert.equal(newest?.value, 'fake\n"2" äöü');
      await sops.set(userVaultFile(sandbox), ['secrets', 'FAKE_A'], '42');
      await ok(['set', 'FAKE_A'], 'fake-after');
      await ok(['undo', 'FAKE_A']);
      // A number of sops stays one.
      assert.equal((await clear(sops))['secrets']!['FAKE_A'], 42);
      assert.equal(await get(), '42');
    });

    it('can take a secret away: it counts as deleted from then on', async () => {
      const sops = await Sops.of(sandbox);
      await setThree();
      await sops.edit(userVaultFile(sandbox), (text) => {
        const vault = JSON.parse(text) as Clear;
        delete vault['secrets']!['FAKE_A'];
        return JSON.stringify(vault);
      });
      await ok(['set', 'FAKE_B'], 'fake');
      assert.deepEqual(JSON.parse(await ok(['list', '--deleted', '--json'])), [
        { name: 'FAKE_A', scope: 'user', deletedUntil: '2026-12-03T12:00:00Z' },
      ]);
      await ok(['undo', 'FAKE_A']);
      assert.equal(await get(), 'fake\n"2" äöü');
    });

    it('may have other content there, which stays as it is', async () => {
      const sops = await Sops.of(sandbox);
      await ok(['set', 'FAKE_A'], 'fake-1');
      await sops.edit(userVaultFile(sandbox), (text) => {
        const vault = JSON.parse(text) as Clear;
        vault['previous'] = { FAKE_A: { mine: 'a note' }, FAKE_B: ['fake-b'] };
        return JSON.stringify(vault);
      });
      await ok(['set', 'FAKE_A'], 'fake-2');
      assertRefused(await run(['undo', 'FAKE_A']), 64, /no earlier value/);
      assert.deepEqual((await clear(sops))['previous']!['FAKE_A'], { mine: 'a note' });
      const deleted = await run(['delete', 'FAKE_A', '--yes']);
      assert.doesNotMatch(deleted.stderr, /can be undone/);
      // A text alone is taken for a value.
      await ok(['undo', 'FAKE_B']);
      assert.equal(await get('FAKE_B'), 'fake-b');
    });
  });
});
