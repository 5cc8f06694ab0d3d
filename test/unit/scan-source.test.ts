import assert from 'node:assert/strict';
import fc from 'fast-check';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import { findLiteralSecrets } from '../../src/core/diagnostics/literal-secrets.ts';
import { scanSource, scanTemplate } from '../../src/core/references/scan-source.ts';
import { endingSecrets } from '../../src/core/secrets/expiry.ts';
import type { SourceLanguage, SourceSpan } from '../../src/core/references/scan.ts';
import { readSource, readWholeScript } from '../../src/core/references/read-source.ts';
import { tokenize } from '../../src/core/references/tokenize.ts';
import { processes } from '../fixtures/generated-process.ts';
import { source } from '../fixtures/generated-source.ts';
import { FORMS } from '../fixtures/source-forms.ts';

// What a use is, Groovy and Nextflow themselves are asked in test/nextflow. This is what they cannot tell.

describe('a scan of any bytes', () => {
  /** Every span is in the text, in one line, and where its line and column say. */
  function assertWhole(text: string, language: SourceLanguage | 'template'): void {
    const scan =
      language === 'template'
        ? scanTemplate(text, { process: 'P', isShell: text.length % 2 === 0 })
        : scanSource(text, language);
    const spans: SourceSpan[] = [
      ...scan.references,
      ...scan.dynamic,
      ...scan.diagnostics,
      ...scan.processes,
      ...scan.profiles,
      ...scan.settings,
      ...scan.selectors,
      ...scan.templates,
      ...(scan.entryWorkflow === null ? [] : [scan.entryWorkflow]),
    ];
    for (const { offset, endOffset, line, column, endColumn } of spans) {
      assert.ok(0 <= offset && offset <= endOffset && endOffset <= text.length, text);
      const before = text.slice(0, offset);
      assert.equal(line, before.split('\n').length);
      assert.equal(column, offset - before.lastIndexOf('\n'));
      assert.equal(endColumn - column, endOffset - offset);
    }
    for (const { name, offset, endOffset } of scan.references) {
      const code = text.slice(offset, endOffset);
      if (!code.includes('\\') && !code.includes('$')) assert.equal(code, name);
    }
  }

  const LANGUAGES = ['script', 'config'] as const;

  it('never fails: 10,000 random texts', () => {
    const piece = fc.constantFrom(
      ...'{ } ( ) [ ] " \' """ \'\'\' / $/ /$ ${ $ \\ \n \r\n // /* */ ? : ?: ?. . , ; = == != && || ! -> @ #! \0'.split(
        ' ',
      ),
      ...'secrets secret process workflow include from if else def for return secrets.KEY withName includeConfig'.split(
        ' ',
      ),
      ...'input: take: emit: shell: label template withLabel process.secret !{'.split(' '),
      ' ',
      'a',
      "'KEY'",
      '\ud83d',
      '\ufeff',
      'é',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(' ')),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...LANGUAGES, 'template' as const), (random, language) => {
        assertWhole(random, language);
      }),
      { numRuns: 10_000 },
    );
  });

  it('never fails: mutations of real forms and of generated programs', () => {
    const real = fc.oneof(fc.constantFrom(...FORMS), source);
    const damage = fc.record({
      at: fc.nat(),
      length: fc.nat({ max: 8 }),
      put: fc.constantFrom(
        '',
        '"',
        "'",
        '{',
        '}',
        '${',
        '/*',
        '\n',
        '\\',
        '"""',
        '$/',
        ')',
        '[',
        '\0',
        'secrets.',
      ),
    });
    fc.assert(
      fc.property(real, fc.array(damage, { minLength: 1, maxLength: 3 }), ({ text, language }, damages) => {
        let damaged = text;
        for (const { at, length, put } of damages) {
          const from = at % (damaged.length + 1);
          damaged = damaged.slice(0, from) + put + damaged.slice(from + length);
        }
        assertWhole(damaged, language);
        assertWhole(damaged, language === 'script' ? 'config' : 'script');
      }),
      { numRuns: 3000 },
    );
  });

  it('finds the same whether it passes over code that is about no secret or not', () => {
    const text = fc.oneof(source, processes).map((one) => (one.language === 'script' ? one.text : ''));
    const quiet = fc.constantFrom(
      "process QUIET {\n  input:\n  val x\n  script:\n  key = x\n  println key\n  stub:\n  'true'\n}\n",
      'workflow QUIET {\n  take: x\n  main:\n  println x\n  println f(x)\n}\n',
      'def f(x) {\n  println x\n  return x\n}\n',
      'workflow A {\n  def show = { x -> println x }\n}\n',
    );
    const use = fc.constantFrom(
      '',
      'QUIET secrets.KEY\n',
      'f secrets.KEY\n',
      'show secrets.KEY\n',
      'key = x ?\n  secrets.KEY :\n  1\n',
      'key = secrets.KEY\n',
    );
    fc.assert(
      fc.property(text, fc.array(quiet, { maxLength: 2 }), use, (before, parts, after) => {
        const tokens = tokenize([before, ...parts, after].join('\n'));
        assert.deepEqual(readSource(tokens, 'script'), readWholeScript(tokens), tokens.text);
      }),
      { numRuns: 1000 },
    );
  });

  // A quadratic reader would take hours, a recursive one would end with a full stack.
  const UNITS = [
    '{',
    '(',
    '[',
    '"',
    '"""',
    "'''",
    '"${',
    '$/',
    '/*',
    'a ? ',
    'secrets.X ? ',
    'secrets.X && ',
    '!',
  ];
  for (const unit of ['${', '${secrets.X ? ', '$a.', '!{', '\\']) {
    it(`of a template of 1 MB of ${JSON.stringify(unit)}`, () => {
      const text = unit.repeat((1 << 20) / unit.length);
      for (const isShell of [true, false]) scanTemplate(text, { process: 'P', isShell });
    });
  }
  for (const unit of [
    ...UNITS,
    'process x { input: val ',
    'workflow { take: ',
    'if (a) ',
    '{ a -> ',
    'a.',
    '= /',
    'process x { secret [',
    "secret 'A', ",
    'a { ',
  ]) {
    it(`of 1 MB of ${JSON.stringify(unit)}`, () => {
      const text = unit.repeat((1 << 20) / unit.length);
      for (const language of LANGUAGES) scanSource(text, language);
    });
  }
});

