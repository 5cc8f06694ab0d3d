import assert from 'node:assert/strict';
import { readPlainCode } from '../../src/core/pipeline/plain-code.ts';

const PROCESS = `
process P {
  tag "$meta.id"
  label 'big'
  cpus { 2 * task.attempt }
  memory 6.GB
  container "\${ params.docker ? 'a:1' : 'b:1' }"
  secret secrets.TOKEN ? 'TOKEN' : ''
  publishDir params.outdir, mode: 'copy'

  input:
  tuple val(meta), path(reads)
  val x

  output:
  tuple val(meta), path('*.txt'), emit: text, optional: true

  when:
  task.ext.when == null || task.ext.when

  script:
  def now = new Date()
  """
  echo \${reads.baseName} \${System.currentTimeMillis()} \${file('x').text}
  """
}
`;

/** Code of which it is certain what Nextflow makes of it. */
const PLAIN: Readonly<Record<string, string>> = {
  'a process; the body of its tasks does not count': PROCESS,
  'a workflow': `${PROCESS}
params.input = 'reads'
workflow SUB {
  take:
  ids
  main:
  P(ids, 1)
  emit:
  text = P.out.text
}
workflow {
  log.info "outdir: \${params.outdir}"
  Channel.fromPath(params.input).map { file -> [[id: file.name], file] }.set { ids }
  if (params.run && !params.skip?.contains('x')) {
    SUB(ids)
  }
  SUB.out.text | collect | view
}
workflow.onComplete { println 'done' }
`,
  'a table of samples, which operators read later': `workflow {
  Channel.fromPath(params.samples)
    .splitCsv(header: true)
    .map { row -> tuple(row.id, file(row.path, checkIfExists: true)) }
    .view { "\${it} \${new Date()}" }
    .set { samples }
  println samples
}
workflow.onComplete { log.info ( workflow.success ? 'done' : 'failed' ) }
`,
  'functions of its own': `def add(a, b = 2) {\n  return a + b\n}\nworkflow {\n  def x = add(1)\n  println x\n}\n`,
  'DSL 2': 'nextflow.enable.dsl = 2\n',
};

const PLAIN_CONFIGS: Readonly<Record<string, string>> = {
  'settings and profiles': `
params {
  outdir = null
  registry = System.getenv('REGISTRY') ?: 'quay.io'
}
process {
  executor = 'awsbatch'
  errorStrategy = { task.exitStatus in ((130..145) + 104) ? 'retry' : 'finish' }
  withName: '.*:P' {
    container = "\${params.registry}/p:1"
  }
  withLabel: big {
    ext.args = { params.title ? "--title \${params.title}" : '' }
  }
}
profiles {
  cloud {
    process.queue = { task.attempt > 1 ? 'on-demand' : 'spot' }
    aws.batch.executionRole = 'arn:aws:iam::123456789012:role/execution'
  }
}
trace.file = "\${params.outdir}/trace.txt"
workDir = 's3://bucket/work'
`,
  'what nf-core writes': `
process {
  publishDir = [
    path: { "\${params.outdir}/\${task.process.tokenize(':')[-1].tokenize('_')[0].toLowerCase()}" },
    mode: 'copy',
    saveAs: { filename -> filename.equals('versions.yml') ? null : filename }
  ]
}
manifest {
  nextflowVersion = '!>=23.10.0'
}
`,
};

