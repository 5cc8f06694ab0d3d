import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildRunner } from '../../src/core/launch/child-runner.ts';
import { runLeased } from '../../src/core/launch/launch.ts';
import { commandPlan } from '../../src/core/launch/plan-values.ts';
import { commandProgram } from '../../src/core/launch/program.ts';
import { planDelivery } from '../../src/core/targets/plan-delivery.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import type { LeasedRun } from '../../src/core/launch/leased-run.ts';
import type { World } from '../../src/core/system/world.ts';
import { fakeWorld } from '../fixtures/world.ts';

const worldIn = (root: string): World =>
  fakeWorld({
    cwd: root,
    homeDir: root,
    env: { NF_SECRETS_HOME: join(root, 'home'), PATH: '/usr/bin:/bin' },
  });

describe('a lease', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const guardian = {
    watches: Promise.resolve(true),
    isAlive: () => true,
    dismiss: () => undefined,
  };

  function runnerOf(run: ChildRunner['run']): ChildRunner {
    return {
      startGuardian: () => guardian,
      holdSignals: () => undefined,
      heldSignal: () => undefined,
      lateSignal: () => new AbortController().signal,
      run,
    };
  }

  /** A lease of the command `true`. */
  const leasedOf = (
    secrets: LeasedRun['secrets'],
    ownStore: LeasedRun['ownStore'],
    world: World,
  ): LeasedRun => ({
    runId: 'abcdefghijkl',
    program: commandProgram(['true'], undefined, world),
    plan: commandPlan(secrets),
    notes: [],
    withheld: [],
    ...{ secrets, ownStore },
    runRoot: join(root, 'runs'),
    workspace: root,
  });

  it('holds no value while its command runs: they are in the private store alone', async () => {
    const world = worldIn(root);
    const secrets = planDelivery(
      ['fake-plain', 'fake $(encoded)\nvalue'].map((text, index) => ({
        name: `NAME_${index}`,
        value: new SecretValue(text),
        from: 'user' as const,
        overrides: [],
      })),
    );
    const ownStore = new Map([['OWN', new SecretValue('fake-own')]]);
    const held = [...secrets.flatMap(({ value, stored }) => [value, stored]), ...ownStore.values()];
    let store = '';
    const runner = runnerOf((_command, _args, env) => {
      for (const value of held) assert.throws(() => value.reveal(), /forgotten/);
      store = readFileSync(env['NXF_SECRETS_FILE'] ?? '', 'utf8');
      return Promise.resolve(0);
    });
    const leased = leasedOf(secrets, ownStore, world);
    assert.equal(await runLeased(leased, { guardian, runner }, world), 0);
    const names = (JSON.parse(store) as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['NAME_0', 'NAME_1', 'OWN']);
    assert.match(store, /fake-plain/);
  });

  it('is left to its guardian if the look at its end fails, and nothing of it keeps the launcher from ending', async () => {
    let hasEnded = false;
    const world: World = {
      ...worldIn(root),
      get platform() {
        if (hasEnded) throw new Error('a fault of ours');
        return process.platform;
      },
    };
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    let during = 0;
    const runner = runnerOf(() => {
      during = timers();
      hasEnded = true;
      return Promise.resolve(0);
    });
    await assert.rejects(
      runLeased(leasedOf([], new Map(), world), { guardian, runner }, world),
      /fault of ours/,
    );
    assert.equal(timers(), during - 1, 'the run is marked as alive no more');
    assert.equal(readdirSync(join(root, 'home', 'runs')).length, 1, 'its entry stays');
  });
});
