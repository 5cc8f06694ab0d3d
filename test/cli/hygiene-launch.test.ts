import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MIDDLE, NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { identityFile, nextflowStoreFile, runRoot } from '../fixtures/places.ts';
import { CLI, finished } from '../fixtures/sandbox.ts';
import {
  processesOf,
  type SeenProcess,
  shownTraces,
  type Trace,
  tracesIn,
  tracesInFiles,
} from '../fixtures/traces.ts';
import { untilFile } from '../fixtures/until.ts';

const IN_USER_VAULT = {
  FAKE_PLAIN: 'fakePlainQ9zX2vTb4n7Wk',
  FAKE_UNUSED: 'fakeUnusedR3mY8pLd6sHj',
  FAKE_PROPERTY: 'fakePropertyC5nG1xVw2Za',
};
const IN_WORKSPACE_VAULT = { FAKE_LINES: 'fakeFirst"Kd8`id`\nfakeSecond$Lm3\\grüß\n' };
const IN_NEXTFLOW_STORE = { FAKE_OWN: 'fakeOwnT6hB9qFe4uJs' };
const ALL = { ...IN_USER_VAULT, ...IN_WORKSPACE_VAULT, ...IN_NEXTFLOW_STORE };
const ASKED = { FAKE_PLAIN: ALL.FAKE_PLAIN, FAKE_LINES: ALL.FAKE_LINES, FAKE_OWN: ALL.FAKE_OWN };

// Two tasks at the same time: one asks for three secrets, the other for none. Both wait until they were looked at.
const PIPELINE = `
process ASKS {
    secret 'FAKE_PLAIN'
    secret 'FAKE_LINES'
    secret 'FAKE_OWN'

    script:
    '''
    printf '%s' "$FAKE_PLAIN$FAKE_LINES$FAKE_OWN" | sha256sum | cut -c 1-64 > "$DUMPS/checksum"
    pwd > "$DUMPS/asks"
    while [ ! -e "$DUMPS/gate" ]; do sleep 0.1; done
    '''
}

process ASKS_NOTHING {
    script:
    '''
    pwd > "$DUMPS/asks-nothing"
    while [ ! -e "$DUMPS/gate" ]; do sleep 0.1; done
    '''
}

workflow {
    println "the property has \${secrets.FAKE_PROPERTY.length()} characters"
    ASKS()
    ASKS_NOTHING()
}
`;
const CONFIG = `
executor.cpus = 4
params.setting = secrets.FAKE_PROPERTY ? 'is set' : 'is not set'
`;