describe('what Nextflow, but not Groovy, means by secrets', () => {
  const process = (...lines: readonly string[]): string => `process P {\n  ${lines.join('\n  ')}\n}\n`;
  const task = (...inputs: readonly string[]): string =>
    process('input:', ...inputs, 'script:', '"${secrets.KEY} $secrets"');
  const CASES: readonly (readonly [title: string, code: string, ...found: string[]])[] = [
    ['an input', task('val secrets')],
    ['an input in parentheses', task('path(secrets)')],
    ['an input of a tuple', task("tuple val(meta), path(secrets, stageAs: 'a')")],
    ['an input with a type', task('secrets: Path')],
    ['an input that may be null', task('secrets : Map?')],
    ['an input of a record', task('record(', '  id: String,', '  secrets: Map', ')')],
    ['a parameter with a type', 'ch.map { secrets: Map -> secrets.KEY }'],
    ['one of several with types', 'ch.map { id: String, secrets: Map<String, Path?>? -> secrets.KEY }'],
    ['one behind a type with arguments', 'ch.map { id: Map<String, Path>, secrets -> secrets.KEY }'],
    ['a parameter with a type and a value', 'ch.map { secrets: a.b.Type = [:] -> secrets.KEY }'],
    ['other parameters with types', 'ch.map { x: Map, y: List<Path> = [secrets: 1] -> secrets.KEY }', 'KEY'],
    ['a parameter of a lambda', 'ch.map(secrets -> secrets.KEY)'],
    ['a parameter of a lambda with a type', 'ch.map((secrets: Map) -> secrets.KEY)'],
    [
      'a parameter of a function with types',
      'def f(a: Map<A, B>, secrets: Map) -> Map<A, B> { secrets.KEY }',
    ],
    ['a function that may give null', 'def f(secrets: Map) -> String? { secrets.KEY }'],
    ['another one', 'def f(a: Map) -> String? { secrets.KEY }', 'KEY'],
    ['an error', 'def f() { try { g() } catch (secrets: Exception) { secrets.NO }\n secrets.KEY }', 'KEY'],
    ['a member of a record', 'record R {\n  secrets: Map\n}\nworkflow { f(secrets.KEY) }', 'KEY'],
    ['an input of an agent', 'agent A {\n  input:\n  secrets: Map\n  prompt:\n  "a ${secrets.KEY}"\n}'],
    ['an input of a tuple with types', task('(meta, secrets): Tuple<Map, Path>')],
    ['another input', task('val secret', 'path x'), 'KEY', '*secrets'],
    ['an input whose name is given by one', task('path x, name: secrets.KEY'), 'KEY', 'KEY', '*secrets'],
    [
      'an input, and directives before it',
      process('tag "$secrets.KEY"', "secret secrets.KEY ? 'KEY' : ''", 'input:', 'val secrets'),
      'KEY?',
      'KEY?',
    ],
    ['an input of another process', `${task('val secrets')}x = secrets.KEY`, 'KEY'],
    ['the name of an output', process('output:', "path 'x', emit: secrets", 'val secrets', 'script:', "'a'")],
    ['an output', process('output:', 'val secrets.KEY', 'script:', "'a'"), 'KEY'],
    ['what a workflow takes', 'workflow W {\n  take:\n  x\n  secrets\n  main:\n  f(secrets.KEY)\n}\n'],
    [
      'a workflow that takes something else',
      'workflow W {\n  take: x\n  main:\n  f(secrets.KEY)\n}\n',
      'KEY',
    ],
    [
      'what a workflow emits',
      'workflow W {\n  main:\n  x = f()\n  emit:\n  secrets = x\n}\nf(secrets.KEY)',
      'KEY',
    ],
    [
      'a variable of one workflow',
      'workflow A {\n  secrets = f()\n  g(secrets.KEY)\n}\nworkflow B {\n  g(secrets.KEY)\n}\ndef h() { secrets.KEY }',
      'KEY',
      'KEY',
    ],
    ['a variable of the script', 'secrets = f()\nworkflow {\n  g(secrets.KEY)\n}\ndef h() { secrets.KEY }'],
    ['a condition of tasks', process('when:', 'secrets.KEY', '', 'script:', "'a'"), 'KEY?'],
    ['a lambda', 'ch.map { (a, secrets) -> secrets.KEY }'],
    ['a safe index', "x = secrets?['KEY']", 'KEY'],
    ['a condition that looks like one', 'x = secrets.KEY ?[1] : 2', 'KEY?'],
  ];
  for (const [title, code, ...expected] of CASES) {
    it(title, () => {
      const { references, dynamic } = scanSource(code, 'script');
      const found = [
        ...references.map(({ name, optional, offset }) => ({
          offset,
          text: `${name}${optional ? '?' : ''}`,
        })),
        ...dynamic.map(({ text, offset }) => ({ offset, text: `*${text}` })),
      ].sort((a, b) => a.offset - b.offset);
      assert.deepEqual(
        found.map(({ text }) => text),
        expected,
      );
    });
  }
});

