import { EventEmitter, type TreeDataProvider, type TreeItem } from 'vscode';
import { DisposableStore } from '../disposables.ts';
import { TreeElements } from '../tree-elements.ts';
import { nodeId, secretItem } from './secret-item.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import type { Arrangement } from '../state/arrangement.ts';
import type { SecretsOverview } from '../state/secrets-overview.ts';

/** Content of the view of secrets: its elements are the model's plain data. */
export class SecretsTree implements TreeDataProvider<SecretNode> {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<SecretNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #elements = new TreeElements<SecretNode>({ id: nodeId, children: childrenOf, shown: shownOf });
  #first: Promise<void> | undefined;

  constructor(
    private readonly model: SecretsOverview,
    arrangement: Arrangement,
  ) {
    this.#elements.update(arrangement.roots);
    this.#store.add(
      arrangement.onDidChange(() => {
        const changed = this.#elements.update(arrangement.roots);
        if (changed === undefined || changed.length > 0) this.#changed.fire(changed);
      }),
    );
  }

  getTreeItem(node: SecretNode): TreeItem {
    return secretItem(node);
  }

  async getChildren(node?: SecretNode): Promise<SecretNode[]> {
    if (node !== undefined) return this.#elements.children(node);
    // VS Code shows that the view is busy until the first content is there.
    this.#first ??= this.model.refresh();
    await this.#first;
    return [...this.#elements.roots];
  }

  getParent(node: SecretNode): SecretNode | undefined {
    const id = nodeId(node);
    const parents = [...this.#elements.roots, ...this.#elements.roots.flatMap(childrenOf)];
    return parents.find((parent) => childrenOf(parent).some((child) => nodeId(child) === id));
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function childrenOf(node: SecretNode): readonly SecretNode[] {
  switch (node.kind) {
    case 'vault':
      return node.members === undefined ? node.secrets : [node.members, ...node.secrets];
    case 'nextflowRoot':
      return node.secrets;
    case 'members':
      return node.members;
    case 'missingRoot':
      return node.missing;
    case 'member':
    case 'secret':
    case 'missing':
      return [];
  }
}

const shownOf = (node: SecretNode): string =>
  JSON.stringify(node, (key, value: unknown) =>
    // The nodes below are compared separately, but for those that the node's own text depends on.
    key === 'secrets' || key === 'missing' ? undefined : value,
  );
