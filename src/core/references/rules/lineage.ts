import { COMPUTED, enablesLineage } from '../lineage-setting.ts';
import { settingPath } from '../reading/setting-path.ts';
import type { Reading } from '../reading/reading.ts';
import { IS_PLAIN_VALUE } from './settings.ts';

/** Notes `lineage.enabled`. A computed value may turn it on, too. */
export function noteLineage(reading: Reading): void {
  const { cursor, found, scope } = reading;
  const range = cursor.range(cursor.at);
  const isPlain = cursor.isLastOfStatement() && IS_PLAIN_VALUE(cursor.kind());
  if (!isPlain) found.settings.push({ path: scope.path, value: COMPUTED, ...range });
  const value = isPlain ? (found.settings.at(-1)?.value ?? '') : COMPUTED;
  if (enablesLineage(settingPath(reading), value)) reading.diagnose('lineage', { name: null, ...range });
}
