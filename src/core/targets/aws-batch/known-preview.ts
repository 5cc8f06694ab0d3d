import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { answerKey } from '../../nextflow/answer-key.ts';
import { keepAnswer, knownAnswer } from '../../nextflow/known-answers.ts';
import type { NextflowCommand } from '../../nextflow/nextflow-command.ts';
import type { Preview } from '../../nextflow/preview.ts';
import { readPreview } from '../../nextflow/preview-answer.ts';
import { askNextflow, PREVIEW_DIRECTORY, type PreviewContext } from '../../nextflow/preview-run.ts';
import { resumedSession, takeResume } from '../../nextflow/resumed-session.ts';
import { type ClosedCode, closedCode } from '../../pipeline/closed-code.ts';
import { masked } from '../../secrets/mask.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { isRecord } from '../../system/state-file.ts';
import type { World } from '../../system/world.ts';

/** Use of answers that Nextflow gave to earlier launches. `renew`: Nextflow is asked, and its answer is kept. */
export type Reuse = 'yes' | 'renew' | 'no';

/** Code of a run, and the digest of all that decides about its preview. */
interface Question {
  readonly code: ClosedCode;
  readonly key: Buffer;
}

/**
 * Finds out which processes a run has: by an answer of Nextflow to an earlier launch if it is certain that Nextflow
 * would say the same again, else by asking it.
 *
 * @throws NoPreviewError
 */
export async function knownPreview(
  command: NextflowCommand,
  context: PreviewContext,
  reuse: Reuse,
  world: World,
): Promise<Preview> {
  const question = reuse === 'no' ? undefined : await questionOf(command, context, world);
  if (question !== undefined && reuse === 'yes') {
    const preview = await earlierPreview(question, command, context, world);
    if (preview !== undefined) return preview;
  }
  world.notice(phrase`Asking Nextflow which processes of this run need secrets, and where they run …`);
  const { preview, answer } = await askNextflow(command, context, world);
  if (question === undefined || !isRecord(answer)) return preview;
  // Code that was changed meanwhile gives no answer for later.
  const after = await questionOf(command, context, world);
  if (after?.key.equals(question.key) === true && after.code.times === question.code.times)
    await keep(answer, question, context, world);
  return preview;
}

/** Keeps an answer, if Nextflow read no code that we did not, and no value is in it. A failure stops nothing. */
async function keep(
  { origin, ...answer }: Readonly<Record<string, unknown>>,
  { code, key }: Question,
  context: PreviewContext,
  world: World,
): Promise<void> {
  try {
    const parts = partsOf(origin, code, join(context.directory, PREVIEW_DIRECTORY));
    if (parts === undefined || holdsValue(JSON.stringify(answer), context)) return;
    await keepAnswer(key, answer, parts, world);
  } catch {
    // The next launch asks again.
  }
}

async function questionOf(
  command: NextflowCommand,
  { env }: PreviewContext,
  world: World,
): Promise<Question | undefined> {
  try {
    const code = await closedCode(command, world);
    const key = code && (await answerKey(command, code, env, world));
    return code === undefined || key === undefined ? undefined : { code, key };
  } catch {
    // Something cannot be read. Nextflow says what, if it matters.
    return undefined;
  }
}

/** Finds the answer of Nextflow to an earlier launch, and the session of this one, and says so. */
async function earlierPreview(
  { key }: Question,
  { args, pipeline }: NextflowCommand,
  { env }: PreviewContext,
  world: World,
): Promise<Preview | undefined> {
  const known = await knownAnswer(key, world);
  if (known === undefined) return undefined;
  const { wish } = takeResume(args, pipeline);
  const session =
    wish === undefined
      ? { id: randomUUID(), resumed: false, locked: false }
      : await resumedSession(wish, env, world);
  const preview = previewOf(known.answer);
  if (session === undefined || preview === undefined) return undefined;
  world.notice(
    phrase`Nextflow's answer of ${printable(known.answered)} is used: code, configs, parameters, secrets and
      environment are the same.`,
    { do: 'ask-again', lead: phrase`To ask it again` },
  );
  return { ...preview, session };
}

/** @returns undefined for an answer that makes no sense. */
function previewOf(answer: unknown): Preview | undefined {
  try {
    return readPreview(answer);
  } catch {
    return undefined;
  }
}

/**
 * Finds the files of Nextflow and its plugins that gave an answer.
 *
 * @param files - the directory of the preview's own files.
 * @returns undefined if they are not known, or Nextflow read code that we did not.
 */
function partsOf(origin: unknown, { sources }: ClosedCode, files: string): string[] | undefined {
  if (!isRecord(origin)) return undefined;
  const [parts, read] = [textsOf(origin['parts']), textsOf(origin['sources'])];
  const isKnown = (path: string): boolean => path.startsWith(`${files}/`) || sources.has(realpathSync(path));
  return read?.every(isKnown) === true ? parts : undefined;
}

const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;

/** Variables whose values are mostly no less secret than ours. */
const SENSITIVE = /key|token|secret|pass|auth|cred/i;
/** A shorter value may be anywhere by accident. In characters. */
const SHORT = 8;

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

/** Tells whether JSON has the value of a secret, or of a variable that sounds like one. */
function holdsValue(text: string, { env, values }: PreviewContext): boolean {
  const ofVariables = Object.entries(env).some(
    ([name, value]) =>
      SENSITIVE.test(name) && value.length >= SHORT && (text.includes(value) || text.includes(inJson(value))),
  );
  return ofVariables || masked(text, values) !== text;
}
