import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { fillVault, valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

// The official extension is in no registry of packages: in its place one that registers what its language server does.
const NEIGHBOUR = join(PROJECT, 'test', 'fixtures', 'language-server-neighbour');

const CODE = `process FETCH {
    secret 'FIRST_KEY'
    cpus 2

    script:
    """
    true "\\$FIRST_KEY"
    """
}

workflow {
    x = secrets.SECOND_KEY
    FETCH()
}
`;
/** Colours of the theme, ours for texts and those of the language server. */
const OURS = { directive: 'rgb(170, 0, 1)', variable: 'rgb(170, 0, 2)', name: 'rgb(170, 0, 3)' };
const THEIRS = { function: 'rgb(0, 187, 1)', namespace: 'rgb(0, 187, 2)', property: 'rgb(0, 187, 3)' };
const hex = (colour: string): string =>
  `#${[...colour.matchAll(/\d+/g)].map(([part]) => Number(part).toString(16).padStart(2, '0')).join('')}`;

const SETTINGS = {
  'editor.tokenColorCustomizations': {
    textMateRules: [
      { scope: 'keyword.other.directive.nextflow', settings: { foreground: hex(OURS.directive) } },
      { scope: 'support.variable.secrets.nextflow', settings: { foreground: hex(OURS.variable) } },
      { scope: 'variable.other.constant.secret.nextflow', settings: { foreground: hex(OURS.name) } },
    ],
  },
  'editor.semanticTokenColorCustomizations': {
    enabled: true,
    rules: Object.fromEntries(Object.entries(THEIRS).map(([type, colour]) => [type, hex(colour)])),
  },
};

for (const [order, isLatest] of [
  ['that was there first', false],
  ['that came later', true],
] as const) {
  describe(`beside a language server ${order} @vscode`, () => {
    let session: Session;
    let sandbox: Sandbox;

    before(async () => {
      const fill = async (fresh: Sandbox): Promise<void> => {
        writeFileSync(join(fresh.workspace, 'main.nf'), CODE);
        await fillVault('user', { FIRST_KEY: 'fake-first', SECOND_KEY: 'fake-second' }, fresh);
      };
      const options = { developed: [PROJECT, NEIGHBOUR], settings: SETTINGS };
      session = await Session.open(new Sandbox(), fill, options);
      sandbox = session.sandbox;
      await session.workbench.openFile('main.nf');
      await session.workbench.lens('User · edit').first().waitFor();
      if (isLatest) await session.workbench.command('Neighbour: Restart language server');
      await session.workbench.lens('Preview DAG').waitFor();
    });
    afterEach(pictureOfFailure(() => session));
    after(() => session.close());

    const code = (): string => readFileSync(join(sandbox.workspace, 'main.nf'), 'utf8');
    const save = (): Promise<void> => session.window.page.keyboard.press('Control+KeyS');
    const word = (text: string): Locator =>
      session.window.page.locator('.editor-instance .view-line span span', {
        hasText: new RegExp(`^\\s*${text}\\s*$`),
      });
    const colourOf = (text: string): Promise<string> =>
      word(text)
        .first()
        .evaluate((element) => {
          const { getComputedStyle } = globalThis as unknown as {
            readonly getComputedStyle: (of: unknown) => { readonly color: string };
          };
          return getComputedStyle(element).color;
        });
    const untilColour = (text: string, colour: string): Promise<boolean> =>
      until(`${text} has the colour ${colour}`, async () => (await colourOf(text)) === colour);

    it('shows its own lens and ours', async () => {
      const { workbench } = session;
      await workbench.lens('Launch').first().waitFor();
      await workbench.lens('Preview DAG').waitFor();
      await workbench.lens('User · edit').nth(1).waitFor();
    });

    it('leaves the colour of a name in quotes to us, and has the words that it knows itself', async () => {
      await untilColour('secret', THEIRS.function);
      await untilColour('FIRST_KEY', OURS.name);
      await untilColour('secrets', THEIRS.namespace);
      await untilColour('SECOND_KEY', THEIRS.property);
    });

    it('shows both hovers, each for its words', async () => {
      const { workbench, window } = session;
      for (const [column, text] of [
        [7, 'Neighbour: secret'],
        [14, 'environment variable'],
      ] as const) {
        await workbench.goTo(2, column);
        await workbench.command('Show or Focus Hover');
        await window.page.locator('.monaco-hover:visible', { hasText: text }).waitFor();
        await window.page.keyboard.press('Escape');
      }
    });

    it('goes by F12 to the page of a secret, and to a process as before', async () => {
      const { workbench, window } = session;
      await workbench.goTo(2, 15);
      await window.page.keyboard.press('F12');
      await window.page.locator('.tab.active[data-resource-name="FIRST_KEY"]').waitFor();
      await workbench.openFile('main.nf');
      await workbench.goTo(13, 6);
      await window.page.keyboard.press('F12');
      await window.page.locator('.statusbar-item', { hasText: 'Ln 1,' }).waitFor();
    });

    it('renames by F2 a secret with its vault, and a process as before', async () => {
      const { workbench, window } = session;
      const rename = async (line: number, column: number, to: string): Promise<void> => {
        await workbench.goTo(line, column);
        await window.page.keyboard.press('F2');
        const box = window.page.locator('.rename-box input.rename-input');
        await box.waitFor();
        await box.fill(to);
        await window.page.keyboard.press('Enter');
        await window.page.locator('.editor-instance .view-line', { hasText: to }).first().waitFor();
      };
      await rename(2, 15, 'RENAMED_KEY');
      await until('the vault has the new name', async () =>
        (await valuesOf('user', sandbox)).has('RENAMED_KEY'),
      );
      await rename(12, 20, 'OTHER_KEY');
      await until('the vault has the other name', async () =>
        (await valuesOf('user', sandbox)).has('OTHER_KEY'),
      );
      await rename(13, 6, 'DOWNLOAD');
      await save();
      const expected = CODE.replaceAll('FIRST_KEY', 'RENAMED_KEY')
        .replaceAll('SECOND_KEY', 'OTHER_KEY')
        .replaceAll('FETCH', 'DOWNLOAD');
      await until('the code is saved', () => Promise.resolve(code() === expected));
      assert.deepEqual([...(await valuesOf('user', sandbox)).keys()].sort(), ['OTHER_KEY', 'RENAMED_KEY']);
    });

    it('leaves the code before the person while a page behind it is renamed, which follows when it is opened', async () => {
      const { window } = session;
      const { page } = window;
      const tab = (name: string): Locator =>
        page.locator(`.tabs-container .tab[data-resource-name="${name}"]`);
      await page.locator('.tab.active[data-resource-name="main.nf"]').waitFor();
      await tab('FIRST_KEY').click();
      await page.locator('.tab.active[data-resource-name="RENAMED_KEY"]').waitFor();
      await tab('FIRST_KEY').waitFor({ state: 'detached' });
      assert.equal(await session.workbench.notification('This did not work').count(), 0);
    });
  });
}
