import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { deliver, delivered, isHazardous } from '../../src/core/nextflow/delivery.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';

const NASTY = [
  'two\nlines',
  'final newline\n',
  '\n',
  '\r\n',
  'a"b',
  "a'b",
  '`touch PWNED`',
  '$(touch PWNED)',
  '$HOME ${HOME}',
  'back\\slash\\',
  '\\n\\101',
  '"; touch PWNED; "',
  "'; touch PWNED; '",
  'x\ntouch PWNED; TOKEN=1',
  '%s%d%%',
  '!!',
  ' leading and trailing ',
  '--leading',
  '*?[a]~',
  'TOKEN=stolen',
  'a&TOKEN=b',
  '\x01\x02\x7f\x1b[31m',
  'grüß ☃ 🧬 \u202e\ufeff',
  '\u00ff',
  '0123456789',
];

/** What Nextflow's task wrapper does with the file that it wrote: see `nextflow.secret.LocalSecretsProvider`. */
function inTask(lines: readonly string[], asked: string, locale: string): { value: Buffer; files: string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'nf-secrets-delivery-'));
  try {
    writeFileSync(join(directory, 'secrets'), `${lines.join('\n')}\n`);
    const script = `source /dev/stdin <<<"$(cat <(grep -w -e '${asked}=.*' secrets))"\nprintf %s "\${${asked}-unset}"`;
    const { stdout } = spawnSync('bash', ['-ue', '-c', script], {
      cwd: directory,
      env: { PATH: process.env['PATH'], LC_ALL: locale },
    });
    return { value: stdout, files: readdirSync(directory) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const names = new Set(['SECRET', 'TOKEN']);
/** As Nextflow 24.04.2 and later write it; earlier ones leave the dollar as it is. */
const exported = (name: string, stored: string, escapeDollar: boolean): string =>
  `export ${name}="${escapeDollar ? stored.replaceAll('$', '\\$') : stored}"`;

function assertArrives(text: string, locale: string, escapeDollar: boolean): void {
  const { stored } = deliver('SECRET', new SecretValue(text), names);
  const lines = [exported('SECRET', stored.reveal(), escapeDollar), exported('TOKEN', 'plain', escapeDollar)];
  const own = inTask(lines, 'SECRET', locale);
  assert.deepEqual(own.value, Buffer.from(text), JSON.stringify(text));
  const other = inTask(lines, 'TOKEN', locale);
  assert.equal(other.value.toString(), 'plain');
  assert.deepEqual([...own.files, ...other.files], ['secrets', 'secrets'], JSON.stringify(text));
}

describe('delivery through the secret directive', () => {
  it('can be undone', () => {
    const names = new Set(['TOKEN', 'OTHER']);
    const value = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
    const undone = (text: string): string =>
      delivered(deliver('TOKEN', new SecretValue(text), names).stored).reveal();
    for (const text of NASTY) assert.equal(undone(text), text);
    fc.assert(
      fc.property(value, (text) => {
        assert.equal(undone(text), text);
      }),
    );
  });

  for (const locale of ['C', 'C.UTF-8']) {
    for (const escapeDollar of [true, false]) {
      describe(`${locale}, $ ${escapeDollar ? '' : 'not '}escaped by Nextflow`, () => {
        for (const text of NASTY) {
          it(`carries ${JSON.stringify(text)}`, () => {
            assertArrives(text, locale, escapeDollar);
          });
        }
      });
    }
  }

  it('carries any text', () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .map((s) => s.toWellFormed().replaceAll('\0', 'x'));
    fc.assert(
      fc.property(text, fc.boolean(), (value, escapeDollar) => {
        assertArrives(value, 'C', escapeDollar);
      }),
      { numRuns: 100 },
    );
  });

  it('carries values of the greatest length', () => {
    assertArrives('"'.repeat(65_536), 'C', true);
    assertArrives('☃'.repeat(21_845), 'C', false);
  });

  it('leaves harmless values as they are', () => {
    for (const text of ['abc', 'a b', "it's", 'a=b&c=d', 'https://x.test/?q=1#f', 'XTOKEN=1', 'TOKEN =1']) {
      assert.deepEqual(deliver('SECRET', new SecretValue(text), names).delivery, 'plain', text);
    }
  });

  it('sees another name at the start of any word, its own nowhere', () => {
    const hazardous = (text: string): boolean => isHazardous('SECRET', new SecretValue(text), names);
    for (const text of ['TOKEN=', 'a TOKEN=1', 'x-TOKEN=1', '?a=1&TOKEN=2']) assert.ok(hazardous(text), text);
    for (const text of ['SECRET=1', 'MY_TOKEN=1', 'TOKEN2=1', '1TOKEN=1']) assert.ok(!hazardous(text), text);
  });

  it('takes linear time on long words', () => {
    assert.ok(!isHazardous('SECRET', new SecretValue('A'.repeat(65_536)), names));
    assert.ok(!isHazardous('SECRET', new SecretValue('=A'.repeat(32_768)), names));
  });
});
