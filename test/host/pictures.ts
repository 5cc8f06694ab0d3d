// npm run pictures [-- PART]: takes the pictures of the README and of the walkthrough from a real VS Code, dark and light;
// all of them, or one part: `views`, `editor`, `members`.
// npm run pictures -- check [PART]: takes the same in high contrast, with a side bar of 300 pixels and at 150 %, into
// `test-results/pictures/`, to look whether everything can be read there too.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIDDLE, NextflowSandbox, STAY } from '../fixtures/nextflow-sandbox.ts';
import { Team } from '../fixtures/people.ts';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { untilFile } from '../fixtures/until.ts';
import { Session } from './vscode/session.ts';
import type { WindowOptions } from './vscode/window.ts';
import type { Workbench } from './vscode/workbench.ts';

const THEMES = { dark: 'Default Dark Modern', light: 'Default Light Modern' } as const;
const LOOK = { 'editor.minimap.enabled': false, 'editor.fontSize': 13 };
const SIZE = { width: 1180, height: 640 };

/** A way to show the window. */
interface Look {
  /** Ends the names of its pictures. */
  readonly name: string;
  readonly theme: string;
  readonly folder: string;
  /** Of the window, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** True if the side bar stays as narrow as VS Code opens it: 300 pixels. */
  readonly isNarrow: boolean;
}

const LOOKED_AT = join(PROJECT, 'test-results', 'pictures');
const [first, second] = process.argv.slice(2);
const isCheck = first === 'check';
const only = isCheck ? second : first;
const plain = { folder: LOOKED_AT, size: SIZE, isNarrow: false };
const LOOKS: readonly Look[] = isCheck
  ? [
      { ...plain, name: 'hc-dark', theme: 'Default High Contrast' },
      { ...plain, name: 'hc-light', theme: 'Default High Contrast Light' },
      { ...plain, name: 'narrow', theme: THEMES.light, isNarrow: true },
      // At 150 % a window has room for two thirds as much.
      { ...plain, name: 'zoom', theme: THEMES.dark, size: { width: 787, height: 427 } },
    ]
  : Object.entries(THEMES).map(([name, theme]) => ({
      ...plain,
      name,
      theme,
      folder: join(PROJECT, 'docs', 'pictures'),
    }));

const PIPELINE = `#!/usr/bin/env nextflow

process FETCH_READS {
    secret 'NCBI_API_KEY'

    input:
    val run

    output:
    val run

    script:
    """
    prefetch --ngc "\\$NCBI_API_KEY" \${run}
    """
}

process UPLOAD_REPORT {
    secret 'SFTP_PASSWORD'
    secret secrets.SLACK_WEBHOOK ? 'SLACK_WEBHOOK' : ''

    input:
    val runs

    script:
    """
    lftp -u lab,"\\$SFTP_PASSWORD" -e 'put report.html; bye' sftp.example.org
    """
}

workflow {
    runs = channel.of(101..110).map { "SRR\${it}" }
    FETCH_READS(runs)
    UPLOAD_REPORT(FETCH_READS.out.collect())
}
`;
/** Stands in for the tool that the pipeline calls: the last one goes on until it is let go. */
const PREFETCH = `#!/bin/bash
[ "$3" = SRR110 ] || exit 0
${STAY}
`;
const CONFIG = `profiles {
    test { params.reads = 'SRR000001' }
    cluster { process.executor = 'slurm' }
}
`;

/** A script with every state that a reference can be in. */
const STATES = `process FETCH_READS {
    secret 'NCBI_API_KEY'
    secret 'SFTP_PASSWORD'
    secret secrets.SLACK_WEBHOOK ? 'SLACK_WEBHOOK' : ''

    script:
    """
    prefetch --ngc "\\$NCBI_API_KEY" --retry 3
    lftp -u lab,"\\$SFTP_PASSWORD" sftp.example.org
    curl -H "Authorization: \${secrets.GITHUB_TOKEN}" https://api.example.org
    """
}

workflow {
    database = secrets.DB_PASSWORD
    if (secrets.DB_PASSWORD && secrets.SLACK_WEBHOOK) {
        FETCH_READS()
    }
}
`;
const STATES_CONFIG = `process {
    withName: 'FETCH_READS' {
        secret = 'NCBI_API_KEYS'
    }
}
params.token = secrets.GITHUB_TOKEN
`;

