// How many round trips a launch in AWS Batch waits for before Nextflow starts, and after it has ended, with a network
// that takes 50 ms for each: the most requests of which each began after the one before had been answered; and the time
// between the first request and the last answer, our own work included, as a multiple of these 50 ms. The same for a
// workspace whose secrets are in AWS: its list, and a launch. And what a launch of a run of nothing costs beside plain
// Nextflow, with the answer to an earlier launch and with a question of its own.
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';
import '../scripts/text-imports.mjs';
import { figure, median, mediansOfAnswered, report, rounds, runAnswered } from './side-by-side.mjs';

register();
const { AwsStandIn } = await import('../test/fixtures/aws-stand-in.ts');
const { BatchNextflow } = await import('../test/fixtures/batch-nextflow.ts');
const { AwsWorkspace, denials, PREFIX, READING } = await import('../test/fixtures/aws-workspace.ts');
const { addBatchExecutor } = await import('../test/fixtures/batch-executor.ts');
const { NEWEST, NextflowSandbox } = await import('../test/fixtures/nextflow-sandbox.ts');
const { Sandbox } = await import('../test/fixtures/sandbox.ts');
const { fillVault } = await import('../test/fixtures/vault-values.ts');

const CLI = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));
const ROUNDS = rounds(7);
/** Of each request, in milliseconds. */
const LATENCY = 50;
const SECRETS = 50;
const DEFINITIONS = 20;

const MAIN = `process TASK {
  container 'image:1'
  secret 'FAKE_KEY'
  input:
  val x
  script:
  'true'
}
workflow {
  TASK(Channel.of(1))
}
`;
const CONFIG = `process.executor = 'awsbatch'
process.queue = 'queue'
aws.region = 'eu-west-1'
aws.batch.executionRole = 'arn:aws:iam::123456789012:role/execution'
`;

/** Names of a workspace in AWS. */
const MANY = 1_000;

const UP = ['GetCallerIdentity', 'CreateSecret', 'RegisterJobDefinition'];
const DOWN = ['DeleteSecret', 'DescribeSecret', 'DeregisterJobDefinition'];
/** What AWS answers, at once: the stand-in's own work is not what is measured. */
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:fake-AbCdEf';
/** Requests to a workspace in AWS. */
const IN_STORE = [
  'GetCallerIdentity',
  'ListSecrets',
  'DescribeSecret',
  'BatchGetSecretValue',
  'GetSecretValue',
];
/** @param {unknown} id */
const placed = (id) => ({ ARN: `${ARN.replace('fake-AbCdEf', String(id))}-AbCdEf`, Name: id });
const FROM_STORE = [
  // As in most accounts: who launches may not ask IAM.
  { operation: 'SimulatePrincipalPolicy', code: 'AccessDenied' },
  {
    operation: 'DescribeSecret',
    /** @param {{ SecretId?: unknown }} asked */
    answerTo: ({ SecretId: id }) => ({ ...placed(id), VersionIdsToStages: { fake: ['AWSCURRENT'] } }),
  },
  {
    operation: 'BatchGetSecretValue',
    /** @param {{ SecretIdList?: unknown }} asked */
    answerTo: ({ SecretIdList: ids }) => ({
      SecretValues: /** @type {unknown[]} */ (ids).map((id) => ({
        ...placed(id),
        VersionId: 'fake',
        SecretString: 'fake-value',
      })),
    }),
  },
];
const ANSWERS = [
  { operation: 'GetCallerIdentity' },
  { operation: 'CreateSecret', answer: { ARN } },
  { operation: 'RegisterJobDefinition', answer: { jobDefinitionName: 'fake', revision: 1 } },
  { operation: 'DeleteSecret', answer: {} },
  { operation: 'DescribeSecret', code: 'ResourceNotFoundException' },
  { operation: 'DeregisterJobDefinition', answer: {} },
];

const aws = await AwsStandIn.start();
const sandbox = new Sandbox();
try {
  Object.assign(sandbox.env, aws.env);
  const names = Array.from({ length: SECRETS }, (_, index) => `FAKE_KEY_${index}`);
  await fillVault('user', Object.fromEntries(names.map((name) => [name, `fake-value-of-${name}`])), sandbox);
  new BatchNextflow(sandbox).answers(
    Array.from({ length: DEFINITIONS }, (_, index) => ({
      name: `P${index}`,
      secrets: names.filter((_name, number) => number % DEFINITIONS === index),
    })),
  );
  /** @type {Record<string, { trips: number, time: number }[]>} */
  const measured = { 'before Nextflow starts': [], 'after it has ended': [] };
  for (let round = 0; round <= ROUNDS; round++) {
    await aws.reset();
    aws.fail(...ANSWERS.map((answer) => ({ ...answer, delay: LATENCY })));
    await sandbox.ok(['launch', 'main.nf']);
    // The first one reads from the disk what the others find in memory.
    if (round === 0) continue;
    measured['before Nextflow starts']?.push(measure(UP));
    measured['after it has ended']?.push(measure(DOWN));
  }
  console.log(`\n${SECRETS} secrets and ${DEFINITIONS} job definitions, ${LATENCY} ms a request`);
  for (const [what, all] of Object.entries(measured)) {
    const trips = median(all.map((one) => one.trips));
    const time = median(all.map((one) => one.time));
    console.log(
      `  ${what.padEnd(22)}  ${trips} round trips one after the other, in the time of ${time.toFixed(1)}`,
    );
    figure('In AWS', {
      when: what,
      'round trips that wait for each other': String(trips),
      'time, in round trips': time.toFixed(1),
    });
  }
  await workspaceInAws();
  await besideNextflow();
} finally {
  sandbox.remove();
  aws.stop();
}

