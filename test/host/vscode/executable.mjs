#!/usr/bin/env node
// Stands in for the executable of a desktop VS Code where there is none: takes the arguments that
// @vscode/test-electron gives, and runs the tests in a VS Code that is opened in a browser.
import { register } from 'tsx/esm/api';

register();
const { runTestsInBrowser } = await import('./executable.ts');
process.exit(await runTestsInBrowser(process.argv.slice(2)));
