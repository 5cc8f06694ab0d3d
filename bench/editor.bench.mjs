// The extension in a real VS Code: activation beside that of an extension that does nothing; from a change of a text to
// its diagnostics beside a listener that looks at nothing; the index of 5,000 files beside reading them with cat; sizes.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tsImport } from 'tsx/esm/api';
import { writeModules } from './modules.mjs';
import { figure, median, medians, QUICK, ratio, report, rounds, run } from './side-by-side.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = QUICK ? { files: 1_000, bytes: 4e6 } : { files: 5_000, bytes: 20e6 };
const SET = `${MODULES.files.toLocaleString('en')} files, ${MODULES.bytes / 1e6} MB, of which one in forty uses secrets`;
const WINDOWS = QUICK ? 1 : 3;

/** @type {typeof import('../test/host/vscode/window.ts')} */
const { VsCodeWindow } = await tsImport('../test/host/vscode/window.ts', import.meta.url);
const root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-bench-'));
try {
  const testsPath = await bundle();
  const bare = join(project, 'bench', 'inside', 'bare');
  /** @type {Record<string, number>[]} */
  const windows = [];
  for (let window = 0; window < WINDOWS; window++) {
    const workspace = join(root, `empty${window}`);
    mkdirSync(workspace);
    windows.push(await measure('editor', { workspace, testsPath, developed: [project, bare] }));
  }
  const of = (/** @type {string} */ name) => ({
    wall: median(windows.map((one) => one[name] ?? NaN)),
    cpu: median(windows.map((one) => one[`${name}, CPU`] ?? NaN)),
  });
  const table = 'In VS Code';
  report('activation', { bare: of('activation, bare'), activation: of('activation') }, 'bare', {
    activation: { table, what: 'activation, once a window', beside: 'an extension that does nothing' },
  });
  for (const lines of [1_000, 10_000]) {
    const taken = { bare: of(`typing ${lines}, bare`), diagnostics: of(`typing ${lines}`) };
    report(`from a change to diagnostics, ${lines} lines, with the pause of 200 ms`, taken, 'bare', {
      diagnostics: {
        table,
        what: `from a change of the text to its diagnostics, ${lines.toLocaleString('en')} lines`,
        beside: lines === 1_000 ? 'a listener that pauses as long and looks at one line' : 'the same',
      },
    });
  }

  const workspace = writeModules(join(root, 'modules'), MODULES, 40);
  const figures = await measure('index', { workspace, testsPath, developed: [bare] });
  const cat = medians(
    { cat: () => run('sh', ['-c', 'find . -type f -exec cat {} +'], { cwd: workspace }) },
    rounds(7),
  );
  const index = { wall: figures['index'] ?? NaN, cpu: figures['index, CPU'] ?? NaN };
  report(`index of ${figures['files']} files`, { ...cat, index }, 'cat', {
    index: { table, what: `index of ${SET}`, beside: '`cat` of them' },
  });
  const memory = (figures['memory'] ?? NaN) / MODULES.bytes;
  console.log(`\nmemory of that index: ${percent(memory)} of the code`);
  figure('Memory', { what: `the index of ${SET}`, beside: 'the size of the files', ratio: ratio(memory) });

  const main = readFileSync(join(project, 'dist', 'extension.js'), 'utf8');
  const eager = [...main.matchAll(/(?:from|import)\s*"\.\/(chunks\/[^"]+)"/g)].map(([, name = '']) => name);
  const bytes = (/** @type {string[]} */ names) =>
    names.reduce((sum, name) => sum + statSync(join(project, 'dist', name)).size, 0);
  const loaded = bytes(['extension.js', ...new Set(eager)]);
  const all = bytes(
    readdirSync(join(project, 'dist'), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.js')),
  );
  console.log(
    `bundle: ${(loaded / 1e3).toFixed(0)} kB loaded at activation, ${percent(loaded / all)} of all`,
  );
  figure('Memory', {
    what: `code loaded at activation, ${(loaded / 1e3).toFixed(0)} kB`,
    beside: 'all of the bundle; the rest loads when it is needed',
    ratio: ratio(loaded / all),
  });
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * @param {'editor' | 'index'} part
 * @param {import('../test/host/vscode/window.ts').WindowOptions} options
 * @returns {Promise<Record<string, number>>}
 */
async function measure(part, options) {
  const figures = join(root, 'figures.json');
  rmSync(figures, { force: true });
  const env = {
    ...process.env,
    NF_SECRETS_HOME: join(root, 'home'),
    NXF_HOME: join(root, 'nextflow'),
    BENCH_PART: part,
    BENCH_FIGURES: figures,
  };
  const window = await VsCodeWindow.open({ ...options, env });
  try {
    const code = await window.testsEnded;
    if (code !== 0) throw new Error(`the bench in the extension host ended with ${code}`);
  } finally {
    await window.close();
  }
  return JSON.parse(readFileSync(figures, 'utf8'));
}

/** @returns {Promise<string>} the part that runs in VS Code, as one module */
async function bundle() {
  const folder = join(project, 'node_modules', '.cache', 'nextflow-secrets');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'bench.cjs');
  await build({
    entryPoints: [join(project, 'bench', 'inside', 'index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  return outfile;
}

/** @param {number} part */
function percent(part) {
  return `${(100 * part).toFixed(0)} %`;
}