/** Lists a workspace in AWS, and launches with its secrets: by somebody who may read them, and by somebody who may not. */
async function workspaceInAws() {
  await aws.reset();
  const lab = new AwsWorkspace(aws);
  try {
    await lab.init();
    const { secrets } = aws.clients;
    const names = Array.from({ length: MANY }, (_, index) => `FAKE_KEY_${index}`);
    for (const name of names)
      await secrets.send(
        new CreateSecretCommand({ Name: `${PREFIX}/${name}`, SecretString: `fake-value-of-${name}` }),
      );
    const used = names.slice(0, SECRETS);
    new BatchNextflow(lab.sandbox).answers(
      Array.from({ length: DEFINITIONS }, (_, index) => ({
        name: `P${index}`,
        secrets: used.filter((_name, number) => number % DEFINITIONS === index),
      })),
    );
    const commands = {
      [`\`list\` of ${MANY} names`]: { args: ['list'], faults: [], aim: 12 },
      [`a launch in AWS Batch with ${SECRETS}`]: { args: ['launch', 'main.nf'], faults: [], aim: 4 },
      'the same by somebody who may not read them': {
        args: ['launch', 'main.nf'],
        faults: denials(READING),
        aim: 4,
      },
    };
    console.log(`\na workspace in AWS, ${LATENCY} ms a request`);
    for (const [what, { args, faults, aim }] of Object.entries(commands)) {
      const taken = [];
      for (let round = 0; round < rounds(3); round++) {
        aws.heal();
        aws.spans = [];
        aws.fail(...[...faults, ...FROM_STORE, {}].map((fault) => ({ ...fault, delay: LATENCY })));
        await lab.sandbox.ok(args);
        taken.push(measure(IN_STORE));
      }
      const trips = median(taken.map((one) => one.trips));
      console.log(`  ${what.padEnd(42)}  ${trips} round trips one after the other, of at most ${aim}`);
      figure('A workspace in AWS', {
        what,
        'round trips that wait for each other': String(trips),
        aim: `at most ${aim}`,
      });
    }
  } finally {
    lab.sandbox.remove();
  }
}

/** A launch of one task beside plain Nextflow, with an executor that stands in for that of AWS Batch. */
async function besideNextflow() {
  const person = await NextflowSandbox.create(NEWEST);
  try {
    await addBatchExecutor(person, NEWEST.version);
    // As the official launcher starts the Java of `nextflow run`: with both compilers, without an archive of classes.
    Object.assign(person.env, aws.env, { NXF_OPTS: '' });
    await aws.reset();
    await person.fillVault('user', { FAKE_KEY: 'fake-value-of-no-service' });
    person.write('main.nf', MAIN);
    person.write('nextflow.config', CONFIG);
    const { workspace: cwd, env } = person;
    const launch = (/** @type {string[]} */ ...args) =>
      runAnswered(process.execPath, [CLI, 'launch', ...args, 'main.nf'], { cwd, env });
    const contestants = {
      'nextflow run': () => runAnswered('nextflow', ['run', 'main.nf'], { cwd, env }),
      'nf-secrets launch, as an earlier one': () => launch(),
      'nf-secrets launch --ask-again': () => launch('--ask-again'),
    };
    const taken = await mediansOfAnswered(contestants, rounds(7, 1));
    report('a run of one task that does nothing, beside Nextflow alone', taken, 'nextflow run', {
      'nf-secrets launch, as an earlier one': {
        what: '`nf-secrets launch` in AWS Batch, with the answer to an earlier launch',
        beside: '`nextflow run`',
        aim: '1.5',
      },
      'nf-secrets launch --ask-again': {
        what: 'the same with `--ask-again`',
        beside: 'the same',
        aim: '1.5',
      },
    });
  } finally {
    person.remove();
  }
}

/** @param {string[]} operations */
function measure(operations) {
  const spans = aws.spans
    .filter(({ operation }) => operations.includes(operation))
    .sort((a, b) => a.to - b.to);
  let trips = 0;
  let answered = -Infinity;
  for (const { from, to } of spans) {
    if (from < answered) continue;
    trips += 1;
    answered = to;
  }
  const began = Math.min(...spans.map(({ from }) => from));
  return { trips, time: ((spans.at(-1)?.to ?? NaN) - began) / LATENCY };
}
