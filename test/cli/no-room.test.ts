import assert from 'node:assert/strict';
import { existsSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { mountSmallDisk, SMALL_FILES } from '../fixtures/narrow-places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';

describe('no room left', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  describe('on the disk', () => {
    let disk: string;
    let mounted: ReturnType<typeof mountSmallDisk>;
    let env: Record<string, string>;

    beforeEach(() => {
      disk = join(sandbox.root, 'disk');
      mounted = mountSmallDisk(disk, 160);
      env = { NF_SECRETS_HOME: join(disk, 'tool') };
    });
    afterEach(() => {
      mounted?.unmount();
    });

    /** Takes all the room, or as much of it as is in the way. */
    const fill = (): void => {
      if (mounted === undefined) return;
      const file = openSync(join(disk, 'filling'), 'w');
      try {
        for (;;) writeSync(file, Buffer.alloc(4096));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      } finally {
        closeSync(file);
      }
    };
    const run = async (args: string[], input = ''): Promise<Result> => {
      const words = [...(mounted === undefined ? SMALL_FILES : []), process.execPath, CLI, ...args];
      return sandbox.run(words[0]!, words.slice(1), { env, input });
    };

    it('for a larger vault: the old one stays, the next smaller change works', async () => {
      const vault = join(disk, 'tool', 'user.sops.json');
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-a' });
      await sandbox.ok(['set', 'FAKE_LARGE'], { env, input: 'x'.repeat(50_000) });
      const before = readFileSync(vault);
      for (const name of ['FAKE_LARGE_TOO', 'FAKE_A']) {
        const result = await run(['set', name], 'x'.repeat(60_000));
        assertRefusedWithRemedy(result, 74, vault);
      }
      assert.deepEqual(readFileSync(vault), before);
      assert.deepEqual(leftoversBeside(vault), []);
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
      await sandbox.ok(['delete', 'FAKE_LARGE', '--yes'], { env });
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-new' });
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-new');
    });

    it('at all: nothing changes, reading works', async () => {
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-a' });
      const vault = join(disk, 'tool', 'user.sops.json');
      const before = readFileSync(vault);
      fill();
      for (const args of [
        ['set', 'FAKE_A'],
        ['set', 'FAKE_B'],
        ['delete', 'FAKE_A', '--yes'],
      ]) {
        if (mounted === undefined && args[0] === 'delete') continue;
        assertRefusedWithRemedy(await run(args, 'fake-new'), 74, vault);
      }
      assert.deepEqual(readFileSync(vault), before);
      assert.deepEqual(leftoversBeside(vault), []);
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
      await sandbox.ok(['list'], { env });
    });

    it('for a first secret: no half of a vault, no half of an identity', async () => {
      fill();
      assertRefused(await run(['set', 'FAKE_A'], 'x'.repeat(3000)), 74);
      const tool = join(disk, 'tool');
      if (mounted !== undefined) {
        assert.deepEqual(existsSync(tool) ? readdirSync(tool) : [], []);
        unlinkSync(join(disk, 'filling'));
      }
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-a' });
      assert.equal(String(await sandbox.ok(['get', 'FAKE_A'], { env })), 'fake-a');
      assert.deepEqual(
        readdirSync(tool).filter((name) => /tmp|lock/.test(name)),
        [],
      );
    });

    it('for a run’s private store: nothing is started, nothing is left', async () => {
      await sandbox.ok(['set', 'FAKE_A'], { input: 'x'.repeat(5000) });
      const root = join(disk, 'runs');
      fill();
      const words = [...(mounted === undefined ? SMALL_FILES : []), process.execPath, CLI];
      const args = [...words.slice(1), 'exec', '--run-root', root, '--', 'touch', 'started'];
      assertRefused(await sandbox.run(words[0]!, args), 74, root);
      assert.ok(!existsSync(join(sandbox.workspace, 'started')));
      assert.deepEqual(existsSync(root) ? readdirSync(root) : [], []);
      assert.deepEqual(readdirSync(join(sandbox.toolHome, 'runs')), []);
    });

    it('for the ledger: nothing is provisioned, nothing is started', async () => {
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-a' });
      fill();
      const root = join(sandbox.root, 'runs');
      // Where only files are limited, the entry is to be the one that does not fit: a long name of what runs.
      const program =
        mounted === undefined ? join(sandbox.root, ...Array<string>(9).fill('x'.repeat(120))) : 'touch';
      assertRefused(await run(['exec', '--run-root', root, '--', program, 'started']), 74, 'tool/runs');
      assert.ok(!existsSync(join(sandbox.workspace, 'started')));
      assert.deepEqual(existsSync(root) ? readdirSync(root) : [], []);
      assert.deepEqual(readdirSync(join(disk, 'tool', 'runs')), []);
    });

    it('while a run goes on: it ends as it would, and nothing is left', async () => {
      await sandbox.ok(['set', 'FAKE_A'], { env, input: 'fake-a' });
      const root = join(disk, 'runs');
      const script = 'cat /dev/zero > "$0/filling" 2> /dev/null; exit 3';
      const result = await run(['exec', '--run-root', root, '--', 'sh', '-c', script, disk]);
      assert.equal(result.exitCode, 3, result.stderr);
      for (const directory of [root, join(disk, 'tool', 'runs')])
        assert.deepEqual(readdirSync(directory), []);
    });
  });

  it('within the limit of file sizes: the old vault stays', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    const vault = join(sandbox.toolHome, 'user.sops.json');
    const before = readFileSync(vault);
    for (const args of [
      ['set', 'FAKE_A'],
      ['set', 'FAKE_B'],
    ]) {
      const words = [...SMALL_FILES, process.execPath, CLI, ...args];
      const result = await sandbox.run(words[0]!, words.slice(1), { input: 'fake-new' });
      assertRefusedWithRemedy(result, 74, vault);
    }
    assert.deepEqual(readFileSync(vault), before);
    assert.deepEqual(leftoversBeside(vault), []);
    assert.equal(String(await sandbox.ok(['get', 'FAKE_A'])), 'fake-a');
  });

  it('where stdout goes: says so, and is no success', async () => {
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    for (const args of ['get FAKE_A', 'list', 'list --json', 'identity show']) {
      const shell = await sandbox.run('sh', ['-c', `"${process.execPath}" "${CLI}" ${args} > /dev/full`]);
      assertRefused(shell, 74, 'ENOSPC');
    }
  });
});