describe('a template of a process', () => {
  it('is named with its process, in script: and shell:, unless an input is called secrets', () => {
    const { templates } = scanSource(
      'process A {\n  script:\n  template \'a.sh\'\n}\nprocess B {\n  shell:\n  template("${x}/b.sh")\n}\n' +
        "process C {\n  if (x) template 'c.sh'\n  else template params.t\n}\n" +
        "process D {\n  input:\n  val secrets\n  script:\n  template 'd.sh'\n}\n" +
        "process E {\n  tag 'template x'\n  exec:\n  template 'e.sh'\n}\nworkflow { template 'f.sh' }\n",
      'script',
    );
    assert.deepEqual(
      templates.map(({ path, process, isShell, line }) => [path, process, isShell, line]),
      [
        ['a.sh', 'A', false, 3],
        ['${x}/b.sh', 'B', true, 7],
        ['c.sh', 'C', false, 10],
        [null, 'C', false, 11],
      ],
    );
  });

  const CASES: readonly (readonly [text: string, isShell: boolean, ...found: string[]])[] = [
    ['#!/bin/bash\necho "${secrets.KEY}" \'$secrets.TOKEN\' `x` """\n', false, 'KEY', 'TOKEN'],
    ['echo \\${secrets.KEY} \\$secrets.KEY $KEY secrets.KEY', false],
    ["f ${secrets.KEY ? '--key' : ''} $x", false, 'KEY?'],
    ['// ${secrets.KEY} /* $secrets.TOKEN', false, 'KEY', 'TOKEN'],
    ['print("${x}", "}", {${secrets.KEY}})', false, 'KEY'],
    ['${', false],
    ['echo !{secrets.KEY} ${secrets.TOKEN}', true, 'KEY'],
  ];
  for (const [text, isShell, ...expected] of CASES) {
    it(`${isShell ? 'behind shell:' : 'behind script:'} ${JSON.stringify(text)}`, () => {
      const scan = scanTemplate(text, { process: 'ALIGN', isShell });
      assert.deepEqual(
        scan.references.map(({ name, optional }) => `${name}${optional ? '?' : ''}`),
        expected,
      );
      for (const { name, kind, process, offset, endOffset, optional } of scan.references) {
        assert.equal(text.slice(offset, endOffset), name);
        assert.deepEqual([kind, process], ['property', 'ALIGN']);
        const isSaid = scan.diagnostics.some((one) => one.code === 'in-script' && one.offset === offset);
        assert.equal(isSaid, !optional);
      }
    });
  }
});

