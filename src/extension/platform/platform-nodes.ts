import { isNeeded } from '../../core/launch/plan.ts';
import type { PlatformErrorCode } from '../../core/platform/platform-error.ts';
import { mayWriteSecrets, type PlatformContext, type PlatformSecret } from '../../core/platform/types.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import { byName } from '../../core/system/natural-order.ts';
import type { References, Use } from '../code/uses.ts';

// Content of the view of a Platform: what it has answered, joined with the code. Plain data without values; imports no VS Code.

/** The last answers about one context. */
export interface ContextAnswer {
  readonly context: PlatformContext;
  /** The person's roles there; empty if they are not known. */
  readonly roles: readonly string[];
  /** By name, those of the last good answer; undefined before the first one. */
  readonly secrets: ReadonlyMap<string, PlatformSecret> | undefined;
  /** Undefined if the last answer was good, or there is none yet. */
  readonly failure: PlatformFailure | undefined;
  /** Time of the last good answer, in ISO 8601. */
  readonly at: string | undefined;
}

export interface PlatformFailure {
  readonly code: PlatformErrorCode | 'unexpected';
  /** The error and its remedies, in sentences. */
  readonly text: string;
}

/** A folder that has a workspace at the Platform. */
export interface LinkedFolder {
  /** Its URI, as text. */
  readonly folder: string;
  readonly title: string;
  readonly workspaceId: string;
}

export interface PlatformEntry {
  readonly kind: 'platformSecret';
  readonly name: string;
  readonly secret: PlatformSecret;
  readonly context: PlatformContext;
  /** Titles of contexts whose secret of this name a run does not get because of this one. */
  readonly overrides: readonly string[];
  /** True if a run of the person gets their own secret of this name instead. */
  readonly isOverridden: boolean;
  readonly uses: readonly Use[];
  readonly isReadable: boolean;
}

export interface PlatformMissing {
  readonly kind: 'platformMissing';
  readonly name: string;
  readonly context: PlatformContext;
  readonly uses: readonly Use[];
  /** True if every use works without it. */
  readonly optional: boolean;
  readonly isReadable: boolean;
}

export interface PlatformProblem {
  readonly kind: 'platformProblem';
  /** Undefined for the Platform as a whole. */
  readonly context: PlatformContext | undefined;
  readonly failure: PlatformFailure;
}

export interface ContextNode {
  readonly kind: 'platformContext';
  readonly context: PlatformContext;
  readonly roles: readonly string[];
  /** True if the roles certainly forbid a change. */
  readonly isReadable: boolean;
  readonly secrets: readonly PlatformEntry[];
  readonly missing: readonly PlatformMissing[];
  readonly problem: PlatformProblem | undefined;
  /** True before the first answer. */
  readonly isAsked: boolean;
  /** Time of the answer that is shown, if a later one failed. */
  readonly asOf: string | undefined;
  /** Titles of the folders that have their secrets there. */
  readonly folders: readonly string[];
}

export type PlatformNode = ContextNode | PlatformEntry | PlatformMissing | PlatformProblem;

/** A name that a folder's code needs, and that a run in its workspace does not get. */
export interface MissingThere extends Pick<PlatformMissing, 'name' | 'context' | 'uses' | 'optional'> {
  readonly folder: string;
}

/** All contexts as nodes: the person's own first. */
export function contextNodes(
  answers: readonly ContextAnswer[],
  linked: readonly LinkedFolder[],
  references: References,
): ContextNode[] {
  const own = answers.find(isOwn);
  const missing = linked.flatMap((folder) => missingIn(folder, answers, references));
  return answers.map((answer): ContextNode => {
    const { context, roles, failure, at } = answer;
    const isReadable = !isOwn(answer) && mayWriteSecrets(roles) === false;
    const here = linked.filter(({ workspaceId }) => workspaceId === context.workspaceId);
    return {
      kind: 'platformContext',
      ...{ context, roles, isReadable, folders: here.map(({ title }) => title) },
      secrets: entriesOf(answer, { own, answers, isReadable }, references),
      missing: merged(missing.filter((one) => one.context.workspaceId === context.workspaceId)).map(
        (one) => ({ kind: 'platformMissing', ...one, isReadable }),
      ),
      problem: failure && { kind: 'platformProblem', context, failure },
      isAsked: failure === undefined && answer.secrets === undefined,
      asOf: failure === undefined ? undefined : at,
    };
  });
}

