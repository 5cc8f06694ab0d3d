import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, context } from 'esbuild';
import { COMPILED } from './scripts/compiled.mjs';
import { writeNotices } from './scripts/notices.mjs';

// The command is one script of CommonJS that dist/cli.cjs loads with a code cache. Libraries that only some commands need
// are scripts of their own, so that the others read and compile nothing of them. The guardian of a run on this machine is
// one small script too, which a shell keeps. The guardian of other runs and the extension are ESM bundles, each built by
// itself: what they would share is in many small chunks, and a start that reads sixteen files takes nearly twice as long
// as one that reads four.
const { values: options } = parseArgs({
  options: {
    production: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    /** What the single file with Node.js in it is made of (scripts/executable.mjs), without the extension. */
    executable: { type: 'boolean', default: false },
    outdir: { type: 'string', default: 'dist' },
  },
});
const { production, watch: watching, outdir } = options;

/** @satisfies {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  metafile: /** @type {const} */ (true),
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  // The ESM build first: the UMD builds of some packages hide their requires from bundlers.
  mainFields: ['module', 'main'],
  // Names stay: a stack that a person reports has to tell where it was.
  minifyWhitespace: production,
  minifySyntax: production,
  sourcemap: production || options.executable ? false : /** @type {const} */ ('linked'),
  external: ['vscode'],
  logLevel: /** @type {const} */ ('warning'),
};

/** @satisfies {import('esbuild').BuildOptions} */
const modules = {
  ...shared,
  outdir,
  format: /** @type {const} */ ('esm'),
  splitting: true,
  // CommonJS packages inside an ESM bundle still call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/** Packages that the command loads when it needs them, by the script in dist/libraries that has them. */
const LIBRARIES = {
  age: [
    'age-encryption',
    '@noble/ciphers/chacha.js',
    '@noble/curves/ed25519.js',
    '@noble/hashes/hkdf.js',
    '@noble/hashes/sha2.js',
  ],
  aws: [
    '@aws-sdk/client-batch',
    '@aws-sdk/client-iam',
    '@aws-sdk/client-kms',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/client-sts',
  ],
  proxy: ['https-proxy-agent'],
  secretlint: ['@secretlint/secretlint-rule-preset-recommend'],
  yaml: ['yaml'],
};

/** Puts `require('./libraries/NAME.cjs')` in the place of their packages. */
const libraries = {
  name: 'libraries',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onResolve, onLoad }) => {
    for (const [name, packages] of Object.entries(LIBRARIES)) {
      const filter = new RegExp(`^(${packages.join('|')})$`);
      onResolve({ filter }, ({ path }) => ({ path, namespace: name }));
      onLoad({ filter: /.*/, namespace: name }, ({ path }) => ({
        contents: `module.exports = require('./libraries/${name}.cjs')[${JSON.stringify(path)}];`,
      }));
    }
    onResolve({ filter: /^\.\/libraries\// }, ({ path }) => ({ path, external: true }));
  },
};

/** Functions of Node.js's modules that many commands do not call. What these modules need takes long to load. */
const LATE = {
  'node:child_process': ['execFile', 'execFileSync', 'spawn'],
  'node:fs/promises': ['mkdir', 'opendir', 'writeFile'],
  'node:timers/promises': ['setImmediate', 'setTimeout'],
};

/** Loads these modules at the first call. commander loads one of them too, for commands that are other programs. */
const late = {
  name: 'late',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onResolve, onLoad }) => {
    for (const [module, names] of Object.entries(LATE)) {
      const filter = new RegExp(`^${module}$`);
      onResolve({ filter }, ({ path, namespace }) =>
        namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
      );
      const lines = names.map(
        (name) => `exports.${name} = (...args) => require('${module}').${name}(...args);`,
      );
      onLoad({ filter, namespace: 'late' }, () => ({ contents: lines.join('\n') }));
    }
  },
};

/** Leaves all of package.json out but the version. */
const versionAlone = {
  name: 'version-alone',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onLoad }) => {
    onLoad({ filter: /\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: /** @type {const} */ ('json') };
    });
  },
};

/**
 * Escapes what is not ASCII, which esbuild leaves in tagged templates: Node.js takes an ASCII script as it is, without
 * decoding it, and V8 needs half of the memory for it.
 */
const ascii = {
  name: 'ascii',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onLoad }) => {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
      loader: /** @type {const} */ ('ts'),
    }));
  },
};

/** @satisfies {import('esbuild').BuildOptions} */
const scripts = {
  ...shared,
  outdir,
  outExtension: { '.js': '.cjs' },
  format: /** @type {const} */ ('cjs'),
  legalComments: /** @type {const} */ ('none'),
};

