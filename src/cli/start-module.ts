#!/usr/bin/env node
// The command's first file as a module, for who starts dist/cli.js.
import { createRequire } from 'node:module';

createRequire(import.meta.url)('./cli.cjs');
