#!/usr/bin/env node
// npm run try: opens the extension in a VS Code in the browser, on the example pipeline, in a temporary home.
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packExtension } from './pack.mjs';
import { ensureNodeModules, nextflowForDemo } from './tools.mjs';
import { startVsCodeServer } from './vscode-server.mjs';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');

await ensureNodeModules();
const nextflow = await nextflowForDemo();
const root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-try-'));
const home = join(root, 'home');
const workspace = join(root, 'hello-secrets');
mkdirSync(home);
cpSync(join(project, 'examples', 'hello-secrets'), workspace, { recursive: true });
console.log('Packing the extension');
const vsix = join(root, 'nextflow-secrets.vsix');
await packExtension(vsix);

// A Nextflow of your own keeps its home, where its parts are.
const ownHome = process.env['NXF_HOME'] ?? join(homedir(), '.nextflow');
const isOwn = !nextflow.startsWith(project) && existsSync(ownHome);
const { url, exited, stop } = await startVsCodeServer({
  dataDir: join(root, 'vscode'),
  extensions: [vsix],
  trust: true,
  env: {
    ...process.env,
    HOME: home,
    PATH: `${dirname(nextflow)}${delimiter}${process.env['PATH'] ?? ''}`,
    NXF_HOME: isOwn ? ownHome : join(home, '.nextflow'),
    NF_SECRETS_HOME: join(home, 'nf-secrets'),
    NF_SECRETS_RUN_ROOT: join(home, 'runs'),
    NF_SECRETS_WORKSPACE: '',
    NF_SECRETS_RUN: '',
    NXF_SECRETS_FILE: join(home, 'no-store.json'),
    SOPS_AGE_KEY: '',
    SOPS_AGE_KEY_FILE: '',
    XDG_CONFIG_HOME: join(home, '.config'),
  },
});
console.log(`
Open this address in your browser; only this machine can reach it:

  ${url}?folder=${encodeURI(workspace)}

The view of secrets is behind the key in the activity bar. Its home is temporary: nothing of your own is read or
changed. Ctrl-C here ends it and removes everything.`);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => void stop());
}
await exited;
rmSync(root, { recursive: true, force: true, maxRetries: 5 });
