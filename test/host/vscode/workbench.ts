import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Locator, Page } from 'playwright-core';

/** A row of a tree view as it is shown. */
export interface Row {
  readonly label: string;
  readonly description: string;
  /** From 1. */
  readonly level: number;
}

/** What of an element in the page is looked at. */
interface RowElement {
  querySelector(selector: string): { readonly textContent: string | null } | null;
  getAttribute(name: string): string | null;
}

/** What a person sees and does in a window of VS Code. */
export class Workbench {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(20_000);
  }

  async ready(): Promise<this> {
    await this.page.waitForSelector('.monaco-workbench .part.statusbar .statusbar-item');
    return this;
  }

  /** The box of the palette, of a list, or of an input: the one that is open. */
  get input(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-box input');
  }

  /** What an open list offers. */
  get options(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
  }

  /** All that an open list or input says: title, prompt, problems. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Runs a command by its title. An open palette does not learn of commands that come later: so it is reopened. */
  async command(title: string, accept?: () => Promise<void>): Promise<void> {
    const row = this.options.filter({ hasText: title }).first();
    for (let tries = 1; ; tries++) {
      await this.page.keyboard.press('F1');
      await this.input.waitFor();
      await this.input.fill(`>${title}`);
      try {
        await row.waitFor({ timeout: 2_000 });
        await (accept === undefined ? row.click() : accept());
        return;
      } catch (error) {
        if (tries === 10) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Runs a command as {@link command} does, with keys alone. */
  async commandByKeys(title: string): Promise<void> {
    await this.command(title, () => this.page.keyboard.press('Enter'));
  }

  /** Waits until the open box asks this, in its prompt or in the grey text of its field. */
  async asked(question: string): Promise<void> {
    const field = this.page.locator(`input[placeholder*="${question}"]`);
    await this.quickInput
      .filter({ hasText: question })
      .or(this.quickInput.filter({ has: field }))
      .waitFor();
  }

  /** Types an answer into the open box, once it asks what is expected. */
  async answer(text: string, question: string): Promise<void> {
    await this.asked(question);
    await this.input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Chooses an item of the open list. */
  async choose(label: string | RegExp): Promise<void> {
    await this.options.filter({ hasText: label }).first().click();
  }

  /** Chooses a file of the folder that the dialog for files shows: in a browser that is a list. */
  async chooseFile(name: string): Promise<void> {
    await this.options.filter({ hasText: '..' }).first().waitFor();
    await this.choose(name);
  }

  /**
   * Rests the mouse on a row until its tooltip has the text. A row that is drawn anew closes its tooltip,
   * which comes back only after the mouse has been elsewhere.
   *
   * @throws Error with what the tooltips had.
   */
  async tooltip(row: Locator, text: string): Promise<void> {
    const tooltips = this.page.locator('.monaco-hover:visible');
    const seen = new Set<string>();
    for (let tries = 1; tries <= 15; tries++) {
      await this.page.mouse.move(0, 0);
      await row.hover();
      try {
        await tooltips.filter({ hasText: text }).waitFor({ timeout: 4_000 });
        return;
      } catch {
        for (const shown of await tooltips.allTextContents()) seen.add(shown);
      }
    }
    throw new Error(`no tooltip has “${text}”; seen: ${[...seen].join(' | ') || 'none'}`);
  }

  async showSideBar(name: string): Promise<void> {
    const tab = this.page
      .locator('.activitybar [role="tab"]')
      .filter({ has: this.page.locator(`a[aria-label^="${name}"]`) });
    const title = this.page.locator('.sidebar .composite.title h2', { hasText: name });
    // A click on the one that is open closes it; while a window opens, nothing tells which one that will be.
    for (let tries = 1; ; tries++) {
      try {
        await title.waitFor({ timeout: 2_000 });
        return;
      } catch (error) {
        if (tries === 6) throw error;
        await tab.click();
      }
    }
  }

  /** A view of the side bar. A description of it may stand in its label too. */
  view(name: string): Locator {
    return this.page.locator('.pane').filter({
      has: this.page.locator(`.pane-header[aria-label^="${name} "]`),
    });
  }

  /** The rows of a view from top to bottom, without what is collapsed. A list does not keep its elements in order. */
  async rows(view: Locator): Promise<Row[]> {
    return view.locator('[role="treeitem"]').evaluateAll((rows) =>
      (rows as unknown as RowElement[])
        .sort((a, b) => Number(a.getAttribute('data-index')) - Number(b.getAttribute('data-index')))
        .map((row) => ({
          label: row.querySelector('.label-name')?.textContent ?? '',
          description: row.querySelector('.label-description')?.textContent ?? '',
          level: Number(row.getAttribute('aria-level')),
        })),
    );
  }

  /**
   * Waits until a view shows what is expected: a view that changes shows parts of the change before the rest.
   *
   * @param expected - a condition, or the label and description of each row.
   */
  async untilRows(
    view: Locator,
    expected: readonly string[] | ((rows: readonly Row[]) => boolean),
  ): Promise<void> {
    const texts = (rows: readonly Row[]): string[] =>
      rows.map(({ label, description }) => `${label} ${description}`.trim());
    const end = Date.now() + 100_000;
    for (;;) {
      const rows = await this.rows(view);
      if (typeof expected === 'function' ? expected(rows) : isDeepStrictEqual(texts(rows), expected)) return;
      if (Date.now() > end) {
        if (typeof expected !== 'function') assert.deepEqual(texts(rows), expected);
        assert.fail(`the view has ${JSON.stringify(rows)}`);
      }
      await this.page.waitForTimeout(100);
    }
  }

  row(view: Locator, label: string): Locator {
    return view
      .locator('[role="treeitem"]')
      .filter({ has: this.page.locator('.label-name', { hasText: new RegExp(`^${label}$`) }) });
  }

  get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /** What is on the clipboard. */
  async clipboard(): Promise<string> {
    return this.page.evaluate('navigator.clipboard.readText()');
  }

  async putOnClipboard(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  }

  async press(button: string): Promise<void> {
    await this.dialog.locator('.monaco-button', { hasText: button }).click();
    await this.dialog.waitFor({ state: 'hidden' });
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  async openFile(name: string): Promise<void> {
    const tab = this.page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`);
    // What takes the focus meanwhile closes the list.
    for (let tries = 1; ; tries++) {
      try {
        await this.page.keyboard.press('Control+KeyP');
        await this.input.fill(name, { timeout: 5_000 });
        await this.options.filter({ hasText: name }).first().click({ timeout: 5_000 });
        await tab.waitFor({ timeout: 5_000 });
        return;
      } catch (error) {
        if (tries === 4) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Puts the cursor of the editor at a line and column, from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.page.keyboard.press('Control+KeyG');
    await this.input.waitFor();
    await this.input.fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.input.waitFor({ state: 'hidden' });
  }

  /** A lens of the editor by its text. */
  lens(text: string): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: text });
  }

  /** Selects so many characters before the cursor of an editor. */
  async selectBack(count: number): Promise<void> {
    for (let left = count; left > 0; left--) await this.page.keyboard.press('Shift+ArrowLeft');
  }

  /** The text of the terminal that is shown, its lines as they are wrapped. */
  async terminalText(): Promise<string> {
    const rows = this.page.locator('.terminal-wrapper.active .xterm-rows');
    return (await rows.allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
  }
}
