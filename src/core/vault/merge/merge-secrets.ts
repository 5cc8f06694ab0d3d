import { KEYS } from '../vault-shape.ts';
import { clearText, isSame, type MergeObject, type MergeTree } from './merge-tree.ts';
import { at, keysOf, type SideName, threeWay, type Versions } from './three-way.ts';

/** Date and author of a side's version of a secret, as its file claims; null where it does not say. */
export interface SideInfo {
  readonly updated: string | null;
  readonly updatedBy: string | null;
}

/** A thing that both sides have changed, each in another way. */
export interface Conflict {
  /** Name of a secret; of other content of the vault its path, which begins with a slash. */
  readonly name: string;
  /** The parts that differ: `value`, `description`, a field or a path. Empty if one side has deleted it. */
  readonly parts: readonly string[];
  /** Null for a side that has deleted it. */
  readonly ours: SideInfo | null;
  readonly theirs: SideInfo | null;
}

/** Decisions by the name of a conflict. */
export type Choices = ReadonlyMap<string, SideName>;

/** A merged secret. */
interface MergedSecret {
  readonly name: string;
  readonly value: MergeTree;
  readonly info: MergeTree | undefined;
  /** The sides whose value it has: both if neither has changed it, or both in the same way. */
  readonly sides: readonly SideName[];
}

/** The secrets of a merge, and what is left to decide. */
export interface MergedSecrets {
  readonly secrets: readonly MergedSecret[];
  readonly conflicts: Map<string, Conflict>;
  /** Of secrets that one side alone has: the side that counts, which is the other one for those that are deleted. */
  readonly ofOneSide: ReadonlyMap<string, SideName>;
}

/** One version of a secret; the value is undefined if that side does not have it. */
interface Version {
  readonly value: MergeTree | undefined;
  readonly info: MergeObject;
}

/** Fields that follow the value. */
const DATES = ['created', 'updated', 'updatedBy'];
/** The marks of values that a former member could read follow the value too. */
export const EXPOSED = 'exposed';
const FOLLOWING = new Set([...DATES, EXPOSED]);

/** Merges the secrets of three versions by name, and each by its fields. */
export function mergeSecrets(
  trees: Versions<MergeObject>,
  choices: Choices,
  prefer: SideName,
): MergedSecrets {
  const secrets: MergedSecret[] = [];
  const conflicts = new Map<string, Conflict>();
  const ofOneSide = new Map<string, SideName>();
  const all = sections(trees, KEYS.secrets);
  const infos = sections(trees, KEYS.info);
  for (const name of keysOf(all)) {
    const value = at(all, name);
    const info = at(infos, name);
    const version = (side: keyof Versions): Version => {
      const fields = info[side];
      return { value: value[side], info: fields instanceof Map ? fields : new Map<string, MergeTree>() };
    };
    const versions = { base: version('base'), ours: version('ours'), theirs: version('theirs') };
    const { merged, parts } = mergeSecret(name, versions, { choice: choices.get(name), prefer });
    if (merged !== undefined) secrets.push(merged);
    const has = { ours: value.ours !== undefined, theirs: value.theirs !== undefined };
    if (has.ours !== has.theirs) ofOneSide.set(name, has.ours === (merged !== undefined) ? 'ours' : 'theirs');
    if (parts !== undefined) conflicts.set(name, { name, parts, ...sideInfos(versions) });
  }
  return { secrets, conflicts, ofOneSide };
}

/** @returns the objects that the versions have under a key at the top. */
export function sections(trees: Versions<MergeObject>, key: string): Versions<MergeObject> {
  const section = (tree: MergeObject): MergeObject => {
    const found = tree.get(key);
    return found instanceof Map ? found : new Map<string, MergeTree>();
  };
  return { base: section(trees.base), ours: section(trees.ours), theirs: section(trees.theirs) };
}

