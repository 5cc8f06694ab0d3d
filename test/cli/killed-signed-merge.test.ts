import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { GitClone } from '../fixtures/git-clone.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { runToStep, stepsOf } from '../fixtures/steps.ts';

const FILES = [
  '.nf-secrets/members.json',
  '.nf-secrets/workspace.sops.json',
  '.nf-secrets/workspace.sops.json.sig',
];
// The copies are at other paths, so the members have to be accepted again.
const RESOLVE = ['resolve', '--accept-members'];

describe('a merge of a vault with a roster', () => {
  let clone: GitClone;

  const copy = (): Sandbox => {
    const made = new Sandbox();
    for (const part of ['home', 'workspace'] as const)
      cpSync(clone.sandbox[part], made[part], { recursive: true });
    return made;
  };
  const robot = async (name: string): Promise<void> => {
    await clone.ok(['member', 'robot', name, '--yes']);
  };

  beforeEach(async () => {
    clone = new GitClone(new Sandbox());
    await clone.git('init', '-q');
    await clone.set('FAKE_A', 'fake-a');
    await robot('zero');
    await clone.commit();
    await clone.branch('one', 'main', async () => {
      await robot('one');
      await clone.set('FAKE_ONE', 'fake-one');
    });
    await clone.branch('two', 'main', async () => {
      await robot('two');
      await clone.set('FAKE_TWO', 'fake-two');
    });
    await clone.tryGit('merge', '--no-edit', 'one');
    assert.deepEqual((await clone.unmerged()).sort(), FILES);
  });
  afterEach(() => {
    clone.sandbox.remove();
  });

  it('whose resolve is killed before any of its steps: no command takes parts of it, and the next one finishes it', async () => {
    const steps = await stepsOf(RESOLVE, () => Promise.resolve(copy()));
    const changing = steps.flatMap((what, index) => (/rename|unlink/.test(what) ? [index + 1] : []));
    assert.ok(changing.length > 5);
    await sideBySide(
      changing,
      async (step) => {
        const copied = new GitClone(copy());
        try {
          const killed = await runToStep(RESOLVE, copied.sandbox, step, { action: 'kill' });
          assert.notEqual(killed.exitCode, 0, steps[step - 1]);
          if ((await copied.unmerged()).length > 0) {
            assertRefused(await copied.nfSecrets(['get', 'FAKE_A']), 65, 'not merged yet');
            await copied.ok(RESOLVE);
          }
          assert.deepEqual(await copied.unmerged(), []);
          assert.equal(await copied.git('diff', '--name-only'), '');
          await copied.ok(['member', 'verify']);
          const members = JSON.parse(await copied.ok(['member', 'list', '--json'])) as { label: string }[];
          assert.equal(members.length, 4);
          assert.deepEqual(await copied.values(), {
            FAKE_A: 'fake-a',
            FAKE_ONE: 'fake-one',
            FAKE_TWO: 'fake-two',
          });
        } finally {
          copied.sandbox.remove();
        }
      },
      4,
    );
  });
});
