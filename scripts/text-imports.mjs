// Node.js knows no `import text from './file' with { type: 'text' }` yet, which esbuild does: this makes it so where
// sources run as they are, as in tests. To be given to Node.js beside tsx: --import ./scripts/text-imports.mjs
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Hooks run in a thread of their own, which reads this file as well.
if (isMainThread) register(import.meta.url);

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (context.importAttributes['type'] !== 'text') return nextLoad(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  return { format: 'module', source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
}
