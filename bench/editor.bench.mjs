// The extension in a real VS Code: activation beside that of an extension that does nothing; from a change of a text to
// its diagnostics beside a listener that looks at nothing; the index of 5,000 files beside reading them with cat; sizes.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tsImport } from 'tsx/esm/api';
import { writeModules } from './modules.mjs';
import { medians, report, run } from './side-by-side.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = { files: 5_000, bytes: 20e6 };
const WINDOWS = 3;

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
  const of = (/** @type {string} */ name) => median(windows.map((one) => one[name] ?? NaN));
  report('activation', { bare: of('activation, bare'), activation: of('activation') }, 'bare');
  for (const lines of [1_000, 10_000]) {
    const times = { bare: of(`typing ${lines}, bare`), diagnostics: of(`typing ${lines}`) };
    report(`from a change to diagnostics, ${lines} lines, with the pause of 200 ms`, times, 'bare');
  }

  const workspace = writeModules(join(root, 'modules'), MODULES, 40);
  const figures = await measure('index', { workspace, testsPath, developed: [bare] });
  const cat = medians(
    { cat: () => run('sh', ['-c', 'find . -type f -exec cat {} + > /dev/null'], { cwd: workspace }) },
    WINDOWS,
  );
  report(`index of ${figures['files']} files`, { ...cat, index: figures['index'] ?? NaN }, 'cat');
  console.log(`\nmemory of that index: ${share(figures['memory'] ?? NaN, MODULES.bytes)} of the code`);

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
  console.log(`bundle: ${(loaded / 1e3).toFixed(0)} kB loaded at activation, ${share(loaded, all)} of all`);
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

/** @param {number[]} times */
function median(times) {
  return times.sort((a, b) => a - b)[times.length >> 1] ?? NaN;
}

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  return `${((100 * part) / whole).toFixed(0)} %`;
}
