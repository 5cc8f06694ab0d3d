import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { machineEnv, onMachine } from '../fixtures/other-machine.ts';
import { userVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { StandIn } from '../fixtures/stand-in.ts';
import { changeVault } from '../fixtures/vault-file.ts';

describe('the day that a secret expires', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    at('2026-11-29T12:00:00Z');
  });
  afterEach(() => {
    sandbox.remove();
  });

  const at = (clock: string): void => {
    Object.assign(sandbox.env, machineEnv({ clock }));
  };
  const run = async (args: readonly string[], options?: RunOptions): Promise<Result> =>
    sandbox.run(process.execPath, onMachine(args), options);
  const ok = async (args: readonly string[], options?: RunOptions): Promise<string> => {
    const result = await run(args, options);
    assert.equal(result.exitCode, 0, result.stderr);
    return String(result.stdout);
  };
  const set = async (name: string, ...options: string[]): Promise<string> => {
    const result = await run(['set', name, ...options], { input: 'fake-value' });
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stderr;
  };
  const days = async (...args: string[]): Promise<[unknown, unknown][]> =>
    (JSON.parse(await ok(['list', '--json', ...args])) as Record<string, unknown>[]).map(
      ({ name, expires }) => [name, expires],
    );

  it('is set, listed and asked for', async () => {
    await set('FAKE_A', '--expires', '2027-01-31');
    await set('FAKE_B', '--expires', '7d');
    await set('FAKE_C');
    assert.deepEqual(await days(), [
      ['FAKE_A', '2027-01-31'],
      ['FAKE_B', '2026-12-06'],
      ['FAKE_C', null],
    ]);
    assert.deepEqual(await days('--expiring', '30d'), [['FAKE_B', '2026-12-06']]);
    const table = await ok(['list']);
    assert.match(table, /EXPIRES/);
    assert.match(table, /FAKE_B .*2026-12-06 \(7 d\)/);
    at('2026-12-06T23:59:59Z');
    assert.match(await ok(['list']), /FAKE_B .*2026-12-06 \(today\)/);
    at('2026-12-07T00:00:00Z');
    assert.match(await ok(['list']), /FAKE_B .*2026-12-06 \(over\)/);
    assert.deepEqual(await days('--expiring', '1d'), [['FAKE_B', '2026-12-06']]);
  });

  it('has no column and no line where no secret has one', async () => {
    await set('FAKE_A');
    assert.doesNotMatch(await ok(['list']), /EXPIRES/);
    const { stdout, stderr } = await run(['list', '--expiring', '30d']);
    assert.equal(String(stdout), '');
    assert.match(stderr, /No secret is known to expire within 30 days/);
  });

  it('goes with the value that it was of', async () => {
    await set('FAKE_A', '--expires', '90d');
    const result = await run(['set', 'FAKE_A'], { input: 'fake-other' });
    assert.match(result.stderr, /Its last day was 2027-02-27; that was of the earlier value/);
    assert.deepEqual(await days(), [['FAKE_A', null]]);
  });

  it('stays with the same value, and is changed without typing it', async () => {
    await set('FAKE_A', '--expires', '90d', '--description', 'mine');
    assert.doesNotMatch(await set('FAKE_A'), /last day/);
    assert.deepEqual(await days(), [['FAKE_A', '2027-02-27']]);
    await ok(['set', 'FAKE_A', '--keep-value', '--expires', '2028-02-29']);
    assert.deepEqual(await days(), [['FAKE_A', '2028-02-29']]);
    assert.equal(await ok(['get', 'FAKE_A']), 'fake-value');
    assert.match(await ok(['list']), /mine/);
    const { stderr } = await run(['set', 'FAKE_A', '--keep-value', '--expires', 'never']);
    assert.match(stderr, /does not expire any more \(2028-02-29 until now\)/);
    assert.deepEqual(await days(), [['FAKE_A', null]]);
    assertRefused(await run(['set', 'FAKE_B', '--keep-value', '--expires', '1d']), 66, 'FAKE_B');
  });

  it('is taken from a token that says it, which is said, unless the person says another', async () => {
    const parts = ['fake', JSON.stringify({ exp: Date.parse('2027-03-01T10:00:00Z') / 1000 }), 'fake'];
    const input = parts.map((part) => Buffer.from(part).toString('base64url')).join('.');
    const { stderr } = await run(['set', 'FAKE_A'], { input });
    assert.match(stderr, /It expires on 2027-03-01, says the value, which is a JSON Web Token/);
    assert.equal(stderr.includes(input), false);
    await ok(['set', 'FAKE_B', '--expires', 'never'], { input });
    await ok(['set', 'FAKE_B', '--keep-value', '--description', 'only that']);
    assert.deepEqual(await days(), [
      ['FAKE_A', '2027-03-01'],
      ['FAKE_B', null],
    ]);
  });

  it('goes along with rename, copy and move', async () => {
    await set('FAKE_A', '--expires', '90d');
    await ok(['rename', 'FAKE_A', 'FAKE_B', '--yes']);
    await ok(['copy', 'FAKE_B', '--to', 'workspace', '--yes', '--accept-members']);
    await ok(['delete', 'FAKE_B', '--scope', 'user', '--yes']);
    await ok(['move', 'FAKE_B', '--to', 'user', '--yes', '--accept-members']);
    assert.deepEqual(await days(), [['FAKE_B', '2027-02-27']]);
  });

  it('is refused if it is none, or over, before anything is asked', async () => {
    for (const day of ['2027-02-30', 'soon', '0d', '']) {
      const result = await run(['set', 'FAKE_A', '--expires', day], { input: 'fake' });
      assertRefusedWithRemedy(result, 64, 'is no day', '2027-01-31');
    }
    const result = await run(['set', 'FAKE_A', '--expires', '2026-11-28'], { input: 'fake' });
    assertRefused(result, 64, 'is over');
    assertRefused(await run(['list', '--expiring', '30']), 64, 'number of days, as 30d');
    assert.deepEqual(await days(), []);
  });

  it('counts as none if a vault claims something else, and stays in the file', async () => {
    await set('FAKE_A', '--expires', '90d');
    const file = userVaultFile(sandbox);
    changeVault(file, ({ info_unencrypted: info }) => {
      Object.assign(info['FAKE_A'] ?? {}, { expires: '27 Feb 2027' });
    });
    assert.match(readFileSync(file, 'utf8'), /27 Feb 2027/);
    assert.deepEqual(await days(), [['FAKE_A', null]]);
  });

  it('is said by a launch within a week of it, and after it, of what the code uses alone', async () => {
    const nextflow = new StandIn(sandbox);
    nextflow.letGo();
    const launched = async (): Promise<string> => (await run(['launch', 'main.nf'])).stderr;
    await set('TOKEN', '--expires', '8d');
    await set('OTHER', '--expires', '1d');
    assert.doesNotMatch(await launched(), /expire/);
    at('2026-11-30T12:00:00Z');
    assert.match(
      await launched(),
      /TOKEN expires on 2026-12-07, in 7 days: a run that lasts longer may fail/,
    );
    const dry = await run(['launch', '--dry-run', 'main.nf']);
    assert.match(`${String(dry.stdout)}${dry.stderr}`, /TOKEN expires on 2026-12-07/);
    at('2026-12-06T12:00:00Z');
    assert.match(await launched(), /TOKEN expires on 2026-12-07, tomorrow/);
    at('2026-12-08T00:00:00Z');
    const said = await launched();
    assert.match(said, /TOKEN expired on 2026-12-07: tasks that use it may fail/);
    assert.match(said, /nf-secrets set TOKEN/);
    assert.doesNotMatch(said, /OTHER/);
  });

  it('is said by exec of the secrets that it gives', async () => {
    await set('FAKE_A', '--expires', '3d');
    await set('FAKE_FAR', '--expires', '90d');
    await set('FAKE_B', '--scope', 'workspace', '--expires', '1d');
    // The user's secret of the same name counts, which has no such day.
    await set('FAKE_B');
    const said = (await run(['exec', '--no-leak-check', '--', 'true'])).stderr;
    assert.match(said, /FAKE_A expires on 2026-12-02, in 3 days: a run that lasts longer may fail/);
    assert.doesNotMatch(said, /FAKE_(FAR|B) expire/);
    at('2026-12-03T12:00:00Z');
    assert.match(
      (await run(['exec', '--no-leak-check', '--', 'true'])).stderr,
      /FAKE_A expired on 2026-12-02/,
    );
  });

  it('is said by a scan at each use, which is no fault of the code', async () => {
    new StandIn(sandbox);
    await set('TOKEN', '--scope', 'workspace', '--expires', '8d');
    at('2026-12-08T00:00:00Z');
    const result = await run(['scan', '--strict', '--json']);
    assert.equal(result.exitCode, 0, result.stderr);
    const { diagnostics } = JSON.parse(String(result.stdout)) as { diagnostics: Record<string, unknown>[] };
    const found = diagnostics.filter(({ code }) => code === 'expires');
    assert.ok(found.length > 0);
    for (const { severity, message } of found) {
      assert.equal(severity, 'warning');
      assert.match(
        String(message),
        /^The value of TOKEN expired on 2026-12-07: .* nf-secrets set TOKEN --scope workspace$/,
      );
    }
  });
});
