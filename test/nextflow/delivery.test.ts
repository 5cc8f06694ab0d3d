import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureNextflow } from '../../scripts/tools.mjs';
import { dealTests } from '../fixtures/deal-tests.ts';
import {
  NEXTFLOW_VARIANTS,
  NextflowSandbox,
  type NextflowVariant,
  STAY,
  STRICT,
} from '../fixtures/nextflow-sandbox.ts';
import { nextflowStoreFile, runRoot } from '../fixtures/places.ts';
import { CLI, finished, type Result } from '../fixtures/sandbox.ts';

const NEW = 'fake-value-of-the-vault';
const OLD = 'fake-old-value-of-the-own-store';

const OPTIONAL = `
process TASK {
  secret secrets.TOKEN ? 'TOKEN' : ''

  script:
  '''
  printf %s "\${TOKEN-none}" > "$DUMPS/task"
  '''
}

workflow {
  TASK()
}
`;
const REQUIRED = OPTIONAL.replace("secrets.TOKEN ? 'TOKEN' : ''", "'TOKEN'");
/** What else a wrapper without an environment has to hand on for the test. */
const REST = 'PATH="$PATH" HOME="$HOME" NXF_HOME="$NXF_HOME" NXF_OPTS="$NXF_OPTS" DUMPS="$DUMPS"';

/** Makes the `nextflow` that a launch finds first; in its text `REAL` is the real one. */
async function wrap(text: string, { version }: NextflowVariant, sandbox: NextflowSandbox): Promise<void> {
  const real = await ensureNextflow(version);
  const wrapper = join(sandbox.root, 'bin', 'nextflow');
  writeFileSync(wrapper, `#!/bin/bash\n${text.replaceAll('REAL', `'${real}'`)}\n`, { mode: 0o755 });
}

/** 69, no task, both stores and what to do. */
function assertStopped({ exitCode, stderr }: Result, other: string | RegExp, sandbox: NextflowSandbox): void {
  assert.equal(exitCode, 69, stderr);
  assert.match(stderr, typeof other === 'string' ? /reads another secrets store/ : other);
  if (typeof other === 'string') assert.ok(stderr.includes(`store: ${other}.`), stderr);
  assert.match(
    stderr,
    new RegExp(`The store of run [a-z0-9]{12} is ${runRoot(sandbox)}/[a-z0-9]{12}/store\\.json`),
  );
  assert.match(stderr, /stopped before it submitted a task/);
  assert.match(stderr, /must pass NXF_SECRETS_FILE and NXF_ENABLE_SECRETS on/);
  assert.match(stderr, /--nextflow PATH/);
  assert.match(stderr, /ended with exit code 69\. Its secrets are removed\./);
  assert.ok(!existsSync(join(sandbox.dumps, 'task')), 'a task ran');
  assert.deepEqual(sandbox.leftovers(), []);
}

function assertDelivered({ exitCode, stderr }: Result, sandbox: NextflowSandbox): void {
  assert.equal(exitCode, 0, stderr);
  assert.equal(readFileSync(join(sandbox.dumps, 'task'), 'utf8'), NEW);
  assert.doesNotMatch(stderr, /secrets store|stopped/);
}

for (const variant of NEXTFLOW_VARIANTS) {
  const title = `a Nextflow that reads another store than the run's, ${variant.title} @nextflow`;
  const suite = describe(title, () => {
    let sandbox: NextflowSandbox;
    beforeEach(async () => {
      sandbox = await NextflowSandbox.create(variant);
      await sandbox.fillVault('user', { TOKEN: NEW });
      sandbox.write('main.nf', OPTIONAL);
      sandbox.write('required.nf', REQUIRED);
    });
    afterEach(() => {
      sandbox.remove();
    });

    it('is stopped: a wrapper without the environment, beside an own store with an old value', async () => {
      sandbox.fillNextflowStore({ TOKEN: OLD });
      await wrap(`exec env -i ${REST} REAL "$@"`, variant, sandbox);
      assertStopped(await sandbox.launch(['required.nf']), nextflowStoreFile(sandbox), sandbox);
    });

    it('is stopped: a wrapper that switches secrets off and says that all went well', async () => {
      await wrap('NXF_ENABLE_SECRETS=false REAL "$@"\nexit 0', variant, sandbox);
      assertStopped(await sandbox.launch(['main.nf']), /reads no secrets store: NXF_ENABLE_SECRETS/, sandbox);
    });

    it('is stopped: a wrapper that names another store, goes elsewhere and logs elsewhere', async () => {
      const other = join(sandbox.root, 'elsewhere', 'other.json');
      mkdirSync(dirname(other));
      writeFileSync(other, '[]', { mode: 0o600 });
      await wrap(
        `export NXF_SECRETS_FILE=${other} NXF_LOG_FILE=else.log; cd ${dirname(other)}; REAL "$@"`,
        variant,
        sandbox,
      );
      assertStopped(await sandbox.launch([join(sandbox.workspace, 'main.nf')]), other, sandbox);
    });

    // Not the optional one: Nextflow 22.10 knows no `secrets` in scripts.
    it('is told from one that reads it: wrappers that go or log elsewhere, or name the store differently', async () => {
      const elsewhere = join(sandbox.root, 'elsewhere');
      mkdirSync(elsewhere);
      await wrap(
        `ln -s "$(dirname "$NXF_SECRETS_FILE")" ${elsewhere}/link; export NXF_SECRETS_FILE=${elsewhere}/link/store.json
        cd ${elsewhere}; REAL -log "$DUMPS/else.log" "$@"`,
        variant,
        sandbox,
      );
      assertDelivered(await sandbox.launch([join(sandbox.workspace, 'required.nf')]), sandbox);
    });
  });
  dealTests(suite, variant);
}

