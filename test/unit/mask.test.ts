import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { masked } from '../../src/core/secrets/mask.ts';

describe('what another program printed is shown without values', () => {
  const value = `fake "quoted" $value\nwith a second 'line'/+&`;
  const cases: Record<string, string> = {
    'as it is': value,
    'its lines apart': value.split('\n').reverse().join(' and '),
    'in JSON': JSON.stringify({ value }),
    'in a URL': `https://example.org/?q=${encodeURIComponent(value)}`,
    'in base64': Buffer.from(value).toString('base64'),
    'in hex': Buffer.from(value).toString('hex'),
    'with $ escaped': value.replaceAll('$', '\\$'),
  };
  for (const [title, text] of Object.entries(cases)) {
    it(title, () => {
      const shown = masked(`before ${text} after`, [new SecretValue(value)]);
      assert.match(shown, /^before .*\*\*\*.* after$/s);
      for (const part of ['quoted', 'second', 'line', 'fake'])
        assert.ok(!shown.includes(part), `${part} in ${shown}`);
    });
  }

  it('a value that is a part of another one leaves no rest of it', () => {
    const values = ['fake', 'fake-and-more'].map((text) => new SecretValue(text));
    assert.equal(masked('x fake-and-more y fake z', values), 'x *** y *** z');
  });

  it('any value, anywhere in any text', () => {
    const text = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(
        text,
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
        text,
        (a, secret, b) => {
          fc.pre(!/^[*\s]*$/.test(secret));
          const shown = masked(`${a}${secret}${b}`, [new SecretValue(secret)]);
          assert.ok(!shown.includes(secret), shown);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
