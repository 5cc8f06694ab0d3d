import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { dealTests } from '../fixtures/deal-tests.ts';
import {
  NEXTFLOW_VARIANTS,
  type NextflowSandbox,
  type NextflowVariant,
  Sandboxes,
  STAY,
  STRICT,
} from '../fixtures/nextflow-sandbox.ts';
import { finished } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until, untilRecorded } from '../fixtures/until.ts';

// However a run ends, a launch ends as plain Nextflow does, and nothing is left of it. Plain Nextflow is run
// beside each launch, in the same situation, with a store of its own.

const VALUE = 'fake-value-of-no-service';

const task = (script: string, workflow = 'TASK()'): string => `
process TASK {
  secret 'TOKEN'

  output:
  stdout

  script:
  '''
  test -n "$TOKEN"
  ${script}
  '''
}

workflow {
  ${workflow}
}
`;

const STAYING_TASK = { 'main.nf': task(STAY) };
/** Nextflow evaluates its configs before there is a session that could be aborted. */
const STAYING_CONFIG = {
  'main.nf': task('true'),
  'nextflow.config': `params.stay = ['bash', '-c', '${STAY}'].execute().text\n`,
};

interface Ending {
  readonly title: string;
  /** Files of the workspace. */
  readonly files: Readonly<Record<string, string>>;
  readonly exitCode: number;
  /** Java's doing, and the same in every Nextflow: the newest is asked, the others are not. */
  readonly newestOnly?: true;
  /** Runs it in a terminal, and does this there when something waits for it. */
  readonly inTerminal?: (terminal: Terminal, sandbox: NextflowSandbox) => void | Promise<void>;
  /** Runs it without a terminal, and sends this to it alone when something waits for it. */
  readonly signal?: 'SIGINT' | 'SIGTERM' | 'SIGHUP';
}

const CTRL_C = '\x03';
const CTRL_BACKSLASH = '\x1c';

const ENDINGS: readonly Ending[] = [
  { title: 'success', files: { 'main.nf': task('true') }, exitCode: 0 },
  { title: 'a task that fails', files: { 'main.nf': task('exit 3') }, exitCode: 1 },
  {
    title: 'exit 7 in the workflow',
    files: { 'main.nf': task('true', 'TASK()\n  TASK.out.map { exit 7 }') },
    exitCode: 7,
  },
  {
    title: 'a config that Nextflow cannot read',
    files: { 'main.nf': task('true'), 'nextflow.config': 'process { this is no config\n' },
    exitCode: 1,
  },
  {
    title: 'Ctrl-C while a task runs',
    files: STAYING_TASK,
    exitCode: 1,
    inTerminal: (terminal) => {
      terminal.type(CTRL_C);
    },
  },
  {
    title: 'Ctrl-C twice',
    files: STAYING_TASK,
    exitCode: 1,
    inTerminal: async (terminal) => {
      terminal.type(CTRL_C);
      // The terminal shows it: the first one has been sent, and the second is one of its own.
      await until('the terminal shows Ctrl-C', () => terminal.screen.includes('^C'));
      terminal.type(CTRL_C);
    },
  },
  {
    title: 'Ctrl-C before Nextflow has a session',
    files: STAYING_CONFIG,
    exitCode: 128 + constants.signals.SIGINT,
    inTerminal: (terminal) => {
      terminal.type(CTRL_C);
    },
  },
  {
    title: 'Ctrl-\\, at which Java tells what it is doing and goes on',
    files: STAYING_CONFIG,
    exitCode: 0,
    newestOnly: true,
    inTerminal: async (terminal, sandbox) => {
      terminal.type(CTRL_BACKSLASH);
      await until('Java tells what it is doing', () => terminal.screen.includes('Full thread dump'));
      sandbox.openGate();
    },
  },
  {
    title: 'a terminal that is closed',
    files: STAYING_TASK,
    exitCode: 1,
    inTerminal: (terminal) => {
      terminal.hangUp();
    },
  },
  { title: 'INT without a terminal', files: STAYING_TASK, exitCode: 1, signal: 'SIGINT' },
  { title: 'TERM to the launcher alone', files: STAYING_TASK, exitCode: 1, signal: 'SIGTERM' },
  {
    title: 'HUP to the launcher alone',
    files: STAYING_TASK,
    exitCode: 1,
    newestOnly: true,
    signal: 'SIGHUP',
  },
  {
    title: 'TERM before Nextflow has a session',
    files: STAYING_CONFIG,
    exitCode: 128 + constants.signals.SIGTERM,
    newestOnly: true,
    signal: 'SIGTERM',
  },
];

