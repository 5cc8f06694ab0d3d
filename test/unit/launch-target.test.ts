import assert from 'node:assert/strict';
import type { PipelineCode } from '../../src/core/pipeline/pipeline.ts';
import type { World } from '../../src/core/system/world.ts';
import { TARGET_IDS } from '../../src/core/targets/targets.ts';
import type * as Answers from '../../src/extension/launch/answers.ts';
import type * as Definition from '../../src/extension/launch/launch-definition.ts';
import type * as Targets from '../../src/extension/launch/launch-target.ts';
import type * as Tasks from '../../src/extension/launch/launch-task.ts';
import type * as TaskType from '../../src/extension/task-type.ts';
import type * as Views from '../../src/extension/target-views.ts';
import { importExtension } from '../fixtures/import-extension.ts';

type Launches = typeof Answers &
  typeof Definition &
  typeof Targets &
  typeof Tasks &
  typeof TaskType &
  typeof Views;

/** The little of VS Code that launches need. Settings are in `globalThis.settingsOfTest`. */
const VS_CODE = `
  exports.l10n = { t: (template, ...args) => template.replace(/\\{(\\d+)\\}/g, (_, index) => args[Number(index)]) };
  exports.workspace = {
    asRelativePath: (path) => path.replace(/^\\/lab\\//, ''),
    getConfiguration: (section) => ({ get: (name) => globalThis.settingsOfTest?.[section + '.' + name] ?? '' }),
  };
`;

