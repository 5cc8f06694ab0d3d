import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import manifest from '../../package.json' with { type: 'json' };
import { ReferenceIndex } from '../../src/extension/code/reference-index.ts';
import { openWorld } from '../../src/extension/world.ts';

/** Measured times in milliseconds, sizes in bytes. */
export type Figures = Record<string, number>;

/** As the extension waits before it answers what is typed. */
const TYPING_PAUSE = 200;
const ROUNDS = 5;

/** Called by VS Code in the extension host. `BENCH_PART` says what is measured, `BENCH_FIGURES` where it goes. */
export async function run(): Promise<void> {
  const figures = process.env['BENCH_PART'] === 'index' ? await measureIndex() : await measureEditor();
  writeFileSync(process.env['BENCH_FIGURES'] ?? '', JSON.stringify(figures));
}

/** In an empty folder, in which nothing has activated it yet. */
async function measureEditor(): Promise<Figures> {
  const figures: Figures = {
    ...named('activation, bare', await activation('bench.bare')),
    ...named('activation', await activation(`${manifest.publisher}.${manifest.name}`)),
  };
  for (const lines of [1_000, 10_000]) {
    const [own, bare] = await typing(lines);
    Object.assign(figures, named(`typing ${lines}`, own), named(`typing ${lines}, bare`, bare));
  }
  return figures;
}

async function activation(id: string): Promise<Taken> {
  const extension = vscode.extensions.getExtension(id);
  if (extension === undefined || extension.isActive) throw new Error(`${id} is not there, or active already`);
  return taken(() => extension.activate());
}

interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

/** Times of the clock and of the processors, of the whole extension host. */
async function taken(work: () => PromiseLike<unknown>): Promise<Taken> {
  const used = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  return { wall, cpu: (user + system) / 1000 };
}

const named = (name: string, { wall, cpu }: Taken): Figures => ({ [name]: wall, [`${name}, CPU`]: cpu });

const medianOf = (all: readonly Taken[]): Taken => ({
  wall: median(all.map(({ wall }) => wall)),
  cpu: median(all.map(({ cpu }) => cpu)),
});

/**
 * From a change of a text to its new diagnostic: the extension's in a script, and, in a text of another kind, that of
 * somebody who waits as long and looks at one line.
 */
async function typing(lines: number): Promise<[own: Taken, bare: Taken]> {
  const script = await openText(`of-${lines}-lines.nf`, lines);
  const other = await openText(`of-${lines}-lines.txt`, lines);
  const collection = vscode.languages.createDiagnosticCollection('bare');
  let timer: NodeJS.Timeout | undefined;
  const listening = vscode.workspace.onDidChangeTextDocument(({ document }) => {
    if (document !== other) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const range = new vscode.Range(0, 0, 0, 1);
      collection.set(other.uri, [new vscode.Diagnostic(range, other.lineAt(1).text)]);
    }, TYPING_PAUSE);
  });
  const own: Taken[] = [];
  const bare: Taken[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    own.push(await untilDiagnosed(script, `KEY_OF_ROUND_${round}`));
    bare.push(await untilDiagnosed(other, `KEY_OF_ROUND_${round}`));
  }
  listening.dispose();
  collection.dispose();
  // The first round loads what only needs loading once.
  return [medianOf(own.slice(1)), medianOf(bare.slice(1))];
}

async function openText(name: string, lines: number): Promise<vscode.TextDocument> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const path = join(folder, name);
  writeFileSync(path, sourceOf(lines));
  return vscode.workspace.openTextDocument(path);
}

async function untilDiagnosed(document: vscode.TextDocument, name: string): Promise<Taken> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, document.lineAt(1).range, `    secret '${name}'`);
  const isDiagnosed = (): boolean =>
    vscode.languages.getDiagnostics(document.uri).some(({ message }) => message.includes(name));
  return taken(async () => {
    await vscode.workspace.applyEdit(edit);
    // Looked for again and again, since VS Code tells of changes in lots.
    while (!isDiagnosed()) await sleep(1);
  });
}

/** The index of the folder of the window. */
async function measureIndex(): Promise<Figures> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const log = vscode.window.createOutputChannel('Bench', { log: true });
  const open = (folder: vscode.Uri | undefined): ReturnType<typeof openWorld> => openWorld(log, folder);
  // The host has things of its own to throw away.
  const used = async (): Promise<number> => {
    const sizes: number[] = [];
    for (let look = 0; look < 5; look++) {
      await sleep(300);
      collect();
      sizes.push(process.memoryUsage().heapUsed);
    }
    return Math.min(...sizes);
  };
  // In a function of its own, so that nothing of it is left when it has ended.
  const once = async (): Promise<{ time: Taken; files: number; withIt: number }> => {
    const index = new ReferenceIndex(log, open);
    const time = await taken(() => index.buildAll());
    const withIt = await used();
    const files = index.files.size;
    index.dispose();
    return { time, files, withIt };
  };
  const times: Taken[] = [];
  const memories: number[] = [];
  let files = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const built = await once();
    files = built.files;
    times.push(built.time);
    memories.push(built.withIt - (await used()));
  }
  return { ...named('index', medianOf(times.slice(1))), memory: median(memories.slice(1)), files };
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
