import assert from 'node:assert/strict';
import { ensureNextflow } from '../../scripts/tools.mjs';
import { sourceLanguage } from '../../src/core/pipeline/source-file.ts';
import { MIDDLE, type NextflowSandbox, Sandboxes } from '../fixtures/nextflow-sandbox.ts';
import { STRICT as STRICT_PARSER, usesByParser } from '../fixtures/parser-oracles.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

// What a launch says is missing, against the Nextflow that fails on it. Nothing is set here.

interface Plan {
  readonly secrets: readonly { name: string }[];
  readonly missing: readonly { name: string }[];
  readonly optionalMissing: readonly { name: string }[];
}

const TASK = "script:\n  '''\n  true\n  '''";
const process = (directives: string, body = TASK, name = 'ALIGN'): string =>
  `process ${name} {\n  ${directives}\n\n  ${body}\n}\n`;
const RUN = 'workflow {\n  ALIGN()\n}\n';

interface Case {
  readonly main: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Names that the plan misses though this run does not reach them. */
  readonly notReached?: readonly string[];
  /** Whether only the older parser takes it. */
  readonly isForOlder?: true;
}

const withConfig = (config: string, args?: readonly string[]): Case => ({
  main: process('') + RUN,
  files: { 'nextflow.config': config },
  ...(args !== undefined && { args }),
});

