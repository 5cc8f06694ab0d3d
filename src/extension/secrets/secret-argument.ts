import { l10n, type QuickPickItem, ThemeIcon } from 'vscode';
import { withoutLinks } from '../plain-text.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { phrase } from '../../core/system/phrase.ts';
import { printable } from '../../core/system/printable.ts';
import { isVaultScope, type VaultScope } from '../../core/secrets/scope.ts';
import { alone, askPick } from '../steps.ts';
import {
  allSecrets,
  type MissingEntry,
  type SecretEntry,
  type SecretNode,
  type VaultRoot,
} from '../state/secret-nodes.ts';
import type { SecretsOverview } from '../state/secrets-overview.ts';
import type { NamedSecret } from '../command-arguments.ts';
import { scopeTitle } from '../scope-words.ts';

// Commands come from the tree (a node, and all that are selected), from an editor (a name and a scope), from the
// palette and from key bindings (nothing).

const KINDS: readonly string[] = ['secret', 'missing', 'vault', 'missingRoot', 'nextflowRoot'];

function isNode(value: unknown): value is SecretNode {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.includes(String(value.kind));
}

/** The nodes of the tree that a command was called on. */
function nodesOf([node, selection]: readonly unknown[]): SecretNode[] {
  if (Array.isArray(selection) && selection.length > 0) return selection.filter(isNode);
  return isNode(node) ? [node] : [];
}

/** The root or missing name that a secret is to be created for. */
export function vaultOrMissing(args: readonly unknown[]): VaultRoot | MissingEntry | undefined {
  return nodesOf(args).find((node) => node.kind === 'vault' || node.kind === 'missing');
}

/** The root of a vault that a command was called on. */
export const rootOf = (args: readonly unknown[]): VaultRoot | undefined =>
  nodesOf(args).find((node) => node.kind === 'vault');

/** Name and scope that a command was called with, if it was not called from the tree. */
export function namedOf([value]: readonly unknown[]): NamedSecret | undefined {
  if (typeof value === 'string') return { name: value };
  if (typeof value !== 'object' || value === null || isNode(value)) return undefined;
  const { name, scope } = value as Record<string, unknown>;
  if (typeof name !== 'string') return undefined;
  return scope === 'user' || scope === 'workspace' || scope === 'nextflow' ? { name, scope } : { name };
}

export interface SecretQuestion {
  readonly title: string;
  readonly placeholder: string;
  /** Selects the secrets that the command is for. */
  readonly filter?: (entry: SecretEntry) => boolean;
}

/**
 * The secrets that a command is for: those of the tree, the named one, or one that the person picks.
 *
 * @param current - the selection in the view, for key bindings.
 * @throws HumanError 66 if a named one is not set; CancellationError.
 */
export async function secretsFor(
  args: readonly unknown[],
  model: SecretsOverview,
  { title, placeholder, filter = () => true }: SecretQuestion,
  current: readonly SecretNode[] = [],
): Promise<SecretEntry[]> {
  await model.settle();
  const nodes = nodesOf(args);
  const selected = (nodes.length > 0 || args.length > 0 ? nodes : [...current])
    .filter((node) => node.kind === 'secret')
    .filter(filter);
  if (selected.length > 0) return selected;
  const choice = allSecrets(model).filter(filter);
  const named = namedOf(args);
  if (named !== undefined) {
    const found = choice.filter(({ name, scope }) => name === named.name && (named.scope ?? scope) === scope);
    const [only, ...others] = found;
    if (only === undefined) throw notSet(named.name, choice);
    if (others.length === 0) return [only];
    return [await pickSecret(title, placeholder, found)];
  }
  if (choice.length === 0) {
    throw new HumanError(ExitCode.missing, l10n.t('There is no secret that this could be done with.'));
  }
  return [await pickSecret(title, placeholder, choice)];
}

/** A secret of a vault, which can be changed; those of the person's own Nextflow store cannot. */
export interface VaultSecret extends SecretEntry {
  readonly scope: VaultScope;
}

/** Works as {@link secretsFor}, for commands that change secrets. */
export async function vaultSecretsFor(
  args: readonly unknown[],
  model: SecretsOverview,
  title: string,
  current: readonly SecretNode[],
): Promise<VaultSecret[]> {
  return vaultSecretsThat(() => true, args, model, { title, current });
}

/** Works as {@link vaultSecretsFor}, for those secrets that something can be done with. */
export async function vaultSecretsThat(
  isRight: (entry: SecretEntry) => boolean | undefined,
  args: readonly unknown[],
  model: SecretsOverview,
  { title, current }: { readonly title: string; readonly current: readonly SecretNode[] },
): Promise<VaultSecret[]> {
  const filter = (entry: SecretEntry): entry is VaultSecret =>
    isVaultScope(entry.scope) && isRight(entry) === true;
  const placeholder = l10n.t('Which one?');
  return (await secretsFor(args, model, { title, placeholder, filter }, current)).filter(filter);
}

function notSet(name: string, known: readonly SecretEntry[]): HumanError {
  const near = didYouMean(name, new Set(known.map((entry) => entry.name)));
  return new HumanError(ExitCode.missing, phrase`Secret ${printable(name)} is not set.${near}`, {
    do: 'set-secret',
    name,
  });
}

async function pickSecret(
  title: string,
  placeholder: string,
  entries: readonly SecretEntry[],
): Promise<SecretEntry> {
  const items = entries.map((entry): QuickPickItem & { readonly entry: SecretEntry } => ({
    label: entry.name,
    description: [scopeTitle(entry.scope), withoutLinks(printable(entry.workspace?.title ?? ''))]
      .filter(Boolean)
      .join(' · '),
    iconPath: new ThemeIcon('key'),
    entry,
  }));
  return (await askPick(alone(title), { placeholder, items })).entry;
}
