#!/usr/bin/env node
// npm run l10n: collects the texts of the extension into l10n/bundle.l10n.json, which translations start from.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = join(project, 'src', 'extension');
/** @type {Set<string>} */
const texts = new Set();
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.ts')) continue;
  const path = join(folder, name);
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022));
}
const entries = [...texts].sort().map((text) => [text, text]);
const bundle = `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
writeFileSync(join(project, 'l10n', 'bundle.l10n.json'), bundle);

/** Collects the first argument of each `l10n.t(…)`. @type {(node: ts.Node) => void} */
function visit(node) {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { expression, name } = node.expression;
    const [text] = node.arguments;
    const isCall = ts.isIdentifier(expression) && expression.text === 'l10n' && name.text === 't';
    if (isCall && text !== undefined) {
      if (!ts.isStringLiteral(text)) throw new Error(`not a literal: l10n.t at ${node.pos}`);
      texts.add(text.text);
    }
  }
  ts.forEachChild(node, visit);
}