const LAUNCH = ['nf-secrets', 'launch', 'main.nf'];
const PLAIN = ['nextflow', 'run', 'main.nf'];

for (const variant of NEXTFLOW_VARIANTS) {
  const suite = describe(`how a launch ends, ${variant.title} @nextflow`, () => {
    const sandboxes = new Sandboxes();
    afterEach(() => {
      sandboxes.removeAll();
    });

    const newest = variant === STRICT;
    for (const ending of ENDINGS.filter(({ newestOnly }) => newest || newestOnly !== true)) {
      it(`${ending.title}: exit code ${ending.exitCode}, and nothing left`, async () => {
        const [launch, plain] = await Promise.all([
          launchSandbox(variant, sandboxes),
          plainSandbox(variant, sandboxes),
        ]);

        const exitCodes = await Promise.all([runTo(ending, launch, LAUNCH), runTo(ending, plain, PLAIN)]);

        assert.deepEqual(exitCodes, [ending.exitCode, ending.exitCode], 'of launch and plain Nextflow');
        assert.deepEqual(launch.leftovers(), []);
        assert.deepEqual(launch.filesWith(VALUE), []);
      });
    }

    it('Ctrl-C as soon as the run is recorded: exit code 130, and nothing left', async () => {
      const sandbox = await launchSandbox(variant, sandboxes);
      for (const [name, text] of Object.entries(STAYING_CONFIG)) sandbox.write(name, text);

      const terminal = Terminal.open(sandbox, LAUNCH);
      await untilRecorded(sandbox);
      terminal.type(CTRL_C);

      assert.equal(await terminal.ended(), 130);
      assert.deepEqual(sandbox.leftovers(), []);
      assert.deepEqual(sandbox.filesWith(VALUE), []);
    });
  });
  dealTests(suite, variant);
}

async function launchSandbox(variant: NextflowVariant, sandboxes: Sandboxes): Promise<NextflowSandbox> {
  const sandbox = await sandboxes.create(variant);
  await sandbox.fillVault('user', { TOKEN: VALUE });
  return sandbox;
}

async function plainSandbox(variant: NextflowVariant, sandboxes: Sandboxes): Promise<NextflowSandbox> {
  const sandbox = await sandboxes.create(variant);
  sandbox.fillNextflowStore({ TOKEN: VALUE });
  return sandbox;
}

/** @returns the exit code as a shell gives it. */
async function runTo(ending: Ending, sandbox: NextflowSandbox, command: readonly string[]): Promise<number> {
  for (const [name, text] of Object.entries(ending.files)) sandbox.write(name, text);
  if (ending.inTerminal !== undefined) {
    const terminal = Terminal.open(sandbox, command);
    await sandbox.untilStarted();
    await ending.inTerminal(terminal, sandbox);
    return terminal.ended();
  }
  const [program = '', ...args] = command;
  // A session of its own: no terminal of the person who runs the tests has a say.
  const child = sandbox.spawn(program, args, { detached: true });
  const end = finished(child);
  if (ending.signal !== undefined) {
    await sandbox.untilStarted();
    child.kill(ending.signal);
  }
  const { exitCode, signal } = await end;
  return exitCode ?? 128 + constants.signals[signal!];
}
