import assert from 'node:assert/strict';
import type { SecretLintRuleCreator } from '@secretlint/types';
import { creator as preset } from '@secretlint/secretlint-rule-preset-recommend';
import fc from 'fast-check';
import { KEY_LOOK, KEY_SIGNS, mayHaveKey } from '../../src/core/diagnostics/key-signs.ts';
import { findLiteralSecrets } from '../../src/core/diagnostics/literal-secrets.ts';

const RULES: readonly SecretLintRuleCreator<never>[] = preset.rules.filter(
  ({ meta }) => meta.type === 'scanner',
);
const nameOf = ({ meta }: SecretLintRuleCreator<never>): string => meta.id.replace(/^.*secretlint-rule-/, '');

/** A rule that looks only into files of other kinds, and one that reads the comments of secretlint. */
const NEVER = ['gcp', 'filter-comments'];

/** Tells whether the look into the bytes of a file leads to a search. */
function hasSign(text: string): boolean {
  const bytes = Buffer.from(text);
  return KEY_LOOK.isIn(bytes, bytes.length, bytes.toString('latin1'));
}

/** The patterns that a rule matches a text with. */
async function patternsOf(rule: SecretLintRuleCreator<never>): Promise<RegExp[]> {
  const patterns: RegExp[] = [];
  const content = {
    matchAll: (pattern: RegExp) => {
      patterns.push(pattern);
      return [];
    },
  };
  const context = { sharedOptions: {}, createTranslator: () => () => ({}), report: () => undefined };
  const handler = rule.create(context as never, { enableIDScanRule: true } as never);
  await handler.file?.({ filePath: 'source.txt', ext: '.txt', contentType: 'text', content } as never);
  // Numbers of accounts are left out, see literal-secrets.ts.
  return patterns.filter(({ source }) => !source.includes('ACCOUNT|account'));
}

/** Texts that a pattern matches, but for what it wants beside the match. */
function matchesOf({ source, flags }: RegExp): fc.Arbitrary<string> {
  const plain = source
    .replaceAll(String.raw`(?<!\p{L})`, '')
    .replace(/\(\?!(?:\[[^\]]*\]|\\w)\)/g, '')
    .replaceAll(String.raw`\b`, '')
    .replace(/\(\?<\w+>/g, '(')
    .replaceAll('100,10000', '100,300')
    .replaceAll('100,1280', '100,300');
  const matches = fc.stringMatching(new RegExp(`^(?:${plain})$`));
  if (!flags.includes('i')) return matches;
  return fc
    .tuple(matches, fc.infiniteStream(fc.boolean()))
    .map(([text, isUpper]) =>
      Array.from(text, (letter) =>
        isUpper.next().value === true && letter < '\u0080' ? letter.toUpperCase() : letter,
      ).join(''),
    );
}

describe('a text that may have a key', () => {
  it('is known for each rule that looks for keys', () => {
    const looking = RULES.map(nameOf).filter((name) => !NEVER.includes(name));
    assert.deepEqual(Object.keys(KEY_SIGNS).sort(), looking.sort());
  });

  for (const rule of RULES.filter((one) => !NEVER.includes(nameOf(one)))) {
    it(`has a sign of it in all that the rule ${nameOf(rule)} matches, decoded or not`, async () => {
      const patterns = await patternsOf(rule);
      assert.ok(patterns.length > 0);
      const hasPassword = /basicauth|database/.test(nameOf(rule));
      const own = new RegExp(KEY_SIGNS[nameOf(rule)] ?? '$.');
      for (const pattern of patterns) {
        fc.assert(
          fc.property(matchesOf(pattern), fc.string({ unit: 'binary' }), (match, beside) => {
            // Without a password the rules about URLs report nothing.
            if (hasPassword && !/:\/\/[^:/\s]{1,100}:[^@/\s]{1,200}@/.test(match)) return;
            const text = `${beside}\n${match}\n${beside}`;
            assert.ok(own.test(match), match);
            assert.ok(mayHaveKey(text));
            assert.ok(hasSign(text));
          }),
          { numRuns: 200 },
        );
      }
    });
  }

  it('has a sign in all in which the rules find one', async () => {
    const parts = fc.constantFrom(
      ...['AKIA', 'ghp_', 'npm_', 'xoxb-', '://', ':', '@', 'user', 'pässwort', 'geheim99', 'host.org', '/'],
      ...['https', 'MYSQL', 'mongodb+srv', 'postgresql', '\u00a0', ' ', '\n', '=', "'", 'a1B2'.repeat(9)],
      ...['ABCD2345'.repeat(2), 'aws_secret_access_key', 'SecretAccessKey', 'a1B2c3D4'.repeat(5), 'lin_api_'],
      ...['-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----', `MI${'A1b2'.repeat(40)}`, 'SG.', '.'],
    );
    let found = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 12 }), async (all) => {
        const text = all.join('');
        const isKey = (await findLiteralSecrets(text)).length > 0;
        if (!isKey) return;
        found += 1;
        assert.ok(hasSign(text));
      }),
      { numRuns: 5000 },
    );
    assert.ok(found > 20, `only ${found}`);
  });

  it('is no plain module', () => {
    assert.ok(
      !mayHaveKey(
        `container "\${ workflow.containerEngine == 'singularity' ? 'https://depot.galaxyproject.org/singularity/x:1' : 'quay.io/x:1' }"
         // task-1 @ https://github.com/nf-core/modules see a:b`,
      ),
    );
  });
});
