import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remedyLines } from '../../src/cli/words/remedies.ts';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { formatRoster, parseRoster, type Roster } from '../../src/core/vault/members/roster.ts';
import { readRoster, rosterPath, writeRoster } from '../../src/core/vault/members/roster-file.ts';
import {
  checkSignature,
  publishSignature,
  readSignatures,
  settleSignature,
  signVault,
  stageSignature,
} from '../../src/core/vault/members/vault-signature.ts';
import { HOSTILE_FILES } from '../fixtures/hostile-files.ts';
import { changed, memberOf, person } from '../fixtures/members.ts';

const OLD = Buffer.from('the old vault');
const NEW = Buffer.from('the new vault');
const alice = person('alice/laptop');
const lars = person('lars/pc');

describe('the files of members beside a vault', () => {
  let directory: string;
  let vault: string;
  let roster: Roster;

  before(async () => {
    roster = await changed(undefined, alice, () => [memberOf(alice, 'owner'), memberOf(lars, 'launch')]);
  });
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'nf-secrets-test-')), '.nf-secrets');
    mkdirSync(directory);
    vault = join(directory, 'workspace.sops.json');
  });
  afterEach(() => {
    rmSync(join(directory, '..'), { recursive: true });
  });

  const has = (name: string): boolean => existsSync(join(directory, name));

  async function refusal(work: Promise<unknown>): Promise<HumanError> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof HumanError, String(error));
    assert.ok(error.remedies.length > 0);
    return error;
  }

  it('the roster comes back, is made as other shared files, and leaves nothing else', async () => {
    assert.equal(await readRoster(vault), undefined);
    await writeRoster(vault, roster);
    assert.deepEqual(await readRoster(vault), roster);
    const more = await changed(roster, alice, (all) => all.slice(0, 1));
    await writeRoster(vault, more);
    assert.equal((await readRoster(vault))?.number, 1);
    assert.deepEqual(readdirSync(directory), ['members.json']);
    const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
    writeFileSync(vault, '');
    assert.equal(modeOf(rosterPath(vault)), modeOf(vault));
  });

  it('a roster that no reader would take is not written: the remedy is one that works', async () => {
    const { versions } = roster;
    const long = { ...roster, versions: Array<(typeof versions)[number]>(9_000).fill(versions[0]!) };
    const { exitCode, remedies } = await refusal(writeRoster(vault, long));
    assert.equal(exitCode, ExitCode.data);
    assert.match(
      remedyLines(remedies).join(''),
      /copy the secrets to your own scope, remove \.nf-secrets, copy them back/,
    );
    assert.ok(!has('members.json'));
  });

  it('a roster whose chain does not hold is refused with 77', async () => {
    const text = formatRoster(roster).toString('utf8').replace('"launch"', '"owner"');
    writeFileSync(rosterPath(vault), text);
    assert.doesNotThrow(() => parseRoster(Buffer.from(text), ''));
    const error = await refusal(readRoster(vault));
    assert.equal(error.exitCode, ExitCode.notPermitted);
    assert.match(error.message, /members\.json are refused: version 0 is not as alice\/laptop signed it/);
  });

  for (const { title, make } of [
    ...HOSTILE_FILES,
    {
      title: 'a link to a file',
      make: (path: string) => {
        writeFileSync(`${path}.real`, '');
        symlinkSync(`${path}.real`, path);
      },
    },
    {
      title: 'a link that leads nowhere',
      make: (path: string) => {
        symlinkSync('nowhere', path);
      },
    },
  ]) {
    it(`${title} is refused as roster and as signature`, async () => {
      for (const name of ['members.json', 'workspace.sops.json.sig', 'workspace.sops.json.sig.next']) {
        make(join(directory, name));
        const error = await refusal(name === 'members.json' ? readRoster(vault) : readSignatures(vault));
        assert.equal(error.exitCode, ExitCode.data, error.message);
        assert.ok(error.message.includes(name), error.message);
        rmSync(join(directory, name), { recursive: true });
      }
    });
  }

  it('a vault is signed at each moment of a write, and after a writer was killed at any', async () => {
    const counts = async (): Promise<boolean> =>
      'signedBy' in checkSignature(readFileSync(vault), await readSignatures(vault), roster);
    const steps: [title: string, step: () => unknown][] = [
      ['nothing', () => undefined],
      ['staged', async () => stageSignature(vault, await signVault(NEW, alice.signer))],
      [
        'replaced',
        () => {
          writeFileSync(vault, NEW);
        },
      ],
      ['published', () => publishSignature(vault)],
    ];
    for (let done = 0; done < steps.length; done++) {
      writeFileSync(vault, OLD);
      writeFileSync(`${vault}.sig`, await signVault(OLD, alice.signer));
      for (const [title, step] of steps.slice(0, done + 1)) {
        await step();
        assert.ok(await counts(), title);
      }
      await settleSignature(vault, readFileSync(vault), roster);
      assert.ok(await counts());
      assert.ok(!has('workspace.sops.json.sig.next'));
      assert.deepEqual(readdirSync(directory), ['workspace.sops.json', 'workspace.sops.json.sig']);
    }
  });

  it('a staged signature that does not count replaces none that does', async () => {
    writeFileSync(vault, OLD);
    for (const staged of [
      await signVault(OLD, lars.signer),
      await signVault(OLD, person('eve').signer),
      'x',
    ]) {
      writeFileSync(`${vault}.sig`, await signVault(OLD, alice.signer));
      writeFileSync(`${vault}.sig.next`, staged);
      await settleSignature(vault, OLD, roster);
      assert.ok('signedBy' in checkSignature(OLD, await readSignatures(vault), roster));
      assert.ok(!has('workspace.sops.json.sig.next'));
    }
    writeFileSync(`${vault}.sig.next`, await signVault(OLD, alice.signer));
    await settleSignature(vault, undefined, undefined);
    assert.ok(!has('workspace.sops.json.sig.next'));
    await settleSignature(vault, undefined, undefined);
  });
});
