import assert from 'node:assert/strict';
import { commandKeys } from '../../src/core/diagnostics/keys/command-keys.ts';
import { dirname, basename } from 'node:path';
import { shapedKeys } from '../../src/core/diagnostics/keys/shapes.ts';
import { KEY_LOOK } from '../../src/core/diagnostics/key-signs.ts';
import { findLiteralSecrets } from '../../src/core/diagnostics/literal-secrets.ts';
import { companionUse } from '../../src/core/pipeline/companion-files.ts';
import { COMMANDS, Dice, KINDS, lookalikes, PLACEHOLDERS, POSITIONS } from '../fixtures/planted-keys.ts';

/** Tells whether the look into the bytes of a file leads to a search. */
function hasSign(text: string): boolean {
  const bytes = Buffer.from(text);
  return KEY_LOOK.isIn(bytes, bytes.length, bytes.toString('latin1'));
}
const SEEDS = [1, 2, 3, 4, 5];

/** Tells that a text has one key, whose offsets are within a text. */
async function isFound(text: string, key: string): Promise<boolean> {
  const found = await findLiteralSecrets(text);
  const at = text.indexOf(key);
  return found.some(({ offset, endOffset }) => offset < at + key.length && endOffset > at);
}

describe('keys that were planted', () => {
  for (const [title, name, make] of KINDS) {
    it(`of ${title} are found in all positions, and not repeated`, async () => {
      for (const seed of SEEDS) {
        const key = make(new Dice(seed));
        for (const [file, place] of POSITIONS) {
          const text = place(name, key);
          assert.ok(await isFound(text, key), `${file}, seed ${seed}: ${text}`);
          assert.ok(hasSign(text), text);
          for (const { message, remedies } of await findLiteralSecrets(text))
            assert.ok(![String(message), JSON.stringify(remedies)].some((one) => one.includes(key)));
        }
      }
    });
  }

  it('are in files that a scan reads', () => {
    for (const [file] of POSITIONS) {
      const isSource = /\.(?:nf|config)$/.test(file);
      assert.equal(companionUse(dirname(file), basename(file)) !== undefined, !isSource, file);
    }
  });

  for (const [title, make] of COMMANDS) {
    it(`are found in ${title}`, async () => {
      for (const seed of SEEDS) {
        const text = make(new Dice(seed));
        for (const whole of [text, `process P {\n  script:\n  """\n  ${text}\n  """\n}\n`]) {
          assert.ok((await findLiteralSecrets(whole)).length > 0, whole);
          assert.ok(hasSign(whole), whole);
        }
      }
    });
  }
});

describe('what is no key', () => {
  for (const placeholder of PLACEHOLDERS) {
    it(`such as ${JSON.stringify(placeholder)} is not taken for one`, async () => {
      for (const [, name] of KINDS)
        for (const [file, place] of POSITIONS) {
          const text = place(name, placeholder);
          assert.deepEqual(await findLiteralSecrets(text), [], `${file}: ${text}`);
        }
    });
  }

  it('but looks like one is not taken for one', async () => {
    for (const seed of SEEDS)
      for (const text of lookalikes(new Dice(seed)))
        assert.deepEqual(await findLiteralSecrets(text), [], text);
  });

  it('in documentation of services is not taken for one', async () => {
    for (const text of [
      `aws_access_key_id = AKIAIOSFODNN7EXAMPLE`,
      `aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`,
      `HF_TOKEN=hf_${'x'.repeat(34)}`,
      `GITHUB_TOKEN=ghp_${'0123456789'.repeat(4).slice(0, 36)}`,
      `GITLAB_TOKEN: glpat-${'x'.repeat(20)}`,
      "mail.smtp.password = 'smtp_password'",
    ])
      assert.deepEqual(await findLiteralSecrets(text), [], text);
  });
});

describe('A search for keys in a text of a stranger', () => {
  const LENGTH = 1 << 20;
  const HOSTILE: Readonly<Record<string, string>> = {
    'URLs without an end': '://a:',
    'parts of a name': 'ena-',
    'an option that goes on': `htpasswd -${'b'.repeat(10_000)}`,
    spaces: `passwd\necho aaaa${' '.repeat(50_000)}`,
    'options of curl': `${'curl '.repeat(80)}-${'u'.repeat(10_000)}`,
    words: 'mc alias set a https:b c ',
    dots: 'webin.webin.',
    'beginnings of tokens': '-eyJ',
    'tokens without an end': `.eyJ${'a'.repeat(4000)}`,
    'tokens with many dots': '-eyJaaaaaaaaaaaa.eyJ',
  };
  for (const [what, part] of Object.entries(HOSTILE))
    it(`ends in a time that grows as the text does: ${what}`, () => {
      // A token at the beginning has all patterns tried on the rest.
      const begin = `.eyJ glpat- curl ://a:b@ ${part}`;
      const text = (begin + part.repeat(Math.ceil(LENGTH / part.length))).slice(0, LENGTH);
      const took = (length: number): number => {
        const start = process.cpuUsage();
        commandKeys(text.slice(0, length));
        shapedKeys(text.slice(0, length));
        const { user, system } = process.cpuUsage(start);
        return user + system;
      };
      // Four times the text: sixteen times the time where it is quadratic. Microseconds.
      const short = took(LENGTH / 4);
      assert.ok(took(LENGTH) < 8 * short + 300_000, `${what}: more than linear`);
    });
});
