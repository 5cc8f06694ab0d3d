import assert from 'node:assert/strict';
import { existsSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownProcess } from '../../src/core/system/process-identity.ts';
import { ALL_TESTS } from '../fixtures/all-tests.ts';
import { copyOf, killAtEachStep } from '../fixtures/killed-at-each-step.ts';
import { type SCOPES, userVaultFile, vaultFile } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

// Long enough that half a file is not a whole one.
const OLD = 'fake-old '.repeat(500);
const NEW = 'fake-new '.repeat(500);

interface Scenario {
  readonly title: string;
  readonly scope: (typeof SCOPES)[number];
  readonly prepare: (sandbox: Sandbox) => Promise<void>;
  readonly args: readonly string[];
  /** What FAKE_A may be after a kill: undefined if it may be absent. */
  readonly allowed: readonly (string | undefined)[];
}

const withOld = async (sandbox: Sandbox): Promise<void> => {
  await sandbox.ok(['set', 'FAKE_A'], { input: OLD });
  await sandbox.ok(['set', 'FAKE_KEPT'], { input: 'fake-kept' });
};

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'updates a secret',
    scope: 'user',
    prepare: withOld,
    args: ['set', 'FAKE_A'],
    allowed: [OLD, NEW],
  },
  {
    title: 'puts an earlier value back',
    scope: 'user',
    prepare: async (sandbox) => {
      await withOld(sandbox);
      await sandbox.ok(['set', 'FAKE_A'], { input: NEW });
    },
    args: ['undo', 'FAKE_A'],
    allowed: [OLD, NEW],
  },
  {
    title: 'deletes a secret that can be put back',
    scope: 'user',
    prepare: withOld,
    args: ['delete', 'FAKE_A', '--yes'],
    allowed: [OLD, undefined],
  },
  {
    title: 'makes the first secret of a user, and with it the identity',
    scope: 'user',
    prepare: () => Promise.resolve(),
    args: ['set', 'FAKE_A'],
    allowed: [undefined, NEW],
  },
  {
    title: 'makes the first secret of a workspace',
    scope: 'workspace',
    prepare: () => Promise.resolve(),
    args: ['set', 'FAKE_A', '--scope', 'workspace'],
    allowed: [undefined, NEW],
  },
  {
    title: 'takes over the lock of one that was killed before',
    scope: 'user',
    prepare: async (sandbox) => {
      await withOld(sandbox);
      // No process was ever started so early in this boot.
      const dead = { ...ownProcess(process.platform), startTime: '1', token: 'fake' };
      writeFileSync(`${userVaultFile(sandbox)}.lock`, JSON.stringify(dead));
    },
    args: ['set', 'FAKE_A'],
    allowed: [OLD, NEW],
  },
];

describe('a writer that is killed', () => {
  for (const scenario of SCENARIOS) {
    it(`before any step, or within a write, while it ${scenario.title}`, async () => {
      const template = new Sandbox();
      try {
        await scenario.prepare(template);
        await killAtEachStep({
          args: scenario.args,
          input: NEW,
          make: () => copyOf(template),
          check: async (sandbox, at) => assertWhole(scenario, sandbox, at, 'FAKE_NEXT', 'fake-next'),
        });
      } finally {
        template.remove();
      }
    });
  }

  const KILLS = ALL_TESTS ? 100 : 40;
  it(`at any moment, ${KILLS} times`, async () => {
    const scenario = SCENARIOS[0]!;
    let amidst = 0;
    await sideBySide([1, 2], async () => {
      const sandbox = new Sandbox();
      try {
        await withOld(sandbox);
        for (let kill = 0; kill < KILLS / 2; kill++) {
          await killAtSomeTime(scenario, sandbox, kill % 4 === 0 ? 'of its life' : 'around the write');
          if (leftoversBeside(userVaultFile(sandbox)).length > 0) amidst += 1;
          await assertWhole(scenario, sandbox, `kill ${kill}`, 'FAKE_A', OLD);
        }
      } finally {
        sandbox.remove();
      }
    });
    assert.ok(amidst > 0, 'no kill at all hit a writer while it held the lock');
  });
});

/** Kills a set of {@link NEW} at a random time. */
async function killAtSomeTime(
  { args }: Scenario,
  sandbox: Sandbox,
  when: 'of its life' | 'around the write',
): Promise<void> {
  const lock = `${userVaultFile(sandbox)}.lock`;
  const started = performance.now();
  const child = sandbox.spawn(process.execPath, [CLI, ...args]);
  const ended = finished(child, NEW);
  if (when === 'around the write') {
    const watcher = watch(sandbox.toolHome);
    const seen = new Promise<void>((resolve) => {
      watcher.on('change', () => {
        if (existsSync(lock)) resolve();
      });
    });
    await Promise.race([seen, ended]);
    watcher.close();
    // From the lock to the rename takes about as long as a tenth of the whole.
    await sleep(Math.random() * 0.15 * (performance.now() - started));
  } else {
    await sleep(Math.random() * 250);
  }
  child.kill('SIGKILL');
  await ended;
}

/**
 * Readable at once, old or new as a whole, and the next writer finds nothing in its way and leaves nothing.
 *
 * @param next - the name that the next writer sets.
 */
async function assertWhole(
  { scope, allowed }: Scenario,
  sandbox: Sandbox,
  at: string,
  next: string,
  value: string,
): Promise<void> {
  const values = await valuesOf(scope, sandbox);
  assert.ok(allowed.includes(values.get('FAKE_A')), `${at}: FAKE_A is ${values.get('FAKE_A') ?? 'absent'}`);
  const kept = allowed.includes(OLD) ? 'fake-kept' : undefined;
  assert.equal(values.get('FAKE_KEPT'), kept, at);

  await sandbox.ok(['set', next, '--scope', scope], { input: value });
  const after = new Map([...values, [next, value]]);
  assert.deepEqual(await valuesOf(scope, sandbox), after, at);
  const files = readdirSync(sandbox.toolHome);
  if (scope === 'workspace') files.push(...readdirSync(dirname(vaultFile(scope, sandbox))));
  const unknown = files.filter((name) => !KNOWN.has(name));
  assert.deepEqual(unknown, [], `stays behind after a ${at}`);
}

const KNOWN = new Set([
  'identity.txt',
  'user.sops.json',
  'workspace.sops.json',
  '.gitattributes',
  '.gitignore',
  // The members that were accepted.
  'workspaces.json',
]);
