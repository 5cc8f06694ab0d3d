import { resolve } from 'node:path';
import { nearPipeline } from '../../nextflow/nextflow-command.ts';
import { commitTree } from '../../pipeline/commit-tree.ts';
import { withoutCredentials } from '../../pipeline/pipeline-label.ts';
import { diskTree, type SourceTree } from '../../pipeline/source-tree.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { didYouMean } from '../../system/near-miss.ts';
import type { Notice } from '../../system/notice.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { type Checkout, commitsAfter, differences, findCheckout, isBefore } from './checkout.ts';
import { OwnRepository, type RemoteRefs, remoteRefs } from './remote-git.ts';
import { type RepositoryUrl, repositoryUrl } from './repository-url.ts';
import type { LaunchWish } from './wish.ts';

/** The code that a Platform would run: one commit of a repository. */
export interface LaunchSource {
  /** Address of the repository, as a Platform takes it. */
  readonly repository: string;
  /** Branch, tag, or the id of the commit. */
  readonly revision: string;
  readonly commit: string;
  /** Path of the script in the repository; undefined for the one that Nextflow takes itself. */
  readonly mainScript: string | undefined;
  /** Directory of a repository here that has the commit, and its files. */
  readonly directory: string;
  readonly tree: SourceTree;
  /** True if it is checked out here. */
  readonly isOwn: boolean;
  /** Differences between this code and what a person may think that is launched. */
  readonly doubts: readonly Notice[];
  /** Facts that need no answer. */
  readonly notes: readonly Notice[];
}

/**
 * Finds the commit that a Platform would run for a path, an address or `owner/name`, and reads it.
 *
 * @param own - an empty repository to ask with; it has to stay until the code was read.
 * @throws HumanError 64 for what is none of them, 65 for a local pipeline that is in no repository or was not pushed,
 *   69 if the repository cannot be read.
 */
export async function launchSource(
  { pipeline, revision, mainScript }: Pick<LaunchWish, 'pipeline' | 'revision' | 'mainScript'>,
  own: OwnRepository,
  world: World,
): Promise<LaunchSource> {
  const path = resolve(world.cwd, pipeline);
  if (pipeline !== '' && !/^[a-z+]+:/i.test(pipeline) && (await diskTree.kind(path)) !== undefined) {
    const checkout = await findCheckout(path, world);
    const url = urlOfCheckout(checkout, path, world);
    const named = { mainScript: mainScript ?? checkout.mainScript, isOwn: true };
    if (revision !== undefined) return { ...(await remoteSource(url, revision, own, world)), ...named };
    return { ...(await localSource(checkout, url, own, world)), ...named };
  }
  const url = repositoryUrl(pipeline, world.cwd);
  if (url === undefined) throw notAPipeline(pipeline, world);
  return { ...(await remoteSource(url, revision, own, world)), mainScript, isOwn: false };
}

function notAPipeline(pipeline: string, world: World): HumanError {
  const near = nearPipeline(pipeline, world);
  const hint = near === undefined ? '' : phrase` Did you mean ${printable(near)}?`;
  return new HumanError(
    ExitCode.usage,
    phrase`"${printable(withoutCredentials(pipeline))}" is neither a pipeline here nor the address of a repository.${hint}`,
    phrase`Give a path in a git repository, OWNER/NAME of GitHub, or an address such as https://HOST/OWNER/NAME.`,
  );
}

function urlOfCheckout({ remoteUrl, root }: Checkout, path: string, world: World): RepositoryUrl {
  const url = repositoryUrl(remoteUrl, root);
  if (url !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(remoteUrl)) return url;
  // A relative path, which only git takes for one.
  const local = repositoryUrl(resolve(root, remoteUrl), world.cwd);
  if (local !== undefined && !remoteUrl.includes(':')) return local;
  throw new HumanError(
    ExitCode.data,
    phrase`The repository of ${printable(path)} is pushed to ${printable(withoutCredentials(remoteUrl))}, which Seqera Platform cannot read.`,
    phrase`Give the address of a repository instead.`,
  );
}

