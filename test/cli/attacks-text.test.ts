import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  addMember,
  changeSoundly,
  type DataKey,
  forgeVault,
  newAgeKey,
  recipientEntry,
} from '../fixtures/forged-vault.ts';
import { nextflowStoreFile, runRoot } from '../fixtures/places.ts';
import { assertRefused } from '../fixtures/refusal.ts';
import type { Result } from '../fixtures/sandbox.ts';
import { assertShowable } from '../fixtures/showable.ts';
import { changeVault, readVault } from '../fixtures/vault-file.ts';
import { Victim } from '../fixtures/victim.ts';

// Text that somebody else chose, on its way to the victim's terminal: descriptions, labels, names, paths.

/** What each wants to do, and how. `innocent` is what may be left of it. */
const HOSTILE: Readonly<Record<string, string>> = {
  'colours and a cursor that moves up': '\u001b[31m\u001b[2Ainnocent',
  'a window title': '\u001b]0;PWNED\u0007innocent',
  'the clipboard, by OSC 52': '\u001b]52;c;dG91Y2ggUFdORUQK\u0007innocent',
  'a device control string': '\u001bP+q544e\u001b\\innocent',
  'escapes of one byte (C1)': '\u009b31m\u009d0;PWNED\u009cinnocent',
  'a line of our own': 'innocent\nnf-secrets: All members are accepted.',
  'a line over ours': 'innocent\rnf-secrets: All members are accepted.',
  'a next line (C1)': 'innocent\u0085nf-secrets: All members are accepted.',
  'separators of lines and paragraphs': 'innocent\u2028\u2029nf-secrets: All members are accepted.',
  'text from right to left': '\u202etnecon\u202cni',
  'isolated directions': '\u2067innocent\u2069',
  'an Arabic letter mark': '\u061cinnocent',
  'marks of direction': '\u200e\u200finnocent',
  'characters that delete': 'evil\b\b\b\b\u007finnocent',
  'a byte order mark and a bell': '\ufeff\u0007innocent',
  'a format character of a table': 'innocent\t\u000b\u000c',
};

/** In a member's label as in a description a text without end. */
const ENDLESS = 'A'.repeat(1 << 20);

describe('hostile text in a stranger’s vault', () => {
  let victim: Victim;
  let names: string[];

  // One vault that has every text in every place; each test is one way to look at it.
  before(async () => {
    victim = await Victim.create();
    const texts = Object.values(HOSTILE);
    names = texts.map((_, index) => `TEXT_${index}`);
    const key = await forgeVault(
      victim.vault,
      { Alice: victim.recipient },
      Object.fromEntries(names.map((name) => [name, 'fake'])),
    );
    for (const text of [...texts, ENDLESS]) await addHostileMember(key, text);
    changeSoundly(victim.vault, key, (vault) => {
      for (const [index, text] of texts.entries()) {
        vault.info_unencrypted[`TEXT_${index}`] = {
          created: text,
          updated: text,
          updatedBy: text,
          description: text,
        };
      }
    });
  });
  after(() => {
    victim.remove();
  });

  async function addHostileMember(key: DataKey, text: string): Promise<void> {
    await addMember(victim.vault, key, text, (await newAgeKey()).recipient);
    changeSoundly(victim.vault, key, ({ members_unencrypted: members }) => {
      Object.assign(members.at(-1)!, { since: text, by: text });
    });
  }

  it('in list: nothing but lines of ours', async () => {
    const { exitCode, stdout, stderr } = await victim.nfSecrets(['list']);
    assert.equal(exitCode, 0, stderr);
    const text = stdout.toString('utf8');
    assertShowable(text + stderr);
    assert.equal(text.trimEnd().split('\n').length, 1 + names.length, 'one line a secret and a head');
    assert.doesNotMatch(text.trimEnd(), /^(?!NAME|TEXT_)/m);
  });

  it('in member list: one line a member, each label cut', async () => {
    const { exitCode, stdout, stderr } = await victim.nfSecrets(['member', 'list']);
    assert.equal(exitCode, 0, stderr);
    const text = stdout.toString('utf8');
    assertShowable(text + stderr);
    const lines = text.trimEnd().split('\n');
    assert.equal(lines.length, readVault(victim.vault).members_unencrypted.length);
    for (const line of lines) assert.match(line, /^(you|new| {3}) +age1.{8}….{8} {2}.{0,80}$/u);
  });

  it('in the question whether to accept the members', async () => {
    const result = await victim.setInWorkspace('NEW_KEY', 'fake-written');
    assertRefused(result, 77);
    assertShowable(result.stderr);
    assert.doesNotMatch(result.stderr, /^nf-secrets: All members are accepted/m);
    assert.ok(result.stderr.length < 10_000, 'a question, not a flood');
  });

  it('in the refusal when the victim is no member', async () => {
    const stranger = await Victim.create();
    try {
      const result = await stranger.nfSecrets(['get', 'TEXT_0', '--workspace', victim.workspace]);
      assertRefused(result, 77, victim.vault);
      assertShowable(result.stderr);
      assert.doesNotMatch(result.stderr, /^nf-secrets: All members are accepted/m);
      assert.ok(result.stderr.length < 10_000, 'a refusal, not a flood');
    } finally {
      stranger.remove();
    }
  });

  it('in list --json: as it is for programs, and with nothing that a terminal obeys', async () => {
    const text = String(await victim.ok(['list', '--json']));
    const rows = JSON.parse(text) as { name: string; description: string; updatedBy: string }[];
    for (const [index, hostile] of Object.values(HOSTILE).entries()) {
      const row = rows.find(({ name }) => name === `TEXT_${index}`);
      assert.deepEqual([row?.description, row?.updatedBy], [hostile, hostile]);
    }
    assertShowable(text);
  });

  it('in member list --json: as it is for programs, and with nothing that a terminal obeys', async () => {
    const text = String(await victim.ok(['member', 'list', '--json']));
    const labels = (JSON.parse(text) as { label: string }[]).map(({ label }) => label);
    assert.deepEqual(labels, ['Alice', ...Object.values(HOSTILE), ENDLESS]);
    assertShowable(text);
  });

  it('in names of a Nextflow store that somebody gave away', async () => {
    const store = nextflowStoreFile(victim);
    mkdirSync(dirname(store), { recursive: true });
    const entries = Object.values(HOSTILE).map((name) => ({ name, value: 'fake' }));
    writeFileSync(store, JSON.stringify(entries), { mode: 0o600 });
    for (const args of [
      ['list', '--scope', 'nextflow'],
      ['exec', '--workspace', victim.home, '--', 'true'],
      ['set', 'NEW_KEY'],
    ]) {
      const { stdout, stderr } = await victim.nfSecrets(args, { input: 'fake' });
      assertShowable(stdout.toString('utf8') + stderr);
    }
  });
});