describe("Nextflows and other stores than the run's @nextflow", () => {
  const variant = STRICT;
  let sandbox: NextflowSandbox;
  let daemon: ChildProcess | undefined;
  beforeEach(async () => {
    sandbox = await NextflowSandbox.create(variant);
    await sandbox.fillVault('user', { TOKEN: NEW });
    sandbox.write('main.nf', OPTIONAL);
  });
  afterEach(async () => {
    writeFileSync(join(sandbox.root, 'over'), '');
    if (daemon?.exitCode === null) await new Promise((resolve) => daemon?.once('close', resolve));
    daemon = undefined;
    sandbox.remove();
  });

  /**
   * Something that starts Nextflow in our place, out of our sight, as a container's daemon does: it has another host
   * name and process numbers of its own. The wrapper asks it, waits, and passes a TERM on.
   */
  async function startDaemon(environment: string): Promise<void> {
    const { root } = sandbox;
    const real = await ensureNextflow(variant.version);
    const inside = `hostname container; exec env -i ${REST} ${environment} '${real}' "$@"`;
    writeFileSync(
      join(root, 'daemon'),
      `until [ -e ${root}/over ]; do
        if [ -e ${root}/request ]; then
          mv ${root}/request ${root}/taken; mapfile -d '' words < ${root}/taken; store=\${words[0]}
          cd ${sandbox.workspace}
          store=$store unshare --uts --pid --fork --kill-child bash -c ${JSON.stringify(inside).replaceAll('$', '\\$')} nextflow "\${words[@]:1}" &
          while kill -0 $! 2> /dev/null; do
            if [ -e ${root}/term ]; then pkill -TERM -P $! ; rm ${root}/term; fi
            sleep 0.05
          done
          touch ${root}/done
        fi
        sleep 0.05
      done\n`,
    );
    daemon = spawn('bash', [join(root, 'daemon')], { env: sandbox.env, stdio: 'ignore' });
    await wrap(
      `trap 'touch ${root}/term' TERM
      printf '%s\\0' "$NXF_SECRETS_FILE" "$@" > ${root}/r && mv ${root}/r ${root}/request
      until [ -e ${root}/done ]; do sleep 0.05; done`,
      variant,
      sandbox,
    );
  }

  it('are stopped by their log where their process is not seen', async () => {
    sandbox.fillNextflowStore({ TOKEN: OLD });
    await startDaemon('');
    assertStopped(await sandbox.launch(['main.nf']), nextflowStoreFile(sandbox), sandbox);
  });

  it('are not suspected by their log if it names the store', async () => {
    await startDaemon('NXF_SECRETS_FILE="$store"');
    assertDelivered(await sandbox.launch(['main.nf']), sandbox);
  });

  it('are unknown, and said to be, where neither process nor log is seen', async () => {
    await startDaemon('NXF_SECRETS_FILE="$store" NXF_LOG_FILE=/dev/null');
    const { exitCode, stderr } = await sandbox.launch(['main.nf']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /Which secrets store Nextflow read was not seen/);
  });

  it("are not confused with somebody else's in the same directory", async () => {
    sandbox.fillNextflowStore({ TOKEN: OLD });
    sandbox.write('stay.nf', OPTIONAL.replace('printf', `${STAY}; printf`));
    const launched = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'stay.nf']));
    await sandbox.untilStarted();
    const other = await sandbox.nextflow(['run', 'main.nf']);
    assert.equal(other.exitCode, 0, other.stderr);
    sandbox.openGate();
    assertDelivered(await launched, sandbox);
  });

  it('are found below exec, named at the end, and make it end with 69', async () => {
    const made = join(sandbox.workspace, 'bad');
    mkdirSync(made);
    const script = `nextflow -q run main.nf && cd bad && env -u NXF_SECRETS_FILE nextflow -q run ../main.nf; exit 0`;
    const { exitCode, stderr } = await sandbox.nfSecrets(['exec', '--', 'bash', '-c', script]);
    assert.equal(exitCode, 69, stderr);
    assert.equal(stderr.match(/reads another secrets store/g)?.length, 1, stderr);
    assert.match(stderr, new RegExp(`in ${made} reads another secrets store: ${nextflowStoreFile(sandbox)}`));
    assert.match(stderr, /It submitted 1 task without the secrets of the run/);
    assert.match(stderr, /remove their directories before -resume/);
    assert.match(stderr, /Its secrets are removed/);
  });

  it('are right below exec: other runs, a nested launch of its own, other subcommands, nothing at all', async () => {
    const steps = [
      'nextflow -q run main.nf',
      'env -u NF_SECRETS_RUN nf-secrets launch main.nf',
      'nf-secrets launch main.nf',
      'env -u NXF_SECRETS_FILE nextflow -version',
      'env -u NXF_SECRETS_FILE nextflow config .',
    ];
    for (const script of [steps.join(' && '), 'true']) {
      const { exitCode, stderr } = await sandbox.nfSecrets(['exec', '--', 'bash', '-c', script]);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /reads (another|no) secrets store|was not seen/);
    }
  });

  it('are stopped inside of another run, too', async () => {
    await wrap(`exec env -u NXF_SECRETS_FILE REAL "$@"`, variant, sandbox);
    const { exitCode, stderr } = await sandbox.nfSecrets(['exec', '--', 'nf-secrets', 'launch', 'main.nf']);
    assert.equal(exitCode, 69, stderr);
    assert.match(stderr, /It was stopped before it submitted a task/);
    assert.ok(!existsSync(join(sandbox.dumps, 'task')));
  });
});
