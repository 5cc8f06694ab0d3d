import type { Choices, Conflict } from '../../core/vault/merge/merge-secrets.ts';
import type { SideName } from '../../core/vault/merge/three-way.ts';

// The page for conflicts: what it shows, and what it answers. Imports no VS Code.

/** A conflict as the page shows it: texts are in the language of the person, and not escaped yet. */
export interface ConflictRow {
  /** Name that the answer has for it. */
  readonly name: string;
  readonly title: string;
  readonly ours: string;
  readonly theirs: string;
  /** The side that was chosen before. */
  readonly chosen: 'ours' | 'theirs' | undefined;
}

/** Texts of the page. */
export interface ResolveWords {
  readonly title: string;
  readonly explanation: string;
  readonly ours: string;
  readonly theirs: string;
  readonly merge: string;
  /** Status while it merges. */
  readonly merging: string;
  /** Language of the texts, such as `en`. */
  readonly language: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/**
 * Makes the page on which a person chooses a side for each conflict: a form that works by keys alone. It loads nothing,
 * runs nothing but its own script, and its only answer is `{ choices: [[NAME, 'ours' | 'theirs'], …] }`.
 *
 * @param nonce - random text that allows the page's own script and style.
 */
export function resolveHtml(rows: readonly ConflictRow[], words: ResolveWords, nonce: string): string {
  return `<!DOCTYPE html>
<html lang="${escaped(words.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<title>${escaped(words.title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<h1>${escaped(words.title)}</h1>
<p>${escaped(words.explanation)}</p>
<form>
${rows.map((row, index) => rowHtml(row, index, words)).join('\n')}
<button type="submit">${escaped(words.merge)}</button>
<p role="status" data-merging="${escaped(words.merging)}"></p>
</form>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}

function rowHtml(
  { name, title, ours, theirs, chosen }: ConflictRow,
  index: number,
  words: ResolveWords,
): string {
  const side = (value: 'ours' | 'theirs', label: string, text: string): string =>
    `<label><input type="radio" name="c${index}" value="${value}" data-name="${escaped(name)}" required${
      chosen === value ? ' checked' : ''
    }> <strong>${escaped(label)}</strong> ${escaped(text)}</label>`;
  return `<fieldset><legend>${escaped(title)}</legend>
${side('ours', words.ours, ours)}
${side('theirs', words.theirs, theirs)}
</fieldset>`;
}

const STYLE = `
body { max-width: 50em; padding: 0 1em 1em; }
fieldset { border: 1px solid var(--vscode-widget-border, currentColor); margin: 0 0 1em; padding: .5em 1em; }
legend { font-family: var(--vscode-editor-font-family, monospace); padding: 0 .4em; overflow-wrap: anywhere; }
label { display: block; margin: .4em 0; overflow-wrap: anywhere; }
button { background: var(--vscode-button-background); border: 1px solid var(--vscode-button-border, transparent);
  color: var(--vscode-button-foreground); cursor: pointer; font: inherit; padding: .4em 1.2em; }
button:hover { background: var(--vscode-button-hoverBackground); }
:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }`;

const SCRIPT = `
const api = acquireVsCodeApi();
const button = document.querySelector('button');
const status = document.querySelector('[role=status]');
window.addEventListener('message', () => {
  button.disabled = false;
  status.textContent = '';
});
document.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  button.disabled = true;
  status.textContent = status.dataset.merging;
  const chosen = [...document.querySelectorAll('input:checked')];
  api.postMessage({ choices: chosen.map((input) => [input.dataset.name, input.value]) });
});`;

/** The decisions in an answer of the page; whatever else it has is left out. */
export function choicesIn(answer: unknown, conflicts: readonly Pick<Conflict, 'name'>[]): Choices {
  const choices = new Map<string, SideName>();
  const pairs: unknown =
    typeof answer === 'object' && answer !== null && 'choices' in answer ? answer.choices : undefined;
  for (const pair of Array.isArray(pairs) ? (pairs as unknown[]) : []) {
    const [name, side] = Array.isArray(pair) ? (pair as unknown[]) : [];
    const known = conflicts.find((conflict) => conflict.name === name);
    if (known !== undefined && (side === 'ours' || side === 'theirs')) choices.set(known.name, side);
  }
  return choices;
}
