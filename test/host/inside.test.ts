import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import Mocha from 'mocha';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { StandIn } from '../fixtures/stand-in.ts';
import type { Outcome } from './inside/index.ts';
import { useExample } from './vscode/session.ts';

describe('inside the extension host @vscode', () => {
  it('VS Code runs the tests, and all pass', async function () {
    // Each of them has its own limit.
    this.timeout(600_000);
    const outcomes = await outcomesInVsCode();
    single.tests = [];
    for (const outcome of outcomes) single.addTest(testOf(outcome));
    assert.ok(outcomes.length > 0, 'there were tests');
    // Here, too: where a test that fails is tried again, all of VS Code has to be.
    const failed = outcomes.filter(({ failure }) => failure !== undefined);
    const what = failed.map(({ title, failure = '' }) => `${title}\n${failure}`).join('\n\n');
    assert.equal(failed.length, 0, what);
  });

  /** Filled by the test before it, which comes first. */
  const single = describe('in VS Code', () => undefined);
});

/** A test of the list here for one that has run in VS Code. */
function testOf({ title, failure }: Outcome): Mocha.Test {
  return new Mocha.Test(title, () => {
    if (failure === undefined) return;
    const error = new Error(failure.split('\n')[0]);
    error.stack = failure;
    throw error;
  });
}

async function outcomesInVsCode(): Promise<Outcome[]> {
  const sandbox = new Sandbox();
  const before = { ...process.env };
  try {
    // A nextflow that lives until it is ended; the example's script replaces the one that comes with it.
    new StandIn(sandbox);
    useExample(sandbox);
    await sandbox.ok(['set', 'NCBI_API_KEY'], { input: 'fake-own' });
    await sandbox.ok(['set', 'NCBI_API_KEY', '--scope', 'workspace'], { input: 'fake-shared' });
    await sandbox.ok(['set', 'UNUSED_KEY', '--scope', 'workspace'], { input: 'fake-unused' });
    const outcomes = join(sandbox.root, 'outcomes.json');
    // A desktop VS Code needs a user's directory of its own, with a short path for its socket.
    const dataDir = mkdtempSync(join(realpathSync(tmpdir()), 'nfs-'));
    Object.assign(process.env, sandbox.env);
    await runTests({
      vscodeExecutablePath:
        process.env['VSCODE_EXECUTABLE'] ?? join(PROJECT, 'test/host/vscode/executable.mjs'),
      extensionDevelopmentPath: [PROJECT, join(PROJECT, 'test/fixtures/nextflow-language')],
      extensionTestsPath: await bundle(),
      launchArgs: [sandbox.workspace, `--user-data-dir=${dataDir}`],
      extensionTestsEnv: { ...sandbox.env, HOST_TEST_OUTCOMES: outcomes },
    });
    return JSON.parse(readFileSync(outcomes, 'utf8')) as Outcome[];
  } finally {
    process.env = before;
    sandbox.remove();
  }
}

/** The tests as one module that any VS Code can load. @returns its path. */
async function bundle(): Promise<string> {
  const folder = join(PROJECT, 'node_modules', '.cache', 'nextflow-secrets');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'inside.cjs');
  await build({
    entryPoints: [join(PROJECT, 'test/host/inside/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode', 'mocha'],
    // The ESM build first: the UMD builds of some packages hide their requires from bundlers.
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}
