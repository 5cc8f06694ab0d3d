import { isSelector, selectorOf } from '../reading/setting-path.ts';
import type { Reading } from '../reading/reading.ts';
import { readNames } from './directive-names.ts';

/** Tells whether a setting asks for secrets for tasks. @param path - without its profile. */
export const isSecretSetting = (path: readonly string[]): boolean =>
  path[0] === 'process' && path.at(-1) === 'secret' && path.slice(1, -1).every(isSelector);

/**
 * Reads the value of `secret = …`.
 *
 * @param replaces - true if it replaces the secrets set before, and does not add to them.
 */
export function readSecretSetting(reading: Reading, path: readonly string[], replaces: boolean): void {
  const { cursor, tokens, scope } = reading;
  const offset = tokens.start(cursor.at);
  readNames(reading, reading.grammar.expressionStatement, ({ token }) =>
    token < 0 ? undefined : 'config-string',
  );
  const isCertain = !scope.isConditional && path.length <= 3;
  reading.found.secretSettings.push({
    selector: selectorOf(reading),
    profile: reading.profile,
    replaces: replaces && isCertain,
    offset,
    endOffset: tokens.end(cursor.at - 1),
  });
}
