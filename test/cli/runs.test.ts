import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { LedgerEntry } from '../../src/core/targets/lease-entry.ts';
import { ORDINARY_USER } from '../fixtures/narrow-places.ts';
import { ledgerDirectory, runRoot, userVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { abandonedRun, guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

interface Run {
  readonly runId: string;
  readonly pipeline: string | null;
  readonly target: string | null;
  readonly started: string | null;
  readonly state: string;
  readonly pid: number | null;
  readonly host: string | null;
  readonly items: readonly string[];
}

interface Swept {
  readonly released: readonly { runId: string; items: readonly string[] }[];
  readonly kept: readonly { runId: string; reason: string }[];
  readonly failed: readonly { runId: string; item: string; reason: string; remedy: string }[];
}

describe('runs and sweep', () => {
  let sandbox: Sandbox;
  let nextflow: StandIn;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });
  afterEach(() => {
    nextflow.letGo();
    sandbox.remove();
  });

  const runs = async (): Promise<Run[]> => JSON.parse(String(await sandbox.ok(['runs', '--json']))) as Run[];
  const sweep = async (...args: string[]): Promise<Swept> =>
    JSON.parse(String((await sandbox.nfSecrets(['sweep', '--json', ...args])).stdout)) as Swept;
  const entryFile = (runId: string): string => join(ledgerDirectory(sandbox), `${runId}.json`);
  const storeOf = (runId: string): string => join(runRoot(sandbox), runId);
  const change = (runId: string, edit: (entry: LedgerEntry) => object): void => {
    const entry = JSON.parse(readFileSync(entryFile(runId), 'utf8')) as LedgerEntry;
    writeFileSync(entryFile(runId), JSON.stringify(edit(entry)));
  };
  /** As if the last sign of life were that old. In seconds. */
  const age = (runId: string, seconds: number): void => {
    const then = Date.now() / 1000 - seconds;
    utimesSync(entryFile(runId), then, then);
  };

  it('show a run while it goes on, and keep it whatever is asked', async () => {
    const end = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
    await nextflow.untilStarted();
    const runId = onlyRun(sandbox);
    await until(
      'its process is on record',
      () => !readFileSync(entryFile(runId), 'utf8').includes('"child": null'),
    );
    const [run, ...others] = await runs();
    assert.deepEqual(others, []);
    assert.ok(run !== undefined);
    assert.equal(run.runId, runId);
    assert.deepEqual(
      [run.pipeline, run.target, run.state, run.pid, run.items],
      ['main.nf', 'local', 'running', nextflow.pid, [storeOf(runId)]],
    );
    assert.match(run.started ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const text = await sandbox.nfSecrets(['runs']);
    assert.match(
      String(text.stdout),
      new RegExp(`^RUN .*\n${runId} +running .* main\\.nf +${storeOf(runId)}\n$`),
    );
    for (const args of [[], ['--run', runId], ['--dry-run']]) {
      const { released, kept, failed } = await sweep(...args);
      assert.deepEqual([released, failed], [[], []]);
      assert.deepEqual(
        kept.map((one) => one.runId),
        [runId],
      );
      assert.match(kept[0]?.reason ?? '', /process \d+, lives/);
    }
    nextflow.letGo();
    assert.equal((await end).exitCode, 0);
    assert.deepEqual(await runs(), []);
    assert.match((await sandbox.nfSecrets(['runs'])).stderr, /Nothing is provisioned/);
    assert.equal(nextflow.wasRobbed, false);
  });

  it('show what is left of a run that was killed, and remove it once', async () => {
    const runId = await abandonedRun(sandbox, nextflow);
    assert.deepEqual(
      (await runs()).map(({ state }) => state),
      ['over'],
    );
    assert.match((await sandbox.nfSecrets(['runs'])).stderr, /nf-secrets sweep/);
    const items = [storeOf(runId)];
    assert.deepEqual(await sweep('--dry-run'), { released: [{ runId, items }], kept: [], failed: [] });
    assert.ok(existsSync(join(storeOf(runId), 'store.json')));
    assert.deepEqual(await sweep(), { released: [{ runId, items }], kept: [], failed: [] });
    assert.deepEqual(leftOfRuns(sandbox), []);
    assert.deepEqual(await sweep(), { released: [], kept: [], failed: [] });
  });

  for (const command of ['launch', 'exec'] as const) {
    it(`the next ${command} removes it and says so`, async () => {
      const runId = await abandonedRun(sandbox, nextflow);
      const args = command === 'launch' ? ['launch', 'main.nf'] : ['exec', '--', 'true'];
      const { exitCode, stderr } = await sandbox.nfSecrets(args);
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, new RegExp(`Run ${runId} is over, .* removed now`));
      assert.deepEqual(leftOfRuns(sandbox), []);
    });
  }

  it('touch nothing that the ledger does not name', async () => {
    await abandonedRun(sandbox, nextflow);
    const other = join(runRoot(sandbox), 'abcdefghij12');
    mkdirSync(other);
    writeFileSync(join(other, 'store.json'), '[]');
    await sandbox.ok(['sweep']);
    assert.deepEqual(leftOfRuns(sandbox).sort(), ['abcdefghij12', 'abcdefghij12/store.json']);
  });

  describe('what an entry tells about a run that nobody here looks after', () => {
    const elsewhere = (entry: LedgerEntry): object => ({
      ...entry,
      launcher: { ...entry.launcher, host: 'node-of-nowhere' },
    });
    const beforeRestart = (entry: LedgerEntry): object => ({
      ...entry,
      launcher: { ...entry.launcher, boot: 'another-boot pid:[1]' },
    });
    const CASES: readonly {
      readonly title: string;
      readonly edit: (entry: LedgerEntry) => object;
      /** Of the last sign of life, in seconds. */
      readonly age: number;
      readonly state: 'running' | 'over' | 'unknown';
      readonly says?: RegExp;
    }[] = [
      {
        title: 'of another machine, a minute ago',
        edit: elsewhere,
        age: 61,
        state: 'running',
        says: /[6-9]\d s old/,
      },
      {
        title: 'of another machine, an hour ago',
        edit: elsewhere,
        age: 3600,
        state: 'unknown',
        says: /60 min old/,
      },
      {
        title: 'of another machine, a month ago',
        edit: elsewhere,
        age: 2.6e6,
        state: 'unknown',
        says: /node-of-nowhere/,
      },
      { title: 'of another machine whose clock is ahead', edit: elsewhere, age: -86_400, state: 'running' },
      { title: 'from before a restart', edit: beforeRestart, age: 3600, state: 'over' },
      {
        title: 'from just before a restart',
        edit: beforeRestart,
        age: 20,
        state: 'unknown',
        says: /restarted/,
      },
      {
        title: 'whose pids belong to others now',
        edit: (entry) => ({
          ...entry,
          launcher: { ...entry.launcher, pid: process.pid },
          child: { ...entry.launcher, pid: process.pid },
        }),
        age: 5,
        state: 'over',
      },
      {
        title: 'whose launcher is this very process',
        edit: (entry) => ({ ...entry, launcher: own(entry) }),
        age: 1e6,
        state: 'running',
      },
      {
        title: 'whose child is this very process',
        edit: (entry) => ({ ...entry, child: own(entry) }),
        age: 1e6,
        state: 'running',
      },
    ];
    const own = ({ launcher }: LedgerEntry): object => {
      const stat = readFileSync('/proc/self/stat', 'latin1');
      return {
        ...launcher,
        pid: process.pid,
        startTime: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19],
      };
    };
    for (const { title, edit, age: seconds, state, says = /./ } of CASES) {
      it(`${title}: ${state}`, async () => {
        const runId = await abandonedRun(sandbox, nextflow);
        change(runId, edit);
        age(runId, seconds);
        assert.deepEqual(
          (await runs()).map((run) => [run.runId, run.state]),
          [[runId, state]],
        );
        const { released, kept } = await sweep();
        if (state === 'over') {
          assert.deepEqual(
            released.map((one) => one.runId),
            [runId],
          );
        } else {
          assert.deepEqual(released, []);
          assert.match(kept[0]?.reason ?? '', says);
          const named = await sweep('--run', runId);
          assert.equal(
            named.released.length,
            state === 'unknown' ? 1 : 0,
            'a person knows better, but not always',
          );
        }
        assert.equal(existsSync(storeOf(runId)), state === 'running');
      });
    }

    const DAMAGES: Readonly<Record<string, (text: string) => string>> = {
      'is empty': () => '',
      'ends in the middle': (text) => text.slice(0, text.length / 2),
      'is something else': () => '[]',
      'is of another run': (text) => text.replace(/"runId": "[^"]*"/, '"runId": "abcdefghij12"'),
      'names another place': (text) => text.replace(/"path": "[^"]*"/, `"path": "/tmp"`),
    };
    for (const [title, damage] of Object.entries(DAMAGES)) {
      it(`that ${title}: kept until a person names it, then only what bears the run's name goes`, async () => {
        const runId = await abandonedRun(sandbox, nextflow);
        writeFileSync(entryFile(runId), damage(readFileSync(entryFile(runId), 'utf8')));
        age(runId, 1e6);
        const [run] = await runs();
        assert.deepEqual([run?.runId, run?.state, run?.pipeline], [runId, 'unknown', null]);
        const { released, kept } = await sweep();
        assert.deepEqual(released, []);
        assert.match(kept[0]?.reason ?? '', /damaged.*nf-secrets sweep --run/);
        assert.ok(existsSync(storeOf(runId)));
        assert.deepEqual((await sweep('--run', runId)).released, [{ runId, items: [storeOf(runId)] }]);
        assert.deepEqual(leftOfRuns(sandbox), []);
      });
    }

    for (const [title, damage] of [
      [
        'has secrets in AWS and does not tell the account',
        (entry: object) => ({ ...entry, target: 'aws-batch' }),
      ],
      ['is damaged besides', (entry: object) => ({ ...entry, target: 'aws-batch', child: 'nobody' })],
    ] as const) {
      it(`that ${title}: nobody says that they are removed`, async () => {
        const runId = await abandonedRun(sandbox, nextflow);
        const name = `tower-nfs-${runId}/TOKEN`;
        change(runId, (entry) => {
          const { items } = entry;
          return damage({ ...entry, items: [...items, { kind: 'aws-secret', name }] });
        });
        age(runId, 1e6);
        const { released, kept } = await sweep();
        assert.deepEqual(released, []);
        assert.match(kept[0]?.reason ?? '', /damaged.*nf-secrets sweep --run/);
        const { exitCode, stdout } = await sandbox.nfSecrets(['sweep', '--run', runId, '--json']);
        assert.equal(exitCode, 75);
        const named = JSON.parse(String(stdout)) as Swept;
        assert.deepEqual(named.released, []);
        assert.deepEqual(
          named.failed.map(({ item }) => item),
          [`arn:aws:secretsmanager:::secret:${name}`, entryFile(runId)],
        );
        assert.match(named.failed[0]?.reason ?? '', /does not tell its AWS account/);
        const remedies = named.failed.map(({ remedy }) => remedy);
        assert.match(remedies[0] ?? '', /^aws secretsmanager delete-secret [^&;#]*TOKEN[^&;#]*$/);
        assert.match(remedies[1] ?? '', /^rm -r '?[^&;#']*json'?$/);
        assert.ok(existsSync(entryFile(runId)), 'the entry is all that tells of the secret');
        assert.equal(existsSync(storeOf(runId)), false);
      });
    }

    it('that is of a newer version: only that version releases it', async () => {
      const runId = await abandonedRun(sandbox, nextflow);
      change(runId, (entry) => ({ ...entry, format: 2 }));
      age(runId, 1e6);
      for (const args of [[], ['--run', runId]]) {
        const { released, kept } = await sweep(...args);
        assert.deepEqual(released, []);
        assert.match(kept[0]?.reason ?? '', /newer nf-secrets/);
      }
      assert.ok(existsSync(join(storeOf(runId), 'store.json')));
    });

    it('of a job of another cluster, whose number is not known here: who gives signs is believed', async () => {
      const runId = await abandonedRun(sandbox, nextflow);
      const bin = join(sandbox.root, 'slurm');
      mkdirSync(bin);
      sandbox.env['PATH'] = [bin, sandbox.env['PATH']].join(delimiter);
      writeFileSync(
        join(bin, 'squeue'),
        '#!/bin/sh\necho "slurm_load_jobs error: Invalid job id specified" >&2; exit 1\n',
        {
          mode: 0o755,
        },
      );
      const slurm = { conf: null };
      change(runId, (entry) => ({ ...elsewhere(entry), slurmJob: '123', slurm }));
      age(runId, 60);
      assert.deepEqual((await sweep()).released, []);
      age(runId, 3600);
      assert.deepEqual((await sweep()).released.length, 1);
    });

    it('that is damaged, while a process of the run lives: it is kept however old', async () => {
      const runId = await abandonedRun(sandbox, nextflow, 'lives');
      writeFileSync(entryFile(runId), '');
      age(runId, 1e6);
      assert.deepEqual(
        (await runs()).map(({ state }) => state),
        ['running'],
      );
      assert.deepEqual((await sweep()).released, []);
      assert.equal(nextflow.wasRobbed, false);
    });
  });

  describe('--keep', () => {
    it('leaves everything until the run is named', async () => {
      nextflow.letGo(7);
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', '--keep', 'main.nf']);
      const runId = onlyRun(sandbox);
      assert.equal(exitCode, 7);
      assert.ok(stderr.includes(`nf-secrets sweep --run ${runId}`), stderr);
      assert.deepEqual(
        (await runs()).map(({ state }) => state),
        ['over'],
      );
      const { released, kept } = await sweep();
      assert.deepEqual([released, kept.map((one) => one.runId)], [[], [runId]]);
      assert.match(kept[0]?.reason ?? '', /--keep/);
      await sandbox.ok(['exec', '--', 'true']);
      assert.ok(existsSync(storeOf(runId)), 'another launch does not remove it');
      assert.equal((await sweep('--run', runId)).released.length, 1);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it('even if the launcher is killed', async () => {
      const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', '--keep', 'main.nf'], {
        stdio: 'ignore',
      });
      await nextflow.untilStarted();
      const runId = onlyRun(sandbox);
      const guardian = guardianOf(runId);
      launcher.kill('SIGKILL');
      nextflow.letGo();
      await until('the guardian has ended', () => !existsSync(`/proc/${guardian}`));
      assert.ok(existsSync(storeOf(runId)));
      assert.equal((await sweep('--run', runId)).released.length, 1);
    });
  });

  it('a run of that name is asked for: a near miss for any other', async () => {
    const runId = await abandonedRun(sandbox, nextflow);
    const near = `${runId.slice(0, 11)}${runId.endsWith('a') ? 'b' : 'a'}`;
    const refused = await sandbox.nfSecrets(['sweep', '--run', near]);
    assertRefusedWithRemedy(refused, 64, `Did you mean ${runId}?`);
    await sandbox.ok(['sweep', '--run', runId]);
    assertRefusedWithRemedy(await sandbox.nfSecrets(['sweep', '--run', runId]), 64, 'Nothing is provisioned');
    for (const path of ['../../etc', '../user.sops', 'abcdefghij1', ''])
      assertRefusedWithRemedy(await sandbox.nfSecrets(['sweep', '--run', path]), 64);
    assert.ok(existsSync(userVaultFile(sandbox)));
  });

  describe('what cannot be removed', () => {
    const asOrdinaryUser = async (args: readonly string[]): Promise<Result> => {
      const words = [...ORDINARY_USER, process.execPath, CLI, ...args];
      return sandbox.run(words[0]!, words.slice(1));
    };

    it('is said, with what removes it, and stays on record: 75', async () => {
      const runId = await abandonedRun(sandbox, nextflow);
      const foreign = join(storeOf(runId), 'notes.txt');
      writeFileSync(foreign, '');
      const result = await sandbox.nfSecrets(['sweep', '--json']);
      assert.equal(result.exitCode, 75);
      const { released, failed } = JSON.parse(String(result.stdout)) as Swept;
      assert.deepEqual(released, []);
      assert.deepEqual(failed, [
        { runId, item: foreign, reason: 'nf-secrets did not make it', remedy: `rm -r '${foreign}'` },
      ]);
      assert.ok(!existsSync(join(storeOf(runId), 'store.json')), 'the values are gone in any case');
      const launched = await sandbox.nfSecrets(['exec', '--', 'true']);
      assert.equal(launched.exitCode, 0, 'another run is not to blame');
      assert.ok(launched.stderr.includes(foreign));
      rmSync(foreign);
      await sandbox.ok(['sweep']);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it('because its directory is read-only', async () => {
      const script = 'chmod 500 "$(dirname "$NXF_SECRETS_FILE")"; exit $0';
      for (const [code, expected] of [
        [0, 75],
        [9, 9],
      ] as const) {
        const result = await asOrdinaryUser(['exec', '--', 'sh', '-c', script, String(code)]);
        assert.equal(result.exitCode, expected, result.stderr);
        const runId = onlyRun(sandbox);
        assert.match(result.stderr, /Not removed: .*store\.json.* \(.*(EACCES|permission denied).*\)/);
        const swept = await asOrdinaryUser(['sweep']);
        assert.equal(swept.exitCode, 75);
        await sandbox.run('chmod', ['700', storeOf(runId)]);
        assert.equal((await asOrdinaryUser(['sweep'])).exitCode, 0);
        assert.deepEqual(leftOfRuns(sandbox), []);
      }
    });

    it('because the run root vanished: it stays on record until a person says that it is over', async () => {
      const runId = await abandonedRun(sandbox, nextflow);
      rmSync(runRoot(sandbox), { recursive: true });
      const { released, kept } = await sweep();
      assert.deepEqual([released, kept.map((one) => one.runId)], [[], [runId]]);
      assert.match(kept[0]?.reason ?? '', /another program moved or removed that directory.*sweep --run/);
      assert.deepEqual(
        (await sweep('--run', runId)).released.map((one) => one.runId),
        [runId],
      );
      assert.deepEqual(leftOfRuns(sandbox), []);
    });
  });

  describe('a Nextflow that outlives what was started', () => {
    /** A process that looks like a Nextflow as its own launcher starts it. It ends when `gate` is there. */
    const javaLike = (gate: string): string =>
      `exec -a java bash -c 'while [ ! -e ${gate} ]; do [ -s "$NXF_SECRETS_FILE" ] || touch ${gate}.robbed; sleep 0.05; done' -cp nextflow.jar nextflow.cli.Launcher run main.nf`;

    it('is seen before it is a Java, as the script that starts one', async () => {
      const gate = join(sandbox.root, 'java-gate');
      const launcher = join(sandbox.root, 'nextflow');
      writeFileSync(launcher, `#!/bin/bash\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\n`, { mode: 0o755 });
      const script = `${launcher} run main.nf > /dev/null 2>&1 &`;
      const { stderr } = await sandbox.nfSecrets(['exec', '--', 'bash', '-c', script]);
      assert.match(stderr, /a Nextflow of it still runs as process \d+/);
      writeFileSync(gate, '');
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
    });

    for (const [title, script] of [
      ['in the background', (nextflowLike: string) => `(${nextflowLike}) > /dev/null 2>&1 & exit 5`],
      [
        'because its wrapper was killed',
        (nextflowLike: string) => `(${nextflowLike}) > /dev/null 2>&1 & kill -9 $$`,
      ],
    ] as const) {
      it(`${title}, keeps its secrets until it ends`, async () => {
        const gate = join(sandbox.root, 'java-gate');
        const result = await sandbox.nfSecrets(['exec', '--', 'bash', '-c', script(javaLike(gate))]);
        assert.equal(result.exitCode, title === 'in the background' ? 5 : 137, result.stderr);
        assert.match(result.stderr, /a Nextflow of it still runs as process \d+/);
        assert.deepEqual(
          (await runs()).map(({ state }) => state),
          ['running'],
        );
        assert.deepEqual((await sweep()).released, []);
        writeFileSync(gate, '');
        await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
        assert.ok(!existsSync(`${gate}.robbed`));
      });
    }
  });
});