/** All of the command, as the function that src/cli/code-cache.ts calls. @satisfies {import('esbuild').BuildOptions} */
const command = {
  ...scripts,
  entryPoints: { main: 'src/cli/main.ts' },
  banner: { js: '(function (exports, require, module) {' },
  footer: { js: '})' },
  plugins: [libraries, late, versionAlone, ascii],
  // A script with a code cache cannot import; modules of Node.js are required instead.
  supported: { 'dynamic-import': false },
  define: options.executable ? { IS_EXECUTABLE: 'true' } : {},
};

/** Leaves out the code that a target loads when it is used. */
const withoutTargets = {
  name: 'without-targets',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onResolve, onLoad }) => {
    onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'left-out' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of this guardian`)});`,
    }));
  },
};

/** The guardian's program of a run on this machine. A shell keeps it as text, so it is ASCII, small, and has an end. */
const localGuardian = {
  ...scripts,
  entryPoints: { 'local-guardian': 'src/cli/local-guardian.ts' },
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: false,
  footer: { js: '// end of local-guardian' },
  plugins: [withoutTargets, ascii],
};

const libraryScripts = Object.entries(LIBRARIES).map(([name, packages]) => ({
  ...shared,
  stdin: {
    contents: `module.exports = {${packages.map((one) => `'${one}': require('${one}')`).join(', ')}};`,
    resolveDir: '.',
  },
  outfile: `${outdir}/libraries/${name}.cjs`,
  format: /** @type {const} */ ('cjs'),
  supported: { 'dynamic-import': false },
  sourcemap: false,
}));

/**
 * The scripts that the executable has beside those of the command. It loads no modules, so the guardian of other runs is
 * a script here too.
 *
 * @satisfies {import('esbuild').BuildOptions[]}
 */
const ofExecutable = [
  { ...command, entryPoints: { guardian: 'src/cli/guardian.ts' } },
  {
    ...scripts,
    entryPoints: { start: 'src/cli/start-executable.ts' },
    define: {
      COMPILED: JSON.stringify(COMPILED),
      LIBRARIES: JSON.stringify(Object.keys(LIBRARIES).map((name) => `libraries/${name}.cjs`)),
    },
  },
];

/** @satisfies {import('esbuild').BuildOptions[]} */
const ofPackages = [
  {
    ...modules,
    entryPoints: { guardian: 'src/cli/guardian.ts' },
    chunkNames: 'chunks/[name]-[hash]',
  },
  // In a folder of its own: the package for npm leaves it out.
  {
    ...modules,
    entryPoints: { extension: 'src/extension/extension.ts' },
    chunkNames: 'extension/[name]-[hash]',
  },
];

/** @type {import('esbuild').BuildOptions[]} */
const bundles = [localGuardian, ...libraryScripts, ...(options.executable ? ofExecutable : ofPackages)];

/** The command's first file. @param {string} [id] of what it loads; without one it keeps no code cache. */
const start = (id) => ({
  ...scripts,
  entryPoints: { cli: 'src/cli/start.ts' },
  define: id === undefined ? {} : { BUILD_ID: JSON.stringify(id) },
});

/** The same for callers that know it by its earlier name. As a module it takes a fifth of a start of Node.js longer. */
const startAsModule = {
  ...modules,
  entryPoints: { cli: 'src/cli/start-module.ts' },
  banner: {},
  external: ['./cli.cjs'],
};

if (watching) {
  // VS Code's task waits for these lines.
  const report = {
    name: 'report',
    setup: (/** @type {import('esbuild').PluginBuild} */ { onStart, onEnd }) => {
      onStart(() => console.log('Build started'));
      onEnd(({ errors }) => console.log(`Build finished with ${errors.length} errors`));
    },
  };
  /** @type {import('esbuild').BuildOptions[]} */
  const all = [command, start(), startAsModule, ...bundles];
  for (const bundle of all) {
    await (await context({ ...bundle, plugins: [...(bundle.plugins ?? []), report] })).watch();
  }
} else {
  const built = await Promise.all(
    [command, startAsModule, ...bundles].map((bundle) => build({ ...bundle, metafile: true })),
  );
  const code = await readFile(`${outdir}/main.cjs`);
  if (code.some((byte) => byte > 0x7f)) throw new Error(`${outdir}/main.cjs is not ASCII`);
  const id = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const started = await build(start(id));
  for (const name of ['cli.cjs', 'cli.js']) await chmod(`${outdir}/${name}`, 0o755);

  // What earlier builds left goes last: a command that is running may still load its chunks.
  const metafiles = [started, ...built].map(({ metafile }) => metafile);
  await writeNotices(metafiles, `${outdir}/THIRD-PARTY-NOTICES.txt`);
  const current = new Set(
    metafiles.flatMap(({ outputs }) => Object.keys(outputs).map((one) => resolve(one))),
  );
  for (const name of await readdir(outdir, { recursive: true })) {
    const path = `${outdir}/${name}`;
    const isCache = name.startsWith('cache/') && !name.startsWith(`cache/${id}-`);
    if ((/\.(c?js|map)$/.test(name) && !current.has(resolve(path))) || isCache) await rm(path);
  }
}
