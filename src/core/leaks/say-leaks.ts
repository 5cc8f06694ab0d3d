import { isAbsolute, relative } from 'node:path';
import { elapsed } from '../system/elapsed.ts';
import { type Phrase, phrase, type PhraseArgument } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { Form } from './form.ts';
import type { Leak, Look, LookLimits } from './look.ts';

/** Most leaks that are shown of one name. */
const SHOWN = 20;
/** Most files that are listed. */
const SHOWN_FILES = 5;

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

/** Reports what was not looked at, so that nobody takes it for clean. */
export function sayUnlooked(look: Look, { time, fromEachEnd }: LookLimits, world: World): void {
  const { stopped, files, unread, inPart } = look;
  if (stopped === 'time')
    world.notice(
      phrase`The look for leaks was stopped after ${elapsed(time)} and ${files} files; the others were not looked at.`,
      { do: 'find-leaks', lead: phrase`Look at all of them` },
    );
  if (stopped === 'signal')
    world.notice(
      phrase`The look for leaks was stopped after ${files} files; the others were not looked at.`,
      { do: 'find-leaks', lead: phrase`Look at all of them` },
    );
  if (unread.length > 0)
    world.notice(
      phrase`Nobody knows whether secrets leaked into ${listed(unread, world)}: these cannot be read.`,
    );
  if (inPart.length > 0)
    world.notice(
      phrase`Only the first and the last ${Math.round(fromEachEnd / (1 << 20))} MB were looked at of ${listed(inPart, world)}.`,
    );
}

function listed(paths: readonly string[], world: World): Phrase | string {
  const shown = paths
    .slice(0, SHOWN_FILES)
    .map((path) => shortPath(path, world))
    .join(', ');
  return paths.length <= SHOWN_FILES ? shown : phrase`${shown} and ${paths.length - SHOWN_FILES} more`;
}

/** Names the values that are too short to look for. */
export function sayTooShort(names: readonly string[], world: World): void {
  if (names.length === 0) return;
  world.notice(
    phrase`Too short to look for: ${names.map(printable).join(', ')}. A value needs 8 bytes and 5 different characters.`,
  );
}
