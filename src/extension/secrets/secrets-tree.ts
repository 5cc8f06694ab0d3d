import { EventEmitter, type TreeDataProvider, type TreeItem } from 'vscode';
import { DisposableStore } from '../disposables.ts';
import { nodeId, secretItem } from './secret-item.ts';
import type { SecretNode } from './secret-state.ts';
import type { SecretsModel } from './secrets-model.ts';

/** The view of secrets: nodes are the model's plain data, found again by their ids. */
export class SecretsTree implements TreeDataProvider<SecretNode> {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  #first: Promise<void> | undefined;

  constructor(private readonly model: SecretsModel) {
    this.#store.add(
      model.onDidChange(() => {
        this.#changed.fire(undefined);
      }),
    );
  }

  getTreeItem(node: SecretNode): TreeItem {
    return secretItem(node);
  }

  async getChildren(node?: SecretNode): Promise<SecretNode[]> {
    if (node === undefined) {
      // VS Code shows that the view is busy until the first picture is there.
      this.#first ??= this.model.refresh();
      await this.#first;
      return [...this.model.snapshot.roots];
    }
    switch (node.kind) {
      case 'vault':
      case 'nextflowRoot':
        return [...node.secrets];
      case 'missingRoot':
        return [...node.missing];
      case 'secret':
      case 'missing':
        return [];
    }
  }

  getParent(node: SecretNode): SecretNode | undefined {
    const id = nodeId(node);
    return this.model.snapshot.roots.find((root) =>
      (root.kind === 'missingRoot' ? root.missing : root.secrets).some((child) => nodeId(child) === id),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }
}
