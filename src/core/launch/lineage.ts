import { relative } from 'node:path';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { COMPUTED, enablesLineage } from '../references/lineage-setting.ts';
import type { Notice } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';

/** The directory of lineage if no setting names another. */
const DEFAULT_LOCATION = '.lineage';
const MAX_SHOWN = 5;

/** A note on a run of which Nextflow keeps the lineage: the values that it keeps too, and their directory. */
export function lineageNotes({ settings, references }: PipelineCode, launchDir: string): Notice[] {
  const last = (name: string): PipelineCode['settings'][number] | undefined =>
    settings.findLast(({ path }) => path.join('.') === name);
  const enabled = last('lineage.enabled');
  if (enabled === undefined || !enablesLineage(enabled.path, enabled.value)) return [];
  const values = references.filter(({ kind, tested, ignored }) => kind === 'property' && !tested && !ignored);
  const names = [...new Set(values.map(({ name }) => printable(name)))].sort();
  if (names.length === 0) return [];
  const more = names.length > MAX_SHOWN ? phrase`, and ${names.length - MAX_SHOWN} more` : '';
  const location = last('lineage.store.location')?.value ?? DEFAULT_LOCATION;
  const near = relative(launchDir, enabled.file);
  const shown = `${printable(near.startsWith('..') ? enabled.file : near)}:${enabled.line}`;
  const turns = enabled.value === COMPUTED ? phrase`may turn` : phrase`turns`;
  return [
    {
      fact: phrase`${shown} ${turns} lineage on: Nextflow keeps the values that the code reads by secrets.NAME
        as plain text in ${printable(location)}, and nothing removes them there:
        ${names.slice(0, MAX_SHOWN).join(', ')}${more}. What
        tasks get by the directive secret is not kept.`,
      remedy: phrase`Without it: a config with lineage.enabled = false by -c`,
    },
  ];
}