describe('what a scan says beside uses', () => {
  it('where processes, the entry workflow, includes and profiles are', () => {
    const scan = scanSource(
      'include { A } from \'./a\'\ninclude { B } from "${projectDir}/b.nf"\nprocess ALIGN {\n}\nworkflow SUB {}\nworkflow {}\n',
      'script',
    );
    assert.deepEqual(
      scan.processes.map(({ name, line, column }) => [name, line, column]),
      [['ALIGN', 3, 9]],
    );
    assert.equal(scan.entryWorkflow?.line, 6);
    assert.deepEqual(
      scan.includes.map(({ path, line, column }) => [path, line, column]),
      [
        ['./a', 1, 21],
        ['${projectDir}/b.nf', 2, 21],
      ],
    );
    const config = scanSource(
      "includeConfig 'a.config'\nprofiles {\n  test { includeConfig 'b.config' }\n  'lab x' { cpus = 1 }\n}\nincludeConfig params.c\n",
      'config',
    );
    assert.deepEqual(
      config.includes.map(({ path, profile }) => [path, profile]),
      [
        ['a.config', null],
        ['b.config', 'test'],
        [null, null],
      ],
    );
    assert.deepEqual(
      config.profiles.map(({ name }) => name),
      ['test', 'lab x'],
    );
  });

  const typed = (directive: string): string =>
    `nextflow.enable.types = true\nprocess A {\n  ${directive}\n  script:\n  'a'\n}`;
  const script = (text: string): string => `process ALIGN {\n  script:\n  """\n  ${text}\n  """\n}\n`;
  const CASES: readonly (readonly [language: SourceLanguage, code: string, ...codes: string[]])[] = [
    ['config', "process.secret = 'KEY'", 'config-string'],
    ['config', "process { withName: X { secret = 'KEY' } }", 'config-string'],
    ['config', "process.secret = ['KEY']"],
    ['config', "process.secret = params.x ? 'KEY' : ['TOKEN']", 'config-string'],
    ['config', "process.secret = secrets.KEY ? 'KEY' : ''", 'config-string', 'config-string'],
    ['config', "process.secret = { secrets.KEY ? ['KEY'] : [] }"],
    ['config', "process.secret = { 'KEY' }", 'config-string'],
    ['config', "process.secret = ''", 'config-string'],
    ['config', "process.secret = ['KEY'] + ['TOKEN']"],
    ['config', 'process.hints = [consumableResources: [x: secrets.KEY]]', 'in-config'],
    ['config', "registry { url = 'https://a'\n apiKey = secrets.KEY }\nagent.apiKey = secrets.KEY"],
    ['config', 'registry.url = ["https://${secrets.KEY}@a"]', 'in-config'],
    [
      'config',
      'agent { withLabel: x { instruction = "a ${secrets.KEY}" } }\nagent.baseUrl = secrets.KEY',
      'in-config',
      'in-config',
    ],
    [
      'config',
      'seqera.executor.taskEnvironment = [K: secrets.KEY]\nseqera.executor.endpoint = secrets.KEY',
      'in-config',
      'in-config',
    ],
    [
      'config',
      "registry.apiKey = 'fake0123456789'\nagent { apiKey = 'fake0123456789' }",
      'literal-secret',
      'literal-secret',
    ],
    ['config', 'lineage.enabled = true', 'lineage'],
    ['config', 'profiles { a { lineage { enabled = true\n store.location = "x" } } }', 'lineage'],
    ['config', "lineage.enabled = 'yes'\nlineage { enabled = params.x ?: false }", 'lineage', 'lineage'],
    [
      'config',
      'lineage.enabled = false\nlineage { enabled = 0 }\nx.lineage.enabled = true\nlineage.store.enabled = true',
    ],
    ['config', "params.secret = 'KEY'\nprocess.ext.secret = 'KEY'"],
    ['script', "process A {\n  secret secrets.KEY ? 'KEY' : ''\n  script:\n  'a'\n}"],
    ['script', "process A {\n  secret { secrets.KEY ? ['KEY'] : [] }\n  script:\n  'a'\n}"],
    ['script', "process A {\n  secret { (params.x ? ['KEY'] : []) + ['TOKEN'] }\n  script:\n  'a'\n}"],
    ['script', "process A {\n  secret { ['KEY'] + 'TOKEN' }\n  script:\n  'a'\n}", 'dynamic-name'],
    ['script', "process A {\n  secret { 'KEY' }\n  script:\n  'a'\n}", 'directive-string'],
    [
      'script',
      "process A {\n  secret { secrets.KEY ? ['KEY'] : '' }\n  script:\n  'a'\n}",
      'directive-string',
    ],
    ['script', typed("secret 'KEY'\n  secret('TOKEN')")],
    ['script', typed("secret secrets.KEY ? 'KEY' : ''"), 'directive-string', 'directive-string'],
    ['script', typed("secret(secrets.KEY ? 'KEY' : null)"), 'directive-string'],
    ['script', typed("secret secrets.KEY ? ['KEY'] : []")],
    ['script', typed('secret "${params.x}_KEY"'), 'directive-string', 'dynamic-name'],
    ['script', typed("secret secrets.KEY ? 'KEY' : ''").replace('true', 'false')],
    ['script', `// ${typed("secret secrets.KEY ? 'KEY' : ''")}`],
    ['script', script('f ${secrets.KEY}'), 'in-script'],
    ['script', script('f $secrets.KEY'), 'in-script'],
    ['script', script('f \\$KEY \\${secrets.KEY}')],
    ['script', script("f ${secrets.KEY ? '--key' : ''}")],
    ['script', script("f ${secrets.KEY ? secrets.KEY : ''}"), 'in-script'],
    ['script', script("f ${secrets.KEY ?: ''}"), 'in-script'],
    ['script', 'process ALIGN {\n  "${secrets.KEY}"\n}', 'in-script'],
    ['script', 'process ALIGN {\n  exec:\n  f(secrets.KEY)\n}'],
    ['config', 'process.ext.args = { "--key ${secrets.KEY}" }', 'in-script'],
    ['config', 'process.beforeScript = "export K=${secrets.KEY}"', 'in-script'],
    ['config', 'env.KEY = secrets.KEY', 'in-script'],
    ['script', 'process A {\n  beforeScript "export K=${secrets.KEY}"\n  script:\n  \'a\'\n}', 'in-script'],
    ['script', 'process A {\n  ext args: "--k ${secrets.KEY}"\n  script:\n  \'a\'\n}', 'in-script'],
    ['script', 'process A {\n  containerOptions { "-e K=$secrets.KEY" }\n  script:\n  \'a\'\n}', 'in-script'],
    [
      'script',
      "process A {\n  hints consumableResources: [x: secrets.KEY]\n  script:\n  'a'\n}",
      'in-config',
    ],
    [
      'script',
      "process A {\n  hints 'awsbatch/consumableResources': [x: secrets.KEY]\n  script:\n  'a'\n}",
      'in-config',
    ],
    [
      'script',
      'agent A {\n  model "a/${secrets.KEY}"\n  instruction "b ${secrets.KEY}"\n\n  input:\n  q: String\n\n  prompt:\n  def k = secrets.KEY\n  "c $k $q"\n}',
      'in-config',
      'in-config',
      'in-config',
    ],
    [
      'script',
      'agent A {\n  goal secrets.KEY ? "a" : "b"\n  prompt:\n  "c"\n}\nagent = secrets.KEY\nagent(1)',
    ],
    ['script', "process A {\n  publishDir secrets.KEY\n  script:\n  'a'\n}", 'in-config'],
    [
      'script',
      "process A {\n  publishDir path: \"x/${secrets.KEY}\", mode: 'copy'\n  script:\n  'a'\n}",
      'in-config',
    ],
    [
      'script',
      'process A {\n  queue { "q-${secrets.KEY}" }\n  label "l_$secrets.KEY"\n  script:\n  \'a\'\n}',
      'in-config',
      'in-config',
    ],
    [
      'script',
      "process A {\n  publishDir secrets.KEY ? 'a' : 'b'\n  errorStrategy { secrets.KEY ? 'retry' : 'finish' }\n  exec:\n  f()\n}",
    ],
    ['script', 'process A {\n  input:\n  val queue\n  exec:\n  queue = secrets.KEY\n}'],
    ['config', 'docker.runOptions = "-e X=${secrets.KEY}"', 'in-config'],
    ['config', 'podman { runOptions = "-e X=" + secrets.KEY }', 'in-config'],
    ['config', 'profiles { lab { singularity { runOptions = "--env X=$secrets.KEY" } } }', 'in-config'],
    ['config', 'profiles.lab.apptainer.cacheDir = secrets.KEY', 'in-config'],
    ['config', "docker.runOptions = secrets.KEY ? '-e X' : ''"],
    ['config', 'process.publishDir = [path: { "x/${secrets.KEY}" }, mode: \'copy\']', 'in-config'],
    ['config', "process { withName: 'A' { publishDir = secrets.KEY } }", 'in-config'],
    ['config', "process.'withLabel:big'.queue = secrets.KEY", 'in-config'],
    ['config', 'process.errorStrategy = { secrets.KEY ? 1 : 2 }'],
    ['config', 'workDir = "/scratch/${secrets.KEY}"', 'in-config'],
    ['config', 'weblog { url = "https://host/${secrets.KEY}"\n basicToken = secrets.KEY }', 'in-config'],
    ['config', 'includeConfig "https://user:${secrets.KEY}@host/a.config"', 'in-config'],
    ['config', 'includeConfig("https://${secrets.KEY}@host/a.config")', 'in-config'],
    ['config', "includeConfig secrets.KEY ? 'a.config' : 'b.config'"],
    ['config', 'plugins { id "nf-x@${secrets.KEY}" }', 'in-config'],
    ['config', 'manifest { description = secrets.KEY }', 'in-config'],
    ['config', 'executor { $slurm { account = secrets.KEY } }', 'in-config'],
    ['config', 'executor.queueSize = secrets.KEY as int'],
    [
      'config',
      'k8s { pod = [[env: "A", value: secrets.KEY]]\n client { token = secrets.TOKEN } }',
      'in-config',
    ],
    [
      'config',
      'tower { accessToken = secrets.KEY\n workspaceId = secrets.KEY }\nwave.endpoint = secrets.KEY',
      'in-config',
    ],
    ['config', 'mail { smtp { host = secrets.KEY\n user = secrets.KEY\n password = secrets.KEY } }'],
    [
      'config',
      'azure { storage { accountKey = secrets.KEY } }\naws { client { proxyPassword = secrets.KEY } }',
    ],
    [
      'config',
      'aws.batch.volumes = "/a/${secrets.KEY}"\naws.client.storageKmsKeyId = secrets.KEY',
      'in-config',
      'in-config',
    ],
    ['config', 'google.batch.networkTags = [secrets.KEY]\ngoogle.project = secrets.KEY', 'in-config'],
    ['config', 'some_plugin.token = secrets.KEY\nvalidation { key = secrets.KEY }'],
    ['config', 'workflow.onComplete = { foo(secrets.KEY)\n println secrets.KEY }', 'printed'],
    ['config', 'aws.accessKey = secrets.KEY'],
    ['config', "tower.accessToken = 'fake1234fake1234'", 'literal-secret'],
    ['config', "profiles { lab { aws { secretKey = 'fake1234fake1234' } } }", 'literal-secret'],
    ['config', "azure { storage { accountKey = 'fake1234==' } }", 'literal-secret'],
    ['config', 'aws.secretKey = secrets.AWS_KEY\ntower.accessToken = "$TOWER_ACCESS_TOKEN"'],
    [
      'config',
      "aws.secretKey = ''\ntower.accessToken = '<YOUR TOKEN>'\nparams.secretKey = 'fake1234fake1234'",
    ],
    ['config', 'params.key = secrets.KEY', 'in-params'],
    ['config', 'params { a { key = secrets.KEY } }', 'in-params'],
    ['config', 'profiles { test { params { key = secrets.KEY } } }', 'in-params'],
    ['config', "params.key = secrets.KEY ? 'yes' : 'no'"],
    ['script', 'params.key = secrets.KEY', 'in-params'],
    ['script', 'params {\n  key: String = secrets.KEY\n}', 'in-params'],
    ['script', "include { A } from './a' addParams(key: secrets.KEY)", 'in-params'],
    ['script', 'println secrets.KEY', 'printed'],
    ['script', 'println("a ${secrets.KEY}")', 'printed'],
    ['script', 'log.info "a ${secrets.KEY}"', 'printed'],
    ['script', 'ch.view { secrets.KEY }', 'printed'],
    ['script', 'throw new Exception("a ${secrets.KEY}")', 'printed'],
    ['script', 'exit 1, "a ${secrets.KEY}"', 'printed'],
    ['config', 'process.tag = { secrets.KEY }', 'printed'],
    ['script', "println(secrets.KEY ? 'yes' : 'no')"],
    ['script', "process ALIGN {\n  secret 'bad-name'\n  secret 'a'\n}", 'invalid-name', 'invalid-name'],
    ['script', 'process ALIGN {\n  secret name\n}', 'dynamic-name'],
    ['script', 'x = secrets[name]', 'dynamic-name'],
    ['script', "process ALIGN {\n  secret 'KEY'\n  exec:\n  f()\n}", 'no-effect'],
    ['script', "process ALIGN {\n  secret 'KEY'\n  exec:\n  f()\n\n  stub:\n  'touch a'\n}", 'no-effect'],
  ];
  for (const [language, code, ...codes] of CASES) {
    it(`${codes.join(', ') || 'nothing'}: ${JSON.stringify(code)}`, () => {
      const found = diagnose(scanSource(code, language));
      assert.deepEqual(
        found.map((one) => one.code),
        codes,
      );
      for (const { message } of found) assert.match(String(message), /^[A-Z].*[^ ]$/);
    });
  }

  it('not-set, with a near miss, but not for optional ones', () => {
    const scan = scanSource(
      "process A {\n  secret 'NCBI_KEY'\n  secret 'SET'\n  secret secrets.OPT ? 'OPT' : ''\n}",
      'script',
    );
    const [one, ...others] = diagnose(scan, new Set(['NCBI_API_KEY', 'SET']));
    assert.deepEqual(others, []);
    assert.equal(one?.code, 'not-set');
    assert.equal(one.severity, 'error');
    assert.match(String(one.message), /Did you mean NCBI_API_KEY\?$/);
    assert.deepEqual(one.remedies, [{ do: 'set-secret', name: 'NCBI_KEY' }]);
  });
});

