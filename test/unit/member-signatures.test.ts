import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { formatRequest, isRequest, parseRequest } from '../../src/core/vault/members/request.ts';
import {
  claimedKey,
  keyFingerprint,
  signingKeyOf,
  verifySignature,
} from '../../src/core/vault/members/sshsig.ts';
import {
  blobId,
  checkSignature,
  formatVaultSignature,
  parseVaultSignature,
  signVault,
} from '../../src/core/vault/members/vault-signature.ts';
import { hardwareSignatures } from '../fixtures/hardware-signatures.ts';
import { memberOf, person } from '../fixtures/members.ts';

const KINDS: readonly [title: string, ...args: string[]][] = [
  ['ed25519', '-t', 'ed25519'],
  ['RSA 2048', '-t', 'rsa', '-b', '2048'],
  ['RSA 3072', '-t', 'rsa', '-b', '3072'],
  ['ecdsa 256', '-t', 'ecdsa', '-b', '256'],
  ['ecdsa 384', '-t', 'ecdsa', '-b', '384'],
  ['ecdsa 521', '-t', 'ecdsa', '-b', '521'],
];
const MESSAGE = Buffer.from('a vault\nof no value\n');

describe('signatures of members', () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  const makeKey = (name: string, ...args: readonly string[]): string => {
    execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'fake comment', '-f', at(name), ...args]);
    return readFileSync(at(`${name}.pub`), 'utf8');
  };
  const sign = (name: string, message: Uint8Array, ...args: readonly string[]): string =>
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'nf-secrets', '-f', at(name), ...args], {
      input: message,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  /** As anybody checks it who has OpenSSH alone. */
  const sshVerifies = (publicKey: string, signature: string, message: Uint8Array): boolean => {
    writeFileSync(at('allowed'), `alice/laptop namespaces="nf-secrets" ${publicKey}\n`);
    writeFileSync(at('sig'), signature);
    const args = [
      '-Y',
      'verify',
      '-f',
      at('allowed'),
      '-I',
      'alice/laptop',
      '-n',
      'nf-secrets',
      '-s',
      at('sig'),
    ];
    return spawnSync('ssh-keygen', args, { input: message }).status === 0;
  };

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  for (const [title, ...args] of KINDS) {
    it(`are verified as ssh-keygen makes them: ${title}`, () => {
      const name = title.replace(' ', '-');
      const file = makeKey(name, ...args);
      const publicKey = signingKeyOf(file) ?? '';
      assert.equal(publicKey, file.split(' ').slice(0, 2).join(' '));
      const shown = execFileSync('ssh-keygen', ['-l', '-f', at(name)], { encoding: 'utf8' });
      assert.equal(keyFingerprint(publicKey), shown.split(' ')[1]);
      for (const hash of ['sha512', 'sha256']) {
        const signature = sign(name, MESSAGE, '-O', `hashalg=${hash}`);
        assert.deepEqual(verifySignature(signature, MESSAGE), { publicKey });
        assert.deepEqual(verifySignature(formatVaultSignature(signature, MESSAGE), MESSAGE), { publicKey });
        assert.equal(claimedKey(signature), publicKey);
        assert.ok('problem' in verifySignature(signature, Buffer.from('another vault')));
        assert.ok('problem' in verifySignature(signature, MESSAGE, 'git'));
      }
    });
  }

  it('are verified by ssh-keygen as we make them, with the line that we put after them', async () => {
    const alice = person('alice/laptop');
    const text = await signVault(MESSAGE, alice.signer);
    assert.ok(sshVerifies(alice.signer.publicKey, text, MESSAGE));
    assert.ok(!sshVerifies(alice.signer.publicKey, text, Buffer.from('another vault')));
    assert.match(text, /END SSH SIGNATURE-----\nnf-secrets vault [0-9a-f]{40}\n$/);
  });

  it('name the blob that git has of the vault', () => {
    const blob = execFileSync('git', ['hash-object', '--stdin'], { input: MESSAGE, encoding: 'utf8' }).trim();
    assert.equal(blobId(MESSAGE), blob);
    const signature = sign('ed25519', MESSAGE);
    const found = parseVaultSignature(formatVaultSignature(signature, MESSAGE));
    assert.deepEqual(found, { armored: signature, blob });
    assert.deepEqual(parseVaultSignature(signature), { armored: signature, blob: undefined });
    assert.equal(parseVaultSignature('nonsense'), undefined);
  });

  it('of keys in hardware count: flags, counter and application are under the signature', () => {
    // No hardware here: the same bytes, signed by a key in software.
    for (const { publicKey, signature } of hardwareSignatures(MESSAGE)) {
      assert.equal(signingKeyOf(publicKey), publicKey);
      assert.deepEqual(verifySignature(signature, MESSAGE), { publicKey });
      assert.ok(sshVerifies(publicKey, signature, MESSAGE));
      assert.ok('problem' in verifySignature(signature, Buffer.from('another vault')));
    }
  });

  it('do not count with any byte changed', () => {
    for (const [title] of KINDS) {
      const signature = sign(title.replace(' ', '-'), MESSAGE);
      fc.assert(
        fc.property(fc.nat(signature.length - 1), fc.integer({ min: 0, max: 127 }), (index, code) => {
          const edited = `${signature.slice(0, index)}${String.fromCharCode(code)}${signature.slice(index + 1)}`;
          const lines = (text: string): string =>
            text.slice(0, text.lastIndexOf('-----')).replaceAll('\n', '');
          if (lines(edited) !== lines(signature))
            assert.ok('problem' in verifySignature(edited, MESSAGE), edited);
        }),
        { numRuns: 300, seed: 7 },
      );
    }
  });

  it('do not count if their key is weak, of an old kind, or no key', () => {
    const weak = makeKey('weak', '-t', 'rsa', '-b', '1024');
    assert.equal(signingKeyOf(weak), undefined);
    assert.ok('problem' in verifySignature(sign('weak', MESSAGE), MESSAGE));
    const good = readFileSync(at('ed25519.pub'), 'utf8').trim();
    const [type = '', encoded = ''] = good.split(' ');
    for (const text of [
      '',
      type,
      `${type} ${encoded.slice(4)}`,
      `${type} ${encoded}A`,
      `ssh-rsa ${encoded}`,
      `${good}\n${good}`,
      `command="x" ${good}`,
      `ssh-dss ${encoded}`,
    ])
      assert.equal(signingKeyOf(text), undefined, text);
  });

  it('of a vault tell who has signed, and who has not', async () => {
    const [mary, lars, eve] = [person('mary/mac'), person('lars/pc'), person('eve/pc')];
    const roster = { members: [memberOf(mary, 'maintain'), memberOf(lars, 'launch')] };
    const by = (one: typeof mary, message = MESSAGE): Promise<string> => signVault(message, one.signer);
    const check = (...texts: string[]): string => {
      const checked = checkSignature(MESSAGE, texts, roster);
      return 'signedBy' in checked ? checked.signedBy.label : `${checked.kind}: ${String(checked.reason)}`;
    };
    const other = await by(mary, Buffer.from('older'));
    assert.equal(check(await by(mary)), 'mary/mac');
    assert.equal(check(other, await by(mary)), 'mary/mac');
    assert.equal(check(), 'missing: it has no signature');
    assert.equal(check('x'), 'damaged: its signature is damaged: it is no SSH signature');
    assert.equal(check(other), 'changed: sops or another program has changed it since mary/mac signed it');
    assert.match(check(await by(eve)), /^stranger: it is signed with a key that no member has \(SHA256:/);
    assert.equal(
      check(other, await by(lars), 'x'),
      'role: it is signed by lars/pc, who has the role launch, which may not change secrets',
    );
    const ofGit = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', at('ed25519')], {
      input: MESSAGE,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ofKey = { members: [{ ...memberOf(mary, 'owner'), signingKey: claimedKey(ofGit) ?? '' }] };
    assert.ok(!('signedBy' in checkSignature(MESSAGE, [ofGit], ofKey)));
  });

  it('of a request survive a chat, and no change', async () => {
    const eve = person('eve/pc');
    const { label, recipient } = eve;
    const now = new Date('2026-01-02T03:04:05Z');
    const line = await formatRequest({ label, recipients: [recipient] }, now, eve.signer);
    assert.match(line, /^nf-secrets-request\.v1\.[\w-]+\.[\w-]+$/);
    const request = {
      label,
      recipients: [recipient],
      signingKey: eve.signer.publicKey,
      at: '2026-01-02T03:04:05Z',
    };
    for (const text of [line, ` ${line}\n`, `\`${line}\``, `"${line.slice(0, 90)}\n  ${line.slice(90)}"`]) {
      assert.ok(isRequest(text));
      assert.deepEqual(parseRequest(text), request);
    }
    const refuses = (text: string): void => {
      assert.throws(
        () => parseRequest(text),
        (error) =>
          error instanceof HumanError && error.exitCode === ExitCode.data && error.remedies.length > 0,
      );
    };
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.constantFrom('', 'A', '.', '_', '0'), (index, letter) => {
        const edited = `${line.slice(0, index)}${letter}${line.slice(index + 1)}`;
        if (edited !== line) refuses(edited);
      }),
      { numRuns: 500, seed: 7 },
    );
    for (const text of [
      '',
      'age1x',
      line.slice(0, -10),
      line.replace('v1', 'v2'),
      `${line}.x`,
      'x'.repeat(1e6),
    ])
      refuses(text);
    // Somebody else's keys under one's own signature.
    const forged = JSON.stringify({ ...request, signingKey: person('x').signer.publicKey });
    const signature = await eve.signer.sign(Buffer.from(`nf-secrets request\n${forged}`));
    const raw = Buffer.from(signature.split('\n').slice(1, -2).join(''), 'base64').toString('base64url');
    refuses(`nf-secrets-request.v1.${Buffer.from(forged).toString('base64url')}.${raw}`);
    await assert.rejects(formatRequest({ label: '../x', recipients: [recipient] }, now, eve.signer));
  });
});
