import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RULES } from '../../src/core/diagnostics/rules/registry.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const RULES_FOLDER = 'src/core/diagnostics/rules';
const PAGES = 'docs/diagnostics';
/** Files in the folder of the rules that are none. */
const NO_RULES = ['registry.ts', 'rule.ts'];

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');

describe('the rules of diagnostics', () => {
  for (const { code, severity } of Object.values(RULES)) {
    it(`have a page, which README.md links to: ${code}`, () => {
      const page = `${PAGES}/${code}.md`;
      assert.ok(readdirSync(join(PROJECT, PAGES)).includes(`${code}.md`), `Write ${page}.`);
      const [title, , summary = ''] = read(page).split('\n');
      assert.equal(title, `# ${code}`, `Begin ${page} with this title.`);
      assert.ok(
        summary.includes(`Severity: ${severity}`),
        `Say "Severity: ${severity}" in the first paragraph of ${page}.`,
      );
      assert.ok(
        read('README.md').includes(`[${code}](${page})`),
        `Add [${code}](${page}) to the list of diagnostics in README.md.`,
      );
    });
  }

  it('have a file each, and none is left out of the registry', () => {
    const files = readdirSync(join(PROJECT, RULES_FOLDER)).filter((name) => !NO_RULES.includes(name));
    const codes = files.map((name) => name.replace(/\.ts$/, ''));
    assert.deepEqual(codes.sort(), Object.keys(RULES).sort(), `Add the rule to ${RULES_FOLDER}/registry.ts.`);
  });

  it('are all that has a page', () => {
    const pages = Object.keys(RULES).map((code) => `${code}.md`);
    const others = readdirSync(join(PROJECT, PAGES)).filter((name) => !pages.includes(name));
    assert.deepEqual(others, [], `No rule has these pages of ${PAGES}.`);
  });
});
