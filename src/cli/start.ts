#!/usr/bin/env node
// The command's first file. It loads the rest, one script of CommonJS, with V8's code cache: compiling takes longer than
// most commands do besides, and Node.js 20 keeps no compiled code of modules.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadProgram } from './code-cache.ts';

const directory = dirname(fileURLToPath(import.meta.url));
const { main } = loadProgram(join(directory, 'main.cjs'), process.argv[2]) as typeof import('./main.ts');
await main(directory);
