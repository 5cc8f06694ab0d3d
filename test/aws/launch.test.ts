import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelJobCommand } from '@aws-sdk/client-batch';
import { CreateSecretCommand, DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import { BATCH_CONCURRENCY, CONCURRENCY } from '../../src/core/aws/in-parallel.ts';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn, Fault } from '../fixtures/aws-stand-in.ts';
import type { AnsweredProcess, BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns, onlyRun } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const FOREIGN = 'tower-other-tools-secret';
const SESSION = '7ff95cc5-d0a7-4c15-8b9d-09734a568df7';
const PROCESSES: readonly AnsweredProcess[] = [
  { name: 'MAIN:ALIGN', secrets: ['TOKEN', 'KEY'] },
  { name: 'MAIN:SORT', secrets: [] },
];
const VALUES = { TOKEN: 'fake-token-of-no-service', KEY: 'fake-"key"-$x\n' };

describe('a launch in AWS Batch @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    await aws.clients.secrets.send(new CreateSecretCommand({ Name: FOREIGN, SecretString: 'fake-foreign' }));
    nextflow.answers(PROCESSES);
    await fillVault('user', VALUES, sandbox);
  });

  const launch = async (...args: string[]): Promise<Result> => sandbox.nfSecrets(['launch', ...args]);
  async function assertNothingLeft(what = ''): Promise<void> {
    assert.deepEqual(await aws.content(), [FOREIGN], what);
    assert.deepEqual(leftOfRuns(sandbox), [], what);
  }

  it('gives the secrets to the tasks by job definitions, and removes all of it', async () => {
    nextflow.hold();
    const end = finished(
      sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf', '-c', 'mine.config', '--x', '1'], {
        env: { NXF_DEBUG: '1' },
      }),
    );
    await nextflow.untilStarted();
    const [start] = nextflow.starts;
    assert.ok(start);
    const session = start.env.get('NXF_UUID') ?? '';
    assert.match(session, /^[0-9a-f-]{36}$/);
    assert.equal(start.env.has('NXF_DEBUG'), false);
    const words = start.args;
    assert.deepEqual(words.slice(0, -1), ['run', 'main.nf', '-c', 'mine.config', '--x', '1', '-c']);
    const [, definition = ''] = /job-definition:\/\/([\w-]+)/.exec(start.config) ?? [];
    assert.match(definition, new RegExp(`^tower-nfs-${session}-[0-9a-f]{12}$`));
    assert.ok(
      start.config.includes(`withName: '(?:MAIN:ALIGN)' { container = 'job-definition://${definition}' }`),
    );
    assert.ok(!start.config.includes('SORT'));
    const runs = JSON.parse((await sandbox.ok(['runs', '--json'])).toString()) as {
      runId: string;
      target: string;
      items: string[];
    }[];
    const [run] = runs;
    assert.ok(run);
    assert.equal(run.target, 'aws-batch');
    const folder = `tower-nfs-${run.runId}`;
    assert.deepEqual(
      await aws.content(),
      [FOREIGN, `${folder}/KEY`, `${folder}/TOKEN`, `${definition}:1`].sort(),
    );
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';
    assert.deepEqual(run.items.slice(1), [
      `${arn}${folder}/KEY`,
      `${arn}${folder}/TOKEN`,
      `arn:aws:batch:eu-west-1:123456789012:job-definition/${definition}:1`,
    ]);
    nextflow.letGo();
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 0, stderr);
    await assertNothingLeft();
  });

  it('keeps the names of definitions of the session that is resumed', async () => {
    nextflow.answers(PROCESSES, { session: SESSION, resumed: true });
    for (const options of [['-resume'], ['-resume', SESSION]]) {
      assert.equal((await launch('main.nf', ...options)).exitCode, 0);
    }
    assert.equal(new Set(nextflow.starts.map(({ config }) => config)).size, 1);
    assert.ok(nextflow.starts.every(({ config, env }) => config.includes(SESSION) && !env.has('NXF_UUID')));
    await assertNothingLeft();
  });

  for (const preview of [false, true]) {
    it(`sends nothing for a plan ${preview ? 'by Nextflow' : 'from the text, and starts nothing'}`, async () => {
      const options = preview ? ['--preview'] : [];
      const result = await launch('--dry-run', ...options, '--json', 'main.nf');
      assert.equal(result.exitCode, 0, result.stderr);
      const plan = JSON.parse(result.stdout.toString()) as {
        target: string;
        batch: string;
        secrets: { name: string; delivery: string }[];
      };
      assert.deepEqual([plan.target, plan.batch], ['aws-batch', 'yes']);
      assert.deepEqual(
        plan.secrets.map(({ name, delivery }) => [name, delivery]),
        [
          ['KEY', 'secrets-manager'],
          ['TOKEN', 'secrets-manager'],
        ],
      );
      assert.deepEqual(aws.requests, []);
      assert.equal(nextflow.previews, preview ? 1 : 0);
      await assertNothingLeft();
      const { stderr } = await launch('--dry-run', ...options, 'main.nf');
      assert.equal(/Only Nextflow knows\..*: --preview\n/.test(stderr), !preview, stderr);
      assert.equal((await launch('--preview', 'main.nf')).exitCode, 64);
    });
  }

  it('needs no AWS where no process of the run asks for a secret there', async () => {
    nextflow.answers([
      { name: 'HERE', secrets: ['TOKEN'], executor: 'local' },
      { name: 'THERE', secrets: [] },
    ]);
    const { exitCode, stderr } = await launch('main.nf');
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(aws.requests, []);
    assert.deepEqual(nextflow.starts[0]?.args, ['run', 'main.nf']);
  });

  it('asks Nextflow nothing where the code names no secret', async () => {
    nextflow.answers([{ name: 'THERE', secrets: [] }]);
    const { exitCode, stderr } = await launch('main.nf');
    assert.equal(exitCode, 0, stderr);
    assert.equal(nextflow.previews, 0);
    assert.equal(nextflow.starts.length, 1);
    await assertNothingLeft();
  });

  it('does as many things at once as AWS takes, for 100 secrets and 20 processes', async () => {
    const names = Array.from({ length: 100 }, (_, number) => `KEY_${number}`);
    await fillVault('user', Object.fromEntries(names.map((name) => [name, `fake-${name}`])), sandbox);
    nextflow.answers(
      Array.from({ length: 20 }, (_, number) => ({
        name: `P${number}`,
        secrets: names.slice(number * 5, number * 5 + 5),
      })),
    );
    const { exitCode, stderr } = await launch('main.nf');
    assert.equal(exitCode, 0, stderr);
    // Of Secrets Manager and of AWS Batch, beside each other.
    const most = CONCURRENCY + BATCH_CONCURRENCY;
    assert.ok(aws.atOnce > 1 && aws.atOnce <= most, `${aws.atOnce} at once`);
    // One that a busy machine answers late is sent again.
    const creates = aws.requests.filter((name) => name === 'CreateSecret').length;
    assert.ok(creates >= 100 && creates < 110, `${creates} requests for 100 secrets`);
    await assertNothingLeft();
  });

  it('two at once do not see each other', async () => {
    nextflow.hold();
    const ends = [1, 2].map(async () => launch('main.nf'));
    await nextflow.untilStarted(2);
    assert.equal((await aws.content()).length, 1 + 2 * 3);
    nextflow.letGo();
    for (const { exitCode, stderr } of await Promise.all(ends)) assert.equal(exitCode, 0, stderr);
    await assertNothingLeft();
  });

  const survived: (Fault & { readonly what: string })[] = [
    { what: 'throttling', code: 'ThrottlingException', times: 2 },
    { what: 'HTTP 503', code: 'ServiceUnavailable', status: 503, times: 2 },
    { what: 'a connection that is cut before the request', cut: 'before', times: 1 },
    { what: 'a connection that is cut after it', cut: 'after', times: 1 },
    { what: 'a slow network', delay: 300 },
  ];
  for (const { what, ...fault } of survived) {
    for (const operation of [
      'GetCallerIdentity',
      'CreateSecret',
      'RegisterJobDefinition',
      'DeleteSecret',
      'DescribeSecret',
      'DeregisterJobDefinition',
    ]) {
      it(`survives ${what} at ${operation}`, async () => {
        aws.fail({ ...fault, operation });
        const { exitCode, stderr } = await launch('main.nf');
        assert.equal(exitCode, 0, stderr);
        await assertNothingLeft();
      });
    }
  }

  const denied = { code: 'AccessDeniedException', status: 400 } as const;
  const stops: [string, Fault, number, RegExp][] = [
    [
      'CreateSecret is not allowed',
      { ...denied, operation: 'CreateSecret' },
      77,
      /do secretsmanager:CreateSecret/,
    ],
    [
      'RegisterJobDefinition is not allowed',
      { ...denied, operation: 'RegisterJobDefinition' },
      77,
      /do batch:RegisterJobDefinition/,
    ],
    [
      'credentials have expired',
      { code: 'ExpiredToken', operation: 'GetCallerIdentity' },
      77,
      /credentials have expired/,
    ],
    [
      'a name is blocked',
      {
        operation: 'CreateSecret',
        code: 'InvalidRequestException',
        message: 'a secret with this name is already scheduled for deletion',
      },
      73,
      /scheduled for deletion/,
    ],
    [
      'a secret was made under no ARN',
      { operation: 'CreateSecret', answer: {} },
      69,
      /does not answer well: secretsmanager:CreateSecret/,
    ],
    [
      'a page of a proxy answers',
      { operation: 'RegisterJobDefinition', answer: '<html>Log in first</html>' },
      69,
      /does not answer well: batch:RegisterJobDefinition/,
    ],
    ['a quota is used up', { operation: 'CreateSecret', code: 'LimitExceededException' }, 73, /quota/],
  ];
  for (const [what, fault, code, message] of stops) {
    it(`stops before Nextflow where ${what}, and leaves nothing`, async () => {
      aws.fail(fault);
      // The SDK takes a quota for throttling, and tries long.
      sandbox.env['AWS_MAX_ATTEMPTS'] = '2';
      const { exitCode, stderr } = await launch('main.nf');
      assert.equal(exitCode, code, stderr);
      assert.match(stderr, message);
      assert.deepEqual(nextflow.starts, []);
      aws.heal();
      await assertNothingLeft();
    });
  }

  it('says what it could not remove and how, and the next sweep removes it', async () => {
    aws.fail({ ...denied, operation: 'DeleteSecret' });
    const { exitCode, stderr } = await launch('main.nf');
    assert.equal(exitCode, 75, stderr);
    assert.match(stderr, /aws secretsmanager delete-secret --region 'eu-west-1' --secret-id 'tower-nfs-/);
    aws.heal();
    assert.equal((await aws.content()).length, 3);
    const swept = await sandbox.nfSecrets(['sweep']);
    assert.equal(swept.exitCode, 0, swept.stderr);
    await assertNothingLeft();
  });

  it('says that somebody has scheduled the deletion of a secret, and removes what it can', async () => {
    nextflow.hold();
    const end = launch('main.nf');
    await nextflow.untilStarted();
    const [, name = ''] = (await aws.content()).filter((one) => one.includes('/'));
    await aws.clients.secrets.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }));
    const message = "You can't perform this operation on the secret because it was marked for deletion.";
    aws.fail({ operation: 'DeleteSecret', call: 1, code: 'InvalidRequestException', message });
    nextflow.letGo();
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 75, stderr);
    assert.match(stderr, /somebody has scheduled its deletion/);
    assert.match(stderr, /Remove it: aws secretsmanager restore-secret --region 'eu-west-1'/);
    aws.heal();
    await sandbox.ok(['sweep']);
    await assertNothingLeft();
  });

  it('keeps what jobs in the queue still need, and says so, until they are gone or cancelled', async () => {
    await aws.addQueue('queue');
    nextflow.hold();
    const end = launch('main.nf');
    await nextflow.untilStarted();
    const [, definition = ''] = /job-definition:\/\/([\w-]+)/.exec(nextflow.starts[0]?.config ?? '') ?? [];
    const [first, second] = [
      await aws.submitJob('queue', definition),
      await aws.submitJob('queue', definition),
    ];
    nextflow.letGo(1);
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 1, stderr);
    assert.ok(stderr.includes(`its AWS Batch jobs ${first}, ${second} wait or start`), stderr);
    assert.equal((await aws.content()).length, 4);
    const kept = await sandbox.nfSecrets(['sweep']);
    assert.match(
      kept.stderr,
      /is kept: .* To end them before they start \(after that: terminate-job\): aws batch cancel-job/,
    );
    await aws.clients.batch.send(new CancelJobCommand({ jobId: first, reason: 'test' }));
    await aws.clients.batch.send(new CancelJobCommand({ jobId: second, reason: 'test' }));
    await until('the guardian has removed it', () => leftOfRuns(sandbox).length === 0);
    await assertNothingLeft();
  });

  describe('sweep --cancel-jobs', () => {
    interface SweptJson {
      readonly released: readonly { readonly runId: string }[];
      readonly kept: readonly { readonly reason: string }[];
      readonly cancelled: readonly {
        readonly runId: string;
        readonly jobs: readonly { readonly id: string }[];
      }[];
    }
    const sweep = async (...args: string[]): Promise<SweptJson> =>
      JSON.parse((await sandbox.ok(['sweep', '--cancel-jobs', '--json', ...args])).toString()) as SweptJson;

    /** A run of which nothing is left but its ledger entry and what is in AWS. @returns its id and definition. */
    async function killedRun(): Promise<{ runId: string; definition: string }> {
      const before = nextflow.starts.length;
      nextflow.hold();
      const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf'], { stdio: 'ignore' });
      await nextflow.untilStarted(before + 1);
      const start = nextflow.starts.at(-1);
      const runId = start?.env.get('NF_SECRETS_RUN') ?? '';
      process.kill(guardianOf(runId), 'SIGKILL');
      launcher.kill('SIGKILL');
      nextflow.letGo();
      await nextflow.untilEnded();
      const { items = [] } =
        (
          JSON.parse((await sandbox.ok(['runs', '--json'])).toString()) as {
            runId: string;
            items: string[];
          }[]
        ).find((run) => run.runId === runId) ?? {};
      return { runId, definition: items.at(-1)?.split('/').at(-1) ?? '' };
    }

    it('ends the jobs of the run that wait, and no others', async () => {
      await aws.addQueue('queue');
      nextflow.answers(PROCESSES, { session: SESSION });
      const first = await killedRun();
      const job = await aws.submitJob('queue', first.definition);
      const second = await killedRun();
      const other = await aws.submitJob('queue', second.definition);
      // Both are of one session: the same definitions in other revisions.
      assert.deepEqual(
        [first, second].map(({ definition }) => definition.split(':')[1]),
        ['1', '2'],
      );
      const args = ['--run', first.runId] as const;
      const plan = await sweep('--dry-run', ...args);
      assert.deepEqual(
        plan.cancelled.map(({ jobs }) => jobs.map(({ id }) => id)),
        [[job]],
      );
      assert.notEqual(await aws.jobStatus(job), 'FAILED');
      const { cancelled, released } = await sweep(...args);
      assert.deepEqual(
        cancelled.map(({ jobs }) => jobs.map(({ id }) => id)),
        [[job]],
      );
      assert.deepEqual(
        released.map(({ runId }) => runId),
        [first.runId],
      );
      assert.equal(await aws.jobStatus(job), 'FAILED');
      assert.notEqual(await aws.jobStatus(other), 'FAILED');
      assert.equal((await aws.content()).filter((name) => name.includes(second.runId)).length, 2);
      assert.equal((await sweep()).released.length, 1);
      assert.equal(await aws.jobStatus(other), 'FAILED');
      await assertNothingLeft();
    });

    it('keeps what AWS does not let it cancel', async () => {
      await aws.addQueue('queue');
      const { definition } = await killedRun();
      const job = await aws.submitJob('queue', definition);
      aws.fail({ ...denied, operation: 'CancelJob' });
      const { kept, released } = await sweep();
      assert.deepEqual(released, []);
      assert.match(kept[0]?.reason ?? '', /do batch:CancelJob on job/);
      assert.equal((await aws.content()).length, 4);
      aws.heal();
      await sweep();
      assert.equal(await aws.jobStatus(job), 'FAILED');
      await assertNothingLeft();
    });
  });

  it('says whose each job definition is: while it runs, and after a failure, whose report names no image', async () => {
    const ofOne = { name: 'ALIGN', secrets: ['TOKEN'], image: 'example.org/align:1' };
    nextflow.answers([ofOne, { name: 'MAIN:SORT', secrets: ['KEY'], image: 'example.org/sort:2' }]);
    nextflow.hold();
    const end = launch('main.nf');
    await nextflow.untilStarted();
    const names = [...(nextflow.starts[0]?.config ?? '').matchAll(/job-definition:\/\/([\w-]+)/g)].map(
      ([, name = '']) => name,
    );
    const json = JSON.parse((await sandbox.ok(['runs', '--json'])).toString()) as { definitions: object[] }[];
    assert.deepEqual(json[0]?.definitions, [
      { name: names[0], processes: ['ALIGN'], image: 'example.org/align:1' },
      { name: names[1], processes: ['MAIN:SORT'], image: 'example.org/sort:2' },
    ]);
    const line = `job definition ${names[1]} is that of process MAIN:SORT with image example.org/sort:2`;
    const runs = await sandbox.nfSecrets(['runs']);
    assert.ok(runs.stderr.includes(line), runs.stderr);
    nextflow.letGo(1);
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 1, stderr);
    assert.ok(stderr.includes(`${names[0]} is that of process ALIGN with image example.org/align:1`), stderr);
    assert.ok(
      stderr.includes(`${names[1]} is that of process MAIN:SORT with image example.org/sort:2`),
      stderr,
    );
    nextflow.letGo();
    const fine = await launch('main.nf');
    assert.doesNotMatch(fine.stderr, /is that of process/);
    await assertNothingLeft();
  });

  it('passes Nextflow’s exit code on', async () => {
    nextflow.letGo(3);
    assert.equal((await launch('main.nf')).exitCode, 3);
    await assertNothingLeft();
  });

  const refused: [string, AnsweredProcess, object, number, RegExp][] = [
    ['Wave', { name: 'P', secrets: ['TOKEN'] }, { wave: true, processes: null }, 69, /Wave is enabled/],
    ['Fusion', { name: 'P', secrets: ['TOKEN'] }, { fusion: true, processes: null }, 69, /Fusion is enabled/],
    [
      'a container that depends on the task',
      { name: 'P', secrets: ['TOKEN'], image: { failed: 'MissingPropertyException' } },
      {},
      69,
      /container of process P depends on the task/,
    ],
    ['no container', { name: 'P', secrets: ['TOKEN'], image: null }, {}, 69, /has no container/],
    [
      'a value in containerOptions',
      { name: 'P', secrets: ['TOKEN'], options: { e: [`X=${VALUES.TOKEN}`] } },
      {},
      65,
      /hold the value of TOKEN/,
    ],
    ['no execution role', { name: 'P', secrets: ['TOKEN'] }, { executionRole: null }, 69, /executionRole/],
    ['another cloud', { name: 'P', secrets: ['TOKEN'], executor: 'k8s' }, {}, 69, /"k8s" \(process P\)/],
  ];
  for (const [what, process_, settings, code, message] of refused) {
    it(`refuses ${what}`, async () => {
      nextflow.answers([process_], settings);
      const { exitCode, stderr } = await launch('main.nf');
      assert.equal(exitCode, code, stderr);
      assert.match(stderr, message);
      assert.ok(!stderr.includes(VALUES.TOKEN));
      assert.deepEqual(aws.requests, []);
      assert.deepEqual(nextflow.starts, []);
      await assertNothingLeft();
    });
  }

  it('inside another run is refused, if only Nextflow knows that it is one for AWS Batch', async () => {
    writeFileSync(
      join(sandbox.workspace, 'nextflow.config'),
      "process.executor = params.cloud ? 'awsbatch' : 'local'\n",
    );
    const inside = async (...options: string[]): Promise<Result> =>
      sandbox.nfSecrets(['exec', '--', process.execPath, CLI, 'launch', ...options, 'main.nf']);
    const fromText = await inside('--dry-run');
    assert.equal(fromText.exitCode, 0, fromText.stderr);
    assert.match(fromText.stderr, /may run in AWS Batch/);
    assert.equal(nextflow.previews, 0);
    for (const options of [[], ['--dry-run', '--preview']]) {
      const { exitCode, stderr } = await inside(...options);
      assert.equal(exitCode, 69, stderr);
      assert.match(stderr, /inside another run.*none can be sent to AWS/);
      assert.match(stderr, /env -u NF_SECRETS_RUN/);
    }
    assert.deepEqual(nextflow.starts, []);
    nextflow.answers(PROCESSES.map((process_) => ({ ...process_, executor: 'local' })));
    const { exitCode, stderr } = await inside();
    assert.equal(exitCode, 0, stderr);
    assert.equal(nextflow.starts.length, 1);
    assert.deepEqual(aws.requests, []);
    await assertNothingLeft();
  });

  it('stops for a secret that only Nextflow knows of and that is not set', async () => {
    nextflow.answers([{ name: 'P', secrets: ['TOKEN', 'TOKENS'] }]);
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      "process P {\n secret 'TOKEN'\n script: 'true' }\nworkflow { }\n",
    );
    const { exitCode, stderr } = await launch('main.nf');
    assert.equal(exitCode, 66, stderr);
    assert.match(stderr, /asks for the secret TOKENS.*Did you mean TOKEN\?/);
    assert.equal((await launch('--allow-missing=TOKENS', 'main.nf')).exitCode, 0);
    await assertNothingLeft();
  });

  it('writes no value anywhere', async () => {
    nextflow.hold();
    const end = launch('main.nf');
    await nextflow.untilStarted();
    const [start] = nextflow.starts;
    assert.ok(start);
    const { TOKEN } = VALUES;
    assert.ok(![...start.args, ...start.env.values(), start.config].some((text) => text.includes(TOKEN)));
    const files = readdirSync(sandbox.root, { recursive: true, encoding: 'utf8' })
      .map((name) => join(sandbox.root, name))
      .filter((path) => existsSync(path) && statSync(path).isFile() && readFileSync(path).includes(TOKEN));
    assert.deepEqual(
      files.map((path) => path.split('/').at(-1)),
      ['store.json'],
    );
    nextflow.letGo();
    const { stdout, stderr } = await end;
    assert.ok(!`${stdout.toString()}${stderr}`.includes(TOKEN));
    await assertNothingLeft();
  });

  describe('killed with kill -9', () => {
    const KILLS = [
      'GetCallerIdentity',
      'CreateSecret',
      'RegisterJobDefinition',
      'DeleteSecret',
      'DescribeSecret',
      'DeregisterJobDefinition',
    ];
    for (const operation of KILLS) {
      for (const when of ['before', 'after'] as const) {
        it(`${when} ${operation}: its guardian leaves nothing`, async () => {
          const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']);
          aws.fail({ operation, call: 1, [when]: () => void launcher.kill('SIGKILL') });
          const { signal, stderr } = await finished(launcher);
          assert.equal(signal, 'SIGKILL', stderr);
          await until('nothing is left', () => leftOfRuns(sandbox).every((name) => name.endsWith('.tmp')));
          await sandbox.ok(['sweep']);
          await assertNothingLeft();
        });
      }
    }

    it('while Nextflow runs, and so its guardian: a sweep leaves nothing', async () => {
      nextflow.hold();
      const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf'], { stdio: 'ignore' });
      await nextflow.untilStarted();
      process.kill(guardianOf(onlyRun(sandbox)), 'SIGKILL');
      launcher.kill('SIGKILL');
      const kept = await sandbox.ok(['sweep', '--json']);
      assert.match(kept.toString(), /"kept": \[\s*\{/);
      assert.equal((await aws.content()).length, 4);
      nextflow.letGo();
      await nextflow.untilEnded();
      await sandbox.ok(['sweep']);
      await assertNothingLeft();
    });
  });
});
