import { createHash } from 'node:crypto';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { isRunId, type RunId } from '../../system/run-id.ts';
import { phrase } from '../../system/phrase.ts';

/** The beginning of names, before `nfs-`: the published policies for Seqera Platform's users are about `tower-*`. */
const DEFAULT_PREFIX = 'tower-';

/** Secrets Manager's longest name. */
const MAX_NAME = 512;
const MAX_PREFIX = 64;

/**
 * The prefix of everything that a launch makes in AWS.
 *
 * @param wanted - `NF_SECRETS_AWS_PREFIX`.
 * @throws HumanError 64 if no secret or no job definition can have such a name.
 */
export function namePrefix(wanted: string | undefined): string {
  const prefix = wanted || DEFAULT_PREFIX;
  // Both services take these characters; Secrets Manager alone would take more.
  if (/^[A-Za-z0-9_-]+$/.test(prefix) && prefix.length <= MAX_PREFIX) return prefix;
  throw new HumanError(
    ExitCode.usage,
    phrase`NF_SECRETS_AWS_PREFIX is "${printable(prefix)}", which names in AWS cannot begin with.`,
    phrase`Use at most ${MAX_PREFIX} letters, digits, - and _, for example team-a-.`,
  );
}

/** The beginning of the names of all secrets of one run. */
const secretFolder = (prefix: string, runId: RunId): string => `${prefix}nfs-${runId}/`;

/** A secret's name in Secrets Manager. */
export function awsSecretName(prefix: string, runId: RunId, name: string): string {
  const full = `${secretFolder(prefix, runId)}${name}`;
  if (full.length > MAX_NAME) throw new Error(`a name of ${full.length} characters`);
  return full;
}

/**
 * The parts of a definition that decide whether two processes share it, and whether a task of an earlier run can be
 * reused: all but those that are the same for a whole run.
 */
interface DefinitionKey {
  readonly image: string;
  /** Options as in the pipeline; order does not matter. */
  readonly containerOptions: Readonly<Record<string, readonly string[]>>;
  /** Disk in GiB; null if the pipeline does not set it. */
  readonly disk: number | null;
  readonly arch: string | null;
  /** Names; order does not matter. */
  readonly secrets: readonly string[];
}

/**
 * A job definition's name. The name is a part of the task's hash, so it stays the same for all runs of a session,
 * whatever their run ids and their secrets' values are: `-resume` keeps its cache.
 *
 * @param sessionId - a UUID.
 */
export function definitionName(prefix: string, sessionId: string, key: DefinitionKey): string {
  const { image, containerOptions, disk, arch, secrets } = key;
  const options = Object.entries(containerOptions).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([image, options, disk, arch, [...new Set(secrets)].sort()]);
  return `${prefix}nfs-${sessionId}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

/** Recognises the definitions of a session by their names. */
export const isOfSession = (name: string, sessionId: string): boolean =>
  name.includes(`nfs-${sessionId.toLowerCase()}-`);

/** The beginning of our secrets' descriptions. */
const DESCRIPTION = 'nf-secrets: ';

/** The description of a secret: the tool and the person that made it, and the run. */
export const secretDescription = (runId: RunId, caller: string): string =>
  `${DESCRIPTION}run ${runId} of ${caller}; removed when the run ends`;

/** The run that a secret or job definition of an nf-secrets was made for. */
export interface MadeFor {
  readonly runId: RunId;
  /** ARN of the user or role that made it; null if the item does not tell. */
  readonly caller: string | null;
}

/** @returns undefined if no nf-secrets with this prefix made a secret of this name and description. */
export function madeForSecret(prefix: string, name: string, description: string): MadeFor | undefined {
  const [, found, runId] = /^([\w-]+)nfs-([a-z0-9]{12})\/\w+$/.exec(name) ?? [];
  if (found !== prefix || runId === undefined) return undefined;
  const start = `${DESCRIPTION}run ${runId} of `;
  if (!description.startsWith(start)) return undefined;
  return { runId, caller: description.slice(start.length).split(';')[0] || null };
}

/** Parameters of a job definition that identify it. They have no other use. */
export const definitionMarks = (runId: RunId, caller: string, made: string): Record<string, string> => ({
  [RUN_MARK]: runId,
  [CALLER_MARK]: caller,
  [TIME_MARK]: made,
});
const RUN_MARK = 'nf-secrets-run';
const CALLER_MARK = 'nf-secrets-caller';
const TIME_MARK = 'nf-secrets-made';

/**
 * @param marks - the definition's parameters.
 * @returns undefined if no nf-secrets with this prefix made a definition of this name and with these parameters.
 * `made`: the time, ISO 8601 in UTC; null if the definition does not tell.
 */
export function madeForDefinition(
  prefix: string,
  name: string,
  marks: Readonly<Record<string, string>>,
): (MadeFor & { readonly made: string | null }) | undefined {
  const [, found] = /^([\w-]+)nfs-[0-9a-f-]{36}-[0-9a-f]{12}$/.exec(name) ?? [];
  const { [RUN_MARK]: runId = '', [CALLER_MARK]: caller, [TIME_MARK]: made } = marks;
  if (found !== prefix || !isRunId(runId)) return undefined;
  return {
    runId,
    caller: caller || null,
    made: Number.isNaN(Date.parse(made ?? '')) ? null : (made ?? null),
  };
}

/** The token that makes CreateSecret safe to repeat: the same for every try, different for each secret. */
export const requestToken = (secretName: string): string =>
  createHash('sha256').update(secretName).digest('hex');
