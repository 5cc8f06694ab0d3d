/**
 * What the tests, the demo and people need from outside: Nextflow, sops, age, the npm packages.
 *
 * Everything goes into the git-ignored `.tools/` of the project (npm packages into `node_modules/`) and is
 * fetched once, by the registry clients that the machine has configured (mvn, go, npm). Each `ensure…` function
 * says on stderr what it installs before it does, and nothing when it is there already.
 */
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const TOOLS = path.join(ROOT, '.tools');
const BIN = path.join(TOOLS, 'bin');
const SOPS = 'github.com/getsops/sops/v3/cmd/sops@v3.9.4';
const AGE = 'filippo.io/age/cmd/...@v1.2.1';
/** The goal by its full name: Maven then needs no look-up of what a short name means. */
const COPY_JARS = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** A stand-in for AWS, of its packages those that Secrets Manager, Batch and STS need. */
const MOTO = ['moto[batch]==5.2.1', 'flask==3.1.2', 'flask-cors==6.0.1'];
/** Readers of what `aws policy` writes: HCL as Terraform reads it, and CloudFormation's own linter. */
const POLICY_READERS = ['python-hcl2==8.1.4', 'cfn-lint==1.58.0'];
const execute = promisify(execFile);

/** Versions that Maven Central has whole: an old one, one of the middle, and one with the strict parser. */
export const NEXTFLOW_VERSIONS = ['22.10.7', '24.10.0', '25.04.4'];

/**
 * The newest Java whose class files the Groovy of each version reads. With a newer one `-version` still works,
 * but a run ends in "Unsupported class file major version".
 *
 * @type {Record<string, number>}
 */
const NEWEST_JAVA = { '22.10.7': 19, '24.10.0': 23, '25.04.4': 24 };

/**
 * Something could not be had. Its `code` is `ETOOLMISSING` if that is for want of a program which only the person
 * can install.
 */
export class ToolError extends Error {
  /**
   * @param {string} message what failed
   * @param {{ remedy: string, code?: 'ETOOLMISSING' | 'ETOOLFAILED', output?: string }} details
   */
  constructor(message, { remedy, code = 'ETOOLFAILED', output = '' }) {
    super([message, ...(output ? [output] : []), remedy].join('\n'));
    this.name = 'ToolError';
    this.code = code;
    this.remedy = remedy;
  }
}

/**
 * Nextflow of one version, from Maven's registry.
 *
 * @param {string} version one of {@link NEXTFLOW_VERSIONS}
 * @returns {Promise<string>} the absolute path of a program called `nextflow` that acts as the official launcher
 * @throws {ToolError}
 */
export async function ensureNextflow(version) {
  const pom = nextflowPom(version);
  const java = await requireJava(version);
  const folder = path.join(TOOLS, 'nextflow', version);
  const launcher = path.join(folder, 'nextflow');
  const files = [folder];
  await installOnce(
    { what: `Nextflow ${version}`, files, seconds: 10, needs: requireMaven },
    async (partial, log) => {
      const made = path.join(partial, version);
      await mkdir(made);
      await writeFile(path.join(made, 'pom.xml'), pom);
      await run('mvn', ['-B', '-q', '-Dstyle.color=never', COPY_JARS, '-DoutputDirectory=libs'], {
        cwd: made,
        log,
        remedy:
          'Maven must be able to reach Maven Central or a mirror of it (~/.m2/settings.xml). Then try again.',
      });
      await writeExecutable(path.join(made, 'nextflow'), launcherScript(version));
      await run(path.join(made, 'nextflow'), ['-version'], {
        cwd: made,
        log,
        env: { NXF_HOME: path.join(partial, 'home') },
        remedy: `Try another Java (now ${java}), by JAVA_HOME.`,
      });
    },
  );
  // The jars of an older checkout are good; its launcher may not be.
  if ((await readText(launcher)) !== launcherScript(version)) {
    await writeExecutable(launcher, launcherScript(version));
  }
  return launcher;
}

/**
 * The Nextflow that this person has.
 *
 * @returns {Promise<{ path: string, version: string } | null>} null if the PATH has none, or none that answers
 */
export async function findNextflow() {
  const found = await onPath('nextflow');
  if (!found) return null;
  // An official launcher that was never run downloads Nextflow first, so it gets a while to answer.
  const answer = await ask(found, ['-v'], { cwd: os.tmpdir(), timeout: 90_000 });
  const version = /nextflow version (\d+\.\d+\.\d+(?:-edge)?)/.exec(answer)?.[1];
  return version ? { path: found, version } : null;
}