export function sideInfos({ ours, theirs }: Versions<Version>): Pick<Conflict, SideName> {
  const infoOf = ({ value, info }: Version): SideInfo | null =>
    value === undefined
      ? null
      : {
          updated: clearText(info.get('updated')) ?? null,
          updatedBy: clearText(info.get('updatedBy')) ?? null,
        };
  return { ours: infoOf(ours), theirs: infoOf(theirs) };
}

interface SecretOptions {
  readonly choice: SideName | undefined;
  readonly prefer: SideName;
}

/** @returns `parts` only if it takes a decision that nobody has made yet. */
function mergeSecret(
  name: string,
  versions: Versions<Version>,
  { choice, prefer }: SecretOptions,
): { readonly merged?: MergedSecret; readonly parts?: readonly string[] } {
  const { base, ours, theirs } = versions;
  if (ours.value === undefined || theirs.value === undefined) return mergeDeleted(name, versions, choice);
  const parts = new Set<string>();
  const decide = ([part = '']: readonly string[]): SideName | undefined => {
    if (choice === undefined) parts.add(part);
    return choice;
  };
  const values = { base: base.value, ours: ours.value, theirs: theirs.value };
  const value = threeWay(values, ['value'], { prefer, decide }) ?? ours.value;
  const sides = sidesWith(value, values);
  const info: MergeObject = new Map();
  const infos = { base: base.info, ours: ours.info, theirs: theirs.info };
  for (const key of keysOf(infos)) {
    const field = FOLLOWING.has(key)
      ? following(key, infos, sides)
      : threeWay(at(infos, key), [key], { prefer, decide });
    if (field !== undefined) info.set(key, field);
  }
  const merged = { name, value, info: info.size === 0 ? undefined : info, sides };
  return parts.size === 0 ? { merged } : { merged, parts: [...parts] };
}

/** Merges a secret that one side does not have. */
function mergeDeleted(
  name: string,
  { base, ours, theirs }: Versions<Version>,
  choice: SideName | undefined,
): { readonly merged?: MergedSecret; readonly parts?: readonly string[] } {
  const [kept, side] = ours.value === undefined ? ([theirs, 'theirs'] as const) : ([ours, 'ours'] as const);
  if (kept.value === undefined) return {};
  const merged = { name, value: kept.value, info: kept.info, sides: [side] };
  if (base.value === undefined) return { merged };
  if (!isChanged(base, kept)) return {};
  if (choice === undefined) return { parts: [] };
  return choice === side ? { merged } : {};
}

/** Tells whether more than the fields that follow a value have changed. */
function isChanged(base: Version, now: Version): boolean {
  if (!isSame(base.value, now.value)) return true;
  return [...new Set([...base.info.keys(), ...now.info.keys()])].some(
    (key) => !FOLLOWING.has(key) && !isSame(base.info.get(key), now.info.get(key)),
  );
}

/** The sides that a merged value comes from. */
function sidesWith(value: MergeTree, { ours, theirs }: Versions): SideName[] {
  const inOurs = isSame(value, ours);
  return inOurs && isSame(value, theirs) ? ['ours', 'theirs'] : [inOurs ? 'ours' : 'theirs'];
}

/** Merges a field that follows the value. Of two sides with the same value, the later change gives the dates. */
function following(
  key: string,
  infos: Versions<MergeObject>,
  sides: readonly SideName[],
): MergeTree | undefined {
  const versions = at(infos, key);
  const [side = 'ours', other] = sides;
  if (other === undefined) return versions[side];
  if (key === EXPOSED) return threeWay(versions, [], { prefer: 'ours', decide: () => undefined });
  if (isSame(versions.base, versions.ours)) return versions.theirs;
  if (isSame(versions.base, versions.theirs)) return versions.ours;
  const time = (name: SideName): number => Date.parse(clearText(infos[name].get('updated')) ?? '') || 0;
  return versions[time('theirs') > time('ours') ? 'theirs' : 'ours'];
}