describe('expires', () => {
  const scan = scanSource(
    "process A {\n  secret 'OVER'\n  secret 'SOON'\n  secret 'SET'\n}\nx = secrets.SOON",
    'script',
  );
  const names = new Set(['OVER', 'SOON', 'SET']);
  const listed = [
    { name: 'OVER', scope: 'workspace', expires: '2026-01-01' },
    { name: 'SOON', scope: 'user', expires: '2026-01-09' },
    // It is overridden: its day does not matter.
    { name: 'SET', scope: 'user', expires: null },
    { name: 'SET', scope: 'workspace', expires: '2026-01-01' },
  ] as const;
  const codes = (now: string): string[] =>
    diagnose(scan, names, endingSecrets(listed, new Date(now))).map(
      ({ code, line, message }) => `${code} ${line}: ${String(message)}`,
    );

  it('is told of each use of a value that wins and has ended, or ends within 7 days', () => {
    assert.deepEqual(codes('2026-01-02T03:04:05Z'), [
      'expires 2: The value of OVER expired on 2026-01-01: what uses it may fail.',
      'expires 3: The value of SOON expires on 2026-01-09, in 7 days: a run that lasts longer may fail.',
      'expires 6: The value of SOON expires on 2026-01-09, in 7 days: a run that lasts longer may fail.',
    ]);
    assert.equal(codes('2026-01-01T23:59:59Z').length, 1);
    assert.match(codes('2026-01-01T23:59:59Z')[0] ?? '', /OVER expires on 2026-01-01, today/);
    assert.match(codes('2026-01-08T00:00:00Z')[1] ?? '', /SOON expires on 2026-01-09, tomorrow/);
  });

  it('has the scope of the value in its remedy, and is not told where the secrets are not known', () => {
    const [first] = diagnose(scan, names, endingSecrets(listed, new Date('2026-01-02T03:04:05Z')));
    assert.deepEqual(first?.remedies, [{ do: 'set-secret', name: 'OVER', scope: 'workspace' }]);
    assert.deepEqual(diagnose(scan, names), []);
  });
});

