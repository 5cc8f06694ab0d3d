/** The compiled forms of the command's scripts that are put into the executable: compiling takes longer than most commands do. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands that have a form of their own, with the code that they ran; the others share the last one. */
export const COMPILED = ['exec', 'launch', 'get', 'list', 'set', 'scan', 'other'];

/** What is run, so that its code is compiled: each with the words after `nf-secrets`. Later ones need what earlier ones made. */
const RUNS = [
  ['set', 'FAKE_KEY'],
  ['get', 'FAKE_KEY'],
  ['list'],
  ['scan', 'main.nf'],
  ['exec', '--', 'true'],
  ['launch', '--nextflow', './nextflow', 'main.nf'],
  ['runs'],
];

/** Compiles a library as the executable loads it: a function of CommonJS. */
const COMPILE = `
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const code = '(function (exports, require, module) {' + readFileSync(process.argv[1], 'utf8') + '\\n})';
const script = new Script(code);
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_);
process.stdout.write(script.createCachedData());`;

/** The size of the digest that the command puts before a form (src/cli/code-cache.ts). In bytes. */
const DIGEST_BYTES = 32;

/**
 * Runs the commands of a build once, in an empty home, and takes the forms that they leave beside their scripts.
 *
 * @param {string} node the Node.js of the executable: V8 takes a form of its own version only
 * @param {string} build directory with `cli.cjs`
 * @param {string} home a directory to work in
 * @returns {Record<string, Buffer>} by the names that the executable knows them by
 */
export function compiledForms(node, build, home) {
  mkdirSync(home);
  writeFileSync(join(home, 'nextflow'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  writeFileSync(
    join(home, 'main.nf'),
    "process P {\n  secret 'FAKE_KEY'\n  script:\n  'true'\n}\nworkflow { P() }\n",
  );
  const env = { HOME: home, NF_SECRETS_HOME: join(home, 'tool'), PATH: process.env['PATH'] ?? '' };
  for (const words of RUNS) {
    execFileSync(node, [join(build, 'cli.cjs'), ...words], {
      cwd: home,
      env,
      input: 'fake-value',
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }
  const cache = join(build, 'cache');
  const files = readdirSync(cache);
  /** @type {Record<string, Buffer>} */
  const forms = {};
  for (const command of COMPILED) {
    const file = files.find((name) => name.split('-')[1] === command);
    if (file === undefined) throw new Error(`The command has kept no compiled form of ${command}.`);
    forms[`compiled/${command}`] = readFileSync(join(cache, file)).subarray(DIGEST_BYTES);
  }
  for (const name of readdirSync(join(build, 'libraries'))) {
    const form = execFileSync(node, ['-e', COMPILE, join(build, 'libraries', name)], {
      env,
      maxBuffer: 1 << 26,
    });
    forms[`compiled/libraries/${name}`] = form;
  }
  return forms;
}
