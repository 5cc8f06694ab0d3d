import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import manifest from '../../package.json' with { type: 'json' };
import { ReferenceIndex } from '../../src/extension/references/reference-index.ts';
import { openWorld } from '../../src/extension/world.ts';

/** Measured times in milliseconds, sizes in bytes. */
export type Figures = Record<string, number>;

/** As the extension waits before it answers what is typed. */
const TYPING_PAUSE = 200;
const ROUNDS = 7;

/** Called by VS Code in the extension host. `BENCH_PART` says what is measured, `BENCH_FIGURES` where it goes. */
export async function run(): Promise<void> {
  const figures = process.env['BENCH_PART'] === 'index' ? await measureIndex() : await measureEditor();
  writeFileSync(process.env['BENCH_FIGURES'] ?? '', JSON.stringify(figures));
}

/** In an empty folder, in which nothing has activated it yet. */
async function measureEditor(): Promise<Figures> {
  const figures: Figures = {
    'activation, bare': await activation('bench.bare'),
    activation: await activation(`${manifest.publisher}.${manifest.name}`),
  };
  for (const lines of [1_000, 10_000]) {
    const [own, bare] = await typing(lines);
    figures[`typing ${lines}`] = own;
    figures[`typing ${lines}, bare`] = bare;
  }
  return figures;
}

async function activation(id: string): Promise<number> {
  const extension = vscode.extensions.getExtension(id);
  if (extension === undefined || extension.isActive) throw new Error(`${id} is not there, or active already`);
  const start = performance.now();
  await extension.activate();
  return performance.now() - start;
}

/** From a change of a text to its new diagnostic: the extension's, and one of somebody who looks at nothing. */
async function typing(lines: number): Promise<[own: number, bare: number]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const path = join(folder, `of-${lines}-lines.nf`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, sourceOf(lines));
  const document = await vscode.workspace.openTextDocument(path);
  await vscode.window.showTextDocument(document);
  const collection = vscode.languages.createDiagnosticCollection('bare');
  let timer: NodeJS.Timeout | undefined;
  const listening = vscode.workspace.onDidChangeTextDocument((event) => {
    if (event.document !== document) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const range = new vscode.Range(0, 0, 0, 1);
      collection.set(document.uri, [new vscode.Diagnostic(range, document.lineAt(1).text)]);
    }, TYPING_PAUSE);
  });
  const own: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const name = `KEY_OF_ROUND_${round}_AND_${lines}`;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, document.lineAt(1).range, `    secret '${name}'`);
    const start = performance.now();
    await vscode.workspace.applyEdit(edit);
    // Looked for again and again, since VS Code tells of changes in lots.
    const waiting = new Map([
      ['Nextflow Secrets', own],
      [undefined, bare],
    ]);
    while (waiting.size > 0) {
      await nextTurn();
      for (const { source, message } of vscode.languages.getDiagnostics(document.uri)) {
        const times = waiting.get(source);
        if (times === undefined || !message.includes(name)) continue;
        times.push(performance.now() - start);
        waiting.delete(source);
      }
    }
  }
  listening.dispose();
  collection.dispose();
  // The first round loads what only needs loading once.
  return [median(own.slice(1)), median(bare.slice(1))];
}

/** The index of the folder of the window. */
async function measureIndex(): Promise<Figures> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const log = vscode.window.createOutputChannel('Bench', { log: true });
  const open = (folder: vscode.Uri | undefined): ReturnType<typeof openWorld> => openWorld(log, folder);
  const first = new ReferenceIndex(log, open);
  await first.buildAll();
  first.dispose();
  collect();
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  const index = new ReferenceIndex(log, open);
  await index.buildAll();
  const time = performance.now() - start;
  collect();
  const memory = process.memoryUsage().heapUsed - before;
  const figures = { index: time, memory, files: index.files.size };
  index.dispose();
  return figures;
}

function sourceOf(lines: number): string {
  const process = (number: number): string[] => [
    `process STEP_${number} {`,
    `    secret 'KEY_${number}'`,
    '',
    '    input:',
    '    tuple val(meta), path(reads)',
    '',
    '    script:',
    '    def args = task.ext.args ?: ""',
    '    """',
    `    tool step --key "\\$KEY_${number}" $args \${reads.join(' ')} // no comment`,
    '    """',
    '}',
  ];
  const all: string[] = [];
  for (let number = 0; all.length < lines; number++) all.push(...process(number));
  return `${all.slice(0, lines).join('\n')}\n`;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;
}