/** Code that may say something else at the next start. */
const NOT_PLAIN: readonly string[] = [
  "workflow { if (new File('x').exists()) P() }",
  "workflow { if (file('x').exists()) P() }",
  "workflow { if ('x' as File) P() }",
  'workflow { if ("$projectDir/x" as Path) P() }',
  'workflow { if (projectDir.list()) P() }',
  'def x = launchDir\nworkflow { if (x) P() }',
  "workflow { if ('ls'.execute().text) P() }",
  "workflow { if ('http://x'.toURL().text) P() }",
  'workflow { if (System.currentTimeMillis() > 1) P() }',
  'workflow { if (System.getenv().X) P() }',
  "workflow { if (System.getenv('X' + 'Y')) P() }",
  'workflow { if (Math.random() > 0.5) P() }',
  'workflow { if (params.x.class.classLoader) P() }',
  'workflow { if (params.x.metaClass) P() }',
  "workflow { if (params.x.'class') P() }",
  'workflow { if (params.x."$y") P() }',
  'workflow { if (params.x*.text) P() }',
  'workflow { if (params.x.&size) P() }',
  "workflow { 'evaluate'('x') }",
  "workflow { evaluate 'x' }",
  'workflow { this.binding }',
  'workflow { def x = session }',
  'workflow { def x = params.a ? session : 1 }',
  'workflow { def x = params.a ?\n session : 1 }',
  'workflow { def x = params.a ? params.b in session : 1 }',
  'workflow { if (workflow.start) P() }',
  'workflow { if (workflow.commitId) P() }',
  "workflow { if (nextflow.version.matches('>=24')) P() }",
  'import java.nio.file.Files\nworkflow { }',
  'class A { }\nworkflow { }',
  '@groovy.transform.Field x = 1\nworkflow { }',
  'process P { container new Date().toString()\n script:\n 1 }',
  'process P { container { unknown }\n script:\n 1 }',
  "process P { script:\n 'true'\n output:\n val(new Date()) }",
  "process file { script:\n 'true' }\nworkflow { file('x') }",
  "def evaluate(x) { x }\nworkflow { evaluate('x') }",
  "include { A } from 'plugin/nf-schema' addParams(x: 1)",
  'include { A } from params.path',
  "include { A } from './a' + params.x",
  'workflow { def \\u0073 = 1 }',
  "evaluate(new File('x'))",
  'println "${new Date()}"',
  'def f(x = new Date()) { x }\nworkflow { f() }',
  'workflow { def m = [map: { c -> [1].each(c) }]\n m.map { new Date() } }',
  'workflow { params.map = { c -> [1].each(c) }\n params.map { new Date() } }',
  'def m = [:]\nm.map = { c -> [1].each(c) }\nworkflow { m.map { new Date() } }',
  'def map(c) { [1].each(c) }\nworkflow { P.map { new Date() } }',
  'workflow { def x = params.map\n x { new Date() } }',
  'workflow { [1].each { new Date() } }',
  'workflow { Channel.of(1).map(new Date()) }',
];

const NOT_PLAIN_CONFIGS: readonly string[] = [
  'params.x = new Date()',
  'params.x = HOME',
  "params.x = new File('x').text",
  "params.x = 'date'.execute().text",
  'resume = true',
  "plugins { id 'nf-schema@2.0.0' }",
  "manifest.mainScript = 'other.nf'",
  'includeConfig params.x',
  "includeConfig 'a' + 'b'",
  "includeConfig ('a.config')",
  "try { includeConfig 'a.config' } catch (Exception e) { }",
  'process.container = { new Date() }',
  'process.container = { -> session.runName }',
  'params.x = projectDir.parent',
  'params.x = java.net.InetAddress.localHost.hostName',
  'import java.nio.file.Files',
];

describe('plain code', () => {
  for (const [title, text] of Object.entries(PLAIN))
    it(`is ${title}`, () => {
      assert.ok(readPlainCode(text, 'script'));
    });
  for (const [title, text] of Object.entries(PLAIN_CONFIGS))
    it(`is ${title} in a config`, () => {
      assert.ok(readPlainCode(text, 'config'));
    });
  for (const text of NOT_PLAIN)
    it(`is not: ${text.replaceAll('\n', ' ')}`, () => {
      assert.equal(readPlainCode(text, 'script'), undefined);
    });
  for (const text of NOT_PLAIN_CONFIGS)
    it(`is not in a config: ${text}`, () => {
      assert.equal(readPlainCode(text, 'config'), undefined);
    });

  it('is looked for in nested text without an end', () => {
    const many = (text: string): string => text.repeat(100_000);
    for (const text of [
      'include {\n',
      'process A {\n',
      'def f(',
      'a -> ',
      'take:\na\n',
      '{ a, ',
      'x\n\n',
      '"${',
    ])
      readPlainCode(many(text), 'script');
    assert.equal(readPlainCode(many('include {\n'), 'script'), undefined);
  });

  it('names the files that it includes', () => {
    const script = 'include { A ; B as C } from \'./a\'\ninclude { D } from "$projectDir/d.nf"\n';
    assert.deepEqual(readPlainCode(script, 'script')?.includes, ['./a', '$projectDir/d.nf']);
    const config = "includeConfig 'a.config'\nprofiles {\n  x {\n    includeConfig '/b.config'\n  }\n}\n";
    assert.deepEqual(readPlainCode(config, 'config')?.includes, ['a.config', '/b.config']);
  });
});
