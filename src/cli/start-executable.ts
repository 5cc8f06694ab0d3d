// The first file of the executable: one file with Node.js in it (scripts/executable.mjs). All that the command loads is
// in that file, with the compiled form of it for each command: Node.js reads nothing else, and writes no code cache.
import { getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { GUARDIAN_WORD } from './own-program.ts';

/** Commands that have a compiled form of their own; the build puts their names here. */
declare const COMPILED: readonly string[];
/** Names of the scripts that are libraries, put here by the build too. */
declare const LIBRARIES: readonly string[];
/** A hidden first word: tells which compiled forms Node.js takes. The build asks, since it would only be slower without. */
const COMPILED_WORD = '__compiled';

const asset = (name: string): Buffer => Buffer.from(getRawAsset(name) as ArrayBuffer);

type Wrapped = (exports: unknown, require: NodeJS.Require, module: unknown) => void;

/** Scripts that the build has made a function of. */
const FUNCTIONS = ['main.cjs', 'guardian.cjs'];

/** A script as it is in the executable, and its compiled form. */
function scriptOf(name: string, compiled: string | undefined): Script {
  const bytes = asset(name);
  // Those are ASCII, which takes no decoding.
  const code = FUNCTIONS.includes(name)
    ? bytes.toString('latin1')
    : `(function (exports, require, module) {${bytes.toString('utf8')}\n})`;
  return new Script(code, {
    filename: name,
    ...(compiled !== undefined && { cachedData: asset(compiled) }),
  });
}

function load(name: string, compiled?: string): unknown {
  const run = scriptOf(name, compiled).runInThisContext() as Wrapped;
  const module = { exports: {} };
  run(module.exports, requireOwn as NodeJS.Require, module);
  return module.exports;
}

const loaded = new Map<string, unknown>();

/** Modules of Node.js, and the libraries of `LIBRARIES` (esbuild.config.mjs). */
function requireOwn(id: string): unknown {
  const name = /^\.\/(libraries\/\w+\.cjs)$/.exec(id)?.[1];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the one that the executable has
  if (name === undefined) return require(id);
  if (!loaded.has(name)) loaded.set(name, load(name, `compiled/${name}`));
  return loaded.get(name);
}

function compiledForms(): Record<string, boolean> {
  const forms = [
    ...COMPILED.map((command) => ['main.cjs', `compiled/${command}`] as const),
    ...LIBRARIES.map((name) => [name, `compiled/${name}`] as const),
  ];
  return Object.fromEntries(
    forms.map(([name, form]) => [form, scriptOf(name, form).cachedDataRejected === false]),
  );
}

function start(): void {
  const [, , word = '', kind] = process.argv;
  if (word === GUARDIAN_WORD) {
    // The guardians find their run where they would find it as scripts.
    process.argv.splice(2, 2);
    load(kind === 'local' ? 'local-guardian.cjs' : 'guardian.cjs');
    return;
  }
  if (word === COMPILED_WORD) {
    process.stdout.write(JSON.stringify(compiledForms()));
    return;
  }
  const { main } = load(
    'main.cjs',
    `compiled/${COMPILED.includes(word) ? word : 'other'}`,
  ) as typeof import('./main.ts');
  let hasEnded = false;
  // A promise that nothing will settle ends a process with 0.
  process.once('beforeExit', () => {
    if (!hasEnded) process.exitCode = 13;
  });
  void main('').finally(() => {
    hasEnded = true;
  });
}

start();
