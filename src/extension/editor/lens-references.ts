import type { SourceReference, SourceScan, SourceSpan } from '../../core/references/scan.ts';

/** A reference that has a lens above it. */
export interface LensReference {
  readonly reference: SourceReference;
  /** True if its line has lenses of other names too: each then has to show its name. */
  readonly shared: boolean;
}

/** A process and the names that it uses, in order. */
export interface LensProcess {
  readonly process: SourceSpan;
  readonly references: readonly SourceReference[];
}

/**
 * The references that get a lens: each directive, and the first property of a name in a block, unless that line has a
 * lens of the same name already, as in `secret secrets.X ? 'X' : ''`.
 */
export function lensReferences({
  references,
  blocks,
}: Pick<SourceScan, 'references' | 'blocks'>): LensReference[] {
  const directives = new Set<string>();
  for (const { kind, name, line } of references) if (kind === 'directive') directives.add(`${line} ${name}`);
  const seen = new Set<string>();
  const chosen = references.filter(({ kind, name, line, offset, process }) => {
    const inLine = `line ${line} ${name}`;
    const block = blocks.findIndex((one) => one.offset <= offset && offset < one.endOffset);
    // Outside of all blocks each line counts as a block.
    const inBlock = block < 0 ? inLine : `${kind} ${block} ${process ?? ''} ${name}`;
    const isNew = !seen.has(inLine) && (kind === 'directive' || !seen.has(inBlock));
    if (kind === 'property' && directives.has(`${line} ${name}`)) {
      seen.add(inBlock);
      return false;
    }
    if (isNew) seen.add(inLine).add(inBlock);
    return isNew;
  });
  const inLine = new Map<number, number>();
  for (const { line } of chosen) inLine.set(line, (inLine.get(line) ?? 0) + 1);
  return chosen.map((reference) => ({ reference, shared: (inLine.get(reference.line) ?? 0) > 1 }));
}

/** The processes of a script that use several secrets. */
export function lensProcesses({
  processes,
  references,
}: Pick<SourceScan, 'processes' | 'references'>): LensProcess[] {
  return processes.flatMap((process) => {
    const own = references.filter((reference) => reference.process === process.name);
    const names = new Set(own.map(({ name }) => name));
    return names.size < 2 ? [] : [{ process, references: own }];
  });
}
