import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildRunner } from '../../src/core/launch/child-runner.ts';
import { runLeased } from '../../src/core/launch/launch.ts';
import { commandPlan } from '../../src/core/launch/plan-values.ts';
import { commandProgram } from '../../src/core/launch/program.ts';
import { planDelivery } from '../../src/core/targets/plan-delivery.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { fakeWorld } from '../fixtures/world.ts';

describe('a lease', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('holds no value while its command runs: they are in the private store alone', async () => {
    const world = fakeWorld({
      cwd: root,
      homeDir: root,
      env: { NF_SECRETS_HOME: join(root, 'home'), PATH: '/usr/bin:/bin' },
    });
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
    const runner: ChildRunner = {
      startGuardian: () => guardian,
      holdSignals: () => undefined,
      heldSignal: () => undefined,
      run: (_command, _args, env) => {
        for (const value of held) assert.throws(() => value.reveal(), /forgotten/);
        store = readFileSync(env['NXF_SECRETS_FILE'] ?? '', 'utf8');
        return Promise.resolve(0);
      },
    };
    const guardian = {
      watches: Promise.resolve(true),
      isAlive: () => true,
      dismiss: () => undefined,
    };
    const leased = {
      runId: 'abcdefghijkl',
      program: commandProgram(['true'], undefined, world),
      plan: commandPlan(secrets),
      notes: [],
      secrets,
      ownStore,
      runRoot: join(root, 'runs'),
      workspace: root,
    };
    assert.equal(await runLeased(leased, { guardian, runner }, world), 0);
    const names = (JSON.parse(store) as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names.sort(), ['NAME_0', 'NAME_1', 'OWN']);
    assert.match(store, /fake-plain/);
  });
});
