import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { GitClone } from '../fixtures/git-clone.ts';
import { identityFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Sops } from '../fixtures/sops.ts';
import { runToStep, stepsOf } from '../fixtures/steps.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

const VAULT = '.nf-secrets/workspace.sops.json';

// In a clone without the driver: git merges by lines, which never works.
describe('nf-secrets resolve', () => {
  let sandbox: Sandbox;
  let clone: GitClone;

  const start = async (): Promise<void> => {
    sandbox = new Sandbox();
    clone = new GitClone(sandbox);
    await clone.git('init', '-q');
    for (const name of ['FAKE_A', 'FAKE_B', 'FAKE_C']) await clone.set(name, `hidden-${name}`);
    await clone.commit();
  };
  beforeEach(start);
  afterEach(() => {
    sandbox.remove();
  });

  /** Two branches; both have changed FAKE_A and FAKE_B, `one` has deleted FAKE_C, which `two` has changed. */
  const branches = async (): Promise<void> => {
    await clone.branch('one', 'main', async () => {
      await clone.set('FAKE_A', 'hidden-one');
      await clone.set('FAKE_B', 'hidden-one', '--description', 'of one');
      await clone.ok(['delete', 'FAKE_C', '--scope', 'workspace', '--yes']);
      await clone.set('FAKE_ONE', 'hidden-one');
    });
    await clone.branch('two', 'main', async () => {
      await clone.set('FAKE_A', 'hidden-two');
      await clone.set('FAKE_B', 'hidden-two');
      await clone.set('FAKE_C', 'hidden-two');
      await clone.set('FAKE_TWO', 'hidden-two');
    });
  };
  const assertDone = async (values: Record<string, string>): Promise<void> => {
    assert.deepEqual(await clone.values(), values);
    assert.deepEqual(await clone.unmerged(), []);
    assert.equal(await clone.git('diff', '--name-only'), '', 'the index has what is in the file');
    const plain = JSON.parse(await (await Sops.of(sandbox)).decrypt(clone.vault)) as { secrets: unknown };
    assert.deepEqual(plain.secrets, values);
  };
  const OURS = { FAKE_A: 'hidden-two', FAKE_B: 'hidden-two', FAKE_C: 'hidden-two' };
  const THEIRS = { FAKE_A: 'hidden-one', FAKE_B: 'hidden-one' };
  const NEW = { FAKE_ONE: 'hidden-one', FAKE_TWO: 'hidden-two' };

  it('lists what both sides have changed, with dates and authors, and merges nothing before all is decided', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    const before = clone.read();
    const result = await clone.nfSecrets(['resolve']);
    assertRefusedWithRemedy(
      result,
      65,
      'FAKE_A (value):',
      'FAKE_C:',
      /ours: +changed \d{4}-.* by \w+/,
      /theirs: +deleted/,
    );
    assertRefused(result, 65, 'nf-secrets resolve FAKE_A --ours', 'theirs the one that is merged into it');
    assert.doesNotMatch(result.stderr, /hidden|FAKE_ONE|FAKE_TWO/);
    assert.equal(clone.read(), before);
    const json = JSON.parse(await clone.ok(['resolve', '--json'])) as {
      conflicts: { name: string; parts: string[]; theirs: unknown; decided: unknown }[];
    };
    assert.deepEqual(
      json.conflicts.map(({ name, parts, decided }) => [name, parts, decided]),
      [
        ['FAKE_A', ['value'], null],
        ['FAKE_B', ['value'], null],
        ['FAKE_C', [], null],
      ],
    );
    assert.equal(json.conflicts[2]?.theirs, null);
    assert.doesNotMatch(JSON.stringify(json), /hidden/);
  });

  it('decides one name after the other, keeps the decisions, and finishes with the last', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    const first = await clone.nfSecrets(['resolve', 'FAKE_A', 'FAKE_C', '--ours']);
    assertRefused(first, 65, 'FAKE_B');
    assert.doesNotMatch(first.stderr, /FAKE_A|FAKE_C/);
    const json = JSON.parse(await clone.ok(['resolve', '--json'])) as {
      conflicts: { name: string; decided: unknown }[];
    };
    assert.deepEqual(
      json.conflicts.map(({ name, decided }) => [name, decided]),
      [
        ['FAKE_A', 'ours'],
        ['FAKE_B', null],
        ['FAKE_C', 'ours'],
      ],
    );
    const kept = readFileSync(join(sandbox.toolHome, 'merges.json'), 'utf8');
    assert.doesNotMatch(kept, /hidden/);
    await clone.ok(['resolve', 'FAKE_B', '--theirs']);
    await assertDone({ ...OURS, FAKE_B: 'hidden-one', ...NEW });
    const list = JSON.parse(await clone.ok(['list', '--json'])) as { name: string; description: unknown }[];
    assert.equal(list.find(({ name }) => name === 'FAKE_B')?.description, 'of one');
    await clone.git('commit', '-q', '--no-edit');
  });

  it('forgets decisions about a merge that was given up', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    assertRefused(await clone.nfSecrets(['resolve', 'FAKE_A', '--theirs']), 65);
    await clone.git('merge', '--abort');
    await clone.set('FAKE_A', 'hidden-three');
    await clone.commit();
    await clone.tryGit('merge', 'one');
    assertRefused(await clone.nfSecrets(['resolve']), 65, 'FAKE_A');
  });

  for (const [side, values] of [
    ['--ours', { ...OURS, ...NEW }],
    ['--theirs', { ...THEIRS, ...NEW }],
  ] as const) {
    it(`${side} decides all, and what only one side has changed is merged all the same`, async () => {
      await branches();
      await clone.tryGit('merge', 'one');
      await clone.ok(['resolve', side]);
      await assertDone(values);
    });
  }

  const OPERATIONS: readonly [
    title: string,
    start: () => Promise<unknown>,
    says: string,
    goOn: readonly string[],
  ][] = [
    [
      'a rebase',
      async () => clone.tryGit('rebase', 'one'),
      'ours is the branch that you rebase onto',
      ['rebase', '--continue'],
    ],
    [
      'a cherry-pick',
      async () => clone.tryGit('cherry-pick', 'one'),
      'the commit that is picked',
      ['cherry-pick', '--continue'],
    ],
    [
      'a stash',
      async () => {
        await clone.git('checkout', '-q', 'main');
        await clone.git('checkout', '-q', 'one', '--', '.');
        await clone.git('stash', '-q');
        await clone.git('checkout', '-q', 'two');
        await clone.tryGit('stash', 'pop');
      },
      'a stash or a patch',
      ['stash', 'drop'],
    ],
    [
      'a patch',
      async () => {
        await clone.git('format-patch', '-q', '-1', '-o', sandbox.root, 'one');
        await clone.tryGit('am', '-q', '-3', join(sandbox.root, '0001-one.patch'));
      },
      'a stash or a patch',
      ['am', '--continue'],
    ],
  ];
  for (const [title, begin, says, goOn] of OPERATIONS) {
    it(`in ${title}: says whose side is which, and what comes next`, async () => {
      await branches();
      await begin();
      assertRefused(await clone.nfSecrets(['resolve']), 65, says);
      const done = await clone.nfSecrets(['resolve', '--theirs']);
      assert.equal(done.exitCode, 0, done.stderr);
      assert.ok(done.stderr.includes(`git ${goOn.join(' ')}`), done.stderr);
      const values = title === 'a rebase' ? { ...OURS, ...NEW } : { ...THEIRS, ...NEW };
      await assertDone(values);
      await clone.git(...goOn);
      assert.deepEqual(await clone.values(), values);
    });
  }

  it('asks on a terminal for each of them', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'resolve']);
    const asked = async (name: string): Promise<void> => {
      await until(
        `the question about ${name}`,
        () =>
          terminal.screen.split(name).at(-1)?.includes('[ours/theirs/later]') === true &&
          terminal.screen.includes(name),
      );
    };
    await asked('FAKE_A');
    terminal.type('theirs\n');
    await asked('FAKE_B');
    terminal.type('x\n');
    await until('the question again', () => terminal.screen.split('[ours/theirs/later]').length === 4);
    terminal.type('o\n');
    await asked('FAKE_C');
    terminal.type('later\n');
    assert.equal(await terminal.ended(), 65);
    assert.doesNotMatch(terminal.screen, /hidden/);
    const end = terminal.screen.slice(terminal.screen.lastIndexOf('[ours/theirs/later]'));
    assert.match(end, /your decisions are kept[^]*One is left to decide/);
    assert.doesNotMatch(end, /FAKE_C/, 'it was shown just now');
    await clone.ok(['resolve', '--theirs', 'FAKE_C']);
    await assertDone({ FAKE_A: 'hidden-one', FAKE_B: 'hidden-two', ...NEW });
  });

  it('of a vault that both branches have made, and of one that one side has deleted', async () => {
    await clone.git('checkout', '-q', '--orphan', 'one');
    await clone.set('FAKE_A', 'hidden-one');
    await clone.commit();
    await clone.git('checkout', '-q', '--orphan', 'two');
    await clone.git('rm', '-q', '-r', '-f', '.');
    rmSync(join(sandbox.toolHome, 'workspaces.json'));
    await clone.set('FAKE_TWO', 'hidden-two');
    await clone.commit();
    await clone.tryGit('merge', '--allow-unrelated-histories', 'one');
    await clone.ok(['resolve', '--ours', '--accept-members']);
    assert.deepEqual(Object.keys(await clone.values()), ['FAKE_TWO', 'FAKE_A', 'FAKE_B', 'FAKE_C']);
    await clone.commit();
    await clone.branch('gone', 'HEAD', async () => {
      await clone.git('rm', '-q', '-r', '.nf-secrets');
    });
    await clone.git('checkout', '-q', '-b', 'kept', 'two');
    await clone.set('FAKE_TWO', 'hidden-three');
    await clone.commit();
    for (const side of ['--ours', '--theirs']) {
      await clone.tryGit('merge', 'gone');
      assertRefused(
        await clone.nfSecrets(['resolve']),
        65,
        'Theirs has deleted the whole vault, ours has changed it',
      );
      await clone.ok(['resolve', side]);
      assert.deepEqual(await clone.unmerged(), []);
      assert.equal(existsSync(clone.vault), side === '--ours');
      await clone.git('reset', '-q', '--hard');
    }
  });

  it('with a side that does not open for the person: whom to ask, and the other side as a whole', async () => {
    await branches();
    const identity = readFileSync(identityFile(sandbox));
    await clone.git('checkout', '-q', 'one');
    rmSync(identityFile(sandbox));
    rmSync(clone.vault);
    rmSync(join(sandbox.toolHome, 'workspaces.json'));
    await clone.set('FAKE_X', 'hidden-x');
    await clone.commit();
    writeFileSync(identityFile(sandbox), identity, { mode: 0o600 });
    await clone.git('checkout', '-q', 'two');
    await clone.ok(['get', 'FAKE_A', '--accept-members']);
    await clone.tryGit('merge', 'one');
    for (const args of [[], ['--theirs']])
      assertRefusedWithRemedy(
        await clone.nfSecrets(['resolve', ...args]),
        77,
        'does not open for you',
        'Ask one of them to merge: ',
      );
    const done = await clone.nfSecrets(['resolve', '--ours']);
    assert.equal(done.exitCode, 0, done.stderr);
    assert.match(done.stderr, /The changes of theirs are not in it/);
    await assertDone({ ...OURS, FAKE_TWO: 'hidden-two' });
  });

  it('with marks of a conflict that were committed: they are one side, and the other one can be taken', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    await clone.commit('with the marks');
    assertRefusedWithRemedy(await clone.nfSecrets(['list']), 65, 'merge conflict', 'git log');
    await clone.git('checkout', '-q', '-b', 'three', 'two~1');
    await clone.set('FAKE_A', 'hidden-three');
    await clone.commit();
    await clone.tryGit('merge', 'two');
    assertRefusedWithRemedy(
      await clone.nfSecrets(['resolve']),
      65,
      'the other side (theirs) cannot be merged',
      'nf-secrets resolve',
    );
    await clone.ok(['resolve', '--ours']);
    assert.equal((await clone.values())['FAKE_A'], 'hidden-three');
  });

  it('refuses what makes no sense, and does nothing where nothing is to be merged', async () => {
    const nothing = await clone.nfSecrets(['resolve']);
    assert.equal(nothing.exitCode, 0);
    assert.match(nothing.stderr, /nothing to merge/);
    assert.deepEqual(JSON.parse(await clone.ok(['resolve', '--json'])), {
      unmerged: false,
      operation: null,
      conflicts: [],
    });
    await branches();
    await clone.tryGit('merge', 'one');
    assertRefusedWithRemedy(await clone.nfSecrets(['resolve', 'FAKE_ONE', '--ours']), 66, 'FAKE_A');
    assertRefused(await clone.nfSecrets(['resolve', '--ours', '--theirs']), 64);
    assertRefused(await clone.nfSecrets(['resolve', 'FAKE_A']), 64, '--ours or --theirs');
    await clone.git('config', 'filter.odd name.clean', 'cat');
    assertRefusedWithRemedy(
      await clone.nfSecrets(['resolve', '--ours']),
      69,
      '(odd name)',
      'a name of letters',
    );
    await clone.git('config', '--unset', 'filter.odd name.clean');
    writeFileSync(join(clone.directory, '.git', 'index.lock'), '');
    assertRefusedWithRemedy(await clone.nfSecrets(['resolve', '--ours']), 69, 'index', 'git status');
    rmSync(join(clone.directory, '.git', 'index.lock'));
    await clone.ok(['resolve', '--ours']);
    await assertDone({ ...OURS, ...NEW });
  });

  it('runs nothing that the repository names: filters, hooks, a monitor, programs for a diff', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    // Not older than the index: git compares it by its filter whenever it writes the index.
    clone.write('raced.txt', 'fake');
    utimesSync(join(clone.directory, 'raced.txt'), 4e9, 4e9);
    await clone.git('add', 'raced.txt');
    const trace = join(sandbox.root, 'trace');
    const program = join(sandbox.root, 'program');
    writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> '${trace}'\ncat\n`);
    chmodSync(program, 0o755);
    const settings = {
      'filter.evil.clean': program,
      'filter.evil.smudge': program,
      'filter.evil.process': program,
      'core.fsmonitor': program,
      'core.editor': program,
      'core.pager': program,
      'diff.external': program,
      'diff.nf-secrets.textconv': program,
      'merge.nf-secrets.driver': program,
      'core.hooksPath': join(sandbox.root, 'hooks'),
      'credential.helper': program,
      'gpg.program': program,
    };
    for (const [key, value] of Object.entries(settings)) await clone.git('config', key, value);
    rmSync(trace, { force: true });
    mkdirSync(join(sandbox.root, 'hooks'));
    for (const hook of ['post-index-change', 'pre-commit', 'reference-transaction']) {
      writeFileSync(join(sandbox.root, 'hooks', hook), readFileSync(program));
      chmodSync(join(sandbox.root, 'hooks', hook), 0o755);
    }
    clone.write('.git/info/attributes', '* filter=evil diff=evil merge=evil -text\n');
    for (const args of [
      ['list'],
      ['resolve', '--json'],
      ['resolve', 'FAKE_A', '--ours'],
      ['resolve', '--ours'],
    ])
      await clone.nfSecrets(args);
    assert.ok(!existsSync(trace), existsSync(trace) ? readFileSync(trace, 'utf8') : '');
    assert.equal(await clone.ok(['get', 'FAKE_A']), 'hidden-two');
    assert.ok(!existsSync(trace));
  });

  it('that is killed before any of its steps: nothing is lost, and it is finished by the next', async () => {
    await branches();
    await clone.tryGit('merge', 'one');
    // At another path, so the members have to be accepted again.
    const args = ['resolve', '--theirs', '--accept-members'];
    const copy = (): Sandbox => {
      const made = new Sandbox();
      for (const part of ['home', 'workspace'] as const)
        cpSync(sandbox[part], made[part], { recursive: true });
      return made;
    };
    const steps = await stepsOf(args, () => Promise.resolve(copy()));
    const changing = steps.flatMap((what, index) => (/rename|unlink/.test(what) ? [index + 1] : []));
    assert.ok(changing.length > 3);
    await sideBySide(
      changing,
      async (step) => {
        const copied = new GitClone(copy());
        try {
          const killed = await runToStep(args, copied.sandbox, step, { action: 'kill' });
          assert.notEqual(killed.exitCode, 0, steps[step - 1]);
          if ((await copied.unmerged()).includes(VAULT)) {
            assertRefused(await copied.nfSecrets(['get', 'FAKE_A']), 65, 'not merged yet');
            await copied.ok(args);
          }
          assert.deepEqual(await copied.unmerged(), []);
          assert.deepEqual(await copied.values(), { ...THEIRS, ...NEW });
        } finally {
          copied.sandbox.remove();
        }
      },
      4,
    );
  });
});
