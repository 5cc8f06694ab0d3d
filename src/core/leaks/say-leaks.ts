import { isAbsolute, relative } from 'node:path';
import { elapsed } from '../system/elapsed.ts';
import { type Phrase, phrase, type PhraseArgument } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { Form } from './form.ts';
import type { Gap, GapCode } from './gap.ts';
import type { Leak, LookLimits } from './look.ts';

/** Most leaks that are shown of one name. */
const SHOWN = 20;
/** Most files, tasks or directories that are listed, and most names. */
const SHOWN_FILES = 5;
const SHOWN_NAMES = 50;

/** A path relative to the current directory, if it is below it. */
export function shortPath(path: string, { cwd }: Pick<World, 'cwd'>): string {
  const short = relative(cwd, path);
  return printable(short === '' || short.startsWith('..') || isAbsolute(short) ? path : short);
}

const formWords = ({ kind, line }: Form): PhraseArgument =>
  line === undefined ? kind : phrase`line ${line} of it`;

/** Words a leak: never the value, nor a text around it. */
function leakLine({ name, path, line, form, isInName }: Leak, world: Pick<World, 'cwd'>): Phrase {
  const shown = shortPath(path, world);
  const at = line === null ? shown : `${shown}:${line}`;
  return isInName
    ? phrase`LEAK: ${printable(name)} is in the name of ${shown} (${formWords(form)})`
    : phrase`LEAK: ${printable(name)} is in ${at} (${formWords(form)})`;
}

/** Words leaks: of each name not more than a person reads. */
export function leakLines(leaks: readonly Leak[], world: Pick<World, 'cwd'>): Phrase[] {
  const byName = new Map<string, Leak[]>();
  for (const leak of leaks) {
    const ofName = byName.get(leak.name) ?? [];
    ofName.push(leak);
    byName.set(leak.name, ofName);
  }
  return [...byName].flatMap(([name, all]) => {
    const lines = all.slice(0, SHOWN).map((leak) => leakLine(leak, world));
    const more = all.length - SHOWN;
    return more > 0
      ? [...lines, phrase`LEAK: ${printable(name)} is in ${more} more, which are not shown.`]
      : lines;
  });
}

/** A look whose gaps are worded. */
export interface GapContext extends Pick<LookLimits, 'time' | 'fromEachEnd'> {
  /** Number of files that were looked into. */
  readonly files: number;
}

/** Reports what was not looked at, so that nobody takes it for clean. */
export function sayGaps(gaps: readonly Gap[], context: GapContext, world: World): void {
  for (const code of new Set(gaps.map((gap) => gap.code))) {
    const subjects = gaps.filter((gap) => gap.code === code).map(({ subject }) => subject);
    const known = subjects.filter((subject) => subject !== null);
    const isStopped = code === 'time' || code === 'signal';
    world.notice(
      gapLine(code, known, context, world),
      ...(isStopped ? [{ do: 'find-leaks', lead: phrase`Look at all of them` } as const] : []),
    );
  }
}

function gapLine(
  code: GapCode,
  subjects: readonly string[],
  { time, fromEachEnd, files }: GapContext,
  world: World,
): Phrase {
  const paths = listed(subjects.map((path) => shortPath(path, world)));
  const isName = ['no-value', 'withheld', 'too-short', 'too-long'].includes(code);
  const names = listed(subjects.map(printable), isName ? SHOWN_NAMES : SHOWN_FILES);
  switch (code) {
    case 'time':
      return phrase`The look for leaks was stopped after ${elapsed(time)} and ${files} files; the others were not looked at.`;
    case 'signal':
      return phrase`The look for leaks was stopped after ${files} files; the others were not looked at.`;
    case 'error':
      return phrase`Not all could be looked at for leaks: ${names}`;
    case 'unreadable':
      return phrase`Nobody knows whether secrets leaked into ${paths}: these cannot be read.`;
    case 'in-part':
      return phrase`Only the first and the last ${Math.round(fromEachEnd / (1 << 20))} MB were looked at of ${paths}.`;
    case 'no-log':
      return phrase`No log of this run was found in ${paths}: nobody knows which tasks Nextflow ran there, so their files and its cache were not looked at for leaks.`;
    case 'log-in-part':
      return phrase`${paths} cannot be read to its end: nobody knows which tasks ran, so not all of their files were looked at for leaks.`;
    case 'task':
      return phrase`The directories of these tasks were not found, so their files were not looked at for leaks: ${names}.`;
    case 'remote-work':
      return phrase`The files of tasks in ${names} were not looked at for leaks: they are not on this machine.`;
    case 'pending-jobs':
      return phrase`Jobs of this run are still in a queue: what they write is not looked at for leaks.`;
    case 'no-value':
      return subjects.length === 0
        ? phrase`Nobody looked for leaks: the values of this run could not be read when its command had ended.`
        : phrase`Not looked for, because the run has removed them from its store: ${names}.`;
    case 'withheld':
      return phrase`Not looked for, because you may not read them: ${names}.`;
    case 'too-short':
      return phrase`Too short to look for: ${names}. A value needs 8 bytes and 5 different characters.`;
    case 'too-long':
      return phrase`Too long to look for: ${names}. A value may have 65,536 bytes, and all together 2 MB.`;
  }
}

function listed(subjects: readonly string[], most = SHOWN_FILES): Phrase | string {
  const shown = subjects.slice(0, most).join(', ');
  return subjects.length <= most ? shown : phrase`${shown} and ${subjects.length - most} more`;
}
