import { STRUCTURE_KEY } from '../structure.ts';
import type { UnlockedDocument } from '../unlocked-document.ts';
import { KEYS, type Member } from '../vault-shape.ts';
import { withExposure } from './exposure.ts';
import { membersByRoster, mergeMembers } from './merge-members.ts';
import {
  type Choices,
  type Conflict,
  EXPOSED,
  mergeSecrets,
  type MergedSecrets,
  sections,
} from './merge-secrets.ts';
import {
  clearLeaf,
  documentOf,
  type MergeObject,
  type MergeTree,
  mergeTree,
  type Side,
} from './merge-tree.ts';
import { at, keysOf, mergeObjects, type SideName, threeWay, type Versions } from './three-way.ts';

/** The versions of a vault that are to be merged. */
export interface MergeInput {
  /** Undefined if both sides have made the vault. One that does not open is told apart by its cipher text. */
  readonly base: Side | undefined;
  readonly ours: UnlockedDocument;
  readonly theirs: UnlockedDocument;
}

/** Members that a merged roster has: one for each recipient. */
export interface RosterMembers {
  readonly root: string;
  readonly members: readonly Member[];
}

/** A merge, before anything is encrypted. */
export interface MergePlan {
  /** Conflicts that nobody has decided yet. If there are some, the rest is of no use. */
  readonly conflicts: readonly Conflict[];
  readonly tree: MergeObject;
  readonly recipients: readonly string[];
  readonly removed: readonly Member[];
  /** Names of values that the removed members could read in one of the branches. */
  readonly exposed: readonly string[];
  /** The side whose data key the result has. */
  readonly key: SideName;
  /** True if the result has to have a new data key. */
  readonly isKeyToRenew: boolean;
}

/**
 * Merges three versions of a vault, without a look at files, keys or people.
 *
 * @param choices - decisions of conflicts.
 * @param now - time for marks: ISO 8601.
 * @param roster - undefined for a vault without a roster.
 */
export function planMerge(
  input: MergeInput,
  choices: Choices,
  now: string,
  roster?: RosterMembers,
): MergePlan {
  const trees: Versions<MergeObject> = {
    base: input.base === undefined ? new Map<string, MergeTree>() : mergeTree(input.base),
    ours: mergeTree(input.ours),
    theirs: mergeTree(input.theirs),
  };
  const key = keySide(input);
  const members = roster === undefined ? mergeMembers(trees) : membersByRoster(trees, roster.members);
  const merged = mergeSecrets(trees, choices, key.side);
  const others = mergeOthers(trees, merged, choices, key.side);
  const exposed = exposeSecrets(merged, members.removed, input, now);
  const tree: MergeObject = new Map();
  for (const name of keysOf(trees)) {
    if (name === KEYS.secrets)
      tree.set(name, new Map(merged.secrets.map((secret) => [secret.name, secret.value])));
    else if (name === KEYS.info) tree.set(name, mergedInfos(trees, exposed.infos, merged));
    else if (name === KEYS.members) tree.set(name, members.entries);
    // Keeps its position; the vault makes its content when it is written.
    else if (name === STRUCTURE_KEY) tree.set(name, clearLeaf(''));
    // Without a roster here, one side has it: it stays.
    else if (name === KEYS.roster)
      tree.set(name, trees.ours.get(name) ?? trees.theirs.get(name) ?? clearLeaf(null));
    else if (others.has(name)) tree.set(name, others.get(name) ?? new Map<string, MergeTree>());
  }
  if (roster !== undefined) tree.set(KEYS.roster, clearLeaf(roster.root));
  return {
    conflicts: [...merged.conflicts.values()],
    tree,
    recipients: members.recipients,
    removed: members.removed,
    exposed: exposed.names,
    key: key.side,
    isKeyToRenew: key.isNew || knowsKey(members.removed, input, key.side),
  };
}

/** Chooses the data key: that of the side that has renewed it. If both have, neither is known to all. */
function keySide({ base, ours, theirs }: MergeInput): { readonly side: SideName; readonly isNew: boolean } {
  if (ours.keyId === theirs.keyId) return { side: 'ours', isNew: false };
  if (base === undefined) return { side: 'ours', isNew: true };
  const baseKey = 'keyId' in base ? base.keyId : undefined;
  if (ours.keyId === baseKey) return { side: 'theirs', isNew: false };
  return { side: 'ours', isNew: theirs.keyId !== baseKey };
}

