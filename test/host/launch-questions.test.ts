import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

// What a launch asks and which shell it runs in, with a `nextflow` that only keeps what it is handed.

describe('what a launch asks, by hand @vscode', () => {
  let session: Session;
  let nextflow: FakeNextflow;

  before(async () => {
    session = await Session.open(new Sandbox(), async (sandbox) => {
      useExample(sandbox);
      nextflow = new FakeNextflow(sandbox);
      await sandbox.ok(['set', 'USER_KEY'], { input: 'fake-own' });
      await sandbox.ok(['set', 'LAST_KEY'], { input: 'fake-last' });
    });
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  async function launchRemote(): Promise<void> {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('Remote pipeline');
    await workbench.answer('lab/pipeline', 'The name or URL of a pipeline');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
  }

  it('whether a remote pipeline may have secrets, naming it and them, and takes no for an answer', async () => {
    const { workbench } = session;
    await launchRemote();
    await workbench.dialog.filter({ hasText: 'Let lab/pipeline have them, now and later?' }).waitFor();
    await workbench.dialog.filter({ hasText: /USER_KEY, LAST_KEY|LAST_KEY, USER_KEY/ }).waitFor();
    await workbench.press('Cancel');
    await workbench.notification('it was not started').waitFor();
    assert.equal(nextflow.starts.length, 0);
  });

  it('and launches after a yes, which is not asked for again', async () => {
    const { workbench } = session;
    await launchRemote();
    await workbench.dialog.filter({ hasText: 'Let lab/pipeline have them' }).waitFor();
    await workbench.press('Yes');
    await until('it started', () => nextflow.starts.length === 1);
    assert.deepEqual(nextflow.start.secrets, { USER_KEY: 'fake-own', LAST_KEY: 'fake-last' });
    await launchRemote();
    await until('it started again', () => nextflow.starts.length === 2);
  });

  it('the prelude of the settings, as a module system needs it', async () => {
    const { sandbox, workbench } = session;
    // From here on only the module has a nextflow.
    const [bin = ''] = (sandbox.env['PATH'] ?? '').split(delimiter);
    const modules = join(sandbox.root, 'modules');
    mkdirSync(modules);
    renameSync(join(bin, 'nextflow'), join(modules, 'nextflow'));
    const define = `module() { [ "$1 $2" = 'load nextflow' ] && PATH=${modules}:$PATH; }\n`;
    writeFileSync(join(sandbox.home, '.bash_profile'), define);
    mkdirSync(join(sandbox.workspace, '.vscode'), { recursive: true });
    writeFileSync(
      join(sandbox.workspace, '.vscode', 'settings.json'),
      JSON.stringify({ 'nextflowSecrets.launch.prelude': 'module load nextflow' }),
    );
    const before = nextflow.starts.length;
    // The settings are read again when their file is seen to have changed.
    await workbench.openFile('settings.json');
    await launchRemote();
    await until('it started', () => nextflow.starts.length === before + 1);
    const { env, secrets } = nextflow.starts.at(-1) ?? { env: new Map(), secrets: {} };
    assert.match(String(env.get('PATH')), new RegExp(`^${modules}:`));
    assert.equal(Object.keys(secrets).length, 2);
  });
});