describe('keys that stand in code', () => {
  it('of the services that pipelines use are found, and not repeated', async () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const text = `params.x = 1\nparams.token = '${token}'\n`;
    const [found, ...others] = await findLiteralSecrets(text);
    assert.deepEqual(others, []);
    assert.deepEqual([found?.code, found?.line, found?.column], ['literal-secret', 2, 17]);
    assert.ok(!String(found?.message).includes(token));
    assert.match(String(found?.message), /GitHub/);
  });

  it('of AWS are known by the id of the key too, which numbers of accounts are not', async () => {
    const id = `AKIA${'Z7'.repeat(8)}`;
    const text = `aws.accessKey = '${id}'\naws_account_id = '123456789012'\n`;
    const found = await findLiteralSecrets(text);
    assert.deepEqual(
      found.map(({ code, line, column }) => [code, line, column]),
      [['literal-secret', 1, 18]],
    );
  });

  it('are no false alarms', async () => {
    for (const { text } of FORMS) assert.deepEqual(await findLiteralSecrets(text), [], text);
    const text = `
container 'quay.io/biocontainers/mulled-v2-0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e:1a2b3c4d5e6f7a8b9c0d-0'
md5 = 'd41d8cd98f00b204e9800998ecf8427e'
url = 'https://raw.githubusercontent.com/nf-core/test-datasets/modules/data/genomics/sarscov2/genome/genome.fasta'
accessKey = secrets.AWS_ACCESS_KEY_ID
env.AWS_SECRET_ACCESS_KEY = secrets.AWS_SECRET_ACCESS_KEY
`;
    assert.deepEqual(await findLiteralSecrets(text), []);
  });
});