describe('the target of a launch by hand', () => {
  const folder = { uri: { fsPath: '/lab', toString: () => 'file:///lab' }, name: 'lab', index: 0 } as never;
  const world = { env: { AWS_DEFAULT_REGION: 'us-east-1' } } as unknown as World;
  const inCode = (path: string, value: string): PipelineCode['settings'][number] =>
    ({ path: path.split('.'), value, file: '/lab/nextflow.config', line: 4 }) as never;
  const settings = (values: Readonly<Record<string, string>>): void => {
    Object.assign(globalThis, { settingsOfTest: values });
  };
  let of: Launches;

  before(async () => {
    of = await importExtension<Launches>(
      ['answers', 'launch-definition', 'launch-target', 'launch-task']
        .map((name) => `extension/launch/${name}`)
        .concat('extension/target-views', 'extension/task-type'),
      VS_CODE,
    );
  });
  afterEach(() => {
    settings({});
  });

  it('has a view for each target, and can be each of them', () => {
    assert.deepEqual(
      of.TARGET_VIEWS.map(({ target }) => target),
      TARGET_IDS,
    );
    assert.deepEqual(of.TARGETS, ['auto', ...TARGET_IDS]);
  });

  const target = (
    definition: Targets.LaunchTexts['definition'],
    code: readonly PipelineCode['settings'][number][] = [],
    mayUse: readonly string[] = [],
  ): Targets.LaunchTarget =>
    of.launchTarget(
      { args: [], definition, code: { settings: code, mayUse: new Set(mayUse) } },
      folder,
      world,
    );

  it('is in words what the launch, the settings or the code want', () => {
    const batch = [inCode('process.executor', 'awsbatch')];
    const words = (...texts: Parameters<typeof target>): string => of.targetWords(target(...texts));
    assert.equal(words({}), 'as the pipeline says');
    assert.equal(words({}, batch), 'AWS Batch, as the pipeline says');
    assert.equal(words({}, [], ['awsbatch']), 'AWS Batch, if Nextflow tells so when it starts');
    assert.equal(words({ target: 'local' }, batch), 'this machine, or a scheduler');
    assert.equal(words({ target: 'aws-batch' }), 'AWS Batch');
    settings({ 'nextflowSecrets.launch.target': 'local' });
    assert.equal(words({}, batch), 'this machine, or a scheduler');
    assert.equal(words({ target: 'auto' }, batch), 'AWS Batch, as the pipeline says');
    settings({ 'nextflowSecrets.launch.target': 'moon' });
    assert.equal(words({}), 'as the pipeline says');
  });

  it('has the options of a service, with the source that counts', () => {
    const options = (...texts: Parameters<typeof target>): string[] =>
      target(...texts).options.map((option) => option.option.planLine(of.valueWords(option)));
    assert.deepEqual(options({}), []);
    assert.deepEqual(options({ target: 'local', awsRegion: 'eu-west-1' }), []);
    const wanted = { target: 'aws-batch' };
    assert.deepEqual(options(wanted), [
      'Region: us-east-1 (AWS_DEFAULT_REGION)',
      'Profile: that of your AWS configuration',
    ]);
    settings({ 'nextflowSecrets.aws.region': 'eu-north-1', 'nextflowSecrets.aws.profile': 'lab' });
    assert.deepEqual(options(wanted), [
      'Region: eu-north-1 (setting nextflowSecrets.aws.region)',
      'Profile: lab (setting nextflowSecrets.aws.profile)',
    ]);
    assert.deepEqual(options({ ...wanted, awsRegion: 'eu-west-1' })[0], 'Region: eu-west-1');
    const code = [inCode('aws.region', 'sa-east-1')];
    const [first] = target({ ...wanted, awsRegion: 'eu-west-1' }, code).options;
    assert.deepEqual(first?.found, { value: 'sa-east-1', by: 'nextflow.config:4', isFixed: true });
  });

  it('gives a launch its own options before those of the settings, as variables', () => {
    const env = (definition: Definition.OptionValues): object =>
      of.cliProcess('/cli.js', ['launch'], definition, folder).env;
    const node = { ELECTRON_RUN_AS_NODE: '1' };
    assert.deepEqual(env({}), node);
    settings({ 'nextflowSecrets.aws.region': 'eu-north-1' });
    assert.deepEqual(env({ awsProfile: 'lab' }), { ...node, AWS_REGION: 'eu-north-1', AWS_PROFILE: 'lab' });
    assert.deepEqual(env({ awsRegion: 'eu-west-1' }), { ...node, AWS_REGION: 'eu-west-1' });
  });

  it('refuses a task whose option has a value that it cannot have', () => {
    const task = { type: of.TASK_TYPE, pipeline: 'main.nf' };
    const wrong = [{ awsRegion: 'a.b/c' }, { awsRegion: 7 }, { awsProfile: ' ' }, { target: 'moon' }];
    for (const property of wrong)
      assert.throws(
        () => of.readDefinition({ ...task, ...property }),
        /cannot be used/,
        JSON.stringify(property),
      );
    const right = { ...task, awsRegion: 'eu-west-1', awsProfile: 'my lab', target: 'aws-batch' };
    assert.deepEqual(of.readDefinition(right), right);
  });

  it('remembers answers, those of an earlier version too', async () => {
    const kept = new Map<string, unknown>();
    const memento = {
      get: (key: string) => kept.get(key),
      update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
      keys: () => [...kept.keys()],
    };
    const pipeline = { word: 'main.nf', folder, isRemote: false };
    const remembered = new of.RememberedAnswers(memento as never);
    const earlier = {
      ...of.NO_ANSWERS,
      ...{ target: 'aws-batch', awsRegion: 'eu-west-1', awsProfile: '' },
    };
    kept.set('launch file:///lab main.nf', earlier);
    const answers = remembered.get(pipeline);
    assert.deepEqual(answers?.options, { awsRegion: 'eu-west-1', awsProfile: '' });
    const { type, pipeline: word, ...definition } = of.definitionOf(pipeline, answers);
    assert.deepEqual([type, word], [of.TASK_TYPE, 'main.nf']);
    assert.deepEqual(definition, { target: 'aws-batch', awsRegion: 'eu-west-1' });
    await remembered.set(pipeline, answers);
    assert.deepEqual([...kept.values()], [earlier]);
  });
});