/**
 * The person's own Nextflow, else ours.
 *
 * @returns {Promise<string>} the absolute path of a `nextflow`
 * @throws {ToolError}
 */
export async function nextflowForDemo() {
  return (await findNextflow())?.path ?? (await ensureNextflow('24.10.0'));
}

/**
 * The program `sops`: the one on the PATH if it has `sops decrypt` (3.9 and later), else one built from source.
 *
 * @returns {Promise<string>} its absolute path
 * @throws {ToolError} with code `ETOOLMISSING` if there is neither sops nor Go
 */
export async function ensureSops() {
  const found = await onPath('sops');
  if (found) {
    const answer = await ask(found, ['--disable-version-check', '--version']);
    const [, major, minor] = /sops (\d+)\.(\d+)/.exec(answer) ?? [];
    if (Number(major) * 1000 + Number(minor) >= 3009) return found;
  }
  const sops = path.join(BIN, 'sops');
  const needs = () => requireGo('sops 3.9 or later');
  await installOnce({ what: 'sops 3.9.4', files: [sops], seconds: 90, needs }, goInstall(SOPS));
  return sops;
}

/**
 * The programs `age` and `age-keygen`: those on the PATH, else built from source.
 *
 * @returns {Promise<string>} the absolute path of the folder that has both
 * @throws {ToolError} with code `ETOOLMISSING` if there is neither age nor Go
 */
export async function ensureAge() {
  const [age, keygen] = await Promise.all([onPath('age'), onPath('age-keygen')]);
  if (age && keygen && path.dirname(age) === path.dirname(keygen)) return path.dirname(age);
  const files = [path.join(BIN, 'age-keygen'), path.join(BIN, 'age')];
  await installOnce({ what: 'age 1.2.1', files, seconds: 15, needs: () => requireGo('age') }, goInstall(AGE));
  return BIN;
}

/**
 * moto, a stand-in for AWS: packages for Python, in a folder of their own.
 *
 * @returns {Promise<string>} the absolute path of the folder, for PYTHONPATH; then `python3 -m moto.server`
 * @throws {ToolError}
 */
export async function ensureMoto() {
  return ensurePythonPackages('moto', 'moto 5.2.1', MOTO);
}

/**
 * The Python packages `hcl2` and `cfnlint`, in a folder of their own.
 *
 * @returns {Promise<string>} the absolute path of the folder, for PYTHONPATH
 * @throws {ToolError}
 */
export async function ensurePolicyReaders() {
  return ensurePythonPackages('policy-readers', 'python-hcl2 and cfn-lint', POLICY_READERS);
}

/**
 * @param {string} name of the folder
 * @param {string} what for a person
 * @param {string[]} packages as pip takes them
 * @returns {Promise<string>} the absolute path of the folder
 * @throws {ToolError}
 */
async function ensurePythonPackages(name, what, packages) {
  const folder = path.join(TOOLS, name);
  const needs = async () => {
    if (await onPath('python3')) return;
    throw new ToolError(`There is no python3 on the PATH, which ${what} needs.`, {
      code: 'ETOOLMISSING',
      remedy:
        'Install it with pip (Debian, Ubuntu: apt-get install python3-pip; macOS: brew install python).',
    });
  };
  await installOnce({ what, files: [folder], seconds: 30, needs }, (partial, log) =>
    run('python3', ['-m', 'pip', 'install', '--quiet', '--target', path.join(partial, name), ...packages], {
      cwd: partial,
      log,
      remedy: 'pip must be able to reach PyPI or a mirror of it (pip config list). Then try again.',
    }),
  );
  return folder;
}

/**
 * The program `tmux`: the one on the PATH, else Debian's package.
 *
 * @returns {Promise<string>} its absolute path
 * @throws {ToolError}
 */
export async function ensureTmux() {
  return ensureDebianPackages('tmux', ['tmux']);
}

/** Shells that are `/bin/sh` on some system, and those that complete. */
const SHELLS = ['dash', 'bash', 'busybox', 'zsh', 'fish'];

/**
 * The shells that a guardian is tried with, and those that completion is for: those on the PATH, else Debian's packages.
 *
 * @returns {Promise<string[]>} their absolute paths
 * @throws {ToolError}
 */
