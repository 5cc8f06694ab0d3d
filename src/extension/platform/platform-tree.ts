import { EventEmitter, type TreeDataProvider, type TreeItem } from 'vscode';
import { DisposableStore } from '../disposables.ts';
import { TreeElements } from '../tree-elements.ts';
import { platformItem } from './platform-item.ts';
import type { PlatformModel } from './platform-model.ts';
import { childrenOf, nodeId, type PlatformNode } from './platform-nodes.ts';

/** Content of the view of a Platform. */
export class PlatformTree implements TreeDataProvider<PlatformNode> {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<PlatformNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #elements = new TreeElements<PlatformNode>({
    id: nodeId,
    children: childrenOf,
    shown: (node) =>
      JSON.stringify(node, (key, value: unknown) =>
        key === 'secrets' || key === 'missing' ? (value as readonly unknown[]).length : value,
      ),
  });

  constructor(private readonly model: PlatformModel) {
    this.#store.add(
      model.onDidChange(() => {
        const changed = this.#elements.update(model.nodes);
        if (changed === undefined || changed.length > 0) this.#changed.fire(changed);
      }),
    );
  }

  getTreeItem(node: PlatformNode): TreeItem {
    return platformItem(node);
  }

  async getChildren(node?: PlatformNode): Promise<PlatformNode[]> {
    if (node !== undefined) return this.#elements.children(node);
    // VS Code shows that the view is busy until the first content is there.
    await this.model.see();
    return [...this.#elements.roots];
  }

  getParent(node: PlatformNode): PlatformNode | undefined {
    const id = nodeId(node);
    return this.#elements.roots.find((root) => childrenOf(root).some((child) => nodeId(child) === id));
  }

  dispose(): void {
    this.#store.dispose();
  }
}
