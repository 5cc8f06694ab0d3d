import assert from 'node:assert/strict';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { type BatchProcess, jobDefinition } from '../../src/core/targets/aws-batch/job-definition.ts';
import type { BatchSettings } from '../../src/core/nextflow/preview.ts';
import {
  awsSecretName,
  definitionName,
  namePrefix,
  requestToken,
} from '../../src/core/targets/aws-batch/naming.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tower-nfs-abcdefghijkl/TOKEN-AbCdEf';
const ROLE = 'arn:aws:iam::123456789012:role/execution';

const SETTINGS: BatchSettings = {
  region: 'eu-west-1',
  profile: null,
  jobRole: null,
  executionRole: ROLE,
  logsGroup: null,
  cliPath: null,
  volumes: [],
  fargate: false,
};
const PROCESS: BatchProcess = {
  name: 'MAIN:ALIGN',
  image: 'quay.io/biocontainers/bwa:1',
  containerOptions: {},
  disk: null,
  arch: null,
  queues: ['queue'],
  secrets: ['TOKEN'],
};

/** What every definition has on EC2. */
const EC2 = {
  image: 'quay.io/biocontainers/bwa:1',
  command: ['true'],
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '1024' },
  ],
  secrets: [{ name: 'TOKEN', valueFrom: ARN }],
  executionRoleArn: ROLE,
};
const FARGATE = {
  ...EC2,
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '2048' },
  ],
  networkConfiguration: { assignPublicIp: 'ENABLED' },
  ephemeralStorage: { sizeInGiB: 50 },
};

const build = (process: Partial<BatchProcess>, settings: Partial<BatchSettings>): unknown =>
  jobDefinition({
    name: 'tower-nfs-x',
    process: { ...PROCESS, ...process },
    arns: new Map([['TOKEN', ARN]]),
    settings: { ...SETTINGS, ...settings },
    region: 'eu-west-1',
  });

interface Case {
  readonly what: string;
  readonly process?: Partial<BatchProcess>;
  readonly settings?: Partial<BatchSettings>;
  readonly properties: object;
}

const options = (
  containerOptions: BatchProcess['containerOptions'],
  properties: object,
  what: string,
): Case => ({
  what,
  process: { containerOptions },
  properties: { ...EC2, ...properties },
});

const CASES: readonly Case[] = [
  { what: 'EC2', properties: EC2 },
  { what: 'EC2 with disk and arch, which go nowhere', process: { disk: 80, arch: 'arm64' }, properties: EC2 },
  {
    what: 'a job role',
    settings: { jobRole: 'arn:aws:iam::123456789012:role/job' },
    properties: { ...EC2, jobRoleArn: 'arn:aws:iam::123456789012:role/job' },
  },
  {
    what: 'a log group',
    settings: { logsGroup: '/my/group' },
    properties: {
      ...EC2,
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-region': 'eu-west-1', 'awslogs-group': '/my/group' },
      },
    },
  },
  {
    what: "the AWS CLI's directory and volumes",
    settings: {
      cliPath: '/home/ec2-user/miniconda/bin/aws',
      volumes: ['/data', '/ref:/mnt/ref', '/db:/db:ro'],
    },
    properties: {
      ...EC2,
      mountPoints: [
        {
          sourceVolume: 'aws-cli',
          containerPath: '/home/ec2-user/miniconda',
          readOnly: true,
        },
        { sourceVolume: 'vol-1', containerPath: '/data', readOnly: false },
        { sourceVolume: 'vol-2', containerPath: '/mnt/ref', readOnly: false },
        { sourceVolume: 'vol-3', containerPath: '/db', readOnly: true },
      ],
      volumes: [
        { name: 'aws-cli', host: { sourcePath: '/home/ec2-user/miniconda' } },
        { name: 'vol-1', host: { sourcePath: '/data' } },
        { name: 'vol-2', host: { sourcePath: '/ref' } },
        { name: 'vol-3', host: { sourcePath: '/db' } },
      ],
    },
  },
  {
    what: 'Fargate, without the AWS CLI',
    settings: { fargate: true, cliPath: '/opt/bin/aws' },
    properties: FARGATE,
  },
  ...['/usr/local/bin/s5cmd', 's5cmd', 's5cmd --log error'].map((cliPath) => ({
    what: `no directory for ${cliPath}, which has none of its own`,
    settings: { cliPath },
    properties: EC2,
  })),
  {
    what: 'Fargate with less than a GiB of disk',
    process: { disk: 0 },
    settings: { fargate: true },
    properties: FARGATE,
  },
  {
    what: 'Fargate with a disk',
    process: { disk: 120 },
    settings: { fargate: true },
    properties: { ...FARGATE, ephemeralStorage: { sizeInGiB: 120 } },
  },
  {
    what: 'Fargate on ARM',
    process: { arch: 'arm64' },
    settings: { fargate: true },
    properties: { ...FARGATE, runtimePlatform: { cpuArchitecture: 'ARM64' } },
  },
  options({ privileged: ['true'] }, { privileged: true }, '--privileged'),
  options(
    { e: ['A=1', 'B'], env: ['C=x=y'] },
    { environment: [{ name: 'C', value: 'x=y' }, { name: 'A', value: '1' }, { name: 'B' }] },
    '-e and --env',
  ),
  options({ u: ['1000:100'] }, { user: '1000:100' }, '-u'),
  options({ user: ['nobody'] }, { user: 'nobody' }, '--user'),
  options({ 'read-only': ['true'] }, { readonlyRootFilesystem: true }, '--read-only'),
  options(
    { ulimit: ['nofile=1280:2560', 'nproc=16'] },
    {
      ulimits: [
        { name: 'nofile', softLimit: 1280, hardLimit: 2560 },
        { name: 'nproc', softLimit: 16, hardLimit: 16 },
      ],
    },
    '--ulimit',
  ),
  ...(
    [
      ['256m', 256],
      ['1g', 1024],
      ['1.5 GB', 1536],
      ['12048024', 11],
    ] as const
  ).map(([size, sharedMemorySize]) =>
    options({ 'shm-size': [size] }, { linuxParameters: { sharedMemorySize } }, `--shm-size ${size}`),
  ),
  options(
    { tmpfs: ['/run:rw,noexec,nosuid,size=64'] },
    {
      linuxParameters: {
        tmpfs: [{ containerPath: '/run', size: 64, mountOptions: ['rw', 'noexec', 'nosuid'] }],
      },
    },
    '--tmpfs',
  ),
  options({ 'memory-swap': ['1024'] }, { linuxParameters: { maxSwap: 1024 } }, '--memory-swap'),
  options({ 'memory-swappiness': ['60'] }, { linuxParameters: { swappiness: 60 } }, '--memory-swappiness'),
  options({ init: ['true'] }, { linuxParameters: { initProcessEnabled: true } }, '--init'),
  options({ v: ['/a:/b'], rm: ['true'] }, {}, 'options that AWS Batch does not know'),
];