export async function ensureShells() {
  const found = [];
  for (const shell of SHELLS) found.push(await ensureDebianPackages(shell, [shell]));
  return found;
}

/**
 * Slurm's daemons and programs: Debian's packages.
 *
 * @returns {Promise<string>} the absolute path of `squeue`
 * @throws {ToolError}
 */
export async function ensureSlurm() {
  return ensureDebianPackages('squeue', ['slurm-wlm', 'slurm-client', 'munge']);
}

/** The release of Debian that the executable is tried in. */
const DEBIAN = 'bookworm';

/**
 * A Debian with nothing but what each has, and so without Node.js: a directory for chroot.
 *
 * @returns {Promise<string>} its absolute path
 * @throws {ToolError} with code `ETOOLMISSING` where we are not root, or cannot get debootstrap
 */
export async function ensureDebian() {
  const folder = path.join(TOOLS, 'debian');
  const needs = async () => {
    if (process.getuid?.() !== 0)
      throw new ToolError('Only root can make a Debian in a directory.', {
        code: 'ETOOLMISSING',
        remedy: 'Run the tests as root, in a container for example.',
      });
    await ensureDebianPackages('debootstrap', ['debootstrap']);
  };
  await installOnce({ what: `Debian ${DEBIAN}`, files: [folder], seconds: 60, needs }, (partial, log) =>
    run('debootstrap', ['--variant=minbase', DEBIAN, path.join(partial, 'debian')], {
      cwd: partial,
      log,
      remedy: 'debootstrap must be able to reach a mirror of Debian. Then try again.',
    }),
  );
  return folder;
}

/**
 * @param {string} program
 * @param {string[]} packages that have it, and what it needs
 * @returns {Promise<string>} its absolute path
 * @throws {ToolError}
 */
