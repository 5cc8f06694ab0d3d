import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import { RULES } from '../../src/core/diagnostics/rules/registry.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const RULES_FOLDER = 'src/core/diagnostics/rules';
const PAGES = 'docs/diagnostics';
/** Files in the folder of the rules that are none. */
const NO_RULES = ['registry.ts', 'rule.ts'];

const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');

describe('the rules of diagnostics', () => {
  for (const { code, severity } of Object.values(RULES)) {
    it(`have a page, which docs/launching.md links to: ${code}`, () => {
      const page = `${PAGES}/${code}.md`;
      assert.ok(readdirSync(join(PROJECT, PAGES)).includes(`${code}.md`), `Write ${page}.`);
      const [title, , summary = ''] = read(page).split('\n');
      assert.equal(title, `# ${code}`, `Begin ${page} with this title.`);
      assert.ok(
        summary.includes(`Severity: ${severity}`),
        `Say "Severity: ${severity}" in the first paragraph of ${page}.`,
      );
      assert.ok(
        read('docs/launching.md').includes(`[${code}](diagnostics/${code}.md)`),
        `Add [${code}](diagnostics/${code}.md) to the list of diagnostics in docs/launching.md.`,
      );
    });
  }

  it('have a file each, and none is left out of the registry', () => {
    const files = readdirSync(join(PROJECT, RULES_FOLDER)).filter((name) => !NO_RULES.includes(name));
    const codes = files.map((name) => name.replace(/\.ts$/, ''));
    assert.deepEqual(codes.sort(), Object.keys(RULES).sort(), `Add the rule to ${RULES_FOLDER}/registry.ts.`);
  });

  it('say sentences that begin with the value, if they name it', () => {
    const code = `process A {
  script:
  "tool \${secrets.ONE_KEY}"
}
workflow {
  println secrets.TWO_KEY
  file('x').text = secrets.THREE_KEY
  sendMail(to: 'a@b.c', body: secrets.FOUR_KEY)
  "tool \${secrets.FIVE_KEY}".execute()
  params.x = secrets.SIX_KEY
}
`;
    const messages = diagnose(scanSource(code, 'script')).map(({ message }) => String(message));
    const named = messages.filter((message) => /the value of/i.test(message));
    assert.ok(named.length >= 5, messages.join('\n'));
    for (const message of named) assert.match(message, /^The value of \w+/);
  });

  it('are all that has a page', () => {
    const pages = Object.keys(RULES).map((code) => `${code}.md`);
    const others = readdirSync(join(PROJECT, PAGES)).filter((name) => !pages.includes(name));
    assert.deepEqual(others, [], `No rule has these pages of ${PAGES}.`);
  });
});
