import { assertAsSeen, type Seen } from '../vault/change-secrets.ts';
import { type ImportFormat, type ImportPlan, parseSecrets, planImport } from '../secrets/exchange.ts';
import { expiryIn } from '../secrets/expiry.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { readNextflowStore } from '../nextflow/nextflow-store.ts';
import { nextflowStorePath } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import { secretNameProblem } from '../secrets/secret-name.ts';
import { updateVault } from '../vault/update-vault.ts';
import { openVault } from '../vault/vault.ts';
import type { VaultLocation } from '../vault/vault-location.ts';
import type { World } from '../system/world.ts';
import type { Given, IfDifferent } from '../secrets/writable-store.ts';
import { phrase } from '../system/phrase.ts';

/** Most bytes that are read. */
export const MAX_IMPORT_BYTES = 64 << 20;

export type { Given } from '../secrets/writable-store.ts';

/**
 * Reads the secrets of a file's content, all or none.
 *
 * @param source - the file, for messages.
 * @throws HumanError 65 if it cannot be read as that format, or a value could not reach a task.
 */
export function parseImport(bytes: Uint8Array, format: ImportFormat, source: string): Given {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(source)} is not UTF-8 text. Nothing was imported.`,
    );
  }
  return deliverable(parseSecrets(text, format, source));
}

/**
 * Reads the person's own Nextflow store, to import it.
 *
 * @throws HumanError 65 if one of its names cannot be a secret's, or a value could not reach a task.
 */
export async function importFromNextflow(world: World): Promise<Given> {
  const store = await readNextflowStore(world);
  for (const name of store.keys()) {
    const problem = secretNameProblem(name);
    if (problem === undefined) continue;
    throw new HumanError(
      ExitCode.data,
      phrase`Your own Nextflow store has the name "${printable(name).slice(0, 60)}", which cannot be a
        secret's: ${problem}. Nothing was imported.`,
      phrase`Remove it there, or import the others from a file: ${printable(nextflowStorePath(world))} is
        JSON.`,
    );
  }
  return deliverable(new Map([...store].map(([name, value]) => [name, { value }])));
}

function deliverable(given: Given): Given {
  for (const [name, { value }] of given) if (value.reveal() !== '') value.assertDeliverable(name);
  return given;
}

/** Secrets to import, and those that may be lost for it. */
export interface ImportRequest {
  readonly given: Given;
  readonly ifDifferent: IfDifferent;
  /** The secrets that had these names when the person was asked; undefined if the person was not. */
  readonly agreed?: ReadonlyMap<string, Seen>;
}

/** Tells what an import would do now. @throws HumanError as `openVault`, and 64 as {@link planImport}. */
export async function previewImport(
  location: VaultLocation,
  given: Given,
  ifDifferent: IfDifferent,
  world: World,
): Promise<ImportPlan> {
  const now = await openVault(location, world);
  return planImport(given, (name) => now.get(name), ifDifferent);
}

/**
 * Imports secrets in one write.
 *
 * @returns the names, by what was done with each.
 * @throws HumanError as {@link updateVault}, and 64.
 */
export async function importInto(
  location: VaultLocation,
  { given, ifDifferent, agreed }: ImportRequest,
  author: string,
  world: World,
): Promise<ImportPlan> {
  let plan = await previewImport(location, given, ifDifferent, world);
  if (plan.created.length + plan.changed.length === 0) return plan;
  await updateVault(location, world, author, (draft) => {
    // Decided again on the vault as it is now: somebody may have set one of them meanwhile.
    plan = planImport(given, (name) => (draft.has(name) ? draft.get(name).value : undefined), ifDifferent);
    if (agreed !== undefined)
      for (const name of plan.changed) assertAsSeen(draft, name, agreed.get(name) ?? null);
    const written = new Set([...plan.created, ...plan.changed]);
    for (const [name, { value, description, expires = expiryIn(value)?.day }] of given)
      if (written.has(name)) draft.set(name, value, { description, expires });
  });
  return plan;
}