describe('a launch, looked at from outside @nextflow', () => {
  let sandbox: NextflowSandbox;

  beforeEach(async () => {
    sandbox = await NextflowSandbox.create(MIDDLE);
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('shows no value anywhere but to the tasks that ask for it, and leaves none', async () => {
    await sandbox.fillVault('user', IN_USER_VAULT);
    await sandbox.fillVault('workspace', IN_WORKSPACE_VAULT);
    sandbox.fillNextflowStore(IN_NEXTFLOW_STORE);
    sandbox.write('main.nf', PIPELINE);
    sandbox.write('nextflow.config', CONFIG);
    const temporary = join(sandbox.root, 'tmp');
    mkdirSync(temporary);
    const options = sandbox.env['NXF_OPTS'] ?? '';
    const env = {
      TMPDIR: temporary,
      NXF_TEMP: temporary,
      NXF_OPTS: `${options} -Djava.io.tmpdir=${temporary}`,
    };
    const identity = /AGE-SECRET-KEY-1\w+/.exec(readFileSync(identityFile(sandbox), 'utf8'))?.[0] ?? '';
    const secret = { ...ALL, identity };
    // The person keeps these in clear text themselves.
    const theirs = [nextflowStoreFile(sandbox), identityFile(sandbox)];

    const child = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf'], { env });
    const ended = finished(child);
    const watcher = new ProcessWatcher(child.pid!, sandbox.root, secret);
    const watching = watcher.watchUntil(ended);
    await Promise.race([
      Promise.all([untilFile(join(sandbox.dumps, 'asks')), untilFile(join(sandbox.dumps, 'asks-nothing'))]),
      ended.then(({ stderr, stdout }) => Promise.reject(new Error(`${stderr}${String(stdout)}`))),
    ]);
    const directoryOf = (task: string): string => readFileSync(join(sandbox.dumps, task), 'utf8').trim();
    const asks = directoryOf('asks');
    const asksNothing = directoryOf('asks-nothing');

    // While both tasks wait. The private store is the one place that may have them.
    const now = watcher.look();
    const during = tracesInFiles(sandbox.root, secret, [...theirs, runRoot(sandbox)]);
    assert.ok(tracesInFiles(runRoot(sandbox), ALL).length > 0, 'the run has its private store');
    const inEnvironment = (directory: string): Set<string> =>
      new Set(
        now
          .filter(({ cwd }) => cwd === directory)
          .flatMap(({ environ }) => tracesIn(environ, secret, '').map(({ name }) => name)),
      );
    assert.deepEqual(
      [...inEnvironment(asks)].sort(),
      Object.keys(ASKED).sort(),
      'the task that asks has them',
    );
    assert.ok(
      now.some(({ cwd }) => cwd === asksNothing),
      'the other one runs beside it',
    );
    assert.deepEqual([...inEnvironment(asksNothing)], [], 'and has none');
    assert.equal(shownTraces(during), '', 'in files, while it runs');

    sandbox.openGate();
    const { exitCode, stdout, stderr } = await ended;
    await watching;
    assert.equal(exitCode, 0, stderr);
    assert.match(String(stdout), new RegExp(`the property has ${ALL.FAKE_PROPERTY.length} characters`));
    const checksum = createHash('sha256').update(Object.values(ASKED).join('')).digest('hex');
    assert.equal(readFileSync(join(sandbox.dumps, 'checksum'), 'utf8').trim(), checksum);

    const inProcesses = watcher.traces.filter(({ cwd, part }) => part === 'arguments' || cwd !== asks);
    assert.equal(shownTraces(inProcesses), '', 'in processes, at any time');
    const asked = Object.keys(ASKED);
    const inAsking = watcher.traces.filter(({ cwd, name }) => cwd === asks && !asked.includes(name));
    assert.equal(shownTraces(inAsking), '', 'what the task did not ask for, in its processes');
    assert.ok(
      watcher.titles.some((title) => title.includes('java')),
      'Nextflow itself was looked at',
    );
    assert.equal(
      shownTraces([...tracesIn(stdout, secret, 'stdout'), ...tracesIn(stderr, secret, 'stderr')]),
      '',
    );
    assert.equal(shownTraces(tracesInFiles(sandbox.root, secret, theirs)), '', 'in files, after it');
    assert.deepEqual(sandbox.leftovers(), []);
  });
});

/** Keeps looking at a process and all that it starts. */
class ProcessWatcher {
  readonly traces: (Trace & { readonly cwd: string; readonly part: 'arguments' | 'environment' })[] = [];
  readonly #titles = new Set<string>();

  constructor(
    readonly pid: number,
    readonly directory: string,
    readonly values: Readonly<Record<string, string>>,
  ) {}

  get titles(): string[] {
    return [...this.#titles];
  }

  /** Once. @returns what is there now. */
  look(): SeenProcess[] {
    const processes = processesOf(this.pid, this.directory);
    for (const { title, argv, environ, cwd } of processes) {
      this.#titles.add(title);
      for (const [part, bytes] of [
        ['arguments', argv],
        ['environment', environ],
      ] as const) {
        const traces = tracesIn(bytes, this.values, `the ${part} of ${title}`);
        this.traces.push(...traces.map((trace) => ({ ...trace, cwd, part })));
      }
    }
    return processes;
  }

  async watchUntil(end: Promise<unknown>): Promise<void> {
    const over = end.then(
      () => true,
      () => true,
    );
    // Short-lived ones, such as the grep of a task's start, are met by chance, in many runs if not in one.
    while (!(await Promise.race([over, sleep(15, false)]))) this.look();
  }
}
