import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type NextflowSandbox, STAY } from '../fixtures/nextflow-sandbox.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

const TYPED = 'fake-typed-5f2c19';
const PASTED = 'fake-pasted-90ab77\nof several lines\n';
const IMPORTED = 'fake-imported-44d0e1';
const SELECTED = 'fake-selected-c3c3c3';
/** A part of each that stands in one line. */
const NEEDLES = [TYPED, 'fake-pasted-90ab77', IMPORTED, SELECTED];

const PIPELINE = `
process WAIT {
    secret 'TYPED_KEY'
    secret 'PASTED_KEY'
    script:
    '''
    ${STAY}
    '''
}
workflow { WAIT() }
`;

describe('where values are not @vscode @nextflow', () => {
  let session: Session<NextflowSandbox>;
  let sandbox: NextflowSandbox;

  before(async () => {
    session = await Session.withNextflow(
      (fresh) => {
        useExample(fresh);
        fresh.write('main.nf', PIPELINE);
        fresh.write('some.env', `IMPORTED_KEY=${IMPORTED}\n`);
        fresh.write('literal.config', `params.token = '${SELECTED}'\n`);
      },
      {
        settings: {
          'nextflowSecrets.clipboardClearSeconds': 1,
          'nextflowSecrets.launch.arguments': ['-ansi-log', 'false'],
        },
      },
    );
    sandbox = session.sandbox;
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('in the page, while they are set, shown, copied and launched with', async () => {
    const { workbench, window } = session;
    const { page } = window;
    const view = workbench.view('Secrets');

    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.answer('TYPED_KEY', 'Choose a missing name');
    await workbench.asked('The value of TYPED_KEY');
    await workbench.input.fill(TYPED);
    await assertNotInPage('while it is typed');
    await page.keyboard.press('Enter');
    await workbench.answer('', 'What TYPED_KEY is for');
    await workbench.row(view, 'TYPED_KEY').waitFor();

    await workbench.putOnClipboard(PASTED);
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('Workspace');
    await workbench.answer('PASTED_KEY', 'Choose a missing name');
    await workbench.asked('The value of PASTED_KEY');
    await workbench.quickInput.locator('[aria-label^="Take the clipboard"]').click();
    await workbench.answer('', 'What PASTED_KEY is for');
    await workbench.row(view, 'PASTED_KEY').waitFor();
    await workbench.putOnClipboard('');

    await workbench.command('Nextflow Secrets: Import Secrets');
    await workbench.choose('File…');
    await workbench.chooseFile('some.env');
    await workbench.choose('User');
    await workbench.asked('Which ones are to be imported?');
    await workbench.options.filter({ hasText: 'IMPORTED_KEY' }).waitFor();
    await assertNotInPage('in the preview of an import');
    await page.keyboard.press('Enter');
    await workbench.row(view, 'IMPORTED_KEY').waitFor();
    rmSync(join(sandbox.workspace, 'some.env'));

    await workbench.tooltip(workbench.row(view, 'TYPED_KEY'), 'Created');
    await assertNotInPage('in a tooltip');
    await workbench.command('Nextflow Secrets: Copy Value');
    await workbench.choose('TYPED_KEY');
    await until('it is cleared', async () => (await workbench.clipboard()) === '');

    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.asked('Return launches');
    await assertNotInPage('before the launch');
    await page.keyboard.press('Enter');
    await until('it runs', () => existsSync(join(sandbox.dumps, 'started')));
    await workbench.view('Runs').locator('[role="treeitem"]', { hasText: 'running' }).waitFor();
    await assertNotInPage('while it runs');
  });

  it('in arguments of any process, nor in the environment of those that are not of a task', () => {
    const processes = processesOf(sandbox);
    assert.ok(
      processes.some(({ args }) => args.includes('launch')),
      'the launch is among them',
    );
    for (const { pid, args, env, inTask } of processes) {
      for (const needle of NEEDLES) {
        assert.ok(!args.includes(needle), `in the arguments of ${pid}: ${args.slice(0, 100)}`);
        assert.ok(inTask || !env.includes(needle), `in the environment of ${pid}: ${args.slice(0, 100)}`);
      }
    }
  });

  it('in any file but the run’s own, while it lasts', () => {
    for (const needle of [TYPED, IMPORTED, 'fake-pasted-90ab77']) {
      const files = sandbox.filesWith(needle).filter((file) => !file.includes('/secrets/runs/'));
      assert.deepEqual(files, []);
    }
  });

  it('in logs, state, settings, tasks or anything else that VS Code keeps', async () => {
    const { workbench, window } = session;
    sandbox.openGate();
    await until('nothing is left', () => sandbox.leftovers().length === 0);
    await makeFromSelection();
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.choose('Keep as a task');
    await window.page.locator('.tab.active[data-resource-name="tasks.json"]').waitFor();
    for (const needle of NEEDLES) {
      assert.deepEqual(filesWith(needle, window.dataDir), [], needle);
      const inWorkspace = sandbox.filesWith(needle);
      assert.deepEqual(inWorkspace, [], needle);
      assert.ok(!(await storedInBrowser()).includes(needle), `${needle} in the browser's storage`);
    }
    assert.equal((await valuesOf('user', sandbox)).get('TYPED_KEY'), TYPED);
  });

  /** The literal leaves the file; undo would bring it back, so the file is saved and closed. */
  async function makeFromSelection(): Promise<void> {
    const { workbench, window } = session;
    const { page } = window;
    await workbench.openFile('literal.config');
    await page.locator('.view-line', { hasText: SELECTED }).waitFor();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('End');
    await workbench.selectBack(SELECTED.length + 2);
    await workbench.command('Nextflow Secrets: Create Secret from Selection');
    await workbench.choose('User');
    await workbench.answer('SELECTED_KEY', 'Its name');
    await workbench.answer('', 'What SELECTED_KEY is for');
    await page.locator('.view-line', { hasText: 'secrets.SELECTED_KEY' }).waitFor();
    await page.keyboard.press('Control+KeyS');
    await until(
      'it is saved',
      () => !readFileSync(join(sandbox.workspace, 'literal.config'), 'utf8').includes(SELECTED),
    );
    await page.keyboard.press('Control+F4');
  }

  async function assertNotInPage(when: string): Promise<void> {
    for (const frame of session.window.page.frames()) {
      const html = await frame.content();
      for (const needle of NEEDLES) assert.ok(!html.includes(needle), `${needle} in the page ${when}`);
    }
  }

  async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    const end = Date.now() + 100_000;
    while (!(await condition())) {
      assert.ok(Date.now() < end, `waited in vain until ${what}`);
      await session.window.page.waitForTimeout(200);
    }
  }

  /** Everything that the page keeps: local and session storage, and its databases. */
  async function storedInBrowser(): Promise<string> {
    return session.window.page.evaluate(`(async () => {
      const all = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
      for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        for (const store of database.objectStoreNames) {
          const request = database.transaction(store).objectStore(store).getAll();
          const values = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
          for (const value of values) {
            const bytes = value instanceof Uint8Array || value instanceof ArrayBuffer;
            all.push(bytes ? new TextDecoder().decode(value) : JSON.stringify(value));
          }
        }
        database.close();
      }
      return all.join('\\n');
    })()`);
  }
});

interface SeenProcess {
  readonly pid: string;
  readonly args: string;
  readonly env: string;
  /** Whether it is a pipeline's task, which has its secrets in the environment. */
  readonly inTask: boolean;
}

/** The processes of a sandbox's person: VS Code, the launch, Nextflow and its tasks. */
function processesOf({ toolHome, workspace }: NextflowSandbox): SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const env = readFileSync(`/proc/${pid}/environ`, 'utf8');
        if (!env.includes(toolHome) && !env.includes(workspace)) return [];
        return [{ pid, args, env, inTask: env.includes(`PWD=${join(workspace, 'work')}`) }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    try {
      return statSync(path).isFile() && readFileSync(path).includes(text);
    } catch {
      return false;
    }
  });
}