const isOwn = ({ context }: ContextAnswer): boolean => context.workspaceId === undefined;

function entriesOf(
  { context, secrets = new Map<string, PlatformSecret>() }: ContextAnswer,
  {
    own,
    answers,
    isReadable,
  }: { own: ContextAnswer | undefined; answers: readonly ContextAnswer[]; isReadable: boolean },
  references: References,
): PlatformEntry[] {
  const uses = references.usesIn(undefined);
  const isPersonal = context.workspaceId === undefined;
  return [...secrets.values()]
    .sort((a, b) => byName(a.name, b.name))
    .map((secret) => ({
      ...{ kind: 'platformSecret', name: secret.name, secret, context, isReadable },
      overrides: isPersonal
        ? answers
            .filter((other) => !isOwn(other) && other.secrets?.has(secret.name) === true)
            .map((other) => other.context.title)
        : [],
      isOverridden: !isPersonal && own?.secrets?.has(secret.name) === true,
      uses: uses.get(secret.name) ?? [],
    }));
}

/**
 * Names that a folder's code uses and that a run in its workspace would not get. None if one of the two lists that a run
 * gets its secrets from is not known: then nothing can be called missing.
 */
export function missingIn(
  { folder, workspaceId }: LinkedFolder,
  answers: readonly ContextAnswer[],
  references: References,
): MissingThere[] {
  const there = answers.find(({ context }) => context.workspaceId === workspaceId);
  const names = namesFor(workspaceId, answers);
  if (there === undefined || names === undefined) return [];
  return [...references.usesIn(folder)]
    .filter(([name]) => !names.has(name) && secretNameProblem(name) === undefined)
    .sort(([a], [b]) => byName(a, b))
    .map(([name, uses]) => ({
      ...{ name, context: there.context, folder, uses },
      optional: !uses.some((use) => isNeeded(use, names)),
    }));
}

/** The names that a run in a workspace can get; undefined if not all lists are known. */
export function namesFor(
  workspaceId: string,
  answers: readonly ContextAnswer[],
): ReadonlySet<string> | undefined {
  const there = answers.find(({ context }) => context.workspaceId === workspaceId);
  const own = answers.find(isOwn);
  if (there === undefined || own === undefined) return undefined;
  const lists = [there, own].map(namesOf);
  return lists.includes(undefined) ? undefined : new Set(lists.flatMap((list) => [...(list ?? [])]));
}

function namesOf({ secrets, failure }: ContextAnswer): readonly string[] | undefined {
  if (failure?.code === 'personal-off') return [];
  return failure === undefined && secrets !== undefined ? [...secrets.keys()] : undefined;
}

/** One for each name, where several folders need it. */
function merged(missing: readonly MissingThere[]): MissingThere[] {
  const found = new Map<string, MissingThere>();
  for (const one of missing) {
    const before = found.get(one.name);
    found.set(
      one.name,
      before === undefined
        ? one
        : { ...before, uses: [...before.uses, ...one.uses], optional: before.optional && one.optional },
    );
  }
  return [...found.values()].sort((a, b) => Number(a.optional) - Number(b.optional));
}

export const childrenOf = (node: PlatformNode): readonly PlatformNode[] =>
  node.kind === 'platformContext'
    ? [...(node.problem === undefined ? [] : [node.problem]), ...node.missing, ...node.secrets]
    : [];

/** Stable id of a node, so that the view keeps its expanded and selected nodes. */
export function nodeId(node: PlatformNode): string {
  const where = node.context?.workspaceId ?? (node.context === undefined ? 'all' : 'user');
  return node.kind === 'platformSecret' || node.kind === 'platformMissing'
    ? `${node.kind} ${where} ${node.name}`
    : `${node.kind} ${where}`;
}
