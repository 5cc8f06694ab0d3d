import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { PROJECT } from '../fixtures/sandbox.ts';

const FOLDER = join(PROJECT, 'src', 'extension');

/** Names of products and words of command lines, which are the same in every language. */
const SAME_EVERYWHERE = new Set([
  'Nextflow Secrets',
  'nextflow run ',
  'nf-secrets resolve --',
  'nf-secrets undo ',
  'nf-secrets history ',
  'git rebase --continue',
  'git cherry-pick --continue',
  'git revert --continue',
]);
/** Files of HTML, which get their texts. */
const HTML = new Set(['members/resolve-html.ts']);

describe('the texts of the extension', () => {
  it('are all looked up for the language of the person; only the log is in English', () => {
    const found: string[] = [];
    for (const name of readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || HTML.has(name)) continue;
      const text = readFileSync(join(FOLDER, name), 'utf8');
      const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
      for (const sentence of sentencesIn(file)) found.push(`${name}: ${sentence}`);
    }
    assert.deepEqual(found, []);
  });

  it('are found where they are not', () => {
    const file = ts.createSourceFile(
      'x.ts',
      "log.warn(`not read: ${error}`); a(l10n.t('Not set')); b('Not set'); c(`Launch ${d} of ${'an x'} now`); l10n.t('{0} here', 'is set');",
      ts.ScriptTarget.ES2022,
      true,
    );
    assert.deepEqual(sentencesIn(file), ['Not set', 'an x', 'is set']);
  });
});

/** Texts of several words that neither `l10n.t` nor the log gets. */
function sentencesIn(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isLiteralTypeNode(node)) return;
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText(file);
      if (/\blog\.\w+$/.test(called)) return;
      if (called === 'l10n.t') {
        node.arguments.slice(1).forEach(visit);
        return;
      }
    }
    // The templates of phrases are in the bundle too; their values are looked at.
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText(file) === 'phrase') {
      if (ts.isTemplateExpression(node.template))
        for (const { expression } of node.template.templateSpans) visit(expression);
      return;
    }
    const isText =
      ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && /[A-Za-z]{2} [A-Za-z]/.test(node.text) && !SAME_EVERYWHERE.has(node.text))
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