for (const look of LOOKS) {
  mkdirSync(look.folder, { recursive: true });
  if (only === undefined || only === 'views') await takePictures(look);
  if (only === undefined || only === 'editor') await takeEditorPictures(look);
  if (only === undefined || only === 'members') await takeMemberPictures(look);
}

/** Members of a workspace, and the page on which a conflict is decided. */
async function takeMemberPictures(look: Look): Promise<void> {
  const team = new Team();
  const ada = await team.founder('ada', { NCBI_API_KEY: 'fake-value', SFTP_PASSWORD: 'fake-value' });
  await ada.ok([
    'member',
    'add',
    await team.cloner('bob').request(),
    '--role',
    'maintain',
    '--own-label',
    'ada/laptop',
    '--yes',
  ]);
  await ada.ok(['member', 'add', await team.cloner('carol').request('carol/cluster'), '--yes']);
  await ada.ok(['member', 'robot', 'ci', '--yes']);
  ada.push('Members');
  const session = await Session.open(ada.sandbox, undefined, {
    workspace: ada.clone,
    settings: settingsOf(look),
  });
  const { workbench, window } = session;
  const { page } = window;
  const shot = async (title: string): Promise<void> => {
    await page.waitForTimeout(800);
    await page.screenshot({ path: fileOf(title, look) });
  };
  try {
    await page.setViewportSize(look.size);
    await workbench.showSideBar('Nextflow Secrets');
    await sizeSideBar(workbench, look);
    const members = workbench.row(workbench.view('Secrets'), 'Members');
    await members.locator('.monaco-tl-twistie').click();
    await workbench.tooltip(workbench.row(workbench.view('Secrets'), 'bob/laptop'), 'Signs with');
    await shot('members');
    for (const branch of ['other', 'main']) {
      ada.git('checkout', '-q', ...(branch === 'main' ? [] : ['-b']), branch);
      await ada.set('SFTP_PASSWORD', `fake-of-${branch}`);
      ada.git('commit', '-q', '-am', `Password of ${branch}`);
    }
    try {
      ada.git('merge', 'other');
    } catch {
      // It stops at the conflict.
    }
    const notice = workbench.notification('Two branches have changed the secrets');
    await notice.locator('.monaco-button', { hasText: 'Resolve' }).click();
    const frame = page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
    await frame.locator('input[value="theirs"]').check();
    await shot('resolve');
  } finally {
    await session.close();
    team.remove();
  }
}

