import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeJobDefinitionsCommand } from '@aws-sdk/client-batch';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { dealTests } from '../fixtures/deal-tests.ts';
import { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import { ACCOUNT, denials, PREFIX, REGION } from '../fixtures/aws-workspace.ts';
import { addBatchExecutor } from '../fixtures/batch-executor.ts';
import { NEXTFLOW_VARIANTS, type NextflowSandbox, Sandboxes } from '../fixtures/nextflow-sandbox.ts';
import { ledgerDirectory } from '../fixtures/places.ts';
import type { Result } from '../fixtures/sandbox.ts';
import { untilFile } from '../fixtures/until.ts';

// Real Nextflow, with a stand-in for its plugin: what its own preview says, and which container each task gets.

const MAIN = `
include { ALIGN ; ALIGN as REALIGN } from './align.nf'

process REPORT {
  container 'report:1'
  secret 'TOKEN'
  containerOptions '--privileged -e "A=b c" --ulimit nofile=1:2'
  label 'big'

  script:
  'true'
}

process HERE {
  executor 'local'
  secret 'TOKEN'

  script:
  '''
  [ "$TOKEN" = fake-token-of-no-service ]
  '''
}

process NEVER {
  container 'never:1'
  secret 'NEVER_SET'

  script:
  'true'
}

workflow DEEP {
  main:
  ALIGN()
  REALIGN()
  REPORT()
}

workflow {
  DEEP()
  REPORT()
  HERE()
  if (params.never) {
    NEVER()
  }
}
`;
/** Runs until there is a file `gate`. */
const HELD = `
params.again = 0

process ASK {
  container 'ask:1'
  secret 'TOKEN'

  script:
  'true'
}

process HELD {
  executor 'local'
  input:
  val again

  script:
  """
  touch '\${launchDir}/started'
  while [ ! -e '\${launchDir}/gate' ]; do sleep 0.1; done
  """
}

workflow {
  if (!params.again) {
    ASK()
  }
  HELD(params.again)
}
`;
const ALIGN = `
process ALIGN {
  container "\${ params.registry }/align:1"
  secret secrets.OPTIONAL ? 'OPTIONAL' : ''
  secret secrets.KEY ? 'KEY' : ''

  script:
  'true'
}
`;
const CONFIG = `
params.never = false
params.registry = 'example.org'
process.executor = 'awsbatch'
process.queue = 'queue'
aws.region = 'eu-west-1'
aws.batch.executionRole = 'arn:aws:iam::123456789012:role/execution'
aws.batch.volumes = '/data,/ref:/ref:ro'
process {
  withLabel: big {
    queue = 'big-queue'
  }
  withName: '.*:REALIGN' {
    secret = ['TOKEN']
    container = 'realign:1'
  }
  withName: 'DEEP:.*' {
    disk = '20 GB'
  }
}
report.enabled = true
report.file = 'report.html'
`;

const FETCH = `
process FETCH {
  tag "$meta.id"
  label 'process_single'
  label 'process_long'
  secret secrets.NCBI_API_KEY ? "NCBI_API_KEY" : ""

  conda "\${moduleDir}/environment.yml"
  container "\${ workflow.containerEngine == 'singularity' && !task.ext.singularity_pull_docker_container ?
      'https://depot.galaxyproject.org/singularity/fetch:1' :
      'biocontainers/fetch:1' }"

  input:
  tuple val(meta), val(id)

  output:
  tuple val(meta), path('*.txt'), emit: text

  when:
  task.ext.when == null || task.ext.when

  script:
  def args = task.ext.args ?: ''
  def prefix = task.ext.prefix ?: "\${meta.id}"
  """
  echo $args $id $task.cpus > \${prefix}.txt
  """
}
`;
/** A pipeline in the way of nf-core: modules, aliases, subworkflows, labels, profiles, `ext` and a registry. */
const NF_CORE: Readonly<Record<string, string>> = {
  'modules/nf-core/fetch/main.nf': FETCH,
  'modules/nf-core/multiqc/main.nf': `
process MULTIQC {
  label 'process_single'
  container 'biocontainers/multiqc:1'

  input:
  path files, stageAs: '?/*'

  script:
  "cat $files"
}
`,
  'subworkflows/local/qc.nf': `
include { FETCH as FETCH_AGAIN } from '../../modules/nf-core/fetch/main'
include { MULTIQC } from '../../modules/nf-core/multiqc/main'

workflow QC {
  take:
  ids

  main:
  FETCH_AGAIN(ids)
  MULTIQC(FETCH_AGAIN.out.text.map { meta, text -> text }.collect())

  emit:
  FETCH_AGAIN.out.text
}
`,
  'workflows/demo.nf': `
include { FETCH } from '../modules/nf-core/fetch/main'
include { QC } from '../subworkflows/local/qc'

workflow DEMO {
  take:
  ids

  main:
  FETCH(ids)
  QC(ids)
}
`,
  'main.nf': `
include { DEMO } from './workflows/demo'

workflow NFCORE_DEMO {
  take:
  ids

  main:
  DEMO(ids)
}

workflow {
  main:
  NFCORE_DEMO(Channel.of([[id: 'a'], 'SRR1']))
}
`,
  'conf/base.config': `
process {
  cpus = { 1 * task.attempt }
  memory = { 6.GB * task.attempt }
  errorStrategy = { task.exitStatus in ((130..145) + 104) ? 'retry' : 'finish' }
  maxRetries = 1

  withLabel: process_single {
    cpus = { 1 }
  }
  withLabel: process_long {
    time = { 20.h * task.attempt }
  }
}
`,
  'conf/modules.config': `
process {
  publishDir = [
    path: { "\${params.outdir}/\${task.process.tokenize(':')[-1].tokenize('_')[0].toLowerCase()}" },
    mode: 'copy',
    saveAs: { filename -> filename.equals('versions.yml') ? null : filename }
  ]
  withName: FETCH {
    ext.args = '--quiet'
  }
  withName: '.*:QC:FETCH_AGAIN' {
    ext.prefix = { "\${meta.id}_again" }
    container = 'example.org/own/fetch:2'
  }
  withName: 'MULTIQC' {
    ext.args = { params.title ? "--title \${params.title}" : '' }
  }
}
`,
  'nextflow.config': `
params {
  outdir = null
  title = null
}
includeConfig 'conf/base.config'
profiles {
  test {
    params.title = 'test'
  }
  cloud {
    process.executor = 'awsbatch'
    process {
      withLabel: process_long {
        queue = 'long'
      }
    }
    process.queue = { task.attempt > 1 ? 'on-demand' : 'spot' }
    aws {
      region = 'eu-west-1'
      batch {
        cliPath = '/home/ec2-user/miniconda/bin/aws'
        executionRole = 'arn:aws:iam::123456789012:role/execution'
        maxSpotAttempts = 3
      }
    }
  }
}
docker.registry = 'quay.io'
manifest {
  name = 'nf-core/demo'
  nextflowVersion = '!>=23.10.0'
}
includeConfig 'conf/modules.config'
`,
};

/** The container of each process in a trace, job definitions without what differs from session to session. */
function containers(sandbox: NextflowSandbox): Record<string, string> {
  const [, ...lines] = readFileSync(join(sandbox.workspace, 'trace.txt'), 'utf8').trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', container = ''] = line.split('\t');
      return [name, container.replace(/tower-nfs-[0-9a-f-]{36}-[0-9a-f]{12}/, 'OURS')];
    }),
  );
}

