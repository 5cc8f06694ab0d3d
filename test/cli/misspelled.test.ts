import assert from 'node:assert/strict';
import { assertRefused } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

// What is not known is refused with what was expected and, where one is near, what may have been meant.
const CASES: readonly [args: string[], ...says: (string | RegExp)[]][] = [
  [['lst'], "'lst'", 'Did you mean list?'],
  [['gett', 'X'], 'Did you mean get?'],
  [['lunch', 'main.nf'], 'Did you mean launch?'],
  [['identty'], 'Did you mean identity?'],
  [['entirely-different'], 'entirely-different'],
  [['help', 'lits'], 'Did you mean list?'],
  [['lits', '--help'], 'Did you mean list?'],
  [['set', 'FAKE_A', '--generate=1e2'], 'from 1 to 65536'],
  [['identity', 'bakcup', 'x'], 'Did you mean backup?'],
  [['ls'], "'ls'", 'nf-secrets list --help'],
  [['rm', 'FAKE_A'], 'nf-secrets delete --help'],
  [['show', 'FAKE_A'], 'nf-secrets get --help'],
  [['EDIT', 'FAKE_A'], 'nf-secrets set --help'],
  [['unset', 'FAKE_A'], 'nf-secrets delete --help'],
  [['add'], 'nf-secrets set --help'],
  [['run', 'main.nf'], 'nf-secrets launch --help'],
  [['help', 'kill'], 'nf-secrets stop --help'],
  [['constructor'], "'constructor'"],
  [['--verson'], 'Did you mean --version?'],
  [['list', '--jsn'], "'--jsn'", 'Did you mean --json?'],
  [['list', '--scop', 'user'], 'Did you mean --scope?'],
  [['get', 'FAKE_A', '--revael'], 'Did you mean --reveal?'],
  [['delete', 'FAKE_A', '--yess'], 'Did you mean --yes?'],
  [['set', 'FAKE_A', '--from-flie', 'x'], /Did you mean (one of )?.*--from-file/],
  [['set', 'FAKE_A', '--descripton', 'x'], 'Did you mean --description?'],
  [['exec', '--secert', 'X', '--', 'true'], 'Did you mean --secret?'],
  [['launch', '--workspce', '.', 'main.nf'], 'Did you mean --workspace?', 'put it after the pipeline'],
  [['set', 'FAKE_A', '--scope', 'worksapce'], 'user, workspace', 'Did you mean workspace?'],
  [['get', 'FAKE_A', '--scope', 'nexflow'], 'Did you mean nextflow?'],
  [['launch', '--target', 'lokal', 'main.nf'], 'Allowed: local', 'Did you mean local?'],
  [['list', '--workspace'], /argument missing/],
  [['get'], /missing.*name/i],
  [['list', 'one', 'extra'], /too many arguments/i],
  [['identity', 'show', 'extra'], /too many arguments/i],
  [['\x1b[31mred'], /\[31mred/],
  [['list', '--\x1b[31mred'], /\[31mred/],
];

describe('a misspelled command line', () => {
  let sandbox: Sandbox;

  before(() => {
    sandbox = new Sandbox();
  });
  after(() => {
    sandbox.remove();
  });

  it('that is empty gets the help on stderr, and 64', async () => {
    assertRefused(await sandbox.nfSecrets([]), 64, 'Usage: nf-secrets', 'Name a command');
  });

  it('has a version for -v as for --version', async () => {
    const { stdout } = await sandbox.nfSecrets(['--version']);
    assert.match(String(stdout), /^\d+\.\d+\.\d+\n$/);
    for (const flag of ['-v', '-V']) assert.deepEqual((await sandbox.nfSecrets([flag])).stdout, stdout);
  });

  it('is refused with 64, with a near miss, in lines that begin with our name', async () => {
    await sideBySide(CASES, async ([args, ...says]) => {
      const result = await sandbox.nfSecrets(args, { input: 'fake' });
      assertRefused(result, 64, ...says);
      for (const line of result.stderr.trimEnd().split('\n')) assert.match(line, /^nf-secrets: \S/);
      assert.doesNotMatch(result.stderr, /^nf-secrets: error:/m);
      assert.doesNotMatch(result.stderr, /\x1b/);
    });
  });
});