/** What the editor says: every state, a hover, a completion, the Problems view. */
async function takeEditorPictures(look: Look): Promise<void> {
  const sandbox = new Sandbox();
  const folder = join(sandbox.workspace, 'rnaseq');
  mkdirSync(folder);
  writeFileSync(join(folder, 'main.nf'), STATES);
  writeFileSync(join(folder, 'nextflow.config'), STATES_CONFIG);
  useGitIdentity(sandbox);
  const session = await Session.open(sandbox, prepareStates, {
    workspace: folder,
    settings: settingsOf(look),
  });
  const { workbench, window } = session;
  const { page } = window;
  await page.setViewportSize(look.size);
  const shot = async (title: string): Promise<void> => {
    await page.waitForTimeout(800);
    await page.screenshot({ path: fileOf(title, look) });
  };
  try {
    await workbench.openFile('main.nf');
    await workbench.lens('User overrides Workspace').waitFor();
    await page.keyboard.press('Control+KeyB');
    await workbench.goTo(13, 1);
    // Lenses come after the text and move it: back to its first line.
    await page.keyboard.press('Control+Home');
    await page.mouse.move(look.size.width - 40, look.size.height - 40);
    await shot('editor');

    await workbench.goTo(2, 16);
    await workbench.command('Show or Focus Hover');
    await page.locator('.monaco-hover:visible', { hasText: 'environment variable' }).waitFor();
    await shot('hover');
    await page.keyboard.press('Escape');

    await workbench.goTo(3, 13);
    await page.keyboard.press('Control+Space');
    await page.locator('.suggest-widget.visible .monaco-list-row', { hasText: 'OLD_TOKEN' }).waitFor();
    await shot('completion');
    await page.keyboard.press('Escape');

    await workbench.command('Problems: Focus on Problems View');
    await page.locator('.markers-panel .monaco-list-row', { hasText: 'SFTP_PASSWORD is used' }).waitFor();
    await page.mouse.move(look.size.width - 40, 200);
    await shot('problems');

    await workbench.command('View: Toggle Panel Visibility');
    await workbench.openFile('main.nf');
    await workbench.goTo(10, 42);
    await page.keyboard.press('Control+Period');
    await page.locator('.action-widget .monaco-list-row', { hasText: 'Read GITHUB_TOKEN' }).waitFor();
    await shot('fix');
    await page.keyboard.press('Enter');
    await page.locator('.view-line', { hasText: "secret 'GITHUB_TOKEN'" }).waitFor();
    await page.mouse.move(look.size.width - 40, look.size.height - 40);
    await shot('fixed');
  } finally {
    await session.close();
  }
}

async function prepareStates(sandbox: Sandbox): Promise<void> {
  const cwd = join(sandbox.workspace, 'rnaseq');
  await prepare(sandbox);
  const shared = ['--scope', 'workspace', '--workspace', cwd];
  const args = ['set', 'DB_PASSWORD', '--description', 'of the sample database', ...shared];
  await sandbox.ok(args, { input: 'fake-value', cwd });
}

/** What changes are signed with. */
function useGitIdentity(sandbox: Sandbox): void {
  const gitConfig = join(sandbox.home, '.gitconfig');
  writeFileSync(gitConfig, '[user]\n  email = ada@lab.example\n');
  sandbox.env['GIT_CONFIG_GLOBAL'] = gitConfig;
}

async function takePictures(look: Look): Promise<void> {
  const sandbox = await NextflowSandbox.create(MIDDLE);
  const folder = join(sandbox.workspace, 'rnaseq');
  mkdirSync(folder);
  sandbox.write('rnaseq/main.nf', PIPELINE);
  sandbox.write('rnaseq/nextflow.config', CONFIG);
  writeFileSync(join(sandbox.root, 'bin', 'prefetch'), PREFETCH, { mode: 0o755 });
  useGitIdentity(sandbox);
  const options: WindowOptions = {
    workspace: folder,
    settings: {
      ...settingsOf(look),
      'nextflowSecrets.launch.arguments': ['-ansi-log', 'false'],
    },
  };
  const session = await Session.open(sandbox, prepare, options);
  const { workbench, window } = session;
  const { page } = window;
  await page.setViewportSize(look.size);
  const picture = async (title: string): Promise<void> => {
    await page.mouse.move(look.size.width - 40, look.size.height - 40);
    await page.waitForTimeout(600);
    await page.screenshot({ path: fileOf(title, look) });
  };
  try {
    await page.keyboard.press('Control+KeyB');
    await page.keyboard.press('Control+KeyB');
    await workbench.showSideBar('Nextflow Secrets');
    await workbench.openFile('main.nf');
    const view = workbench.view('Secrets');
    await workbench.row(view, 'SFTP_PASSWORD').waitFor();
    await sizeSideBar(workbench, look);
    await picture('secrets');
    await workbench.tooltip(workbench.row(view, 'NCBI_API_KEY').first(), 'Changed');
    await page.waitForTimeout(500);
    await page.screenshot({ path: fileOf('tooltip', look) });

    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('Workspace');
    await workbench.answer('SFTP_PASSWORD', 'Choose a missing name');
    await workbench.asked('The value of SFTP_PASSWORD');
    await workbench.input.fill('fake-password');
    await picture('create');
    await page.keyboard.press('Escape');

    await page.locator('.editor-actions .action-label[aria-label*="Launch Pipeline"]').click();
    await workbench.asked('Something is missing');
    await picture('launch');
    await workbench.choose('SFTP_PASSWORD is not set');
    await workbench.asked('Whose secret is');
    await workbench.choose('Workspace');
    await workbench.answer('fake-password', 'The value of SFTP_PASSWORD');
    await workbench.answer('', 'What SFTP_PASSWORD is for');
    await workbench.asked('Return launches');
    await page.keyboard.press('Enter');
    await untilFile(join(sandbox.dumps, 'started'));
    await workbench.view('Runs').locator('[role="treeitem"]', { hasText: 'main.nf' }).waitFor();
    await page.waitForTimeout(1_500);
    await picture('run');
    if (look.name === 'dark') await walkthroughPictures();
  } finally {
    sandbox.openGate();
    await session.close();
  }
}

