#!/usr/bin/env node
/** Fetches what the tests and the demo need from outside, and says where it is. */
import { parseArgs } from 'node:util';
import {
  NEXTFLOW_VERSIONS,
  ToolError,
  ensureAge,
  ensureNextflow,
  ensureNodeModules,
  ensureSops,
} from './tools.mjs';
import { ensureChromium, ensureVsCode } from './vscode.mjs';

const HELP = `Usage: node scripts/setup.mjs [--nextflow VERSION|all]… [--sops] [--age] [--vscode]

Fetches into .tools/ what the tests need and what is not there yet, and prints where each thing is.
Without options: the npm packages, every version of Nextflow, sops, age and VS Code.

  --nextflow VERSION  one of ${NEXTFLOW_VERSIONS.join(', ')}, or all (needs Java 17 or later, and Maven)
  --sops              sops, unless 3.9 or later is on the PATH (needs Go)
  --age               age and age-keygen, unless they are on the PATH (needs Go)
  --vscode            VS Code for tests, and a Chromium to open it in (needs a C++ compiler and Python)
  --help              this text

Exit code: 0 if everything is there, 1 if something could not be fetched, 64 for a wrong option.
`;

/** The options, or null if they are wrong and that was said. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        nextflow: { type: 'string', multiple: true },
        sops: { type: 'boolean' },
        age: { type: 'boolean' },
        vscode: { type: 'boolean' },
      },
    });
    const known = ['all', ...NEXTFLOW_VERSIONS];
    const unknown = values.nextflow?.find((version) => !known.includes(version));
    if (unknown !== undefined) throw new Error(`Nextflow ${unknown} cannot be fetched: ${known.join(', ')}`);
    return values;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nSee: node scripts/setup.mjs --help`,
    );
    process.exitCode = 64;
    return null;
  }
}

/** @param {{ nextflow?: string[], sops?: boolean, age?: boolean, vscode?: boolean }} options */
async function setUp({ nextflow = [], sops = false, age = false, vscode = false }) {
  const everything = nextflow.length === 0 && !sops && !age && !vscode;
  const versions = everything || nextflow.includes('all') ? NEXTFLOW_VERSIONS : [...new Set(nextflow)];
  /** @type {[name: string, ensure: () => Promise<string>][]} */
  const wanted = versions.map((version) => [`nextflow ${version}`, () => ensureNextflow(version)]);
  if (everything) wanted.unshift(['npm packages', ensureNodeModules]);
  if (everything || sops) wanted.push(['sops', ensureSops]);
  if (everything || age) wanted.push(['age', ensureAge]);
  if (everything || vscode) {
    wanted.push(['VS Code', async () => (await ensureVsCode()).server], ['Chromium', ensureChromium]);
  }

  for (const [name, ensure] of wanted) {
    try {
      console.log(`${name.padEnd(16)} ${await ensure()}`);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      console.error(`${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}

const options = readOptions();
if (options?.help) process.stdout.write(HELP);
else if (options) await setUp(options);
