import type { Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import {
  assertWritable,
  lstatIfThere,
  readFileIfThere,
  renameDurably,
  statIfThere,
  syncDirectory,
  writeBeside,
} from '../core/system/durable-file.ts';
import { realpath, unlink } from '../core/system/file-calls.ts';
import { ExitCode, fileError, HumanError } from '../core/system/human-error.ts';
import { makeDirectories } from '../core/system/make-directories.ts';
import { printable } from '../core/system/printable.ts';
import type { World } from '../core/system/world.ts';
import { confirmChange } from './change.ts';
import { SCRIPTS, type ShellName, SHELLS } from './completion-scripts.ts';

/** Largest start file of a shell that is read. In bytes. */
const LIMIT = 1 << 20;
/** What a file of completions has that is ours, of any version. */
const OURS = 'nf-secrets complete --';
const BEGIN = '# >>> nf-secrets completion >>>';
const END = '# <<< nf-secrets completion <<<';
/** A block of ours in a start file, with the end of its last line. */
const BLOCK = new RegExp(`^${BEGIN}\\n(?:(?!${BEGIN})[^])*?^${END}(?:\\n|$)`, 'm');
/** Files of bash-completion: it reads the file that we write. */
const BASH_COMPLETION = [
  '/usr/share/bash-completion/bash_completion',
  '/usr/local/share/bash-completion/bash_completion',
  '/opt/homebrew/share/bash-completion/bash_completion',
  '/etc/bash_completion',
];

/** A file as it is to be. */
interface Wanted {
  readonly path: string;
  /** Makes the new content of the old one, both in Latin 1, which keeps every byte; undefined for no file. */
  readonly content: (old: string | undefined) => string | undefined;
}

interface Change {
  /** As the person knows it. */
  readonly path: string;
  /** Where it is, if that is a link. */
  readonly target: string;
  readonly status: Stats | undefined;
  /** Old and new content, in Latin 1; undefined for no file. */
  readonly old: string | undefined;
  readonly content: string | undefined;
}

/**
 * Puts the script of a shell where it finds it, or takes it away again.
 *
 * @throws HumanError 64 if the shell or the home is not known, 65, 73, 77 if a file there is not one that we may change.
 */
export async function setUpCompletion(
  named: ShellName | undefined,
  doing: 'write' | 'remove',
  options: { readonly yes?: true },
  world: World,
): Promise<void> {
  const shell = named ?? shellOf(world);
  const wanted = filesOf(shell, doing, await ownHome(world), world);
  const changes = await changesOf(wanted, world);
  if (changes.length === 0) {
    world.say(
      doing === 'write' ? `${shell} completes nf-secrets already.` : `There is nothing of ours to take back.`,
    );
    return;
  }
  for (const { path, target, status, content } of changes) {
    const verb = content === undefined ? 'Removes' : status === undefined ? 'Makes' : 'Changes';
    world.say(`${verb} ${printable(path)}${target === path ? '' : ` (a link to ${printable(target)})`}`);
  }
  await confirmChange(doing === 'write' ? 'Write this?' : 'Take this back?', options, world);
  assertUnchanged(changes, await changesOf(wanted, world));
  for (const change of changes) await apply(change);
  if (doing === 'remove') {
    world.say('Shells that you open from now on do not complete nf-secrets.');
    return;
  }
  world.say(`${shell} completes nf-secrets in shells that you open from now on. Undo: ${undo(shell)}`);
  if (shell === 'bash') await tellOfBashCompletion(world);
}

const undo = (shell: ShellName): string => `nf-secrets completion ${shell} --uninstall`;

/** The person's shell, of which only the system knows. */
function shellOf({ env }: World): ShellName {
  const name = basename(env['SHELL'] ?? '');
  const found = SHELLS.find((one) => one === name);
  if (found !== undefined) return found;
  throw new HumanError(
    ExitCode.usage,
    name === ''
      ? 'Your shell is not known: SHELL is not set.'
      : `Your shell is ${printable(name)}, which there is no completion for.`,
    `Name one of ${SHELLS.join(', ')}: nf-secrets completion bash --install`,
  );
}

/** The home whose files are changed. With sudo it may be somebody else's, who could not change them any more then. */
async function ownHome({ homeDir, uid }: World): Promise<string> {
  const status = homeDir === undefined ? undefined : await statIfThere(homeDir);
  if (homeDir === undefined || status?.isDirectory() !== true)
    throw new HumanError(
      ExitCode.usage,
      homeDir === undefined
        ? 'It is not known where your home directory is.'
        : `Your home directory, ${printable(homeDir)}, is not there.`,
      'Set HOME to its absolute path.',
    );
  if (status.uid === uid) return homeDir;
  throw new HumanError(
    ExitCode.notPermitted,
    `${printable(homeDir)} belongs to another user. Nothing was changed.`,
    'Run it as that user, without sudo.',
  );
}

function filesOf(shell: ShellName, doing: 'write' | 'remove', home: string, { env }: World): Wanted[] {
  const isRemoved = doing === 'remove';
  // The XDG Base Directory Specification tells programs to ignore a relative path there.
  const directory = (name: string, usual: string): string =>
    isAbsolute(env[name] ?? '') ? (env[name] ?? '') : join(home, usual);
  const data = directory('XDG_DATA_HOME', '.local/share');
  const script = (path: string): Wanted => ({
    path,
    content: (old) => {
      if (old !== undefined && !old.includes(OURS)) {
        if (isRemoved) return old;
        throw notOurs(path);
      }
      return isRemoved ? undefined : SCRIPTS[shell];
    },
  });
  switch (shell) {
    case 'bash': {
      const own = env['BASH_COMPLETION_USER_DIR'] || join(data, 'bash-completion');
      if (!isAbsolute(own) || own.includes(':'))
        throw new HumanError(
          ExitCode.usage,
          `BASH_COMPLETION_USER_DIR is ${printable(own)}, which is not one absolute path.`,
          'Set it to one, or unset it.',
        );
      return [script(join(own, 'completions', 'nf-secrets'))];
    }
    case 'fish':
      return [
        script(join(directory('XDG_CONFIG_HOME', '.config'), 'fish', 'completions', 'nf-secrets.fish')),
      ];
    case 'zsh': {
      const path = join(data, 'zsh', 'site-functions', '_nf-secrets');
      const startFile = join(directory('ZDOTDIR', ''), '.zshrc');
      return [
        script(path),
        { path: startFile, content: (old) => withBlock(old, isRemoved ? '' : blockOf(path), startFile) },
      ];
    }
  }
}

const notOurs = (path: string): HumanError =>
  new HumanError(
    ExitCode.cannotCreate,
    `${printable(path)} is there, and is not a file of nf-secrets. Nothing was changed.`,
    'Move it away, then try again.',
  );

/** The lines for a start file of zsh. Without compinit there is nothing that completes. */
function blockOf(path: string): string {
  const word = `'${Buffer.from(path).toString('latin1').replaceAll("'", `'\\''`)}'`;
  return `${BEGIN}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
[[ -r ${word} ]] && source ${word}
${END}
`;
}

/** A start file with another block of ours, or without any. */
function withBlock(old: string | undefined, block: string, path: string): string | undefined {
  const without = old?.replace(BLOCK, '') ?? '';
  if (without.includes(BEGIN) || without.includes(END))
    throw new HumanError(
      ExitCode.data,
      `${printable(path)} has a part of the lines of nf-secrets, but not all of them. Nothing was changed.`,
      `Remove the line ${without.includes(BEGIN) ? BEGIN : END} and those of nf-secrets beside it.`,
    );
  if (block === '') return without === '' && old !== '' ? undefined : without;
  if (old !== undefined && BLOCK.test(old)) return old.replace(BLOCK, () => block);
  return `${without}${without === '' || without.endsWith('\n') ? '' : '\n'}${block}`;
}

async function changesOf(wanted: readonly Wanted[], world: World): Promise<Change[]> {
  const changes: Change[] = [];
  for (const one of wanted) {
    const change = await changeOf(one, world);
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** Refuses to write over what somebody has written while the person was asked. */
function assertUnchanged(agreed: readonly Change[], now: readonly Change[]): void {
  const isSame = ({ path, target, old }: Change): boolean =>
    now.some((one) => one.path === path && one.target === target && one.old === old);
  const other = agreed.find((change) => !isSame(change));
  if (other === undefined) return;
  throw new HumanError(
    ExitCode.cannotCreate,
    `${printable(other.path)} was changed meanwhile. Nothing was written.`,
    'Try again.',
  );
}

/** What has to be done for a file; undefined for nothing. */
async function changeOf({ path, content }: Wanted, { uid }: World): Promise<Change | undefined> {
  const entry = await lstatIfThere(path);
  const target = entry?.isSymbolicLink() === true ? await targetOf(path) : path;
  const bytes = await readFileIfThere(target, LIMIT);
  const old = bytes?.toString('latin1');
  const made = content(old);
  // A link stays, and so does the file that it leads to.
  const wanted = made === undefined && target !== path ? '' : made;
  if (wanted === old) return undefined;
  const status = await statIfThere(target);
  if (status === undefined) await assertOwnPlace(target, uid);
  else {
    if (status.uid !== uid)
      throw new HumanError(
        ExitCode.notPermitted,
        `${printable(target)} belongs to another user. Nothing was changed.`,
        'Make it yours, or add the lines by hand.',
      );
    await assertWritable(target, status);
  }
  return { path, target, status, old, content: wanted };
}

/** Refuses a place for a new file in a directory of somebody else: with sudo -E, variables may name their directories. */
async function assertOwnPlace(path: string, uid: number | undefined): Promise<void> {
  let directory = dirname(path);
  let status = await statIfThere(directory);
  while (status === undefined && dirname(directory) !== directory) {
    directory = dirname(directory);
    status = await statIfThere(directory);
  }
  if (status === undefined || status.uid === uid) return;
  throw new HumanError(
    ExitCode.notPermitted,
    `${printable(directory)} belongs to another user, so ${printable(path)} is not made there. Nothing was changed.`,
    'Unset the variable that names it (XDG_DATA_HOME, XDG_CONFIG_HOME, ZDOTDIR, BASH_COMPLETION_USER_DIR).',
  );
}

/** Where a link leads, which people have who keep their start files elsewhere. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    throw new HumanError(
      ExitCode.cannotCreate,
      `${printable(path)} is a link that leads nowhere. Nothing was changed.`,
      'Remove it, or make what it leads to.',
    );
  }
}

async function apply({ target, status, content }: Change): Promise<void> {
  const directory = dirname(target);
  if (content === undefined) {
    try {
      await unlink(target);
    } catch (error) {
      throw fileError(error, 'remove', target);
    }
    await syncDirectory(directory);
    return;
  }
  try {
    await makeDirectories(directory);
  } catch (error) {
    throw fileError(error, 'create', directory);
  }
  const mode = status === undefined ? 'by-umask' : status.mode & 0o7777;
  const temporary = await writeBeside(target, Buffer.from(content, 'latin1'), mode, { like: status });
  await renameDurably(temporary, target);
}

async function tellOfBashCompletion(world: World): Promise<void> {
  for (const path of BASH_COMPLETION) if ((await statIfThere(path)) !== undefined) return;
  world.say('bash reads that file with the package bash-completion, which is not seen on this machine.');
  world.say(`Without it: echo 'eval "$(nf-secrets completion bash)"' >> ~/.bashrc`);
}
