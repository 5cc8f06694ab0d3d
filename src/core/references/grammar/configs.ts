import { exposedSetting } from '../config-sinks.ts';
import { PARAMS, PRINT, type Sink, TASK, TASK_SETTINGS } from '../reading/sinks.ts';
import { readBlock, type Reading } from '../reading/reading.ts';
import { readIncludedPath } from '../rules/includes.ts';
import { noteLineage } from '../rules/lineage.ts';
import { noteProfile } from '../rules/profiles.ts';
import { isSecretSetting, readSecretSetting } from '../rules/secret-settings.ts';
import { noteSelectors } from '../rules/selectors.ts';
import { noteSetting } from '../rules/settings.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import { readExpressionStatement } from './assignments.ts';
import { isSelector, selectorOf, settingPath } from '../reading/setting-path.ts';

/** Largest depth of a path: deep blocks would copy long paths, and no setting that matters is deeper. */
const MAX_BLOCKS = 8;

/** Tokens that make the word `includeConfig` before them a name. */
const NO_PATH = isKindOf(T.assign, T.assignWith, T.dot, T.colon);

/** Reads `includeConfig './other.config'`. @returns false if the statement is something else. */
export function readConfigKeyword(reading: Reading, word: string, next: T): boolean {
  if (word !== 'includeConfig' || NO_PATH(next)) return false;
  const { cursor } = reading;
  cursor.at += 1;
  reading.scoped({ sink: exposes(['includeConfig']) }, () => {
    if (cursor.kind() === T.openParen && cursor.isLastOfStatement())
      reading.within(cursor.at, readIncludedPath);
    else readIncludedPath(reading);
  });
  return true;
}

/** Reads a label of Groovy, which is no selector. @returns false if it is none. */
export function readConfigLabel(reading: Reading): boolean {
  const { cursor } = reading;
  if (cursor.kind(cursor.at + 1) !== T.colon || isSelectorWord(reading)) return false;
  cursor.at += 2;
  return true;
}

export function readConfigStatement(reading: Reading): void {
  if (reading.scope.isClosure || !readSetting(reading)) readExpressionStatement(reading);
}

const isSelectorWord = ({ cursor }: Reading): boolean =>
  cursor.isWord('withName') || cursor.isWord('withLabel');

interface Key {
  readonly names: readonly string[];
  /** The index of the token after it. */
  readonly after: number;
}

/** Reads `a.b { … }`, `withName: X { … }`, `a.b = …`. @returns false if the statement is something else. */
function readSetting(reading: Reading): boolean {
  const { cursor } = reading;
  const start = cursor.at;
  const isSelected = isSelectorWord(reading) && cursor.kind(start + 1) === T.colon;
  const key = isSelected ? selectorKey(reading) : plainKey(reading);
  if (key === undefined) return false;
  const { names, after } = key;
  const next = cursor.kind(after);
  if (next !== T.openBrace && next !== T.assign && next !== T.assignWith) return false;
  noteSelectors(reading, names, start);
  if (next === T.openBrace) {
    noteProfile(reading, names, start);
    readSettings(reading, after, names);
    return true;
  }
  cursor.at = after + 1;
  cursor.skipNewLines();
  reading.scoped({ path: [...reading.scope.path, ...names] }, () => {
    readValue(reading, next === T.assign);
  });
  return true;
}

/** Reads the key `withName: 'A'`. */
function selectorKey({ cursor, tokens }: Reading): Key {
  const selected = cursor.afterNewLines(cursor.at + 2);
  const kind = cursor.kind(selected);
  const last = kind === T.openText || kind === T.openParen ? tokens.partner(selected) : selected;
  const text =
    kind === T.string
      ? tokens.constant(selected)
      : tokens.text.slice(tokens.start(selected), tokens.end(last));
  return { names: [`${tokens.source(cursor.at)}:${text}`], after: last + 1 };
}

/** Reads a key: `a.b`, `process.'withName:A'`. */
function plainKey({ cursor, tokens }: Reading): Key | undefined {
  const names: string[] = [];
  for (let index = cursor.at; ; index += 2) {
    const kind = cursor.kind(index);
    if (kind === T.word) names.push(tokens.source(index));
    else if (kind === T.string) names.push(tokens.constant(index));
    else return undefined;
    if (cursor.kind(index + 1) !== T.dot) return { names, after: index + 1 };
  }
}

/** Reads the settings in a block. */
function readSettings(reading: Reading, brace: number, names: readonly string[]): void {
  const { path } = reading.scope;
  reading.scoped({ path: path.length < MAX_BLOCKS ? [...path, ...names] : path }, () => {
    reading.scoped({ process: selectorOf(reading) }, () => {
      const [first] = settingPath(reading);
      if (first === 'params') reading.scope.sink = PARAMS;
      else if (first === 'plugins') reading.scope.sink = exposes(['plugins']);
      reading.within(brace, readBlock);
    });
  });
}

/** Reads the value of a setting. @param replaces - true if it replaces the value set before. */
function readValue(reading: Reading, replaces: boolean): void {
  const path = settingPath(reading);
  if (reading.cursor.isLastOfStatement()) noteSetting(reading);
  if (path.join('.') === 'lineage.enabled') noteLineage(reading);
  reading.scoped({ process: selectorOf(reading) }, () => {
    if (isSecretSetting(path)) {
      readSecretSetting(reading, path, replaces);
      return;
    }
    const { flow, scope } = reading;
    scope.sink = sinkOf(path) ?? scope.sink;
    const mark = flow.mark();
    readExpressionStatement(reading);
    flow.assign(path[0] ?? '', path[1], mark);
  });
}

/** The wrong destination of the value of a setting, if there is one. @param path - without its profile. */
function sinkOf(path: readonly string[]): Sink | undefined {
  if (path[0] === 'params') return PARAMS;
  if (path[0] === 'env') return TASK;
  const names = path.filter((name) => !isSelector(name));
  if (path[0] !== 'process') return exposes(names);
  if (names.some((name) => TASK_SETTINGS.has(name))) return TASK;
  return names[1] === 'tag' ? PRINT : exposes(names);
}

function exposes(path: readonly string[]): Sink | undefined {
  const setting = exposedSetting(path);
  return setting === undefined ? undefined : { code: 'in-config', setting };
}
