/** Starts and ends a VS Code that is opened in a browser: see vscode.mjs for where it comes from. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureVsCode } from './vscode.mjs';

/** Settings that keep everything quiet that is not ours. */
const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.editor.useModal': 'off',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.layoutControl.enabled': false,
  'window.commandCenter': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'always',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'terminal.integrated.gpuAcceleration': 'off',
};

/**
 * @typedef {object} ServerOptions
 * @property {string} dataDir holds user settings, state, logs and, unless told otherwise, extensions; made if need be
 * @property {Record<string, unknown>} [settings] of the user, besides those of earlier starts
 * @property {Readonly<Record<string, string | undefined>>} [env] of the extension host and its terminals
 * @property {boolean} [trust] whether folders have to be trusted first
 * @property {number} [port] 0 takes a free one
 * @property {string[]} [extensions] `.vsix` files to install first
 */

/**
 * A VS Code that waits for a browser on 127.0.0.1.
 *
 * @param {ServerOptions} options
 * @returns {Promise<{ port: number, url: string, exited: Promise<void>, stop: () => Promise<void> }>}
 */
export async function startVsCodeServer({ dataDir, settings, env = process.env, trust, port, extensions }) {
  const { node, server } = await ensureVsCode();
  writeSettings(dataDir, settings);
  const folders = ['--server-data-dir', dataDir, '--user-data-dir', dataDir];
  const clean = serverEnvironment(env);
  for (const vsix of extensions ?? []) install(node, [server, ...folders], vsix, clean);
  const child = spawn(
    node,
    [
      ...[server, ...folders, '--host', '127.0.0.1', '--port', String(port ?? 0)],
      ...['--without-connection-token', '--accept-server-license-terms', '--force-disable-user-env'],
      ...['--telemetry-level', 'off', ...(trust === true ? [] : ['--disable-workspace-trust'])],
    ],
    // A group of its own, so that nothing of it is left when it is ended hard.
    { env: clean, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => child.once('close', () => resolve()));
  const kill = () => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.once('exit', kill);
  const listening = await listeningPort(child);
  return {
    port: listening,
    url: `http://127.0.0.1:${listening}/`,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      const patience = setTimeout(kill, 1_000);
      await exited;
      clearTimeout(patience);
      kill();
      process.off('exit', kill);
    },
  };
}

/** @type {(child: import('node:child_process').ChildProcess) => Promise<number>} */
function listeningPort(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const listen = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      const port = /agent listening on (\d+)/.exec(output)?.[1];
      if (port !== undefined) resolve(Number(port));
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('exit', (code) => reject(new Error(`VS Code ended with ${code}:\n${output}`)));
  });
}

/** @type {(dataDir: string, settings?: Record<string, unknown>) => void} */
function writeSettings(dataDir, settings) {
  const file = path.join(dataDir, 'User', 'settings.json');
  mkdirSync(path.dirname(file), { recursive: true });
  let before = {};
  try {
    before = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The first start.
  }
  writeFileSync(file, JSON.stringify({ ...QUIET, ...before, ...settings }, undefined, 1));
}

/** @type {(node: string, args: string[], vsix: string, env: NodeJS.ProcessEnv) => void} */
function install(node, args, vsix, env) {
  const { status, stdout, stderr } = spawnSync(
    node,
    [...args, '--accept-server-license-terms', '--install-extension', vsix, '--force'],
    { env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${vsix} was not installed:\n${stdout}${stderr}`);
}

/**
 * What an outer VS Code, or the tools that started us, put into the environment must not reach this one.
 *
 * @type {(env: Readonly<Record<string, string | undefined>>) => NodeJS.ProcessEnv}
 */
function serverEnvironment(env) {
  const kept = Object.entries(env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name));
  return Object.fromEntries(kept);
}
