import assert from 'node:assert/strict';
import { childEnvironment } from '../../src/core/nextflow/child-environment.ts';
import { nearMiss } from '../../src/core/system/near-miss.ts';
import { printable } from '../../src/core/system/printable.ts';

describe("the child's environment", () => {
  const STORE = '/runs/abcdefghij12/store.json';
  const of = (own: Record<string, string>): ReturnType<typeof childEnvironment> =>
    childEnvironment(own, 'abcdefghij12', STORE);

  it('has the private store and nothing that only we need', () => {
    const { env } = of({
      PATH: '/bin',
      SOPS_AGE_KEY: 'x',
      SOPS_AGE_KEY_FILE: 'x',
      NF_SECRETS_HOME: 'x',
      NF_SECRETS_WORKSPACE: 'x',
      ELECTRON_RUN_AS_NODE: '1',
      NXF_SECRETS_FILE: '/own/store.json',
    });
    assert.deepEqual(env, {
      PATH: '/bin',
      NXF_ENABLE_SECRETS: 'true',
      NXF_SECRETS_FILE: STORE,
      NF_SECRETS_RUN: 'abcdefghij12',
    });
  });

  for (const [given, kept] of [
    ['0', '0'],
    ['1', undefined],
    ['2', undefined],
    ['true', undefined],
  ] as const) {
    it(`${kept === undefined ? 'goes without' : 'keeps'} NXF_DEBUG=${given}`, () => {
      const { env, notes } = of({ NXF_DEBUG: given });
      assert.equal(env['NXF_DEBUG'], kept);
      assert.equal(notes.length, kept === undefined ? 1 : 0);
    });
  }

  it('enables secrets where they are disabled, and says so', () => {
    const { env, notes } = of({ NXF_ENABLE_SECRETS: 'false' });
    assert.equal(env['NXF_ENABLE_SECRETS'], 'true');
    assert.equal(notes.length, 1);
  });
});

describe('words for people', () => {
  it('come without control characters', () => {
    assert.equal(printable('a\x1b[31mb\x1b]52;c;eA==\x07\n\r\u202ec\u009b'), 'a[31mb]52;c;eA==c');
  });

  it('offer what was probably meant', () => {
    const names = ['NCBI_API_KEY', 'DB_PASSWORD'];
    assert.equal(nearMiss('NCBI_KEY', names), 'NCBI_API_KEY');
    assert.equal(nearMiss('db_pasword', names), 'DB_PASSWORD');
    assert.equal(nearMiss('SENTIEON', names), undefined);
  });
});