/** The branches and tags of a repository. @throws HumanError 69 if it cannot be asked. */
async function refsOf(url: RepositoryUrl, own: OwnRepository): Promise<RemoteRefs> {
  const answer = await own.list(url.forGit);
  if (answer.kind === 'done') return remoteRefs(answer.output);
  throw notReadable(url, answer.kind === 'failed' ? answer.gitLine : '');
}

function notReadable({ forPlatform, forGit }: RepositoryUrl, gitLine: string): HumanError {
  const why = printable(withoutCredentials(gitLine)).slice(0, 300);
  return new HumanError(
    ExitCode.unavailable,
    why === ''
      ? phrase`git cannot read ${printable(forPlatform)}, so it is not known which secrets its code needs.`
      : phrase`git cannot read ${printable(forPlatform)}, so it is not known which secrets its code needs: ${why}`,
    phrase`Check the address, and that git may read it here: git ls-remote ${printable(withoutCredentials(forGit))}`,
  );
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** The code of a revision as the repository has it now. */
async function remoteSource(
  url: RepositoryUrl,
  revision: string | undefined,
  own: OwnRepository,
  world: World,
): Promise<Omit<LaunchSource, 'mainScript' | 'isOwn'>> {
  const refs = await refsOf(url, own);
  const { label, commit } = revisionOf(refs, revision, url);
  const fetched = await own.fetch(url.forGit, commit);
  if (fetched.kind !== 'done') {
    // A server may give only what a branch or tag names.
    const byName =
      fetched.kind === 'failed' && label !== commit ? await own.fetch(url.forGit, label) : fetched;
    if (byName.kind === 'absent') throw noRevision(refs, label, url);
    if (byName.kind === 'failed') throw notReadable(url, byName.gitLine);
  }
  return {
    ...(await sourceAt({ directory: own.directory, commit, label }, url, world)),
    doubts: [],
    notes: [],
  };
}

async function sourceAt(
  {
    directory,
    commit,
    label,
  }: { readonly directory: string; readonly commit: string; readonly label: string },
  url: RepositoryUrl,
  world: World,
): Promise<Pick<LaunchSource, 'repository' | 'revision' | 'commit' | 'directory' | 'tree'>> {
  const tree = await commitTree(directory, commit, world);
  if (tree === undefined) throw notReadable(url, '');
  return { repository: url.forPlatform, revision: label, commit, directory, tree };
}

function revisionOf(
  refs: RemoteRefs,
  revision: string | undefined,
  url: RepositoryUrl,
): { readonly label: string; readonly commit: string } {
  if (revision === undefined) {
    const { defaultBranch, head } = refs;
    const commit = head ?? (defaultBranch === undefined ? undefined : refs.branches.get(defaultBranch));
    if (commit === undefined) throw notReadable(url, 'the repository has no commit');
    return { label: defaultBranch ?? commit, commit };
  }
  const commit = refs.branches.get(revision) ?? refs.tags.get(revision);
  if (commit !== undefined) return { label: revision, commit };
  if (COMMIT.test(revision)) return { label: revision, commit: revision };
  throw noRevision(refs, revision, url);
}

function noRevision(refs: RemoteRefs, revision: string, { forPlatform }: RepositoryUrl): HumanError {
  const near = didYouMean(revision, [...refs.branches.keys(), ...refs.tags.keys()]);
  return new HumanError(
    ExitCode.unavailable,
    phrase`${printable(forPlatform)} has no revision ${printable(revision)}.${near}`,
    phrase`A revision is a branch, a tag, or the whole id of a commit.`,
  );
}

/**
 * The code of the commit that is checked out here, or, if that was not pushed, of the branch that it is to be pushed to;
 * and how it differs from the files here.
 */
async function localSource(
  checkout: Checkout,
  url: RepositoryUrl,
  own: OwnRepository,
  world: World,
): Promise<Omit<LaunchSource, 'mainScript' | 'isOwn'>> {
  const { root, commit, upstream } = checkout;
  const doubts = doubtsOf(await differences(checkout, world));
  const notes = await notesOf(checkout);
  const refs = await refsOf(url, own);
  if (!(await isPushed(checkout, { url, refs }, own, world))) {
    const id = upstream === undefined ? undefined : refs.branches.get(upstream);
    if (upstream === undefined || id === undefined) throw notPushed(checkout, url);
    const ahead = await commitsAfter(checkout, id, world);
    const fact = phrase`Commits that were not pushed are not launched (${ahead ?? 'some'}): the launch takes ${printable(upstream)} as ${printable(url.forPlatform)} has it, commit ${id.slice(0, 10)}.`;
    const pushed = await remoteSource(url, upstream, own, world);
    return { ...pushed, doubts: [{ fact, remedy: phrase`To launch them: git push` }, ...doubts], notes };
  }
  const branches = [...refs.branches].filter(([, id]) => id === commit).map(([name]) => name);
  const tags = [...refs.tags].filter(([, id]) => id === commit).map(([name]) => name);
  const label = branches.find((name) => name === upstream) ?? branches[0] ?? tags[0] ?? commit;
  return { ...(await sourceAt({ directory: root, commit, label }, url, world)), doubts, notes };
}

interface Pushed {
  readonly url: RepositoryUrl;
  readonly refs: RemoteRefs;
}

/** Tells whether the repository has a commit. @throws HumanError 69 if that is not known. */
async function isPushed(
  checkout: Checkout,
  { url, refs }: Pushed,
  own: OwnRepository,
  world: World,
): Promise<boolean> {
  const named = [...refs.branches.values(), ...refs.tags.values()];
  if (named.includes(checkout.commit)) return true;
  if (await isBefore(checkout, refs.branches.values(), world)) return true;
  const fetched = await own.fetch(url.forGit, checkout.commit);
  if (fetched.kind === 'failed') throw notReadable(url, fetched.gitLine);
  return fetched.kind === 'done';
}

const notPushed = ({ commit }: Checkout, { forPlatform }: RepositoryUrl): HumanError =>
  new HumanError(
    ExitCode.data,
    phrase`Commit ${commit.slice(0, 10)}, which is checked out here, was not pushed to ${printable(forPlatform)}.`,
    [
      phrase`Push it: git push -u REMOTE BRANCH`,
      phrase`Or name the branch, tag or commit there that is to be launched, as the revision.`,
    ],
  );

const SHOWN = 5;

function doubtsOf(changes: Awaited<ReturnType<typeof differences>>): Notice[] {
  if (changes === undefined)
    return [{ fact: phrase`git does not tell whether files here differ from the commit that is launched.` }];
  const { changed, untracked } = changes;
  return [
    ...(changed.length === 0
      ? []
      : [{ fact: phrase`Changes that are not committed are not launched: ${files(changed)}` }]),
    ...(untracked.length === 0
      ? []
      : [{ fact: phrase`Files that git does not have are not launched: ${files(untracked)}` }]),
  ];
}

function files(paths: readonly string[]): Phrase | string {
  const shown = paths.slice(0, SHOWN).map(printable).join(', ');
  return paths.length > SHOWN ? phrase`${shown} and ${paths.length - SHOWN} more` : shown;
}

/** Notes on a pipeline in a directory of its repository. */
async function notesOf({ root, mainScript }: Checkout): Promise<Notice[]> {
  const directory = mainScript?.includes('/') === true ? mainScript.replace(/\/[^/]*$/, '') : undefined;
  if (directory === undefined) return [];
  const config = `${directory}/nextflow.config`;
  if ((await diskTree.kind(resolve(root, config))) !== 'file') return [];
  return [
    {
      fact: phrase`Seqera Platform reads the nextflow.config at the root of the repository, and not ${printable(config)}.`,
      remedy: phrase`Include it from there, or send it with the launch.`,
    },
  ];
}
