import {
  type CancellationToken,
  type Disposable,
  l10n,
  type Position,
  type Range,
  type RenameProvider,
  type TextDocument,
  window,
  workspace,
  type WorkspaceEdit,
} from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { DisposableStore } from '../disposables.ts';
import { guarded, RemediedError } from '../error-boundary.ts';
import { allSecrets, type SecretEntry } from '../state/secret-nodes.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';
import type { Services } from '../services.ts';
import { assertMayAct } from '../trust.ts';
import { rangeOf, referenceAt } from '../code/document-scan.ts';
import { renamingOf } from '../code/rename-code.ts';
import { nameProblem } from '../name-problem.ts';
import { factWithRemedies } from '../remedies.ts';
import { scopeTitle } from '../scope-words.ts';

/** Milliseconds between the last change of the code and that of the vault. */
const PAUSE = 500;
/** Milliseconds after which an open preview counts as refused. */
const PATIENCE = 10 * 60_000;

/** A name that is being changed in the code, and then in the vaults. */
interface Pending {
  readonly from: string;
  readonly to: string;
  /** Folder of the code; undefined for all folders. */
  readonly folder: string | undefined;
  readonly vaults: readonly StoreAccess[];
  /** Number of uses of the new name in the code before the change. */
  readonly before: number;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** True for an undo: the vaults follow only a complete one, since a person may also type the old name anew. */
  readonly isUndo: boolean;
  /** True if the vaults have both names, since the code does. */
  hasBoth: boolean;
}

/**
 * Gives a secret another name, in code and vault. VS Code changes the code, after a preview that the person may refuse.
 * The vaults get the new name only when the code has it. So a closed preview changes nothing in a vault, and an undo
 * of the code is followed by the vaults. Obstacles in a vault are checked first.
 */
export class SecretRename implements RenameProvider, Disposable {
  readonly #store = new DisposableStore();
  #pending: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;
  #following = Promise.resolve();

  constructor(private readonly services: Services) {
    this.#store.add(
      services.references.onDidChange(() => {
        if (this.#pending === undefined) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          this.#following = this.#following.then(() => guarded(services.log, () => this.#follow()));
        }, PAUSE);
      }),
    );
  }

  prepareRename(
    document: TextDocument,
    position: Position,
  ): { range: Range; placeholder: string } | undefined {
    const reference = referenceAt(document, position);
    // After an error VS Code would not ask the next extension if that has no such function, as the language server.
    if (reference === undefined) return undefined;
    return { range: rangeOf(reference), placeholder: reference.name };
  }

  async provideRenameEdits(
    document: TextDocument,
    position: Position,
    to: string,
    token: CancellationToken,
  ): Promise<WorkspaceEdit | undefined> {
    const from = referenceAt(document, position)?.name;
    // After this error VS Code does ask the next one, and shows it only if there is none.
    if (from === undefined) throw new Error(l10n.t('There is no secret here.'));
    if (from === to) return undefined;
    const problem = nameProblem(to);
    if (problem !== undefined) throw new HumanError(ExitCode.usage, problem);
    const { references, secrets } = this.services;
    const { version } = document;
    await references.ready();
    await secrets.refresh();
    const own = workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const entries = entriesOf(from, own, this.services);
    const vaults = await this.#vaultsOf(entries, to);
    // A user secret is for the code of all folders.
    const folder = entries.some(({ scope }) => scope === 'user') ? undefined : own;
    const edit = await renamingOf({ from, to, folder }, this.services);
    if (token.isCancellationRequested || document.version !== version) return undefined;
    const before = references.usesIn(folder).get(to)?.length ?? 0;
    const pending = { from, to, folder, vaults, before, isUndo: false, hasBoth: false };
    this.#pending = vaults.length === 0 ? undefined : { ...pending, until: Date.now() + PATIENCE };
    return edit;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#store.dispose();
  }

  /** The vaults that have to follow. @throws HumanError, RemediedError if one of them cannot. */
  async #vaultsOf(entries: readonly SecretEntry[], to: string): Promise<StoreAccess[]> {
    const vaults: StoreAccess[] = [];
    for (const { name, scope, workspace: of } of entries) {
      if (scope === 'nextflow') {
        if (entries.length > 1) continue;
        throw new HumanError(
          ExitCode.usage,
          l10n.t("{0} is set in Nextflow's own store, which is not changed from here.", printable(name)),
        );
      }
      assertMayAct();
      const taken = allSecrets(this.services.secrets).some(
        (other) => other.name === to && other.scope === scope && other.workspace?.directory === of?.directory,
      );
      if (taken)
        throw new HumanError(ExitCode.usage, l10n.t('{0} is set already ({1}).', to, scopeTitle(scope)));
      const access = await openStore(scope, of, this.services);
      await acceptStore(access);
      vaults.push(access);
    }
    return vaults;
  }

  /**
   * Changes the vaults after the code. While the code has both names, the vaults have both: the code is changed file by
   * file, or the person kept the old name somewhere.
   */
  async #follow(): Promise<void> {
    await this.services.references.settle();
    const pending = this.#pending;
    if (pending === undefined) return;
    const { from, to, folder, before, isUndo, until } = pending;
    const uses = this.services.references.usesIn(folder);
    const isWhole = !uses.has(from);
    if ((uses.get(to)?.length ?? 0) <= before || (!isWhole && (isUndo || pending.hasBoth))) {
      if (Date.now() > until) this.#pending = undefined;
      return;
    }
    try {
      await this.#change(pending, isWhole);
    } catch (error) {
      this.#pending = undefined;
      throw before > 0 ? error : this.#changeBack(pending, error);
    }
    pending.hasBoth = true;
    if (!isWhole) return;
    const next = { ...pending, from: to, to: from, before: 0, isUndo: true, hasBoth: false };
    this.#pending = { ...next, until: Date.now() + PATIENCE };
  }

  async #change({ from, to, vaults, hasBoth }: Pending, isWhole: boolean): Promise<void> {
    for (const access of vaults) {
      const { store } = access;
      await changingStore(this.services, access, async () => {
        if (!isWhole) await store.addName({ name: from, second: to });
        else if (hasBoth) await store.delete([from]);
        else await store.rename({ from, to, replaces: null });
      });
    }
    const scopes = vaults.map(({ scope }) => scopeTitle(scope)).join(', ');
    const message = isWhole
      ? l10n.t('{0} is called {1} now ({2}).', printable(from), to, scopes)
      : l10n.t('{0} is called {1} too ({2}).', printable(from), to, scopes);
    window.setStatusBarMessage(`$(key) ${message}`, 5_000);
    if (isWhole) this.services.renamed.fire({ from, to });
  }

  #changeBack({ from, to, folder }: Pending, error: unknown): unknown {
    if (!(error instanceof HumanError)) return error;
    return new RemediedError(factWithRemedies(error.phrase, error.remedies), {
      title: l10n.t('Change the Code Back'),
      run: async () => workspace.applyEdit(await renamingOf({ from: to, to: from, folder }, this.services)),
    });
  }
}

/** The secrets of a name that count for the code of one folder. */
function entriesOf(name: string, folder: string | undefined, { secrets }: Services): SecretEntry[] {
  const directory = secrets.inFolder(folder)?.of?.directory;
  return allSecrets(secrets).filter(
    (entry) =>
      entry.name === name && (entry.scope !== 'workspace' || entry.workspace?.directory === directory),
  );
}
