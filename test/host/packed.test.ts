import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packExtension } from '../../scripts/pack.mjs';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { filesOfVsix } from '../fixtures/zip.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

/** Pieces of the bundles have their content's hash in their names. */
const withoutHash = (files: readonly string[]): string[] =>
  [...new Set(files.map((file) => file.replace(/^(dist\/(?:chunks|extension)\/).*\.js$/, '$1*.js')))].sort();

describe('what is published @vscode', () => {
  const sandbox = new Sandbox();
  const vsix = join(sandbox.root, 'nextflow-secrets.vsix');
  let session: Session | undefined;

  before(async () => {
    await packExtension(vsix);
  });
  afterEach(pictureOfFailure(() => session));
  after(async () => {
    await session?.close();
    // The other tests run what is built for development.
    execFileSync(process.execPath, ['esbuild.config.mjs'], { cwd: PROJECT });
  });

  it('is in the extension: what it needs at run time, and nothing else', () => {
    const files = [...filesOfVsix(vsix).keys()];
    assert.deepEqual(withoutHash(files), [
      'LICENSE.txt',
      'changelog.md',
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/chunks/*.js',
      'dist/cli.cjs',
      'dist/cli.js',
      'dist/extension.js',
      'dist/extension/*.js',
      'dist/guardian.js',
      'dist/libraries/age.cjs',
      'dist/libraries/aws.cjs',
      'dist/libraries/proxy.cjs',
      'dist/libraries/secretlint.cjs',
      'dist/libraries/yaml.cjs',
      'dist/local-guardian.cjs',
      'dist/main.cjs',
      'docs/aws.md',
      ...readdirSync(join(PROJECT, 'docs/diagnostics')).map((name) => `docs/diagnostics/${name}`),
      'l10n/bundle.l10n.json',
      'media/icon.png',
      'media/view.svg',
      'media/walkthrough/create.png',
      'media/walkthrough/launch.png',
      'media/walkthrough/use.png',
      'package.json',
      'package.nls.json',
      'readme.md',
      'syntaxes/secrets-in-code.tmLanguage.json',
      'syntaxes/secrets-in-text.tmLanguage.json',
    ]);
  });

  it('is in the npm package: the command, and nothing of the extension', () => {
    const out = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: PROJECT,
      encoding: 'utf8',
    });
    const [{ files = [] } = {}] = JSON.parse(out) as { files?: { path: string }[] }[];
    assert.deepEqual(withoutHash(files.map(({ path }) => path)), [
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/chunks/*.js',
      'dist/cli.cjs',
      'dist/cli.js',
      'dist/guardian.js',
      'dist/libraries/age.cjs',
      'dist/libraries/aws.cjs',
      'dist/libraries/proxy.cjs',
      'dist/libraries/secretlint.cjs',
      'dist/libraries/yaml.cjs',
      'dist/local-guardian.cjs',
      'dist/main.cjs',
      'package.json',
    ]);
  });

  it('works when it is installed from its packed file', async () => {
    session = await Session.open(sandbox, useExample, { developed: [], extensions: [vsix] });
    const { workbench } = session;
    await workbench.showSideBar('Nextflow Secrets');
    const view = workbench.view('Secrets');
    await workbench.row(view, 'SSH_KEY').waitFor();
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.answer('SSH_KEY', 'Choose a missing name');
    await workbench.answer('fake-value', 'The value of SSH_KEY');
    await workbench.answer('', 'What SSH_KEY is for');
    await view.locator('[role="treeitem"]', { hasText: 'main.nf:37' }).waitFor({ state: 'detached' });
    const listed = JSON.parse(String(await sandbox.ok(['list', '--json']))) as { name: string }[];
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['SSH_KEY'],
    );
  });
});
