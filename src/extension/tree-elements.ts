/** Functions that identify and compare the nodes of a tree. */
export interface NodeKind<T> {
  /** Id of a node: equal if a person takes two nodes for the same. */
  readonly id: (node: T) => string;
  readonly children: (node: T) => readonly T[];
  /** Everything that is shown of a node itself; nothing of the nodes below. */
  readonly shown: (node: T) => string;
}

interface Known<T> {
  readonly element: T;
  readonly shown: string;
  /** The ids of the nodes below. */
  readonly below: string;
}

/**
 * The elements that a tree view gets: the same object for the same node. VS Code finds elements by identity. When an
 * element is drawn again, VS Code forgets all elements below it until it has asked for them again. Meanwhile they may
 * be gone from the view, and a command on one of them gets no element. So only changed elements are drawn again.
 */
export class TreeElements<T extends object> {
  #roots: readonly T[] = [];
  #known = new Map<string, Known<T>>();

  constructor(private readonly kind: NodeKind<T>) {}

  get roots(): readonly T[] {
    return this.#roots;
  }

  /** The elements below one. */
  children(element: T): T[] {
    return this.kind.children(element).map((node) => this.#known.get(this.kind.id(node))?.element ?? node);
  }

  /**
   * Takes over a new state of the tree: the elements get its content and stay the same objects.
   *
   * @returns the elements to draw again, with the elements below them; undefined for the whole tree.
   */
  update(roots: readonly T[]): T[] | undefined {
    const before = this.#known;
    const rootsBefore = this.#idsOf(this.#roots);
    this.#known = new Map();
    const changed = roots.flatMap((root) => this.#take(root, before));
    this.#roots = roots.map((root) => this.#known.get(this.kind.id(root))?.element ?? root);
    return this.#idsOf(roots) === rootsBefore ? changed : undefined;
  }

  #take(node: T, before: ReadonlyMap<string, Known<T>>): T[] {
    const { id, children, shown } = this.kind;
    const was = before.get(id(node));
    const element = was === undefined ? { ...node } : Object.assign(was.element, node);
    const now = { element, shown: shown(node), below: this.#idsOf(children(node)) };
    this.#known.set(id(node), now);
    const changed = children(node).flatMap((child) => this.#take(child, before));
    return was?.shown !== now.shown || was.below !== now.below ? [element] : changed;
  }

  #idsOf(nodes: readonly T[]): string {
    return JSON.stringify(nodes.map(this.kind.id));
  }
}