const CASES: Readonly<Record<string, Case>> = {
  'a directive': { main: process("secret 'KEY_1'") + RUN },
  'a directive with parentheses': { main: process('secret("KEY_1")') + RUN },
  'two names in one directive': { main: process("secret 'KEY_1', 'KEY_2'") + RUN },
  'two directives': { main: process("secret 'KEY_1'\n  secret 'KEY_2'") + RUN },
  'a list': { main: process("secret(['KEY_1', 'KEY_2'])") + RUN },
  'a closure': { main: process("secret { ['KEY_1'] }") + RUN },
  'an escaped name': { main: process("secret '\\u004bEY_1'") + RUN },
  'a condition of a parameter': {
    main: process("secret params.x ? 'KEY_1' : 'KEY_2'") + RUN,
    notReached: ['KEY_1'],
  },
  'the other branch of a test': { main: process("secret secrets.KEY_1 ? 'KEY_1' : 'KEY_2'") + RUN },
  'a negated test': { main: process("secret !secrets.KEY_1 ? 'KEY_2' : 'KEY_1'") + RUN },
  'an elvis': { main: process("secret secrets.KEY_1 ?: 'KEY_2'") + RUN },
  'an optional directive': { main: process("secret secrets.KEY_1 ? 'KEY_1' : ''") + RUN },
  'an optional directive over lines': {
    main: process("secret secrets.KEY_1\n    ? 'KEY_1'\n    : ''") + RUN,
  },
  'an if': { main: process("if (secrets.KEY_1) { secret 'KEY_1' }") + RUN, isForOlder: true },
  'an if that holds': { main: process("if (true) { secret 'KEY_1' }") + RUN, isForOlder: true },
  'a comment': { main: process("// secret 'KEY_1'\n  /* secret 'KEY_2' */") + RUN },
  'a text': { main: process("tag 'secret KEY_1'") + RUN },
  'no label': { main: process("secret 'KEY_1'", "'true'") + RUN, isForOlder: true },
  'a brace on the next line': { main: `process ALIGN\n{\n  secret 'KEY_1'\n  ${TASK}\n}\n${RUN}` },
  'a process that Nextflow runs itself': {
    main: process("secret 'KEY_1'\n  output:\n  val x", 'exec:\n  x = 1') + RUN,
  },
  'its stub': {
    main: process("secret 'KEY_1'\n  output:\n  val x", "exec:\n  x = 1\n\n  stub:\n  'true'") + RUN,
  },
  'its stub, that runs': {
    main: process("secret 'KEY_1'\n  output:\n  stdout", "exec:\n  x = 1\n\n  stub:\n  'true'") + RUN,
    args: ['-stub-run'],
  },
  'a process that is not called': {
    main: process("secret 'KEY_1'") + process("secret 'KEY_2'", TASK, 'SORT') + RUN,
    notReached: ['KEY_2'],
  },
  'a process behind a condition': {
    main: `${process("secret 'KEY_1'")}workflow {\n  if (params.x) ALIGN()\n}\n`,
    notReached: ['KEY_1'],
  },
  'an included process': {
    main: `include { ALIGN } from './modules/align'\n${RUN}`,
    files: { 'modules/align.nf': process("secret 'KEY_1'") },
  },
  'an included directory': {
    main: `include { ALIGN as OTHER } from './modules/align'\nworkflow { OTHER() }\n`,
    files: { 'modules/align/main.nf': process("secret 'KEY_1'") },
  },
  'an include of an include, by projectDir': {
    isForOlder: true,
    main: `include { ALL } from "\${projectDir}/sub/all.nf"\nworkflow { ALL() }\n`,
    files: {
      'sub/all.nf': "include { ALIGN } from '../modules/align.nf'\nworkflow ALL {\n  ALIGN()\n}\n",
      'modules/align.nf': process("secret 'KEY_1'"),
    },
  },
  'process.secret': withConfig("process.secret = ['KEY_1', 'KEY_2']"),
  'a block': withConfig("process {\n  secret = ['KEY_1']\n}"),
  withName: withConfig("process { withName: ALIGN { secret = ['KEY_1'] } }"),
  'withName in the place of the process’s own': {
    main: process("secret 'KEY_1'") + RUN,
    files: { 'nextflow.config': "process { withName: 'ALI.*' { secret = ['KEY_2'] } }" },
  },
  'process.secret beside the process’s own': {
    main: process("secret 'KEY_1'") + process('', TASK, 'SORT') + RUN,
    files: { 'nextflow.config': "process.secret = ['KEY_2']" },
    notReached: ['KEY_2'],
  },
  'withName without any': {
    main: process("secret 'KEY_1'") + RUN,
    files: { 'nextflow.config': 'process { withName: ALIGN { secret = [] } }' },
  },
  withLabel: {
    main: process("label 'big'") + RUN,
    files: { 'nextflow.config': "process { withLabel: 'bi.*' { secret = ['KEY_1'] } }" },
  },
  'withLabel of what has not that label': {
    main: process("label 'small'") + RUN,
    files: { 'nextflow.config': "process { withLabel: big { secret = ['KEY_1'] } }" },
  },
  'withLabel in the place of the process’s own, and of process.secret': {
    main: process("label 'big'\n  secret 'KEY_1'") + RUN,
    files: {
      'nextflow.config': "process { secret = ['KEY_2']\n  withLabel: '!small' { secret = ['KEY_3'] } }",
    },
  },
  'withName in the place of withLabel': {
    main: process("label 'big'") + RUN,
    files: {
      'nextflow.config':
        "process { withName: ALIGN { secret = ['KEY_1'] }\n  withLabel: big { secret = ['KEY_2'] } }",
    },
  },
  'two selectors, of which one stands first for another setting': {
    main: process("label 'big'\n  label 'late'") + RUN,
    files: {
      'nextflow.config':
        "process { withLabel: late { cpus = 1 }\n  withLabel: big { secret = ['KEY_1'] }\n" +
        "  withLabel: late { secret = ['KEY_2'] } }",
    },
  },
  'a selector of no process': {
    main: process("secret 'KEY_1'") + RUN,
    files: { 'nextflow.config': "process { withName: 'SORT|TRIM' { secret = ['KEY_2'] } }" },
  },
  'a selector of an alias': {
    main: `include { ALIGN as TRIM } from './a'\nworkflow { TRIM() }\n`,
    files: {
      'a.nf': process("secret 'KEY_1'"),
      'nextflow.config': "process { withName: TRIM { secret = ['KEY_2'] } }",
    },
    notReached: ['KEY_1'],
  },
  'the process’s own in the place of process.secret': {
    main: process("secret 'KEY_1'") + RUN,
    files: { 'nextflow.config': "process.secret = ['KEY_2']" },
  },
  'the process’s own that may be none, and process.secret': {
    main: process("secret secrets.KEY_1 ? 'KEY_1' : ''") + RUN,
    files: { 'nextflow.config': "process.secret = ['KEY_2']" },
  },
  'process.secret twice': withConfig("process.secret = ['KEY_1']\nprocess { secret = ['KEY_2'] }"),
  'process.secret twice, once in a condition': {
    isForOlder: true,
    ...withConfig(
      "process.secret = ['KEY_1']\nif (System.getenv('NF_NOWHERE')) { process.secret = ['KEY_2'] }",
    ),
    notReached: ['KEY_2'],
  },
  'process.secret before what is included': {
    main: process('') + RUN,
    files: {
      'nextflow.config': "process.secret = ['KEY_1']\nincludeConfig 'a.config'",
      'a.config': "process.secret = ['KEY_2']",
    },
  },
  'process.secret behind what is included': {
    main: process('') + RUN,
    files: {
      'nextflow.config': "includeConfig 'a.config'\nprocess.secret = ['KEY_1']",
      'a.config': "process.secret = ['KEY_2']",
    },
  },
  'process.secret before what a condition includes': {
    isForOlder: true,
    main: process('') + RUN,
    files: {
      'nextflow.config':
        "process.secret = ['KEY_1']\nif (System.getenv('NF_NOWHERE')) { includeConfig 'a.config' }",
      'a.config': "process.secret = ['KEY_2']",
    },
    notReached: ['KEY_2'],
  },
  'process.secret and a profile behind it': withConfig(
    "process.secret = ['KEY_1']\nprofiles { lab { process.secret = ['KEY_2'] } }",
    ['-profile', 'lab'],
  ),
  'process.secret and -c': {
    main: process('') + RUN,
    files: { 'nextflow.config': "process.secret = ['KEY_1']", 'my.conf': "process.secret = ['KEY_2']" },
    args: ['-c', 'my.conf'],
  },
  'inputs that are called secrets': {
    main:
      'process ALIGN {\n  input:\n  val secrets\n  script:\n  "true ${secrets.KEY_1}"\n}\n' +
      "workflow W {\n  take:\n  secrets\n  main:\n  secrets.view()\n  ALIGN(secrets)\n}\nworkflow { W(Channel.of([KEY_1: 'a'])) }\n",
  },
  'withName as a text': withConfig('process { withName: \'ALI.*\' { secret = ["KEY_1"] } }'),
  'withName as a key': withConfig("process.'withName:ALIGN'.secret = ['KEY_1']"),
  'a closure in a config': withConfig("process.secret = { ['KEY_1'] }"),
  'a sum of lists': withConfig("process.secret = ['KEY_1'] + ['KEY_2']"),
  'an optional list': withConfig("process.secret = secrets.KEY_1 ? ['KEY_1'] : []"),
  'a profile in use': withConfig("profiles { lab { process.secret = ['KEY_1'] } }", ['-profile', 'lab']),
  'a profile not in use': withConfig("profiles { lab { process.secret = ['KEY_1'] } }"),
  'the standard profile': withConfig("profiles { standard { process.secret = ['KEY_1'] } }"),
  'an included config': {
    ...withConfig("includeConfig 'conf/a.config'"),
    files: {
      'nextflow.config': "includeConfig 'conf/a.config'",
      'conf/a.config': "process.secret = ['KEY_1']",
    },
  },
  'a config included in a block': {
    ...withConfig(''),
    files: { 'nextflow.config': "process { includeConfig 'a.config' }", 'a.config': "secret = ['KEY_1']" },
  },
  '-c': {
    main: process('') + RUN,
    files: { 'my.conf': "process.secret = ['KEY_1']" },
    args: ['-c', 'my.conf'],
  },
  '-C': {
    main: process('') + RUN,
    files: { 'nextflow.config': "process.secret = ['KEY_2']", 'my.conf': "process.secret = ['KEY_1']" },
    args: ['-C', 'my.conf'],
  },
  'a property that is only tested': {
    main: `${process('')}workflow {\n  println(secrets.KEY_1 ? 'yes' : 'no')\n  ALIGN()\n}\n`,
  },
};

