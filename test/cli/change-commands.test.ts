import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  assertHidden,
  fillWithKnown,
  KNOWN,
  knownNow,
  type KnownSecrets,
} from '../fixtures/known-secrets.ts';
import { SCOPES, vaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { runToStep, stepsOf } from '../fixtures/steps.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';

describe('nf-secrets rename, copy and move', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillWithKnown(sandbox);
  });
  afterEach(() => {
    for (const scope of SCOPES) assert.deepEqual(leftoversBeside(vaultFile(scope, sandbox)), []);
    sandbox.remove();
  });

  const bytes = (): Buffer[] => SCOPES.map((scope) => readFileSync(vaultFile(scope, sandbox)));
  const { user, workspace } = KNOWN;
  const BOTH = user['FAKE_BOTH']!;
  const USER = user['FAKE_USER']!;
  const OTHER = user['FAKE_OTHER']!;
  const WS_BOTH = workspace['FAKE_BOTH']!;
  const WS = workspace['FAKE_WS']!;

  const DONE: readonly [command: string, then: KnownSecrets][] = [
    [
      'rename FAKE_USER FAKE_NEW',
      { user: { FAKE_BOTH: BOTH, FAKE_NEW: USER, FAKE_OTHER: OTHER }, workspace },
    ],
    ['rename FAKE_BOTH FAKE_NEW --scope workspace', { user, workspace: { FAKE_NEW: WS_BOTH, FAKE_WS: WS } }],
    ['rename FAKE_OTHER FAKE_USER', { user: { FAKE_BOTH: BOTH, FAKE_USER: OTHER }, workspace }],
    // The description of the one that is lost is lost too.
    ['rename FAKE_BOTH FAKE_USER --scope user', { user: { FAKE_OTHER: OTHER, FAKE_USER: BOTH }, workspace }],
    ['rename FAKE_USER FAKE_WS', { user: { FAKE_BOTH: BOTH, FAKE_OTHER: OTHER, FAKE_WS: USER }, workspace }],
    ['rename FAKE_WS fake_ws', { user, workspace: { FAKE_BOTH: WS_BOTH, fake_ws: WS } }],
    ['copy FAKE_USER --to workspace', { user, workspace: { ...workspace, FAKE_USER: USER } }],
    ['copy FAKE_OTHER --to workspace', { user, workspace: { ...workspace, FAKE_OTHER: OTHER } }],
    ['copy FAKE_WS --to user', { user: { ...user, FAKE_WS: WS }, workspace }],
    ['copy FAKE_WS --to user --scope workspace', { user: { ...user, FAKE_WS: WS }, workspace }],
    // The one that is there gets the value and the description; it is as old as it was.
    [
      'copy FAKE_BOTH --to workspace',
      { user, workspace: { ...workspace, FAKE_BOTH: { ...BOTH, created: WS_BOTH.created } } },
    ],
    [
      'copy FAKE_BOTH --to user --scope workspace',
      { user: { ...user, FAKE_BOTH: { ...WS_BOTH, created: BOTH.created } }, workspace },
    ],
    [
      'move FAKE_USER --to workspace',
      { user: { FAKE_BOTH: BOTH, FAKE_OTHER: OTHER }, workspace: { ...workspace, FAKE_USER: USER } },
    ],
    ['move FAKE_WS --to user', { user: { ...user, FAKE_WS: WS }, workspace: { FAKE_BOTH: WS_BOTH } }],
    [
      'move FAKE_BOTH --to user',
      { user: { ...user, FAKE_BOTH: { ...WS_BOTH, created: BOTH.created } }, workspace: { FAKE_WS: WS } },
    ],
  ];
  for (const [command, then] of DONE) {
    it(command, async () => {
      const result = await sandbox.nfSecrets([...command.split(' '), '--yes']);
      assert.equal(result.exitCode, 0, result.stderr);
      assertHidden(result);
      const sorted = (secrets: object): object => Object.fromEntries(Object.entries(secrets).sort());
      const now = await knownNow(sandbox);
      assert.deepEqual(sorted(now.user), sorted(then.user));
      assert.deepEqual(sorted(now.workspace), sorted(then.workspace));
    });
  }

  it('give a workspace without a vault its first secret', async () => {
    const elsewhere = join(sandbox.home, 'elsewhere');
    await sandbox.run('mkdir', [elsewhere]);
    await sandbox.ok(['copy', 'FAKE_USER', '--to', 'workspace', '--workspace', elsewhere, '--yes']);
    const args = ['--scope', 'workspace', '--workspace', elsewhere];
    assert.equal(String(await sandbox.ok(['get', 'FAKE_USER', ...args])), USER.value);
    assert.deepEqual(await knownNow(sandbox), KNOWN);
  });

  const REFUSED: readonly [command: string, exitCode: number, ...says: (string | RegExp)[]][] = [
    ['rename FAKE_BOTH FAKE_NEW --yes', 64, 'user and workspace', '--scope user'],
    ['rename FAKE_USR FAKE_NEW --yes', 64, 'FAKE_USR is not set', 'Did you mean FAKE_USER?'],
    ['rename FAKE_WS FAKE_NEW --scope user --yes', 64, 'in the scope user', 'set in workspace'],
    ['rename FAKE_USER FAKE_USER --yes', 64, 'that name already'],
    ['rename FAKE_USER FAKE-NEW --yes', 64, '"-"', 'Did you mean FAKE_NEW?'],
    ['rename FAKE_USER FAKE_unencrypted --yes', 64, 'plain text'],
    ['rename FAKE_USER FAKE_NEW', 64, 'confirmation', 'Rename FAKE_USER (user) to FAKE_NEW?', '--yes'],
    ['rename FAKE_USER FAKE_OTHER', 64, 'FAKE_OTHER that is there becomes its earlier value', '--yes'],
    ['rename FAKE_USER --yes', 64, 'new'],
    ['rename FAKE_USER FAKE_NEW FAKE_X --yes', 64, /argument/],
    ['rename FAKE_USER FAKE_NEW --scope nextflow --yes', 64, 'Allowed: user, workspace'],
    ['rename FAKE_USER FAKE_NEW --scope usr --yes', 64, 'Did you mean user?'],
    ['copy FAKE_USER --yes', 64, '--to'],
    ['copy FAKE_USER --to user --yes', 64, 'in the scope user already'],
    ['copy FAKE_BOTH --to user --scope user --yes', 64, 'in the scope user already'],
    ['copy FAKE_USER --to nextflow --yes', 64, 'Allowed: user, workspace'],
    ['copy FAKE_USER --to wrkspace --yes', 64, 'Did you mean workspace?'],
    ['copy FAKE_WSS --to user --yes', 64, 'Did you mean FAKE_WS?'],
    ['copy FAKE_USER --to workspace --scope workspace --yes', 64, 'scope workspace', 'set in user'],
    ['copy FAKE_USER --to workspace', 64, 'Copy FAKE_USER from user to workspace?', 'members', '--yes'],
    ['copy FAKE_BOTH --to user', 64, 'The one that is there is lost', '--yes'],
    ['move FAKE_GONE --to user --yes', 64, 'FAKE_GONE is not set'],
    ['move FAKE_USER --to user --yes', 64, 'in the scope user already'],
    ['move FAKE_WS --to user', 64, 'Move FAKE_WS from workspace to user?', '--yes'],
  ];
  for (const [command, exitCode, ...says] of REFUSED) {
    it(`${command}: ${exitCode}, and nothing is changed`, async () => {
      const before = bytes();
      // A yes on stdin is none where there is no terminal.
      const result = await sandbox.nfSecrets(command.split(' '), { input: 'y\ny\n' });
      assertRefused(result, exitCode, ...says);
      assertHidden(result);
      assert.deepEqual(bytes(), before);
    });
  }

  for (const command of ['rename FAKE_NXF FAKE_NEW', 'copy FAKE_NXF --to user', 'move FAKE_NXF --to user']) {
    it(`${command}: Nextflow’s own store is only read; the remedy loses nothing`, async () => {
      const result = await sandbox.nfSecrets([...command.split(' '), '--yes']);
      assertRefusedWithRemedy(result, 64, "Nextflow's own store", 'nf-secrets import nextflow');
    });
  }

  describe('on a terminal', () => {
    const QUESTIONS: readonly [command: string, question: RegExp][] = [
      ['rename FAKE_USER FAKE_NEW', /Rename FAKE_USER \(user\) to FAKE_NEW\? \[y\/N\]/],
      [
        'rename FAKE_USER FAKE_OTHER',
        /Rename FAKE_USER \(user\) to FAKE_OTHER\? The FAKE_OTHER that is there becomes its earlier value/,
      ],
      ['copy FAKE_WS --to user', /Copy FAKE_WS from workspace to user\? \[y\/N\]/],
      [
        'move FAKE_USER --to workspace',
        /Move FAKE_USER from user to workspace\? All members of the workspace can read it/,
      ],
      ['copy FAKE_BOTH --to workspace', /All members.*The one that is there is lost/],
    ];
    for (const [command, question] of QUESTIONS) {
      it(`${command} asks, and a no changes nothing`, async () => {
        const before = bytes();
        const terminal = Terminal.open(sandbox, [process.execPath, CLI, ...command.split(' ')]);
        await until('it asks', () => terminal.screen.includes('[y/N]'));
        assert.match(terminal.screen.replace(/\s+/g, ' '), question);
        terminal.type('n\r');
        assert.equal(await terminal.ended(), 130, terminal.screen);
        assertHidden({ stdout: Buffer.alloc(0), stderr: terminal.screen });
        assert.deepEqual(bytes(), before);
      });
    }

    it('takes a yes', async () => {
      const terminal = Terminal.open(sandbox, [
        process.execPath,
        CLI,
        'move',
        'FAKE_USER',
        '--to',
        'workspace',
      ]);
      await until('it asks', () => terminal.screen.includes('[y/N]'));
      terminal.type('y\r');
      assert.equal(await terminal.ended(), 0, terminal.screen);
      const now = await knownNow(sandbox);
      assert.deepEqual([now.user['FAKE_USER'], now.workspace['FAKE_USER']], [undefined, USER]);
    });

    it('does not ask with --yes', async () => {
      const words = ['rename', 'FAKE_USER', 'FAKE_OTHER', '--yes'];
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, ...words]);
      assert.equal(await terminal.ended(), 0, terminal.screen);
      assert.doesNotMatch(terminal.screen, /y\/N/);
    });
  });

  it('to a workspace whose members are not accepted: 77, nothing is copied and nothing is lost', async () => {
    rmSync(join(sandbox.toolHome, 'workspaces.json'));
    const before = bytes();
    for (const command of [
      'copy FAKE_USER --to workspace',
      'move FAKE_USER --to workspace',
      'rename FAKE_WS FAKE_NEW',
    ]) {
      assertRefused(await sandbox.nfSecrets([...command.split(' '), '--yes']), 77, '--accept-members');
      assert.deepEqual(bytes(), before, command);
    }
    await sandbox.ok(['move', 'FAKE_USER', '--to', 'workspace', '--yes', '--accept-members']);
    assert.deepEqual((await knownNow(sandbox)).workspace['FAKE_USER'], USER);
  });

  it('a move that somebody interrupts by setting the secret anew does not lose the new value', async () => {
    const make = async (): Promise<Sandbox> => {
      const other = new Sandbox();
      await fillWithKnown(other);
      return other;
    };
    const args = ['move', 'FAKE_USER', '--to', 'workspace', '--yes'];
    const steps = await stepsOf(args, make);
    // Right after the copy was made: what is to be deleted was read before.
    const after = steps.findIndex(
      (step) => step.startsWith('rename') && step.includes('workspace.sops.json'),
    );
    assert.ok(after > 0, steps.join('\n'));
    const set = `printf hidden-newer | '${process.execPath}' '${CLI}' set FAKE_USER`;
    const result = await runToStep(args, sandbox, after + 1, { action: 'run', command: set });
    const now = await knownNow(sandbox);
    const values = [now.user['FAKE_USER']?.value, now.workspace['FAKE_USER']?.value];
    assert.ok(values.includes('hidden-newer'), `${result.stderr}\n${values.join(' and ')}`);
  });
});