async function prepare(sandbox: Sandbox): Promise<void> {
  const cwd = join(sandbox.workspace, 'rnaseq');
  const set = async (args: readonly string[]): Promise<void> => {
    await sandbox.ok(['set', ...args], { input: 'fake-value', cwd });
  };
  const shared = ['--scope', 'workspace', '--workspace', cwd];
  await set(['NCBI_API_KEY', '--description', "the lab's key", ...shared]);
  await set(['OLD_TOKEN', ...shared]);
  await set(['NCBI_API_KEY', '--description', 'my own key, renewed each May']);
  await set(['GITHUB_TOKEN']);
}

function fileOf(title: string, { folder, name }: Look): string {
  return join(folder, `${title}-${name}.png`);
}

function settingsOf({ theme }: Look): Record<string, unknown> {
  return { ...LOOK, 'workbench.colorTheme': theme };
}

/** Wide enough for what is beside the names. */
async function sizeSideBar({ page }: Workbench, { isNarrow }: Look): Promise<void> {
  if (isNarrow) return;
  const sash = page.locator('.monaco-sash.vertical').filter({ visible: true });
  for (const box of await Promise.all((await sash.all()).map((one) => one.boundingBox()))) {
    if (box === null || box.x < 200 || box.x > 420) continue;
    await page.mouse.move(box.x + 2, 400);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, 400, { steps: 4 });
    await page.mouse.up();
    return;
  }
}

/** The pictures of the walkthrough, and the icon: parts of those that were just taken. */
async function walkthroughPictures(): Promise<void> {
  const { chromium } = await import('playwright-core');
  const { ensureChromium } = await import('../../scripts/vscode.mjs');
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: SIZE });
  const folder = join(PROJECT, 'media', 'walkthrough');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const parts = {
    create: { from: 'create', clip: { x: 0, y: 0, width: 900, height: 420 } },
    use: { from: 'secrets', clip: { x: 0, y: 0, width: 900, height: 420 } },
    launch: { from: 'run', clip: { x: 0, y: 0, width: SIZE.width, height: SIZE.height } },
  };
  for (const [name, { from, clip }] of Object.entries(parts)) {
    const bytes = readFileSync(join(PROJECT, 'docs', 'pictures', `${from}-dark.png`)).toString('base64');
    await page.setContent(`<style>*{margin:0}</style><img src="data:image/png;base64,${bytes}">`);
    await page.screenshot({ path: join(folder, `${name}.png`), clip });
  }
  const svg = readFileSync(join(PROJECT, 'media', 'icon.svg'), 'utf8');
  await page.setContent(`<style>*{margin:0;background:transparent}</style>${svg}`);
  const clip = { x: 0, y: 0, width: 128, height: 128 };
  await page.screenshot({ path: join(PROJECT, 'media', 'icon.png'), clip, omitBackground: true });
  await browser.close();
}
