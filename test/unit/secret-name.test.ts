import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HumanError } from '../../src/core/system/human-error.ts';
import { assertSecretName, secretNameProblem } from '../../src/core/secrets/secret-name.ts';
import { remedyText } from '../fixtures/remedy-text.ts';

/** The rule as Nextflow's `nextflow.secret.SecretsHelper` states it. It takes seconds on long names. */
const NEXTFLOW_RULE = /^[a-zA-Z_](?:[0-9A-Za-z]+|(_)(?!\1)){1,49}$/;
const nextflowAccepts = (name: string): boolean =>
  NEXTFLOW_RULE.test(name) && name.length <= 100 && !name.startsWith('__');

describe('secret names', () => {
  const good = [
    'AB',
    'a1',
    '_x',
    'NCBI_API_KEY',
    'x_',
    'constructor',
    `A${'b'.repeat(99)}`,
    `A${'_b'.repeat(24)}_`,
  ];
  for (const name of good) {
    it(`accepts ${name.slice(0, 30)}`, () => {
      assert.equal(secretNameProblem(name), undefined);
      assert.ok(nextflowAccepts(name));
    });
  }

  const bad: [string, RegExp][] = [
    ['', /two characters/],
    ['A', /two characters/],
    ['1A', /digit/],
    ['my-key', /"-"/],
    ['my key', /a space/],
    ['kéy', /"é"/],
    ['a\nb', /control character/],
    ['A__B', /two underscores/],
    ['__A', /two underscores/],
    [`A${'b'.repeat(100)}`, /100 characters/],
    [`A${'_b'.repeat(25)}`, /too many underscores/],
    ['KEY_unencrypted', /plain text/],
  ];
  for (const [name, reason] of bad) {
    it(`refuses ${JSON.stringify(name.slice(0, 30))}`, () => {
      assert.match(String(secretNameProblem(name)), reason);
    });
  }

  it('agrees with Nextflow on every short name', () => {
    const character = fc.constantFrom('a', 'Z', '0', '9', '_', '-', '.', ' ', 'é');
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 14 }), (name) => {
        assert.equal(secretNameProblem(name) === undefined, nextflowAccepts(name), name);
      }),
      { numRuns: 5_000 },
    );
  });

  it('answers at once where the expression of Nextflow would take years', () => {
    assert.match(String(secretNameProblem(`${'a'.repeat(99)}-`)), /"-"/);
    assert.match(String(secretNameProblem('a'.repeat(1_000_000))), /100 characters/);
  });

  it('offers the nearest valid name', () => {
    assert.throws(
      () => {
        assertSecretName('my-key.2');
      },
      (error) =>
        error instanceof HumanError &&
        error.exitCode === 64 &&
        remedyText(error) === 'Did you mean my_key_2?',
    );
  });

  it('does not repeat a value that was typed behind the name', () => {
    assert.throws(
      () => {
        assertSecretName('TOKEN=fake-value');
      },
      (error) =>
        error instanceof HumanError && !`${error.message}${remedyText(error)}`.includes('fake-value'),
    );
  });
});
