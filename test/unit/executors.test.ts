import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HumanError } from '../../src/core/system/human-error.ts';
import { readPipeline } from '../../src/core/pipeline/pipeline.ts';
import {
  refuseUnreachableExecutors,
  schedulersOf,
  type ServiceUse,
} from '../../src/core/targets/executors.ts';
import { destinationOf, useOf } from '../../src/core/targets/destination.ts';
import { SERVICE_EXECUTORS, SERVICES } from '../../src/core/targets/targets.ts';
import { fakeWorld } from '../fixtures/world.ts';
import { remedyText } from '../fixtures/remedy-text.ts';

interface Case {
  readonly what: string;
  readonly config: string;
  readonly args?: string[];
  readonly files?: Record<string, string>;
  readonly env?: Record<string, string>;
  /** `--target`. */
  readonly target?: string;
  /** Whether AWS Batch gets secrets; `no` if absent. */
  readonly batch?: ServiceUse;
  /** The refused thing and its place; absent if the run is fine. */
  readonly refused?: RegExp;
}

const CASES: Case[] = [
  { what: 'no executor', config: 'process.cpus = 2' },
  { what: 'slurm', config: "process.executor = 'slurm'" },
  { what: 'local in a block', config: 'process {\n  executor = "local"\n}' },
  { what: 'k8s', config: "\nprocess.executor = 'k8s'", refused: /"k8s".*nextflow\.config:2/ },
  {
    what: 'google-batch in a block',
    config: "process {\n executor = 'google-batch' }",
    refused: /"google-batch"/,
  },
  {
    what: 'azurebatch by the executor scope',
    config: "executor { name = 'azurebatch' }",
    refused: /"azurebatch"/,
  },
  { what: 'awsbatch', config: "process { executor = 'awsbatch' }", batch: 'yes' },
  {
    what: 'awsbatch with --target local',
    config: "process { executor = 'awsbatch' }",
    target: 'local',
    refused: /"awsbatch"/,
  },
  {
    what: 'awsbatch of one process',
    config: "process { withName: A { executor = 'awsbatch' } }",
    batch: 'yes',
  },
  {
    what: 'awsbatch by -process.executor',
    config: '',
    args: ['-process.executor', 'awsbatch'],
    batch: 'yes',
  },
  { what: 'awsbatch by NXF_EXECUTOR', config: '', env: { NXF_EXECUTOR: 'awsbatch' }, batch: 'yes' },
  {
    what: 'awsbatch of a profile not used',
    config: "profiles { awsbatch { process.executor = 'awsbatch' } }",
  },
  {
    what: 'awsbatch of the profile',
    config: "profiles { awsbatch { process.executor = 'awsbatch' } }",
    args: ['-profile', 'awsbatch'],
    batch: 'yes',
  },
  {
    what: 'a computed awsbatch',
    config: "process.executor = params.cloud ? 'awsbatch' : 'local'",
    batch: 'maybe',
  },
  {
    what: 'a computed awsbatch in the profile',
    config: "profiles { cloud { process.executor = params.x ? 'awsbatch' : 'local' } }",
    args: ['-profile', 'cloud'],
    batch: 'maybe',
  },
  {
    what: 'awsbatch by a parameter',
    config: "params.where = 'awsbatch'\nprocess.executor = params.where",
    batch: 'maybe',
  },
  ...[
    "params.executor = 'awsbatch'\nprocess.executor = params.executor",
    "params { executor = 'awsbatch' }\nprocess { withName: A { executor = params.executor } }",
    'params.name = \'awsbatch\'\nexecutor.name = "${params.name}"',
    "profiles { cloud { params.executor = 'awsbatch' } }\nprocess.executor = params.executor",
  ].map((config) => ({
    what: `a parameter that is called like a setting: ${config}`,
    config,
    args: ['-profile', 'cloud'],
    batch: 'maybe' as const,
  })),
  ...[
    "// process.executor = 'awsbatch'",
    "/* executor 'awsbatch' */",
    "profiles { cloud { process.executor = params.x ? 'awsbatch' : 'local' } }",
    "profiles.cloud { process.executor = params.x ? 'awsbatch' : 'local' }",
    "profiles { 'awsbatch' { process.memory = '1 GB' } }",
    "process.scratch = { task.executor == 'awsbatch' ? false : true }",
    "process.scratch = { 'awsbatch' != task.executor }",
    "process.scratch = { task.executor in ['local', 'awsbatch'] }",
    "process.scratch = { ['awsbatch'].contains(task.executor) }",
    "process.scratch = { task.executor.equals('awsbatch') }",
    "params.awsbatch_queue = 'x'\nparams.help = 'for awsbatch see the docs'",
  ].map((config) => ({ what: `a mention that chooses nothing: ${config}`, config })),
  ...[
    "params.where = 'awsbatch'",
    "process.ext.args = 'awsbatch'\nenv.WHERE = 'awsbatch'\nprocess.executor = 'local'",
    "params.where = 'awsbatch'\nprocess { executor = 'slurm'; queue = { task.executor } }\nexecutor { name = 'slurm' }",
  ].map((config) => ({ what: `a text that no executor is taken from: ${config}`, config })),
  ...[
    'process.executor = params.executor',
    "process { withName: A { executor = params.executor ?: 'local' } }",
    'process.executor = "${params.executor}"',
    'process.executor = { params.executor }',
    'executor { name = params.executor }',
    'executor.name = params.executor',
    'process = [executor: params.executor]',
    'def e = params.executor\nprocess.executor = e',
  ].flatMap((config): Case[] => [
    { what: `an executor by --x: ${config}`, config, args: ['--executor', 'awsbatch'], batch: 'maybe' },
    { what: `an executor by --x=: ${config}`, config, args: ['--executor=AWSBatch'], batch: 'maybe' },
    { what: `an executor by --x that is another: ${config}`, config, args: ['--executor', 'slurm'] },
  ]),
  {
    what: 'an executor by the environment',
    config: "process.executor = System.getenv('WHERE') ?: 'local'",
    env: { WHERE: 'awsbatch' },
    batch: 'maybe',
  },
  {
    what: 'an executor by the parameters’ file',
    config: '',
    files: {
      'main.nf': "process A {\n  executor params.where\n  script: 'true'\n}\n",
      'p.yml': 'where: awsbatch\n',
    },
    args: ['-params-file', 'p.yml'],
    batch: 'maybe',
  },
  {
    what: 'awsbatch of a process in the script',
    config: '',
    files: { 'main.nf': "process A {\n  executor 'awsbatch'\n  script: 'true'\n}\n" },
    batch: 'maybe',
  },
  {
    what: 'k8s of a process in the script that asks for a secret',
    config: "process.executor = 'local'",
    files: { 'main.nf': "process A {\n  executor 'k8s'\n  secret 'FAKE_A'\n  script: 'true'\n}\n" },
    refused: /"k8s".*main\.nf:2/,
  },
  {
    what: 'google-batch of a process in a module, whose secrets a config gives',
    config: "process.secret = ['FAKE_A']",
    files: {
      'main.nf': "include { A } from './modules/a'\n",
      'modules/a.nf': "process A {\n  secret('FAKE_A'); executor('google-batch')\n  script: 'true'\n}\n",
    },
    refused: /"google-batch".*a\.nf:2/,
  },
  {
    what: 'k8s of a process that a config runs elsewhere',
    config: "process { withName: 'A|B' { executor = 'slurm' } }",
    files: { 'main.nf': "process A {\n  executor 'k8s'\n  secret 'FAKE_A'\n  script: 'true'\n}\n" },
  },
  {
    what: 'k8s of a process without a secret, of one that Nextflow runs itself, and a computed one',
    config: '',
    files: {
      'main.nf':
        "process A {\n  executor 'k8s'\n  script: 'true'\n}\n" +
        "process B {\n  executor 'k8s'\n  secret 'FAKE_A'\n  exec: println 1\n}\n" +
        "process C {\n  executor 'k8' + 's'\n  secret 'FAKE_A'\n  script: 'executor \"k8s\"'\n}\n",
    },
  },
  {
    what: 'a profile of a config that is not read',
    config: "includeConfig 'https://example.org/institutions.config'",
    args: ['-profile', 'cloud'],
    batch: 'maybe',
  },
  {
    what: 'a profile that is known, beside a config that is not read',
    config: "includeConfig 'https://example.org/institutions.config'\nprofiles { test { process.cpus = 1 } }",
    args: ['-profile', 'test'],
  },
  { what: '--target aws-batch', config: '', target: 'aws-batch', batch: 'yes' },
  {
    what: 'k8s of one process',
    config: "process { withName: 'A|B' { executor = 'k8s' } }",
    refused: /"k8s"/,
  },
  { what: 'Fusion', config: 'fusion { enabled = true }', refused: /Fusion/ },
  { what: 'Fusion off', config: 'fusion.enabled = false' },
  { what: 'k8s in a comment', config: "// process.executor = 'k8s'\n/* process.executor = 'k8s' */" },
  { what: 'k8s in a text', config: "params.help = '''\nprocess.executor = 'k8s'\n'''" },
  { what: 'k8s in another place', config: "params { executor = 'k8s' }\nk8s { executor = 'x-y' }" },
  { what: 'a computed executor', config: "process.executor = params.cloud ? 'k8s' : 'local'" },
  { what: 'k8s of a profile not used', config: "profiles { cloud { process.executor = 'k8s' } }" },
  {
    what: 'k8s of the profile',
    config: "profiles { cloud { process.executor = 'k8s' } }",
    args: ['-profile', 'test,cloud'],
    refused: /"k8s"/,
  },
  {
    what: 'k8s of the standard profile',
    config: "profiles { standard { process { executor = 'k8s' } } }",
    refused: /"k8s"/,
  },
  {
    what: 'k8s in an included file',
    config: "includeConfig 'conf/cloud.config'",
    files: { 'conf/cloud.config': "process.executor = 'k8s'" },
    refused: /"k8s".*cloud\.config:1/,
  },
  {
    what: 'k8s in a file that a profile not used includes',
    config: "profiles { cloud { includeConfig 'conf/cloud.config' } }",
    files: { 'conf/cloud.config': "process.executor = 'k8s'" },
  },
  {
    what: 'k8s in a file that the profile includes',
    config: "profiles { cloud { includeConfig 'conf/cloud.config' } }",
    files: { 'conf/cloud.config': "process.executor = 'k8s'" },
    args: ['-profile', 'cloud'],
    refused: /"k8s"/,
  },
  {
    what: 'files that include each other',
    config: "includeConfig 'a.config'",
    files: { 'a.config': "includeConfig 'nextflow.config'" },
  },
  {
    what: 'k8s in a -c file',
    config: '',
    files: { 'my.config': "process.executor = 'k8s'" },
    args: ['-c', 'my.config'],
    refused: /"k8s"/,
  },
  {
    what: 'k8s where -C replaces it',
    config: "process.executor = 'k8s'",
    files: { 'my.config': '' },
    args: ['-C', 'my.config'],
  },
  { what: '-process.executor', config: '', args: ['-process.executor=k8s'], refused: /-process\.executor/ },
  { what: '-with-fusion', config: '', args: ['-with-fusion'], refused: /Leave -with-fusion out/ },
  {
    what: '-with-fusion beside an executor',
    config: '',
    args: ['-process.executor=local', '-with-fusion'],
    refused: /Leave -with-fusion out/,
  },
  {
    what: 'Fusion in AWS Batch, with what helps there',
    config: "process.executor = 'awsbatch'\nfusion.enabled = true",
    batch: 'yes',
    refused: /^(?!.*AWS Batch).*Run without it: fusion\.enabled = false$/s,
  },
  {
    what: 'k8s inside of another run, which cannot send anything to AWS',
    config: "process.executor = 'k8s'",
    env: { NF_SECRETS_RUN: 'abcdefghijkl' },
    refused: /^(?!.*AWS Batch).*Use the local executor/s,
  },
  { what: 'NXF_EXECUTOR', config: '', env: { NXF_EXECUTOR: 'k8s' }, refused: /NXF_EXECUTOR/ },
  { what: 'text that is no config', config: '}}}}{{{{\'"""/*' },
];