describe('a hostile path', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await Victim.create();
  });
  afterEach(() => {
    victim.remove();
  });

  // A repository can have a directory of any name, and a vault in it.
  it('of a workspace, with each of the hostile texts', async () => {
    const cwd = join(victim.workspace, ...Object.values(HOSTILE));
    await forgeVault(vaultBelow(cwd), { Alice: victim.recipient }, { OLD_KEY: 'fake' });
    const list = await victim.nfSecrets(['list'], { cwd });
    const set = await victim.nfSecrets(['set', 'NEW_KEY', '--scope', 'workspace'], { cwd });
    assert.equal(list.exitCode, 0, list.stderr);
    assertRefused(set, 77);
    for (const { stderr } of [list, set]) {
      assertShowable(stderr);
      assert.doesNotMatch(stderr, /^nf-secrets: All members are accepted/m);
    }
  });

  /** A person copies the command that a message ends with. */
  async function paste(stderr: string, command: RegExp): Promise<void> {
    const [found] = command.exec(stderr) ?? [];
    assert.ok(found !== undefined, stderr);
    await victim.run('sh', ['-c', found]);
    assert.ok(!existsSync(join(victim.workspace, 'PWNED')), `it was more than one command: ${found}`);
  }

  const QUOTE = "fake'; touch PWNED; '";
  const vaultBelow = (directory: string): string => join(directory, '.nf-secrets', 'workspace.sops.json');
  const set = async (workspace: string): Promise<Result> =>
    victim.nfSecrets(['set', 'OLD_KEY', '--scope', 'workspace', '--workspace', workspace], { input: 'fake' });

  it('in the command that makes a read-only vault writable', async () => {
    const cwd = join(victim.workspace, QUOTE);
    const vault = vaultBelow(cwd);
    mkdirSync(cwd);
    await set(cwd);
    chmodSync(vault, 0o444);
    const result = await set(cwd);
    assertRefused(result, 73);
    await paste(result.stderr, /chmod .*/);
    assert.notEqual(statSync(vault).mode & 0o200, 0, 'the command does what it is for');
  });

  it('in the command that edits a vault whose members disagree', async () => {
    const cwd = join(victim.workspace, QUOTE);
    const vault = vaultBelow(cwd);
    const key = await forgeVault(vault, { Alice: victim.recipient }, { OLD_KEY: 'fake' });
    const entry = await recipientEntry(key, (await newAgeKey()).recipient);
    changeVault(vault, ({ sops }) => sops.age.push(entry));
    const result = await set(cwd);
    assertRefused(result, 65);
    await paste(result.stderr, /sops edit .*/);
  });

  it('in the command that removes what a run left', async () => {
    const plant = `touch "$(dirname "$NXF_SECRETS_FILE")/$0"`;
    const result = await victim.nfSecrets(['exec', '--', 'sh', '-c', plant, QUOTE]);
    assertRefused(result, 75);
    const [run = ''] = readdirSync(runRoot(victim));
    await paste(result.stderr, /rm -r .*/);
    assert.deepEqual(readdirSync(join(runRoot(victim), run)), [], 'the command does what it is for');
  });
});
