import { type Uri, workspace } from 'vscode';
import { isNeeded } from '../../core/launch/plan.ts';
import type { KnownSecret, SecretsModel } from '../secrets/secrets-model.ts';

/** What is known of one name, for one folder. */
export interface SecretState {
  readonly name: string;
  /** Where it is set, from the scope that wins down; empty if it is not set or not known. */
  readonly rows: readonly KnownSecret[];
  /** Why it is not known whether it is set: a vault could not be read. */
  readonly unknown: string | undefined;
}

/** What is set for the code of one folder. */
export interface SecretStates {
  /** All names that are set. */
  readonly names: ReadonlySet<string>;
  /** Why there may be more: a vault could not be read. */
  readonly problem: string | undefined;
  stateOf(name: string): SecretState;
  /** Whether a use goes wrong as things are, rather than being one that does without. */
  isNeeded(use: Parameters<typeof isNeeded>[0]): boolean;
}

/**
 * What is set for a document, from the last picture of the vaults; nothing is decrypted.
 *
 * @returns undefined while the vaults are still being read for the first time, and for a file that belongs to no
 *   folder of the window.
 */
export function secretStates(
  uri: Uri,
  { snapshot }: Pick<SecretsModel, 'snapshot'>,
): SecretStates | undefined {
  const folder = workspace.getWorkspaceFolder(uri)?.uri.toString();
  return statesOf(snapshot.layers.find(({ of }) => of?.folder === folder));
}

type Layer = SecretsModel['snapshot']['layers'][number];

/** One for each picture of each folder, so that who keeps the last one sees whether there is a new one. */
const known = new WeakMap<Layer, SecretStates>();

function statesOf(layer: Layer | undefined): SecretStates | undefined {
  if (layer === undefined) return undefined;
  const before = known.get(layer);
  if (before !== undefined) return before;
  const names = new Set(layer.rows.map(({ name }) => name));
  const problem = Object.values(layer.problems)[0];
  const states: SecretStates = {
    names,
    problem,
    stateOf: (name) => {
      const rows = layer.rows.filter((row) => row.name === name);
      return { name, rows, unknown: rows.length === 0 ? problem : undefined };
    },
    isNeeded: (use) => isNeeded(use, names),
  };
  known.set(layer, states);
  return states;
}
