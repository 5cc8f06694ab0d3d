import { createHash } from 'node:crypto';
import type { KeyProblem } from './key-text.ts';
import { phrase } from '../system/phrase.ts';
import { wireNumber, WireReader, wireStrings } from './ssh-wire.ts';

/** An ssh-ed25519 private key in the form that OpenSSH writes. */
export interface SshKey {
  /** 32 bytes. */
  readonly seed: Buffer;
  readonly publicKey: SshPublicKey;
}

/** An ssh-ed25519 public key. */
export interface SshPublicKey {
  /** The form in which SSH sends it: the type and the point, each with its length. */
  readonly wire: Buffer;
  /** 32 bytes. */
  readonly point: Buffer;
}

const TYPE = 'ssh-ed25519';
const PEM = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END OPENSSH PRIVATE KEY-----/;
const MAGIC = 'openssh-key-v1\0';

/** Writes `ssh-ed25519 AAAA…`, as sops and age name this recipient: without the comment. */
export function sshRecipient({ wire }: SshPublicKey): string {
  return `${TYPE} ${wire.toString('base64')}`;
}

/** @returns undefined if the text is not an ssh-ed25519 public key. */
export function parseSshRecipient(text: string): SshPublicKey | undefined {
  const encoded = /^ssh-ed25519 ([A-Za-z0-9+/]+={0,2})(\s|$)/.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const wire = Buffer.from(encoded, 'base64');
    const reader = new WireReader(wire);
    const type = reader.text();
    const point = reader.string();
    return type === TYPE && point.length === 32 && reader.atEnd ? { wire, point } : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The short name that age gives the key in what it encrypts to it. */
export function sshFingerprint({ wire }: SshPublicKey): string {
  const digest = createHash('sha256').update(wire).digest();
  return digest.subarray(0, 4).toString('base64').replace(/=+$/, '');
}

/**
 * Reads a private key as OpenSSH writes it (`PROTOCOL.key`).
 *
 * @returns the key, or the reason that it cannot be used.
 */
export function parseSshKey(bytes: Uint8Array): SshKey | KeyProblem {
  const text = Buffer.from(bytes).toString('latin1');
  const encoded = PEM.exec(text)?.[1];
  if (encoded === undefined) return notOpenSsh(text);
  try {
    return readPrivateKey(Buffer.from(encoded, 'base64'));
  } catch (error) {
    if (error instanceof RangeError) return DAMAGED;
    throw error;
  }
}

/** Writes a private key without a passphrase, as OpenSSH does. */
export function formatSshKey(seed: Buffer, point: Buffer, comment: string): string {
  // Twice the same number: it tells a wrong passphrase, where there is one.
  const check = wireNumber(0);
  const secret = Buffer.concat([
    check,
    check,
    wireStrings(TYPE, point, Buffer.concat([seed, point]), comment),
  ]);
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from(MAGIC),
    wireStrings('none', 'none', ''),
    wireNumber(1),
    wireStrings(wireOf(point), Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString('base64').replace(/.{1,70}/g, '$&\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}-----END OPENSSH PRIVATE KEY-----\n`;
}

const DAMAGED: KeyProblem = {
  kind: 'broken',
  reason: phrase`is a damaged SSH private key`,
  remedies: [phrase`Put the key back from its backup, whole, with its first and last line.`],
};

function notOpenSsh(text: string): KeyProblem {
  if (text.includes('-----BEGIN RSA PRIVATE KEY-----')) return otherType('ssh-rsa');
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text) && !text.includes('OPENSSH')) return otherType('PEM');
  return {
    kind: 'broken',
    reason: phrase`is no SSH private key`,
    remedies: [phrase`Name the private half of an ssh-ed25519 key, such as ~/.ssh/id_ed25519.`],
  };
}

const otherType = (type: string): KeyProblem => ({
  kind: 'other-kind',
  reason: phrase`is a key of the type ${type}; of SSH keys nf-secrets can only use ssh-ed25519`,
  remedies: [phrase`Use an ssh-ed25519 key (ssh-keygen -t ed25519) or an age key (age-keygen).`],
});

function readPrivateKey(blob: Buffer): SshKey | KeyProblem {
  if (blob.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return DAMAGED;
  const outer = new WireReader(blob.subarray(MAGIC.length));
  const cipher = outer.text();
  outer.string(); // name of the key derivation
  outer.string(); // its options
  if (outer.uint32() !== 1) return DAMAGED;
  const named = new WireReader(outer.string()).text();
  if (named !== TYPE) return otherType(/^[a-z0-9@.-]{1,60}$/.test(named) ? named : '?');
  if (cipher !== 'none') {
    return {
      kind: 'other-kind',
      reason: phrase`is under a passphrase, and nf-secrets does not ask for that (an SSH agent cannot decrypt)`,
      remedies: [
        phrase`Use a copy without a passphrase (ssh-keygen -p -f COPY), or an age key (age-keygen).`,
      ],
    };
  }
  const inner = new WireReader(outer.string());
  if (inner.uint32() !== inner.uint32()) return DAMAGED;
  if (inner.text() !== TYPE) return DAMAGED;
  const point = inner.string();
  const secret = inner.string();
  if (point.length !== 32 || secret.length !== 64 || !secret.subarray(32).equals(point)) return DAMAGED;
  const publicKey = parseSshRecipient(`${TYPE} ${wireOf(point).toString('base64')}`);
  return publicKey === undefined ? DAMAGED : { seed: secret.subarray(0, 32), publicKey };
}

const wireOf = (point: Buffer): Buffer => wireStrings(TYPE, point);