/** Tells whether somebody who is no member any more has the data key of a side. */
function knowsKey(removed: readonly Member[], { base, ours, theirs }: MergeInput, key: SideName): boolean {
  const { keyId } = key === 'ours' ? ours : theirs;
  const withKey = [ours, theirs, base].filter(
    (side) => side !== undefined && 'keyId' in side && side.keyId === keyId,
  );
  return withKey.some((side) => side !== undefined && readersAmong(removed, side).length > 0);
}

function readersAmong(members: readonly Member[], side: Side): Member[] {
  const recipients = new Set(documentOf(side).recipients);
  return members.filter(({ recipient }) => recipients.has(recipient));
}

/** Marks the values that removed members could read. */
function exposeSecrets(
  { secrets }: MergedSecrets,
  removed: readonly Member[],
  input: MergeInput,
  now: string,
): { readonly infos: MergeObject; readonly names: readonly string[] } {
  const infos: MergeObject = new Map();
  const names: string[] = [];
  for (const { name, info, sides } of secrets) {
    // A value that both sides have was there before: whoever removed the member has marked it.
    const readers = sides.length > 1 ? [] : sides.flatMap((side) => readersAmong(removed, input[side]));
    if (readers.length > 0) names.push(name);
    const fields: MergeObject = new Map(info instanceof Map ? info : []);
    const marks = withExposure(fields.get(EXPOSED), readers, now);
    if (marks !== undefined) fields.set(EXPOSED, marks);
    if (fields.size > 0) infos.set(name, fields);
  }
  return { infos, names };
}

/** The infos of all merged secrets, and of names without a value, which sops leaves. */
function mergedInfos(
  trees: Versions<MergeObject>,
  ofSecrets: MergeObject,
  { secrets }: MergedSecrets,
): MergeObject {
  const infos = sections(trees, KEYS.info);
  const values = sections(trees, KEYS.secrets);
  const isOfSecret = (name: string): boolean =>
    values.base.has(name) || values.ours.has(name) || values.theirs.has(name);
  const merged: MergeObject = new Map();
  for (const name of keysOf(infos)) {
    const info = isOfSecret(name)
      ? ofSecrets.get(name)
      : threeWay(at(infos, name), [name], { prefer: 'ours', decide: () => 'ours' });
    if (info !== undefined) merged.set(name, info);
  }
  for (const { name } of secrets) {
    const info = ofSecrets.get(name);
    if (info !== undefined) merged.set(name, info);
  }
  return merged;
}

/** Keys at the top with rules of their own. */
const OWN_RULES = new Set<string>([KEYS.roster, KEYS.secrets, KEYS.info, KEYS.members, STRUCTURE_KEY]);

/**
 * Merges all other content. What is kept under the name of a secret follows its value; a decision about that secret
 * counts for it too.
 */
function mergeOthers(
  trees: Versions<MergeObject>,
  { secrets, conflicts, ofOneSide }: MergedSecrets,
  choices: Choices,
  prefer: SideName,
): MergeObject {
  const others = (tree: MergeObject): MergeObject =>
    new Map([...tree].filter(([key]) => !OWN_RULES.has(key)));
  const sidesOf = new Map(secrets.map(({ name, sides }) => [name, sides]));
  const decide = (path: readonly string[]): SideName | undefined => {
    const secret = path.slice(1).find((key) => sidesOf.has(key) || conflicts.has(key));
    const followed = secret === undefined ? undefined : sidesOf.get(secret);
    if (followed?.length === 1) return followed[0];
    const shown = `/${path.join('/')}`;
    const name = secret ?? shown;
    const choice = choices.get(name);
    if (choice !== undefined) return choice;
    const known = conflicts.get(name);
    // A secret that one side has deleted is one decision.
    if (known?.parts.length === 0) return undefined;
    const parts = [...(known?.parts ?? []), shown];
    const nobody = { updated: null, updatedBy: null };
    conflicts.set(name, { ...(known ?? { name, ours: nobody, theirs: nobody }), name, parts });
    return undefined;
  };
  const versions = { base: others(trees.base), ours: others(trees.ours), theirs: others(trees.theirs) };
  return mergeObjects(versions, [], {
    prefer,
    decide,
    ofOneSide: ([, ...below]) => ofOneSide.get(below.at(-1) ?? ''),
  });
}
