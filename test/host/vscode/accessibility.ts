import type { Page } from 'playwright-core';

/** Something of the accessibility tree that a person can get to or that is read to them. */
export interface Accessible {
  readonly role: string;
  readonly label: string;
}

/** Roles of what a person reads or uses; the others only arrange these. */
const ROLES = new Set([
  ...['button', 'checkbox', 'combobox', 'heading', 'link', 'listbox', 'option', 'tab', 'textbox', 'tree'],
  ...['treeitem', 'dialog', 'alert'],
]);

/** What the accessibility tree of the browser has below an element, in its order. @param selector - of CSS, of one element. */
export async function accessiblesOf(page: Page, selector: string): Promise<Accessible[]> {
  const session = await page.context().newCDPSession(page);
  try {
    const { root } = await session.send('DOM.getDocument', { depth: 0 });
    const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector });
    const { nodes } = await session.send('Accessibility.queryAXTree', { nodeId });
    return nodes
      .filter(({ ignored, role }) => !ignored && ROLES.has(String(role?.value)))
      .map(({ role, name }) => ({
        role: String(role?.value),
        label: labelOf(name?.value),
      }));
  } finally {
    await session.detach();
  }
}

/** What has the focus, as the accessibility tree names it. */
export async function focused(page: Page): Promise<Accessible & { readonly isInSideBar: boolean }> {
  const session = await page.context().newCDPSession(page);
  try {
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.activeElement' });
    const objectId = result.objectId ?? '';
    const { nodes } = await session.send('Accessibility.getPartialAXTree', {
      objectId,
      fetchRelatives: false,
    });
    const inSideBar = await session.send('Runtime.evaluate', {
      expression: 'document.activeElement.closest(".part.sidebar") !== null',
    });
    const [node] = nodes;
    return {
      role: String(node?.role?.value),
      label: labelOf(node?.name?.value),
      isInSideBar: inSideBar.result.value === true,
    };
  } finally {
    await session.detach();
  }
}

/** Without the characters of VS Code's font of icons, which screen readers pass over. */
const labelOf = (name: unknown): string =>
  (typeof name === 'string' ? name : '').replace(/[\s\u{e000}-\u{f8ff}]+/gu, ' ').trim();
