import { chmod, readdir, rm } from 'node:fs/promises';
import { build, context } from 'esbuild';

// Two ESM bundles over one core. What only some commands need, or what only decrypting needs (age, execa, later the
// AWS SDK), is in chunks that are read from disk only then. Each bundle is built by itself: what they would share is
// in many small chunks, and a start that reads sixteen files takes nearly twice as long as one that reads four.
const production = process.argv.includes('--production');
const watching = process.argv.includes('--watch');

/** @satisfies {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  metafile: /** @type {const} */ (true),
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  format: /** @type {const} */ ('esm'),
  // The ESM build first: the UMD builds of some packages hide their requires from bundlers.
  mainFields: ['module', 'main'],
  // Names stay: a stack that a person reports has to tell where it was.
  minifyWhitespace: production,
  minifySyntax: production,
  sourcemap: production ? false : /** @type {const} */ ('linked'),
  outdir: 'dist',
  external: ['vscode'],
  splitting: true,
  logLevel: /** @type {const} */ ('warning'),
  // CommonJS packages inside an ESM bundle still call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/** @satisfies {import('esbuild').BuildOptions[]} */
const bundles = [
  {
    ...shared,
    entryPoints: { cli: 'src/cli/main.ts', guardian: 'src/cli/guardian.ts' },
    chunkNames: 'chunks/[name]-[hash]',
  },
  // In a folder of its own: the package for npm leaves it out.
  {
    ...shared,
    entryPoints: { extension: 'src/extension/extension.ts' },
    chunkNames: 'extension/[name]-[hash]',
  },
];

if (watching) {
  // VS Code's task waits for these lines.
  const report = {
    name: 'report',
    setup: (/** @type {import('esbuild').PluginBuild} */ { onStart, onEnd }) => {
      onStart(() => console.log('Build started'));
      onEnd(({ errors }) => console.log(`Build finished with ${errors.length} errors`));
    },
  };
  for (const bundle of bundles) await (await context({ ...bundle, plugins: [report] })).watch();
} else {
  const built = await Promise.all(bundles.map((bundle) => build(bundle)));
  await chmod('dist/cli.js', 0o755);

  // What earlier builds left goes last: a command that is running may still load its chunks.
  const current = new Set(built.flatMap(({ metafile }) => Object.keys(metafile.outputs)));
  for (const name of await readdir('dist', { recursive: true })) {
    const path = `dist/${name}`;
    if (/\.(js|map)$/.test(name) && !current.has(path)) await rm(path);
  }
}
