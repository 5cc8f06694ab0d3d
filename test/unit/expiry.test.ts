import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { daysLeft, daysOf, expiryDay, expiryIn, parseExpiry } from '../../src/core/secrets/expiry.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { FAKE_CERTIFICATE } from '../fixtures/fake-certificate.ts';

const NOON = new Date('2026-11-29T12:00:00Z');
const token = (claims: unknown): SecretValue =>
  new SecretValue(['fake-header', JSON.stringify(claims), 'fake-signature'].map(encoded).join('.'));
const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('The day that a value expires', () => {
  it('is read from what a person types', () => {
    const typed = [
      '2027-01-31',
      '90d',
      '1d',
      'never',
      '2027-02-30',
      '2027-1-1',
      '0d',
      '99999d',
      '-1d',
      '',
      'soon',
    ];
    assert.deepEqual(
      typed.map((text) => parseExpiry(text, NOON)),
      ['2027-01-31', '2027-02-27', '2026-11-30', null, ...Array<undefined>(7).fill(undefined)],
    );
    assert.deepEqual(['30d', '30', 'd'].map(daysOf), [30, undefined, undefined]);
  });

  it('counts whole: in UTC, at every time of the day', () => {
    for (const time of ['00:00:00', '12:00:00', '23:59:59']) {
      const now = new Date(`2026-11-29T${time}Z`);
      assert.deepEqual(
        ['2026-11-28', '2026-11-29', '2026-11-30', '2027-11-29'].map((day) => daysLeft(day, now)),
        [-1, 0, 1, 365],
      );
    }
  });

  it('that is so many days from now is so many days away', () => {
    const date = fc.date({ min: new Date('2020-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: 1, max: 36_500 }), (now, days) => {
        const day = parseExpiry(`${days}d`, now) ?? '';
        assert.equal(daysLeft(day, now), days);
        assert.equal(expiryDay(day), day);
      }),
    );
  });

  it('is found in a JSON Web Token and in a certificate', () => {
    assert.deepEqual(expiryIn(token({ exp: 1_801_353_600 })), { kind: 'jwt', day: '2027-01-31' });
    const to = new Date(new X509Certificate(FAKE_CERTIFICATE).validTo).toISOString().slice(0, 10);
    const chain = `fake text\n${FAKE_CERTIFICATE}${FAKE_CERTIFICATE}`;
    assert.deepEqual(expiryIn(new SecretValue(chain)), { kind: 'certificate', day: to });
  });

  it('is not found where there is none, whatever the value', () => {
    const values = [
      ...[{}, { exp: 'soon' }, { exp: 1e300 }, { exp: -1e300 }, { exp: null }, null, 1, [1]].map(token),
      ...['a.b.c', `a.${'b'.repeat(200_000)}.c`, FAKE_CERTIFICATE.slice(0, -60), ''].map(
        (one) => new SecretValue(one),
      ),
      new SecretValue('-----BEGIN CERTIFICATE-----\nfake\n-----END CERTIFICATE-----\n'),
      new SecretValue('-----END CERTIFICATE----------BEGIN CERTIFICATE-----'),
    ];
    assert.deepEqual(values.map(expiryIn), Array(values.length).fill(undefined));
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(expiryIn(new SecretValue(text)), undefined);
      }),
    );
  });
});