describe('job definitions', () => {
  for (const { what, process = {}, settings = {}, properties } of CASES) {
    it(`have all fields: ${what}`, () => {
      assert.deepEqual(build(process, settings), {
        jobDefinitionName: 'tower-nfs-x',
        type: 'container',
        containerProperties: properties,
        ...(settings.fargate === true && { platformCapabilities: ['FARGATE'] }),
      });
    });
  }

  const refused: [BatchProcess['containerOptions'], string][] = [
    [{ 'shm-size': ['much'] }, '--shm-size much'],
    [{ tmpfs: ['/run'] }, '--tmpfs /run'],
    [{ ulimit: ['nofile'] }, '--ulimit nofile'],
    [{ ulimit: ['nofile=x'] }, '--ulimit x'],
    [{ 'memory-swap': ['1g'] }, '--memory-swap 1g'],
  ];
  for (const [containerOptions, text] of refused) {
    it(`are refused for ${text}`, () => {
      assert.throws(
        () => build({ containerOptions }, {}),
        (error) =>
          error instanceof HumanError && error.exitCode === ExitCode.data && error.message.includes(text),
      );
    });
  }

  it('are refused for a volume that is none', () => {
    assert.throws(() => build({}, { volumes: ['/a:/b:ro:x'] }), /aws\.batch\.volumes has "\/a:\/b:ro:x"/);
  });
});

describe('names in AWS', () => {
  const session = '0b5f3c1e-1111-4222-8333-444455556666';
  const rest = { disk: null, arch: null, secrets: ['KEY', 'TOKEN'] };
  const key = { ...rest, image: 'image:1', containerOptions: { e: ['X=1'], u: ['1'] } };

  it('fit the published policies, and can begin otherwise', () => {
    assert.equal(awsSecretName(namePrefix(undefined), 'abcdefghijkl', 'KEY'), 'tower-nfs-abcdefghijkl/KEY');
    assert.equal(awsSecretName(namePrefix('lab-'), 'abcdefghijkl', 'KEY'), 'lab-nfs-abcdefghijkl/KEY');
    for (const prefix of ['a b', 'ü', 'a/b', 'x'.repeat(65)])
      assert.throws(() => namePrefix(prefix), HumanError);
  });

  it('of a definition stay the same in a session, whatever the order of options and secrets', () => {
    const name = definitionName('tower-', session, key);
    assert.match(name, /^tower-nfs-0b5f3c1e-1111-4222-8333-444455556666-[0-9a-f]{12}$/);
    const other = { ...key, secrets: ['TOKEN', 'KEY'], containerOptions: { u: ['1'], e: ['X=1'] } };
    assert.equal(definitionName('tower-', session, other), name);
    assert.ok(definitionName('x'.repeat(64), session, key).length <= 128);
  });

  it('of a definition differ by session and by all that a definition has of a process', () => {
    const names = [
      definitionName('tower-', session, key),
      definitionName('tower-', session.replace('0b', '1b'), key),
      definitionName('tower-', session, { ...key, secrets: ['TOKEN'] }),
      definitionName('tower-', session, { ...key, disk: 100 }),
      definitionName('tower-', session, { ...key, arch: 'arm64' }),
      definitionName('tower-', session, { ...key, image: 'image:2' }),
      definitionName('tower-', session, { ...key, containerOptions: { e: ['X=2'], u: ['1'] } }),
    ];
    assert.equal(new Set(names).size, names.length);
  });

  it('give tokens that Secrets Manager takes', () => {
    assert.match(requestToken('tower-nfs-abcdefghijkl/KEY'), /^[0-9a-f]{64}$/);
    assert.notEqual(requestToken('tower-nfs-abcdefghijkl/KEY'), requestToken('tower-nfs-abcdefghijkl/KEY2'));
  });
});
