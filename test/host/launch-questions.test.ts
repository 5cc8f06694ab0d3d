import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
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
    session = await Session.open(
      new Sandbox(),
      async (sandbox) => {
        useExample(sandbox);
        nextflow = new FakeNextflow(sandbox);
        const modules = modulesOf(sandbox);
        mkdirSync(modules);
        copyFileSync(join(sandbox.root, 'bin', 'nextflow'), join(modules, 'nextflow'));
        const define = `module() { [ "$1 $2" = 'load nextflow' ] && PATH=${modules}:$PATH; }\n`;
        writeFileSync(join(sandbox.home, '.bash_profile'), define);
        await sandbox.ok(['set', 'USER_KEY'], { input: 'fake-own' });
        await sandbox.ok(['set', 'LAST_KEY'], { input: 'fake-last' });
      },
      { settings: { 'nextflowSecrets.launch.prelude': 'module load nextflow' } },
    );
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

  it('in a login shell, after the prelude of the settings, as a module system needs it', () => {
    for (const { env } of nextflow.starts) {
      assert.equal(env.get('PATH')?.split(delimiter)[0], modulesOf(session.sandbox));
    }
  });
});

const modulesOf = ({ root }: Sandbox): string => join(root, 'modules');