/** With the older parser, which has all the forms: the strict one takes those only that are not marked. */
const VARIANT = MIDDLE;

describe(`a plan, and what ${VARIANT.title} fails on @nextflow`, function () {
  this.timeout(600_000);
  const sandboxes = new Sandboxes();
  before(async () => {
    await ensureNextflow(VARIANT.version);
  });
  after(() => {
    sandboxes.removeAll();
  });

  async function prepared({ main, files = {} }: Case): Promise<NextflowSandbox> {
    const sandbox = await sandboxes.create(VARIANT);
    for (const [name, text] of Object.entries({ 'main.nf': main, ...files })) sandbox.write(name, text);
    return sandbox;
  }

  it(`${Object.keys(CASES).length} pipelines: every name that Nextflow fails on is missing, and no other`, async () => {
    await sideBySide(Object.entries(CASES), async ([title, example]) => {
      const sandbox = await prepared(example);
      const args = ['main.nf', ...(example.args ?? [])];
      const dry = await sandbox.launch(['--dry-run', '--json', ...args]);
      const { missing, secrets } = JSON.parse(dry.stdout.toString()) as Plan;
      assert.deepEqual(secrets, [], title);
      assert.equal(dry.exitCode, missing.length > 0 ? 66 : 0, `${title}: ${dry.stderr}`);
      assert.deepEqual(sandbox.leftovers(), [], title);
      const global = example.args?.[0] === '-C' ? example.args : [];
      const rest = global.length > 0 ? [] : (example.args ?? []);
      const real = await sandbox.nextflow([...global, 'run', 'main.nf', ...rest]);
      const failedOn = [
        ...real.stdout.toString().matchAll(/Required secrets? (?:is|are) missing: (.*)/g),
      ].flatMap(([, names = '']) => names.replaceAll("'", '').split(', '));
      assert.equal(real.exitCode, failedOn.length > 0 ? 1 : 0, `${title}: ${real.stdout.toString()}`);
      const names = missing
        .map(({ name }) => name)
        .filter((name) => example.notReached?.includes(name) !== true);
      assert.deepEqual(names, failedOn.sort(), title);
    });
  });

  it('the strict parser takes all that are not marked', async () => {
    const sources = Object.entries(CASES).flatMap(([title, { main, files = {}, isForOlder = false }]) =>
      Object.entries({ 'main.nf': main, ...files })
        .filter(([file]) => /\.(nf|config|conf)$/.test(file))
        .map(([file, text]) => ({ title, isForOlder, text, language: sourceLanguage(file) })),
    );
    const uses = await usesByParser(STRICT_PARSER, sources);
    const refused = new Set(sources.flatMap(({ title }, index) => ('error' in uses[index]! ? [title] : [])));
    const marked = new Set(sources.flatMap(({ title, isForOlder }) => (isForOlder ? [title] : [])));
    assert.deepEqual(refused, marked);
  });

  it('a pipeline with only optional ones runs, and one with a missing one does not start', async () => {
    const optional = await prepared(CASES['an optional directive']!);
    const ran = await optional.launch(['main.nf']);
    assert.equal(ran.exitCode, 0, ran.stderr);
    assert.match(ran.stderr, /KEY_1 {2}not set, optional; main\.nf:2/);
    const required = await prepared(CASES['a directive']!);
    const refused = await required.launch(['main.nf']);
    assert.equal(refused.exitCode, 66, refused.stderr);
    assert.match(refused.stderr, /main\.nf:2 \(process ALIGN\).*not set/);
    assert.doesNotMatch(refused.stdout.toString(), /N E X T F L O W/);
    assert.deepEqual(required.leftovers(), []);
    const allowed = await required.launch(['--allow-missing=KEY_1', 'main.nf']);
    assert.equal(allowed.exitCode, 1, 'Nextflow itself fails then');
  });
});