export async function ensureDebianPackages(program, packages) {
  const found = await onPath(program);
  if (found) return found;
  const names = packages.join(' ');
  const byHand = `Install it (Debian, Ubuntu: apt-get install ${names}).`;
  const aptGet = await onPath('apt-get');
  if (!aptGet || process.getuid?.() !== 0) {
    throw new ToolError(`There is no ${program} on the PATH.`, { code: 'ETOOLMISSING', remedy: byHand });
  }
  // apt itself lets only one at a time work.
  await locked('apt', `the packages ${names}`, async () => {
    if (await onPath(program)) return;
    announce(`the packages ${names}`, undefined, 10);
    const log = await logFile(`apt-${program}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(aptGet, ['update', '-qq'], { cwd: ROOT, log, remedy: byHand, env });
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
    await run(aptGet, install, { cwd: ROOT, log, remedy: byHand, env });
  });
  const installed = await onPath(program);
  if (installed) return installed;
  throw new ToolError(`The packages ${names} have no ${program}.`, { remedy: byHand });
}

/**
 * The npm packages of package-lock.json.
 *
 * @returns {Promise<string>} the absolute path of `node_modules`
 * @throws {ToolError}
 */
export async function ensureNodeModules() {
  const folder = path.join(ROOT, 'node_modules');
  if (await nodeModulesAreCurrent()) return folder;
  await locked('node_modules', 'the npm packages', async () => {
    if (await nodeModulesAreCurrent()) return;
    announce('the npm packages', folder, 20);
    await run('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: ROOT,
      log: await logFile('npm-ci'),
      remedy: 'npm must be able to reach its registry (npm config get registry). Then try again: npm ci',
    });
  });
  return folder;
}

/**
 * Compares what npm says it installed (the hidden lock file that it writes last) with what package-lock.json
 * wants. Times would not do: git gives package-lock.json a new one at each checkout.
 */
async function nodeModulesAreCurrent() {
  const installed = lockedPackages(await readText(path.join(ROOT, 'node_modules', '.package-lock.json')));
  const wanted = lockedPackages(await readText(path.join(ROOT, 'package-lock.json')));
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([folder, { version, optional, devOptional }]) => {
    const has = installed[folder];
    // Optional packages are mostly those of other platforms.
    return folder === '' || (has ? has.version === version : optional === true || devOptional === true);
  });
}

/**
 * @param {string | null} text
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function lockedPackages(text) {
  return text === null ? undefined : JSON.parse(text).packages;
}

/**
 * @param {string} version
 * @throws {ToolError} for a version that Maven Central does not have whole
 */
function nextflowPom(version) {
  if (!NEXTFLOW_VERSIONS.includes(version)) {
    throw new ToolError(`Nextflow ${version} cannot be fetched with Maven.`, {
      remedy: `These can: ${NEXTFLOW_VERSIONS.join(', ')}. Other releases lack a part there.`,
    });
  }
  // 25.04.4 refers to modules that were never published under its own number.
  const is25 = version.startsWith('25.');
  const without = is25 ? ['io.nextflow:nf-lang', 'io.nextflow:nf-lineage', 'io.seqera:lib-trace'] : [];
  const exclusions = without.map((name) => {
    const [group, artifact] = name.split(':');
    return `<exclusion><groupId>${group}</groupId><artifactId>${artifact}</artifactId></exclusion>`;
  });
  /** @type {(artifact: string, number: string, inner?: string) => string} */
  const dependency = (artifact, number, inner = '') =>
    `    <dependency><groupId>io.nextflow</groupId><artifactId>${artifact}</artifactId>` +
    `<version>${number}</version>${inner}</dependency>`;
  return [
    '<project>',
    '  <modelVersion>4.0.0</modelVersion>',
    '  <groupId>local</groupId><artifactId>nextflow-libs</artifactId><version>1</version>',
    '  <packaging>pom</packaging>',
    '  <dependencies>',
    dependency('nextflow', version, `<exclusions>${exclusions.join('')}</exclusions>`),
    ...(is25 ? [dependency('nf-lang', '25.04.0')] : []),
    '  </dependencies>',
    '</project>',
    '',
  ].join('\n');
}

/** The packages that Nextflow opens by reflection, as its official launcher lists them. */
const OPENED_PACKAGES = [
  'java.lang java.io java.nio java.net java.util java.util.concurrent.locks java.util.concurrent.atomic',
  'java.nio.file.spi sun.nio.ch sun.nio.fs sun.net.www.protocol.http sun.net.www.protocol.https',
  'sun.net.www.protocol.ftp sun.net.www.protocol.file jdk.internal.misc jdk.internal.vm java.util.regex',
].join(' ');

/**
 * Starts Nextflow from the jars beside it, as the official launcher does: the same process becomes the JVM.
 *
 * @param {string} version
 */
function launcherScript(version) {
  return `#!/usr/bin/env bash
# Nextflow ${version} from the jars in libs/, without plugins, without a network. Written by scripts/tools.mjs.

# Only this version is here, whatever the environment asks for. The line after the next looks as it does in the
# official launcher, since programs read a launcher to learn its version.
unset NXF_VER
NXF_VER=\${NXF_VER:-'${version}'}
export NXF_HOME=\${NXF_HOME:-$HOME/.nextflow}
export NXF_PLUGINS_DEFAULT=\${NXF_PLUGINS_DEFAULT:-false}
export NXF_OFFLINE=\${NXF_OFFLINE:-true}
export NXF_DISABLE_CHECK_LATEST=\${NXF_DISABLE_CHECK_LATEST:-true}
# Nextflow records it as the run's command line.
export NXF_CLI="$0 $*"
unset JAVA_TOOL_OPTIONS

self=\${BASH_SOURCE[0]}
while [ -L "$self" ]; do
  folder=$(cd -P "$(dirname "$self")" && pwd)
  self=$(readlink "$self")
  case $self in /*) ;; *) self=$folder/$self ;; esac
done
folder=$(cd -P "$(dirname "$self")" && pwd)

if [ "$NXF_JAVA_HOME" ]; then
  JAVA_HOME=$NXF_JAVA_HOME
  unset JAVA_CMD
fi
if [ ! -x "$JAVA_CMD" ]; then
  JAVA_CMD=java
  if [ "$JAVA_HOME" ] && [ -x "$JAVA_HOME/bin/java" ]; then JAVA_CMD=$JAVA_HOME/bin/java; fi
fi
export JAVA_CMD

java=("$JAVA_CMD")
for package in ${OPENED_PACKAGES}; do
  java+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
java+=(-Dfile.encoding=UTF-8 -Djava.awt.headless=true)
# Several options may stand in each of the two, hence no quotes.
java+=($NXF_OPTS $NXF_JVM_ARGS)
java+=(-cp "$folder/libs/*" nextflow.cli.Launcher)

for argument in "$@"; do
  if [ "$argument" = -bg ]; then
    "\${java[@]}" "$@" $NXF_CLI_OPTS &
    disown
    echo $! > "\${NXF_PID_FILE:-.nextflow.pid}"
    exit 0
  fi
done
exec "\${java[@]}" "$@" $NXF_CLI_OPTS
`;
}

/** The Java that the launcher takes, by the same rule. */
async function findJava() {
  const { NXF_JAVA_HOME, JAVA_CMD, JAVA_HOME } = process.env;
  const ofHome = (NXF_JAVA_HOME || JAVA_HOME) && path.join(NXF_JAVA_HOME || JAVA_HOME || '', 'bin', 'java');
  if (!NXF_JAVA_HOME && JAVA_CMD && (await isProgram(JAVA_CMD))) return JAVA_CMD;
  return ofHome && (await isProgram(ofHome)) ? ofHome : 'java';
}

/**
 * @param {string} nextflow the version that is to run on it
 * @returns {Promise<string>} the Java that the launcher will take
 * @throws {ToolError} if that version does not run on it
 */
async function requireJava(nextflow) {
  const newest = NEWEST_JAVA[nextflow] ?? 17;
  const java = await findJava();
  const answer = await ask(java, ['-version']);
  const version = Number(/version "(?:1\.)?(\d+)/.exec(answer)?.[1]);
  if (version >= 17 && version <= newest) return java;
  const found = version ? `is Java ${version}` : 'does not answer';
  throw new ToolError(`Nextflow ${nextflow} needs Java 17 to ${newest}, and ${java} ${found}.`, {
    code: 'ETOOLMISSING',
    remedy:
      'Java 17 suits all versions: apt-get install openjdk-17-jre-headless, brew install openjdk@17 or ' +
      'conda install openjdk=17. If it is not the default, let JAVA_HOME point to it.',
  });
}

/** @throws {ToolError} */
async function requireMaven() {
  if (await onPath('mvn')) return;
  throw new ToolError('Nextflow for the tests is fetched with Maven, and there is no mvn on the PATH.', {
    code: 'ETOOLMISSING',
    remedy:
      'Install it (Debian, Ubuntu: apt-get install maven; macOS: brew install maven; conda install maven).',
  });
}

/**
 * @param {string} instead what to install if not Go
 * @throws {ToolError}
 */
async function requireGo(instead) {
  if (await onPath('go')) return;
  throw new ToolError(`There is no ${instead} on the PATH, and no Go to build it.`, {
    code: 'ETOOLMISSING',
    remedy: `Install ${instead}, or Go (Debian, Ubuntu: apt-get install golang-go; macOS: brew install go).`,
  });
}

/**
 * @param {string} source packages and version
 * @returns {(partial: string, log: string) => Promise<void>}
 */
function goInstall(source) {
  return (partial, log) =>
    run('go', ['install', source], {
      cwd: partial,
      log,
      env: { GOBIN: partial },
      remedy: 'Go 1.22 or later is needed, and its module proxy (go env GOPROXY). Then try again.',
    });
}

/**
 * Builds in a folder beside and renames into place, so that what is there is whole; one process at a time.
 *
 * @param {{ what: string, files: string[], seconds: number, needs: () => Promise<void> }} tool the files (or
 *   folders) that it consists of, and a check of what building them needs
 * @param {(partial: string, log: string) => Promise<void>} build makes them in `partial`, under their own names
 */
export async function installOnce({ what, files, seconds, needs }, build) {
  const isThere = async () => (await Promise.all(files.map(exists))).every(Boolean);
  if (await isThere()) return;
  const name = what.replaceAll(' ', '-').toLowerCase();
  await locked(name, what, async () => {
    if (await isThere()) return;
    await needs();
    announce(what, /** @type {string} */ (files.at(-1)), seconds);
    // A new folder each time: what a killed predecessor started may go on to write into its own.
    const partials = path.join(TOOLS, 'partial', name);
    const partial = path.join(partials, randomUUID());
    await rm(partials, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(partial, { recursive: true });
    await build(partial, await logFile(name));
    for (const file of files) {
      await mkdir(path.dirname(file), { recursive: true });
      await rename(path.join(partial, path.basename(file)), file);
    }
    await rm(partials, { recursive: true, force: true });
  });
}

/** @type {(what: string, where: string | undefined, seconds: number) => void} */
function announce(what, where, seconds) {
  const into = where === undefined ? '' : ` into ${path.relative(ROOT, where)}`;
  console.error(`Installing ${what}${into} (about ${seconds} s)`);
}

/**
 * Runs `work` while no other process runs it under the same name. The lock is a symbolic link whose target is
 * the owner's process id: made in one step together with its content.
 *
 * @param {string} name
 * @param {string} what for the message to the one who waits
 * @param {() => Promise<void>} work
 */
async function locked(name, what, work) {
  const lock = path.join(TOOLS, 'locks', name);
  const me = `${process.pid}`;
  let said = false;
  await mkdir(path.dirname(lock), { recursive: true });
  while (!takeLock(lock, me)) {
    const owner = lockOwner(lock);
    if (owner === null) continue;
    if (isAbandoned(lock, owner)) {
      releaseLock(lock, owner);
      continue;
    }
    if (!said && owner !== me) {
      console.error(
        `Waiting for process ${owner} to install ${what} (if it does not: rm ${path.relative(ROOT, lock)})`,
      );
    }
    said = true;
    await sleep(200);
  }
  held.add(lock);
  try {
    await work();
  } finally {
    held.delete(lock);
    releaseLock(lock, me);
  }
}

/** The locks that this process holds. @type {Set<string>} */
const held = new Set();

/** @type {(lock: string, me: string) => boolean} */
function takeLock(lock, me) {
  try {
    symlinkSync(me, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @type {(lock: string) => string | null} */
function lockOwner(lock) {
  try {
    return readlinkSync(lock);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** @type {(lock: string, owner: string) => void} */
function releaseLock(lock, owner) {
  if (lockOwner(lock) === owner) rmSync(lock, { force: true });
}

/**
 * The owner is dead, or the lock is so old that its number belongs to another process by now.
 *
 * @type {(lock: string, owner: string) => boolean}
 */
function isAbandoned(lock, owner) {
  // Containers give the same number again and again.
  if (owner === `${process.pid}`) return !held.has(lock);
  try {
    process.kill(Number(owner), 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return true;
  }
  const age = Date.now() - (lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > 15 * 60_000;
}

/**
 * Runs a command whose output goes to a log file, and is shown only if it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, log: string, remedy: string, env?: Record<string, string> }} options
 * @throws {ToolError} with the last lines of the output
 */
export async function run(command, args, { cwd, log, remedy, env = {} }) {
  const output = openSync(log, 'a');
  /** @type {string} how it ended, '' for well */
  const failure = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? `code ${code}`}`));
  });
  closeSync(output);
  if (!failure) return;
  const lines = ((await readText(log)) ?? '').trimEnd().split('\n').slice(-15);
  throw new ToolError(`${path.basename(command)} ${args.join(' ')}: ${failure}`, {
    output: lines.map((line) => `  | ${line}`).join('\n'),
    remedy: `${remedy}\nAll of the output: ${path.relative(ROOT, log)}`,
  });
}

/** An empty log file. @type {(name: string) => Promise<string>} */
async function logFile(name) {
  const log = path.join(TOOLS, 'logs', `${name}.log`);
  await mkdir(path.dirname(log), { recursive: true });
  await writeFile(log, '');
  return log;
}

/**
 * What a program says about itself, on stdout and stderr together.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').ExecFileOptions} [options]
 * @returns {Promise<string>} '' if it cannot be started or fails
 */
async function ask(program, args, options = {}) {
  try {
    const { stdout, stderr } = await execute(program, args, {
      timeout: 30_000,
      ...options,
      encoding: 'utf8',
    });
    return stdout + stderr;
  } catch {
    return '';
  }
}

/** @type {(program: string) => Promise<string | null>} the absolute path of a program on the PATH */
export async function onPath(program) {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean)) {
    const file = path.resolve(folder, program);
    if (await isProgram(file)) return file;
  }
  return null;
}

/** @type {(file: string) => Promise<boolean>} */
async function isProgram(file) {
  return access(file, constants.X_OK).then(
    async () => (await stat(file)).isFile(),
    () => false,
  );
}

/** @type {(file: string, text: string) => Promise<void>} */
async function writeExecutable(file, text) {
  const partial = `${file}.${randomUUID()}`;
  await writeFile(partial, text, { mode: 0o755 });
  await rename(partial, file);
}

/** @type {(file: string) => Promise<string | null>} null if there is no such file */
async function readText(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** @type {(file: string) => Promise<boolean>} */
async function exists(file) {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** @type {(error: unknown) => string | undefined} */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