const ALL = {
  'DEEP:ALIGN': 'job-definition://OURS',
  'DEEP:REALIGN': 'job-definition://OURS',
  'DEEP:REPORT': 'job-definition://OURS',
  REPORT: 'job-definition://OURS',
  HERE: '-',
};

const VARIANTS = NEXTFLOW_VARIANTS.filter(({ version }) => version !== '22.10.7');

describe('Nextflow and AWS Batch @aws @nextflow', () => {
  let aws: AwsStandIn;
  const sandboxes = new Sandboxes();
  before(async () => {
    aws = await AwsStandIn.start();
  });
  after(() => {
    aws.stop();
  });
  afterEach(() => {
    sandboxes.removeAll();
  });

  for (const variant of VARIANTS) {
    const suite = describe(variant.title, () => {
      let sandbox: NextflowSandbox;
      beforeEach(async () => {
        await aws.reset();
        // The role that the config names: a launch looks for it where there is any role at all.
        await aws.addRole('execution');
        sandbox = await sandboxes.create(variant);
        await addBatchExecutor(sandbox, variant.version);
        Object.assign(sandbox.env, aws.env);
        sandbox.write('main.nf', MAIN);
        sandbox.write('align.nf', ALIGN);
        sandbox.write('nextflow.config', CONFIG);
        sandbox.write(
          'trace.config',
          "trace.fields = 'name,container,status'\ntrace.overwrite = true\nreport.overwrite = true\n",
        );
        await sandbox.fillVault('user', { TOKEN: 'fake-token-of-no-service', KEY: 'fake-key' });
      });

      const launch = async (...args: string[]): Promise<Result> =>
        sandbox.launch([
          '--allow-missing=NEVER_SET',
          'main.nf',
          '-c',
          'trace.config',
          '-with-trace',
          'trace.txt',
          ...args,
        ]);

      it('each process gets what it asks for, wherever that is said, and nothing is left', async () => {
        const { exitCode, stderr, stdout } = await launch();
        assert.equal(exitCode, 0, `${stderr}${stdout.toString()}`);
        assert.deepEqual(containers(sandbox), ALL);
        assert.deepEqual(await aws.content(), []);
        assert.deepEqual(sandbox.leftovers(), []);
        const { jobDefinitions = [] } = await aws.clients.batch.send(new DescribeJobDefinitionsCommand({}));
        const made = jobDefinitions.map(({ containerProperties: properties }) => [
          properties?.image,
          (properties?.secrets ?? [])
            .map(({ name }) => name)
            .sort()
            .join(),
        ]);
        assert.deepEqual(made.sort(), [
          ['example.org/align:1', 'KEY'],
          ['realign:1', 'TOKEN'],
          // Of two processes.
          ['report:1', 'TOKEN'],
        ]);
        const report = jobDefinitions.find(
          ({ containerProperties }) => containerProperties?.image === 'report:1',
        );
        assert.ok(report);
        assert.equal(report.containerProperties?.privileged, true);
        assert.deepEqual(report.containerProperties.environment, [{ name: 'A', value: 'b c' }]);
        assert.deepEqual(
          report.containerProperties.volumes?.map(({ host }) => host?.sourcePath),
          ['/data', '/ref'],
        );
      });

      it('an answer to an earlier launch is used until something changes that decides about it', async () => {
        const asked = /Asking Nextflow/;
        const used = /Nextflow's answer of \S+ is used/;
        const again = async (says: RegExp, args: readonly string[] = []): Promise<void> => {
          const { exitCode, stderr, stdout } = await launch(...args);
          assert.equal(exitCode, 0, `${stderr}${stdout.toString()}`);
          assert.match(stderr, says);
          assert.equal([asked, used].filter((one) => one.test(stderr)).length, 1);
          assert.deepEqual(await aws.content(), []);
        };
        const madeFor = async (image: string): Promise<string[]> => {
          const { jobDefinitions = [] } = await aws.clients.batch.send(new DescribeJobDefinitionsCommand({}));
          return jobDefinitions.flatMap(({ containerProperties: made }) =>
            made?.image === image ? [(made.secrets ?? []).map(({ name }) => name).join()] : [],
          );
        };
        await again(asked);
        await again(used);
        assert.deepEqual(containers(sandbox), ALL);
        assert.deepEqual(await madeFor('report:1'), ['TOKEN', 'TOKEN']);
        sandbox.write('align.nf', ALIGN.replace('/align:1', '/align:2'));
        await again(asked);
        assert.deepEqual(await madeFor('example.org/align:2'), ['KEY']);
        const more = "process { withName: 'REPORT' { secret = ['TOKEN', 'KEY'] } }\n";
        sandbox.write('nextflow.config', `${CONFIG}${more}`);
        await again(asked);
        assert.ok((await madeFor('report:1')).includes('TOKEN,KEY'));
        await again(used);
      });

      const statuses = (): string[] => {
        const [, ...lines] = readFileSync(join(sandbox.workspace, 'trace.txt'), 'utf8').trimEnd().split('\n');
        return [...new Set(lines.map((line) => line.split('\t')[2] ?? ''))];
      };

      it('what is resumed finds all that an earlier run has done, wherever it is said', async () => {
        assert.equal((await launch('-name', 'first_run')).exitCode, 0);
        const history = (): string[] =>
          readFileSync(join(sandbox.workspace, '.nextflow', 'history'), 'utf8')
            .trimEnd()
            .split('\n');
        const [, , , , , session = ''] = history()[0]?.split('\t') ?? [];
        sandbox.write('resume.config', 'resume = true\n');
        const ways = [['-resume'], ['-resume', 'first_run'], ['-c', 'resume.config']];
        for (const way of ways) {
          const again = await launch(...way);
          assert.equal(again.exitCode, 0, again.stderr);
          assert.deepEqual(statuses(), ['CACHED'], way.join(' '));
          assert.deepEqual(containers(sandbox), ALL);
        }
        assert.equal(history().length, 1 + ways.length, 'looks at the pipeline are no runs');
        assert.ok(history().every((line) => line.includes(session)));
        assert.deepEqual(await aws.content(), []);
      });

      it('a command of the history is launched again, and keeps what was done; without nf-secrets it says what is missing', async () => {
        assert.equal((await launch()).exitCode, 0);
        const history = readFileSync(join(sandbox.workspace, '.nextflow', 'history'), 'utf8').trimEnd();
        const words = history.split('\t').at(-1)?.split(' ') ?? [];
        assert.equal(words[0], 'nextflow');
        const again = await sandbox.launch(['--allow-missing=NEVER_SET', '--', ...words, '-resume']);
        assert.equal(again.exitCode, 0, again.stderr);
        assert.match(again.stderr, /-c '.*' was made for run [a-z0-9]{12} alone and is left out/);
        assert.deepEqual(statuses(), ['CACHED']);
        assert.deepEqual(containers(sandbox), ALL);
        const plain = await sandbox.nextflow(words.slice(1));
        assert.equal(plain.exitCode, 1);
        assert.match(
          `${plain.stdout.toString()}${plain.stderr}`,
          /config.* does not exist: .*start-again-with-nf-secrets-launch\.config/,
        );
        assert.deepEqual(await aws.content(), []);
      });

      it('is not resumed while it runs, however it is called', async () => {
        sandbox.write('main.nf', HELD);
        sandbox.write('resume.config', 'resume = true\n');
        const started = join(sandbox.workspace, 'started');
        const gate = join(sandbox.workspace, 'gate');
        const launched = launch('-name', 'first_run');
        const ended = launched.then(({ stderr, stdout }) => assert.fail(`${stderr}${stdout.toString()}`));
        ended.catch(() => undefined);
        await Promise.race([untilFile(started), ended]);
        const [line = ''] = readFileSync(join(sandbox.workspace, '.nextflow', 'history'), 'utf8').split('\n');
        const [, , , , , session = ''] = line.split('\t');
        const refuse = async (who: RegExp, ...ways: string[][]): Promise<void> => {
          const before = await aws.content();
          for (const way of ways) {
            const { exitCode, stderr } = await launch(...way);
            assert.equal(exitCode, 69, `${way.join(' ')}: ${stderr}`);
            assert.match(stderr, who);
            assert.ok(stderr.includes(session));
          }
          assert.deepEqual(await aws.content(), before);
        };
        const byName = [
          ['-resume', 'last'],
          ['-resume', 'first_run'],
          ['-resume', session],
        ];
        await refuse(
          /is in use: run [a-z0-9]{12} runs it now/,
          ['-resume'],
          ['-c', 'resume.config'],
          ...byName,
        );
        writeFileSync(gate, '');
        const { exitCode, stderr, stdout } = await launched;
        assert.equal(exitCode, 0, `${stderr}${stdout.toString()}`);
        assert.equal((await launch('-resume', session)).exitCode, 0);
        assert.deepEqual(await aws.content(), []);
      });

      // The strict parser of 25.04 knows neither `task` nor `meta` in a config.
      const isStrict = variant.env['NXF_SYNTAX_PARSER'] === 'v2';
      if (!isStrict) {
        it('a pipeline as nf-core has them gets its definitions', async () => {
          for (const [name, text] of Object.entries(NF_CORE)) sandbox.write(name, text);
          await sandbox.fillVault('user', { NCBI_API_KEY: 'fake-ncbi' });
          const { exitCode, stderr, stdout } = await launch('-profile', 'test,cloud', '--outdir', 'results');
          assert.equal(exitCode, 0, `${stderr}${stdout.toString()}`);
          assert.deepEqual(containers(sandbox), {
            'NFCORE_DEMO:DEMO:FETCH (a)': 'job-definition://OURS',
            'NFCORE_DEMO:DEMO:QC:FETCH_AGAIN (a)': 'job-definition://OURS',
            'NFCORE_DEMO:DEMO:QC:MULTIQC': 'quay.io/biocontainers/multiqc:1',
          });
          const { jobDefinitions = [] } = await aws.clients.batch.send(new DescribeJobDefinitionsCommand({}));
          assert.deepEqual(
            jobDefinitions.map(({ containerProperties }) => containerProperties?.image).sort(),
            ['example.org/own/fetch:2', 'quay.io/biocontainers/fetch:1'],
          );
          assert.deepEqual(await aws.content(), []);
        });
      }

      it('-C, parameters and profiles count', async () => {
        sandbox.write(
          'only.config',
          `${CONFIG}trace.fields = 'name,container,status'\nprofiles { other { params.registry = 'other.example.org' } }\n`,
        );
        const words = ['nextflow', '-C', 'only.config', 'run', 'main.nf', '-profile', 'other'];
        const plan = await sandbox.launch([
          '--allow-missing=NEVER_SET',
          '--dry-run',
          '--preview',
          '--json',
          '--',
          ...words,
        ]);
        assert.equal(plan.exitCode, 0, plan.stderr);
        assert.equal((JSON.parse(plan.stdout.toString()) as { target: string }).target, 'aws-batch');
        const run = await sandbox.launch([
          '--allow-missing=NEVER_SET',
          '--',
          ...words,
          '-with-trace',
          'trace.txt',
        ]);
        assert.equal(run.exitCode, 0, run.stderr);
        assert.deepEqual(containers(sandbox), ALL);
        const { jobDefinitions = [] } = await aws.clients.batch.send(new DescribeJobDefinitionsCommand({}));
        assert.ok(
          jobDefinitions.some(
            ({ containerProperties }) => containerProperties?.image === 'other.example.org/align:1',
          ),
        );
        const needing = await sandbox.launch(['--allow-missing=KEY', 'main.nf', '--never', 'true']);
        assert.equal(needing.exitCode, 66, needing.stderr);
        assert.deepEqual(await aws.content(), []);
      });

      it('a container that depends on the input is refused', async () => {
        sandbox.write(
          'main.nf',
          "process P {\n  container \"image:${x}\"\n  secret 'TOKEN'\n\n  input:\n  val x\n\n  script:\n  'true'\n}\n\nworkflow {\n  P(1)\n}\n",
        );
        const { exitCode, stderr } = await launch();
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, /container of process P depends on the task/);
        assert.deepEqual(sandbox.leftovers(), []);
      });

      const LATER: Readonly<Record<string, readonly [what: string, config: string, why?: string]>> = {
        'a container that depends on the attempt': [
          'container',
          "process { withName: 'P' { container = { task.attempt > 1 ? 'big:1' : 'small:1' } } }",
        ],
        'a container that depends on how the attempt before ended': [
          'container',
          "process { withName: 'P' { container = { task.exitStatus == 137 ? 'big:1' : 'small:1' } } }",
          'its input, name or number, or an earlier attempt',
        ],
        'options that depend on the number of the task': [
          'containerOptions',
          "process { withName: 'P' { container = 'image:1'; containerOptions = { \"-e INDEX=${task.index}\" } } }",
          'its input, name or number, or an earlier attempt',
        ],
        'options that depend on the attempt': [
          'containerOptions',
          'process { withName: \'P\' { container = \'image:1\'; containerOptions = { "--shm-size " + 64 * task.attempt + "m" } } }',
        ],
        'a container of a late attempt': [
          'container',
          "process { withName: 'P' { container = { task.attempt > 4 ? 'big:1' : 'small:1' } } }",
        ],
        'a disk of Fargate that compares how the attempt before ended from the right': [
          'disk',
          "process { withName: 'P' { container = 'image:1'; disk = { 137 == task.exitStatus ? 90.GB : 60.GB } } }\naws.batch.platformType = 'fargate'",
          'its input, name or number, or an earlier attempt',
        ],
        'a disk of Fargate that depends on the attempt': [
          'disk',
          "process { withName: 'P' { container = 'image:1'; disk = { 64.GB * task.attempt } } }\naws.batch.platformType = 'fargate'",
        ],
      };
      for (const [title, [what, config, why = 'task.attempt']] of Object.entries(LATER)) {
        it(`${title} is refused`, async () => {
          sandbox.write(
            'main.nf',
            "process P {\n  secret 'TOKEN'\n\n  input:\n  val x\n\n  script:\n  'true'\n}\n\nworkflow {\n  P(1)\n}\n",
          );
          sandbox.write('later.config', `${config}\n`);
          const { exitCode, stderr } = await launch('-c', 'later.config');
          assert.equal(exitCode, 69, stderr);
          assert.match(stderr, new RegExp(`The ${what} of process P depends on the task \\(${why}`));
          assert.deepEqual(aws.requests, []);
          assert.deepEqual(sandbox.leftovers(), []);
        });
      }

      const OF_INPUT: Readonly<Record<string, readonly [what: string, directives: string]>> = {
        'a container that compares the input from the right': [
          'container',
          "container { 1 == x ? 'one:1' : 'other:1' }\n  secret 'TOKEN'",
        ],
        'options that ask for the type of the input': [
          'containerOptions',
          "container 'image:1'\n  containerOptions { x instanceof Integer ? '--privileged' : '' }\n  secret 'TOKEN'",
        ],
        'a list of secrets that asks whether there is an input': [
          'secret',
          "container 'image:1'\n  secret { x == null ? [] : ['TOKEN'] }",
        ],
      };
      for (const [title, [what, directives]] of Object.entries(OF_INPUT)) {
        it(`${title} is refused`, async () => {
          sandbox.write(
            'main.nf',
            `process P {\n  ${directives}\n\n  input:\n  val x\n\n  script:\n  'true'\n}\n\nworkflow {\n  P(1)\n}\n`,
          );
          const { exitCode, stderr } = await launch();
          assert.equal(exitCode, 69, stderr);
          assert.match(stderr, new RegExp(`The ${what} of process P depends on the task \\(its input`));
          assert.deepEqual(aws.requests, []);
        });
      }

      it('a queue with the attempt in its name may be any, and one that no attempt needs yet stops nothing', async () => {
        await aws.addQueue('queue1');
        const ledger = join(sandbox.dumps, 'ledger');
        sandbox.write(
          'main.nf',
          "process P {\n  container 'image:1'\n  queue \"queue${task.attempt}\"\n  secret 'TOKEN'\n\n" +
            `  script:\n  "cat '${ledgerDirectory(sandbox)}'/* > '${ledger}'"\n}\n\nworkflow {\n  P()\n}\n`,
        );
        const { exitCode, stderr } = await launch();
        assert.equal(exitCode, 0, stderr);
        assert.match(readFileSync(ledger, 'utf8'), /"queues": ?\[\s*"\*",\s*"queue1"\s*\]/);
      });

      it('those of a workspace in AWS stay there, and the launcher need not be able to read them', async () => {
        const { secrets } = aws.clients;
        const created = await secrets.send(
          new CreateSecretCommand({ Name: `${PREFIX}/STORED`, SecretString: 'fake-stored' }),
        );
        const place = { store: 'aws', region: REGION, account: ACCOUNT, prefix: PREFIX };
        sandbox.write('.nf-secrets/workspace.json', JSON.stringify(place));
        sandbox.write(
          'main.nf',
          "process P {\n  container 'image:1'\n  secret 'STORED'\n\n  script:\n  'true'\n}\n\nworkflow {\n  P()\n}\n",
        );
        aws.fail(...denials(['GetSecretValue', 'BatchGetSecretValue', 'CreateSecret', 'DeleteSecret']));
        const { exitCode, stderr } = await sandbox.launch(['--accept-members', 'main.nf']);
        assert.equal(exitCode, 0, stderr);
        const { jobDefinitions = [] } = await aws.clients.batch.send(new DescribeJobDefinitionsCommand({}));
        assert.deepEqual(
          jobDefinitions.flatMap(({ containerProperties }) => containerProperties?.secrets ?? []),
          [{ name: 'STORED', valueFrom: `${created.ARN ?? ''}:::${created.VersionId ?? ''}` }],
        );
        assert.deepEqual(await aws.content(), [`${PREFIX}/STORED`]);
      });

      it('a secret whose variable the config sets for all tasks is refused', async () => {
        sandbox.write('env.config', 'env {\n  OTHER = \'x\'\n  TOKEN = "public-${1 + 1}"\n}\n');
        const { exitCode, stderr } = await launch('-c', 'env.config');
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, /asks for the secret TOKEN, but the config sets that variable too/);
        assert.deepEqual(aws.requests, []);
      });

      it('a pipeline that ends itself, as for --help, is said to have given no answer', async () => {
        sandbox.write('main.nf', MAIN.replace('workflow {', 'workflow {\n  System.exit(0)'));
        const { exitCode, stderr } = await launch();
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, /it ended without an answer \(the pipeline ends itself with exit/);
        assert.deepEqual(aws.requests, []);
      });

      it('a mistake in the pipeline is shown, without any value', async () => {
        sandbox.write(
          'main.nf',
          MAIN.replace('workflow {', 'workflow {\n  error "no --input for ${secrets.TOKEN}"'),
        );
        const { exitCode, stderr, stdout } = await launch();
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, /no --input for \*\*\*/);
        assert.ok(!`${stderr}${stdout.toString()}`.includes('fake-'));
        assert.deepEqual(sandbox.leftovers(), []);
        assert.deepEqual(aws.requests, []);
      });
    });
    dealTests(suite, variant, VARIANTS);
  }
});