describe('a text behind shell:', () => {
  const cases: [title: string, body: string, names: readonly string[]][] = [
    ['reads !{…} in any quotes', "shell: 'a !{secrets.KEY} b'", ['KEY']],
    ['reads !{…} beside ${…}', 'shell:\n"""\n${secrets.KEY} !{secrets.OTHER}\n"""', ['KEY', 'OTHER']],
    ['reads several, and fallbacks', "shell:\n'''\n!{secrets.KEY} !{secrets.OPT ?: 1}\n'''", ['KEY', 'OPT?']],
    ['reads closures', "shell: '!{[1].collect { it + secrets.KEY }} !{secrets.OTHER}'", ['KEY', 'OTHER']],
    ['knows the test around it', "shell:\nif (secrets.KEY) '''\n!{secrets.KEY}\n'''", ['KEY?', 'KEY?']],
    ['takes other names for what they are', "shell: '!{params.secrets.KEY} !{secrets_KEY}'", []],
    ['is none behind script:', "script: '!{secrets.KEY}'", []],
    ['is none behind a later label', "shell: 'a'\nstub: '!{secrets.KEY}'", []],
    ['may be anything', "shell: '!{ secrets.KEY ) ] } !{secrets.'", ['KEY']],
  ];
  for (const [title, body, names] of cases) {
    it(title, () => {
      const text = `process P {\n${body}\n}\n`;
      const { references } = scanSource(text, 'script');
      assert.deepEqual(
        references.map(({ name, optional }) => `${name}${optional ? '?' : ''}`).sort(),
        [...names].sort(),
      );
      for (const { name, process, offset, endOffset } of references) {
        assert.equal(text.slice(offset, endOffset), name);
        assert.equal(process, 'P');
      }
    });
  }
});