describe('executors that secrets cannot reach', () => {
  for (const { what, config, args = [], files = {}, env = {}, target, batch = 'no', refused } of CASES) {
    it(`${refused === undefined ? 'lets pass' : 'refuses'} ${what}`, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'nf-secrets-executors-'));
      try {
        for (const [name, text] of Object.entries({ 'main.nf': '', 'nextflow.config': config, ...files })) {
          mkdirSync(join(directory, name, '..'), { recursive: true });
          writeFileSync(join(directory, name), text);
        }
        const world = fakeWorld({ cwd: directory, homeDir: directory, env });
        const command = {
          executable: '/bin/true',
          pipeline: 'main.nf',
          background: undefined,
          args: ['run', 'main.nf', ...args],
        };
        const code = await readPipeline(command, { pulling: 'never', services: SERVICE_EXECUTORS }, world);
        const destination = destinationOf(command, code, target, world);
        assert.equal(useOf(destination), batch);
        const reach = { services: SERVICES, used: destination?.service };
        const check = (): void => {
          refuseUnreachableExecutors(command, [...code.settings, ...code.ownExecutors], reach, world);
        };
        if (refused === undefined) check();
        else
          assert.throws(check, (error) => {
            assert.ok(error instanceof HumanError);
            assert.match(`${error.message}\n${remedyText(error)}`, refused);
            return true;
          });
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
});

interface SchedulerCase {
  readonly what: string;
  readonly args?: string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Programs on the PATH. */
  readonly programs?: string[];
  readonly named: string[];
  readonly unasked: string[];
}

const SCHEDULER_CASES: SchedulerCase[] = [
  { what: 'nothing', named: [], unasked: [] },
  { what: 'slurm', settings: { 'process.executor': 'slurm' }, named: ['slurm'], unasked: [] },
  { what: 'SGE', settings: { 'process.executor': 'SGE' }, named: ['sge'], unasked: ['sge'] },
  {
    what: 'lsf for one process, else slurm',
    settings: { 'process.executor': 'slurm', 'process.withName:A.executor': 'lsf' },
    named: ['slurm', 'lsf'],
    unasked: ['lsf'],
  },
  {
    what: 'the executor scope',
    settings: { 'executor.name': 'condor' },
    named: ['condor'],
    unasked: ['condor'],
  },
  { what: 'another setting', settings: { 'params.executor': 'sge' }, named: [], unasked: [] },
  {
    what: 'the command line over the configs',
    args: ['-process.executor=pbspro'],
    settings: { 'process.executor': 'sge' },
    named: ['pbspro'],
    unasked: ['pbspro'],
  },
  { what: 'NXF_EXECUTOR', env: { NXF_EXECUTOR: 'oar' }, named: ['oar'], unasked: ['oar'] },
  {
    what: 'local, whatever is on the PATH',
    settings: { 'process.executor': 'local' },
    programs: ['qsub'],
    named: [],
    unasked: [],
  },
  {
    what: 'nothing, with qsub on the PATH',
    programs: ['qsub', 'bsub'],
    named: [],
    unasked: ['qsub', 'bsub'],
  },
  { what: "nothing, with Slurm's own qsub", programs: ['qsub', 'sbatch'], named: [], unasked: [] },
];

describe('schedulers that a run may use', () => {
  for (const { what, args = [], settings = {}, env = {}, programs = [], named, unasked } of SCHEDULER_CASES) {
    it(what, () => {
      const directory = mkdtempSync(join(tmpdir(), 'nf-secrets-schedulers-'));
      try {
        for (const name of programs) writeFileSync(join(directory, name), '', { mode: 0o755 });
        const world = fakeWorld({ env: { PATH: directory, ...env } });
        const place = { file: 'nextflow.config', offset: 0, endOffset: 0, line: 1, column: 1, endColumn: 1 };
        const read = Object.entries(settings).map(([key, value]) => ({
          ...place,
          path: key.split('.'),
          value,
        }));
        const { named: gotNamed, unasked: gotUnasked } = schedulersOf(args, read, world);
        assert.deepEqual([gotNamed, [...gotUnasked].sort()], [named, [...unasked].sort()]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
});
