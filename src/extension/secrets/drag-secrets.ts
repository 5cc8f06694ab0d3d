import {
  commands,
  DataTransferItem,
  type DataTransfer,
  l10n,
  type LogOutputChannel,
  type TreeDragAndDropController,
} from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { commandId } from '../command-id.ts';
import { guarded } from '../error-boundary.ts';
import type { SecretEntry, SecretNode } from '../state/secret-nodes.ts';
import { isAt, type VaultPlace } from './transfer-secret.ts';

/** Type of what is dragged inside the view. VS Code wants the view's id in small letters. */
const DRAGGED = 'application/vnd.code.tree.nextflowsecrets.secrets';

/** Moves secrets to the scope that they are dropped on, as **Move to Other Scope…** does, with its questions. */
export class SecretDragging implements TreeDragAndDropController<SecretNode> {
  readonly dragMimeTypes = [DRAGGED];
  readonly dropMimeTypes = [DRAGGED];

  constructor(private readonly log: LogOutputChannel) {}

  handleDrag(source: readonly SecretNode[], transfer: DataTransfer): void {
    const secrets = source.filter((node) => node.kind === 'secret');
    if (secrets.length > 0) transfer.set(DRAGGED, new DataTransferItem(secrets));
  }

  async handleDrop(target: SecretNode | undefined, transfer: DataTransfer): Promise<void> {
    await guarded(this.log, async () => {
      const dragged = (transfer.get(DRAGGED)?.value ?? []) as readonly SecretEntry[];
      const to = placeOf(target);
      const [first] = dragged;
      if (first === undefined || to === undefined) return;
      const moving = dragged.filter((entry) => !isAt(entry, to));
      if (moving.length === 0) return;
      if (moving.some(({ scope }) => scope === 'nextflow')) throw onlyRead('leave');
      if (to === 'nextflow') throw onlyRead('enter');
      await commands.executeCommand(commandId('moveToScope'), first, moving, to);
    });
  }
}

/** The scope that a node of the view is in; undefined where there is none, as among what is missing. */
function placeOf(node: SecretNode | undefined): VaultPlace | 'nextflow' | undefined {
  switch (node?.kind) {
    case 'vault':
      return { scope: node.scope, workspace: node.workspace };
    case 'members':
    case 'member':
      return { scope: 'workspace', workspace: node.workspace };
    case 'nextflowRoot':
      return 'nextflow';
    case 'secret':
      return node.scope === 'nextflow' ? 'nextflow' : { scope: node.scope, workspace: node.workspace };
    case 'missing':
    case 'missingRoot':
    case undefined:
      return undefined;
  }
}

/** Nothing is changed in the person's own Nextflow store: their pipelines without us rely on it. */
const onlyRead = (direction: 'enter' | 'leave'): HumanError =>
  new HumanError(
    ExitCode.usage,
    direction === 'enter'
      ? l10n.t("Nextflow's own store is only read: nothing was moved.")
      : l10n.t(
          "Nextflow's own store is only read: nothing was moved. Copy to Other Scope… makes a copy that overrides it.",
        ),
  );
