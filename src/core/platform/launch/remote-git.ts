import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdir, rm } from '../../system/file-calls.ts';
import { PRIVATE_DIRECTORY } from '../../system/durable-file.ts';
import { newRunId } from '../../system/run-id.ts';
import type { World } from '../../system/world.ts';
import { withoutOurs } from '../../nextflow/child-environment.ts';

/** Longest wait for a host of repositories, in milliseconds. */
const PATIENCE = 120_000;
/** Most bytes of a list of branches and tags. */
const MAX_OUTPUT = 64 << 20;

/** What git says of a repository elsewhere. */
export type RemoteAnswer =
  | { readonly kind: 'done'; readonly output: string }
  /** The host answers that it does not have this. */
  | { readonly kind: 'absent' }
  /** It cannot be asked, does not let us, or there is no git. The last line that git wrote, for a person. */
  | { readonly kind: 'failed'; readonly gitLine: string };

/**
 * Settings against what a stranger's repository or address may do: no hooks, no helper of git for a kind of address that
 * is a program (`ext::`), no submodules.
 */
const SAFE = [
  'core.hooksPath=/dev/null',
  'protocol.allow=never',
  ...['https', 'http', 'ssh', 'git', 'file'].map((kind) => `protocol.${kind}.allow=always`),
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'transfer.bundleURI=false',
  'gc.auto=0',
  'maintenance.auto=false',
].flatMap((setting) => ['-c', setting]);

/**
 * A repository of our own to ask others from, with the person's own settings of git and what they sign in with. So no
 * setting of a repository that a stranger made counts.
 */
export class OwnRepository {
  readonly directory: string;
  readonly #world: World;

  private constructor(directory: string, world: World) {
    this.directory = directory;
    this.#world = world;
  }

  static async make(world: World): Promise<OwnRepository> {
    const directory = join(world.env['TMPDIR'] || tmpdir(), `nf-secrets-${newRunId()}.git`);
    await mkdir(directory, { mode: PRIVATE_DIRECTORY });
    return new OwnRepository(directory, world);
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Lists branches and tags of a repository. */
  async list(url: string): Promise<RemoteAnswer> {
    return this.#git(['ls-remote', '--symref', '--', url]);
  }

  /** Gets one commit, without the history before it. @param wanted - its id, or the name of a branch or tag. */
  async fetch(url: string, wanted: string): Promise<RemoteAnswer> {
    const made = await this.#git(['init', '--quiet', '--bare']);
    if (made.kind !== 'done') return made;
    return this.#git([
      'fetch',
      '--quiet',
      '--depth=1',
      '--no-tags',
      '--no-write-fetch-head',
      '--',
      url,
      wanted,
    ]);
  }

  async #git(args: readonly string[]): Promise<RemoteAnswer> {
    const { env, hasTerminal } = this.#world;
    return new Promise((resolve) => {
      execFile(
        'git',
        ['--no-pager', ...SAFE, '-C', this.directory, ...args],
        {
          env: ownEnvironment(env, hasTerminal === true),
          maxBuffer: MAX_OUTPUT,
          timeout: PATIENCE,
          killSignal: 'SIGKILL',
          windowsHide: true,
        },
        (error, stdout, stderr) => {
          if (error === null) resolve({ kind: 'done', output: stdout });
          else
            resolve(ABSENT.test(stderr) ? { kind: 'absent' } : { kind: 'failed', gitLine: lastLine(stderr) });
        },
      );
    });
  }
}

/** Sentences of git for a commit or a name that the other side does not have. */
const ABSENT = /not our ref|couldn't find remote ref|unadvertised object|remote error: upload-pack: not our/i;

/** Variables that lead git elsewhere or make it write down what it does, and tokens that are none of its business. */
const NOT_FOR_GIT =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE\w*|NAMESPACE|TRACE\w*)$|^(?:NXF_)?TOWER_ACCESS_TOKEN$/;

/** The person's environment: git may ask them for a password only where there is a terminal. */
function ownEnvironment(env: World['env'], mayAsk: boolean): Record<string, string> {
  const own = Object.fromEntries(
    Object.entries(withoutOurs(env)).filter(([name]) => !NOT_FOR_GIT.test(name)),
  );
  return {
    ...own,
    LC_ALL: 'C',
    ...(!mayAsk && { GIT_TERMINAL_PROMPT: '0', GIT_SSH_COMMAND: quietSsh(env) }),
  };
}

const quietSsh = (env: World['env']): string => `${env['GIT_SSH_COMMAND'] ?? 'ssh'} -oBatchMode=yes`;

const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .findLast((line) => /^(fatal|error|ssh|remote):/.test(line)) ??
  text.trim().split('\n').at(-1) ??
  '';

/** A branch or tag of a repository, and the commit that it names. */
export interface RemoteRefs {
  /** The branch that a clone begins with; undefined if there is none. */
  readonly defaultBranch: string | undefined;
  readonly head: string | undefined;
  readonly branches: ReadonlyMap<string, string>;
  /** Tags; of those with a message of their own, the commit that they are about. */
  readonly tags: ReadonlyMap<string, string>;
}

/** Reads the output of {@link OwnRepository.list}. */
export function remoteRefs(output: string): RemoteRefs {
  const branches = new Map<string, string>();
  const tags = new Map<string, string>();
  let defaultBranch: string | undefined;
  let head: string | undefined;
  for (const line of output.split('\n')) {
    const [id = '', name = ''] = line.split('\t');
    if (name === 'HEAD') {
      const symbolic = /^ref: refs\/heads\/(.+)$/.exec(id)?.[1];
      if (symbolic !== undefined) defaultBranch = symbolic;
      else head = id;
    }
    const [, kind, short = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(name) ?? [];
    if (kind === 'heads') branches.set(short, id);
    // A tag with a message comes first, then, with this ending, the commit.
    else if (kind === 'tags') tags.set(short.replace(/\^\{\}$/, ''), id);
  }
  return { defaultBranch, head, branches, tags };
}
