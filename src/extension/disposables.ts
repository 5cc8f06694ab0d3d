import type { Disposable } from 'vscode';

/** Disposables that end together. */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];

  /** @returns its argument. */
  add<T extends Disposable>(item: T): T {
    this.#items.push(item);
    return item;
  }

  dispose(): void {
    for (const item of this.#items.splice(0).reverse()) item.dispose();
  }
}
