import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { fillRecipes, packCommand, packExtension } from '../../scripts/pack.mjs';
import { empty, fillIn } from '../../scripts/publisher.mjs';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { filesOfVsix } from '../fixtures/zip.ts';

/** What a package may take, packed: about a tenth more than it does. In bytes. */
const LIMITS = { extension: 2.4e6, command: 1.25e6 };
/** Of nobody: what is made with it stays in the test. */
const REPOSITORY = 'https://github.com/example-of-no-one/nf-secrets-example';

// The packages as who publishes makes them, in a copy of the project: dist/ stays what the other tests run.
describe('the packages', () => {
  let sandbox: Sandbox;
  let project: string;
  let vsix: string;
  let archive: string;

  before(async () => {
    sandbox = new Sandbox();
    project = join(sandbox.root, 'project');
    const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: PROJECT });
    for (const name of list.toString().split('\0').filter(Boolean)) {
      if (!existsSync(join(PROJECT, name))) continue;
      mkdirSync(dirname(join(project, name)), { recursive: true });
      cpSync(join(PROJECT, name), join(project, name));
    }
    symlinkSync(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
    fillIn(project, { repository: REPOSITORY });
    vsix = join(sandbox.root, 'extension.vsix');
    await packExtension(vsix, project);
    archive = await packCommand(sandbox.root, project);
  });
  after(() => {
    sandbox.remove();
  });

  const manifest = (root: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;

  it('say what the publisher has not filled in yet, and only that', () => {
    const { repository, bugs, homepage, publisher } = manifest(PROJECT);
    const missing = Object.entries({ repository, bugs, homepage, publisher }).flatMap(([name, value]) =>
      value === undefined ? [`${name} in package.json`] : [],
    );
    assert.deepEqual(
      empty(PROJECT).filter((one) => one.endsWith('package.json')),
      missing,
    );
    assert.deepEqual(empty(project), []);
  });

  it('get all addresses from the one that is filled in, which has to be one that links can be made to', () => {
    const { repository, bugs, homepage } = manifest(project);
    assert.deepEqual(repository, { type: 'git', url: `${REPOSITORY}.git` });
    assert.deepEqual(bugs, { url: `${REPOSITORY}/issues` });
    assert.equal(homepage, `${REPOSITORY}#readme`);
    const readme = readFileSync(join(project, 'README.md'), 'utf8');
    fillIn(project, { repository: `${REPOSITORY}.git` });
    assert.equal(readFileSync(join(project, 'README.md'), 'utf8'), readme, 'a second time changes nothing');
    for (const wrong of ['https://example.org/x/y', 'git@github.com:x/y', 'https://github.com/x'])
      assert.throws(() => {
        fillIn(project, { repository: wrong });
      }, /is not https/);
  });

  it('have a page whose pictures and links lead to files of the repository, in dark and in light', () => {
    const page = filesOfVsix(vsix).get('readme.md')?.toString() ?? '';
    const of = (expression: RegExp): string[] => Array.from(page.matchAll(expression), ([, one = '']) => one);
    const light = of(/<img src="([^"]+)"/g);
    const dark = of(/srcset="([^"]+)"/g);
    assert.ok(light.length > 0 && dark.length === light.length, 'each picture is there for both');
    for (const address of [...light, ...dark]) {
      assert.ok(address.startsWith(`${REPOSITORY}/raw/HEAD/`), address);
      assert.ok(existsSync(join(PROJECT, address.slice(`${REPOSITORY}/raw/HEAD/`.length))), address);
    }
    for (const address of of(/\]\(([^)#]+)[^)]*\)/g)) {
      if (!address.startsWith(REPOSITORY)) assert.match(address, /^https:/);
      else assert.ok(existsSync(join(PROJECT, address.slice(`${REPOSITORY}/blob/HEAD/`.length))), address);
    }
  });

  it('have the notices of what is in them', async () => {
    const inExtension = filesOfVsix(vsix).get('dist/THIRD-PARTY-NOTICES.txt')?.toString() ?? '';
    const inCommand = execFileSync('tar', ['-xzOf', archive, 'package/dist/THIRD-PARTY-NOTICES.txt']);
    for (const notices of [inExtension, inCommand.toString()])
      for (const name of ['commander', 'age-encryption', '@aws-sdk/client-batch', 'yaml'])
        assert.match(notices, new RegExp(`^${name} [\\d.]+ \\(`, 'm'));
    assert.equal((await sandbox.ok(['licenses'])).toString().split('\n')[0], inExtension.split('\n')[0]);
  });

  it('do not grow without notice', () => {
    assert.ok(statSync(vsix).size < LIMITS.extension, `the extension: ${statSync(vsix).size} bytes`);
    assert.ok(statSync(archive).size < LIMITS.command, `the command: ${statSync(archive).size} bytes`);
  });

  it('install the command without a network, and it runs', async () => {
    const prefix = join(sandbox.root, 'prefix');
    const options = ['--global', '--offline', '--ignore-scripts', '--prefix', prefix];
    const installed = await sandbox.run('npm', ['install', ...options, archive]);
    assert.equal(installed.exitCode, 0, installed.stderr);
    const { exitCode, stdout } = await sandbox.run(join(prefix, 'bin', 'nf-secrets'), ['licenses']);
    assert.equal(exitCode, 0);
    assert.match(stdout.toString(), /commander/);
  });

  it('are a link where a clone is installed: it works until the clone is moved', async () => {
    const prefix = join(sandbox.root, 'linked');
    const options = ['--global', '--offline', '--ignore-scripts', '--prefix', prefix];
    const installed = await sandbox.run('npm', ['install', ...options, project]);
    assert.equal(installed.exitCode, 0, installed.stderr);
    assert.ok(lstatSync(join(prefix, 'lib', 'node_modules', 'nextflow-secrets')).isSymbolicLink());
  });

  it('have recipes for conda and Homebrew that name this package', () => {
    const files = fillRecipes(join(sandbox.root, 'recipes'), archive, project);
    const { version } = manifest(PROJECT);
    const [meta = '', script = '', formula = ''] = files.map((file) => readFileSync(file, 'utf8'));
    // What is not YAML in it are settings of jinja, which conda fills in.
    const text = meta.replaceAll(/^\{%.*%\}$/gm, '').replaceAll(/\{\{ (\w+) \}\}/g, '$1');
    const recipe = parse(text) as {
      source: { sha256: string; url: string };
      about: { license_file: string[]; home: string };
    };
    const sum = execFileSync('sha256sum', [archive], { encoding: 'utf8' }).slice(0, 64);
    assert.equal(recipe.source.sha256, sum);
    const release = `${REPOSITORY}/releases/download/v${String(version)}`;
    assert.equal(recipe.source.url, `${release}/nextflow-secrets-${String(version)}.tgz`);
    assert.equal(recipe.about.home, `${REPOSITORY}#readme`);
    for (const file of recipe.about.license_file)
      execFileSync('tar', ['-tzf', archive, `package/${file}`], { stdio: 'ignore' });
    assert.ok(formula.includes(`sha256 "${sum}"`) && formula.includes(`url "${recipe.source.url}"`));
    assert.ok(!/@[A-Z0-9]+@/.test(`${meta}${script}${formula}`));
  });

  it('are installed by the script of the recipe for conda, with completions', async () => {
    const source = join(sandbox.root, 'conda');
    const prefix = join(sandbox.root, 'conda-prefix');
    mkdirSync(source);
    execFileSync('tar', ['-xzf', archive, '--strip-components=1', '-C', source]);
    const { version } = manifest(PROJECT);
    const env = {
      PREFIX: prefix,
      SRC_DIR: source,
      PKG_NAME: 'nextflow-secrets',
      PKG_VERSION: String(version),
    };
    const built = await sandbox.run('bash', [join(PROJECT, 'packaging/conda/build.sh')], {
      cwd: source,
      env,
    });
    assert.equal(built.exitCode, 0, built.stderr);
    const { stdout } = await sandbox.run(join(prefix, 'bin/nf-secrets'), ['--version']);
    assert.equal(stdout.toString().trim(), version);
    for (const file of [
      'bash-completion/completions/nf-secrets',
      'zsh/site-functions/_nf-secrets',
      'fish/vendor_completions.d/nf-secrets.fish',
    ])
      assert.match(readFileSync(join(prefix, 'share', file), 'utf8'), /nf-secrets complete/);
  });

  it('are put on the PATH by the action for GitHub', async () => {
    const action = parse(readFileSync(join(PROJECT, 'packaging/github-action/action.yml'), 'utf8')) as {
      runs: { steps: { run: string; env: Record<string, string> }[] };
    };
    const path = join(sandbox.root, 'github-path');
    const values: Record<string, string> = {
      // npm takes a file in the place of a version.
      'inputs.version': `file:${archive}`,
      'inputs.directory': join(sandbox.root, 'of-action'),
    };
    for (const { run, env } of action.runs.steps) {
      const filled = Object.fromEntries(
        Object.entries(env).map(([name, value]) => [
          name,
          value.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, key: string) => values[key] ?? assert.fail(key)),
        ]),
      );
      assert.doesNotMatch(run, /\$\{\{/, 'what a workflow hands over is a part of no script');
      const { exitCode, stderr } = await sandbox.run('bash', ['-eo', 'pipefail', '-c', run], {
        env: { ...filled, GITHUB_PATH: path, npm_config_offline: 'true' },
      });
      assert.equal(exitCode, 0, stderr);
    }
    const directory = readFileSync(path, 'utf8').trim();
    assert.equal((await sandbox.run(join(directory, 'nf-secrets'), ['--version'])).exitCode, 0);
  });
});
