import { resolve } from 'node:path';

/** Address of a repository in two forms. */
export interface RepositoryUrl {
  /** As a Platform takes it: https, or a path that its machines share with this one. No user name, no password. */
  readonly forPlatform: string;
  /** As git here is asked with, as the person has it. */
  readonly forGit: string;
}

const SCP_LIKE = /^(?:[^@/\s:]+@)?([^/\s:[\]]+):(?!\/\/|:)(.+)$/;

/**
 * Reads the address of a repository: a URL, `git@HOST:owner/name`, `owner/name` of GitHub, a path.
 *
 * @returns undefined if it is none.
 */
export function repositoryUrl(text: string, cwd: string): RepositoryUrl | undefined {
  if (/[\s\0]/.test(text) || text.startsWith('-')) return undefined;
  if (text.startsWith('/') || /^\.\.?\//.test(text)) {
    const url = `file://${resolve(cwd, text)}`;
    return { forPlatform: url, forGit: url };
  }
  // Nextflow's own form of a path.
  if (/^file:\/(?!\/)/i.test(text)) return repositoryUrl(text.slice('file:'.length), cwd);
  if (/^[\w.-]+\/[\w.-]+$/.test(text)) {
    const url = `https://github.com/${text}`;
    return { forPlatform: url, forGit: url };
  }
  if (/^[a-z][a-z+]*:\/\//i.test(text)) return ofUrl(text);
  const [, host, path = ''] = SCP_LIKE.exec(text) ?? [];
  if (host === undefined) return undefined;
  return { forPlatform: `https://${host}/${withoutEnding(path.replace(/^\/+/, ''))}`, forGit: text };
}

function ofUrl(text: string): RepositoryUrl | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  switch (url.protocol) {
    case 'file:':
      return { forPlatform: `file://${url.pathname}`, forGit: text };
    case 'http:':
    case 'https:': {
      const port = url.port === '' ? '' : `:${url.port}`;
      const address = `${url.protocol}//${url.hostname}${port}${withoutEnding(url.pathname)}`;
      return { forPlatform: address, forGit: text };
    }
    case 'ssh:':
    case 'git+ssh:':
    case 'git:':
      return { forPlatform: `https://${url.hostname}${withoutEnding(url.pathname)}`, forGit: text };
    default:
      return undefined;
  }
}

const withoutEnding = (path: string): string => path.replace(/\/+$/, '').replace(/\.git$/, '');

/** Name of a repository, for a name of a run. */
export const repositoryName = (url: string): string => withoutEnding(url).split('/').at(-1) ?? '';
