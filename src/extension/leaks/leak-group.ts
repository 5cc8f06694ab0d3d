import type { LeakRecord, RecordedCause, RecordedLeak } from '../../core/leaks/record.ts';
import type { PastRun } from '../state/ended-runs.ts';

// Values that were found in files, as plain data without values. Imports no VS Code.

/** What one look has found: that after a run, or one into a folder. */
export interface LeakGroup {
  /** Id of the run, or the path of the folder. */
  readonly id: string;
  readonly kind: 'run' | 'folder';
  /** The pipeline, or the folder. */
  readonly title: string;
  /** Directory that the run was started in, or the folder. */
  readonly directory: string;
  /** ISO 8601 in UTC. */
  readonly looked: string;
  readonly leaks: readonly RecordedLeak[];
  readonly causes: readonly RecordedCause[];
  /** False if not all was looked at that should be: there may be more. */
  readonly isComplete: boolean;
}

/** The group of a run. The record may be of another version. */
export const groupOf = (record: LeakRecord): LeakGroup => ({
  ...{ id: record.runId, kind: 'run', title: record.pipeline, directory: record.directory },
  ...{ looked: record.looked, leaks: record.leaks, isComplete: record.complete },
  causes: record.causes.filter(isCause),
});

function isCause(value: unknown): value is RecordedCause {
  const { name, file, line } = (value ?? {}) as Partial<Record<keyof RecordedCause, unknown>>;
  return typeof name === 'string' && typeof file === 'string' && typeof line === 'number' && line >= 1;
}

/** The group without leaks whose files are gone; undefined if there is nothing left to say. */
export function withoutGone(group: LeakGroup, gone: ReadonlySet<string>): LeakGroup | undefined {
  const leaks = group.leaks.filter(({ file }) => !gone.has(file));
  if (leaks.length === 0 && (group.isComplete || group.leaks.length > 0)) return undefined;
  const names = new Set(leaks.map(({ name }) => name));
  return { ...group, leaks, causes: group.causes.filter(({ name }) => names.has(name)) };
}

/** The files of a group, each once. */
export const filesOf = ({ leaks }: Pick<LeakGroup, 'leaks'>): string[] => [
  ...new Set(leaks.map(({ file }) => file)),
];

/** The secrets of a group, each once. */
export const namesOf = ({ leaks }: Pick<LeakGroup, 'leaks'>): string[] =>
  [...new Set(leaks.map(({ name }) => name))].sort();

/**
 * The group of a run that has ended.
 *
 * @param directory - that it was started in, of a run whose id is not known: its look came last there.
 */
export function groupOfRun(
  groups: readonly LeakGroup[],
  { runId, pipeline, started }: Pick<PastRun, 'runId' | 'pipeline' | 'started'>,
  directory: string | undefined,
): LeakGroup | undefined {
  if (runId !== undefined) return groups.find(({ id }) => id === runId);
  const candidates = groups.filter(
    (one) =>
      one.kind === 'run' && one.looked >= started && one.title === pipeline && one.directory === directory,
  );
  // Of two at a time nobody knows which one it is.
  return candidates.length === 1 ? candidates[0] : undefined;
}
