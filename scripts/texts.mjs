// The texts that the extension shows: first arguments of `l10n.t(…)`, and sentences of the core, which are tagged with
// `phrase`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The one place that hands on templates of the core. */
const HANDS_ON = 'phrase-text.ts';

/** @type {(project: string) => Set<string>} */
export function collectTexts(project) {
  const texts = new Set();
  for (const [folder, textOf] of /** @type {const} */ ([
    ['extension', ownText],
    ['core', phraseOf],
  ])) {
    for (const { node, file } of nodesOf(join(project, 'src', folder))) {
      const text = file.endsWith(HANDS_ON) ? undefined : textOf(node, file);
      if (text !== undefined) texts.add(text);
    }
  }
  return texts;
}

/** Each node of each source file below a folder. @type {(folder: string) => Generator<{ node: ts.Node, file: string }>} */
export function* nodesOf(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = join(folder, name);
    const waiting = /** @type {ts.Node[]} */ ([
      ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true),
    ]);
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      yield { node, file };
      ts.forEachChild(node, (child) => void waiting.push(child));
    }
  }
}

/** @type {(node: ts.Node, file: string) => string | undefined} */
function ownText(node, file) {
  if (!ts.isCallExpression(node) || node.expression.getText() !== 'l10n.t') return undefined;
  const [text] = node.arguments;
  if (text === undefined || !ts.isStringLiteral(text)) throw new Error(`not a literal: l10n.t in ${file}`);
  return text.text;
}

/** As `phrase` of src/core/system/phrase.ts makes it. @type {(node: ts.Node) => string | undefined} */
function phraseOf(node) {
  if (!ts.isTaggedTemplateExpression(node) || node.tag.getText() !== 'phrase') return undefined;
  const { template } = node;
  const parts = ts.isNoSubstitutionTemplateLiteral(template)
    ? [template.text]
    : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
  const text = parts.map((part, index) => (index === 0 ? part : `{${index - 1}}${part}`)).join('');
  return text.replace(/\s*\n\s*/g, ' ');
}
