#!/usr/bin/env node
// The command's first file. It loads the rest, one script of CommonJS, with V8's code cache: compiling takes longer than
// most commands do besides, and Node.js 20 keeps no compiled code of modules. It is no module itself: Node.js takes as
// long to get its loader of modules ready as this needs to read the vault.
import { join } from 'node:path';
import { loadProgram } from './code-cache.ts';

const program = loadProgram(join(__dirname, 'main.cjs'), process.argv[2], require);
const { main } = program as typeof import('./main.ts');
let hasEnded = false;
// A promise that nothing will settle ends a process with 0.
process.once('beforeExit', () => {
  if (!hasEnded) process.exitCode = 13;
});
void main(__dirname).finally(() => {
  hasEnded = true;
});
