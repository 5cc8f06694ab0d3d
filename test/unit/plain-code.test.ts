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
  'parts of values': `workflow {
  def x = params.genomes[params.genome].fasta
  println x.split(':')[-1] + [1, 2][0]
}
`,
  'labels after new lines':
    'process P {\n  input:\n  val x\n\n  exec:\n  y = 1\n}\nworkflow {\n  main:\n  P(1)\n}\n',
  'a pipe of its own processes': 'include { A } from "./a"\nworkflow {\n  Channel.of(1) | A | view\n}\n',
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
  "workflow { def m = ['map': { c -> [1].each(c) }]\n m.map { new Date() } }",
  "def k = 'm' + 'ap'\nworkflow { def m = [(k): { c -> [1].each(c) }]\n m.map { new Date() } }",
  "workflow { def m = [:]\n m.put('m' + 'ap', { c -> [1].each(c) })\n m.map { new Date() } }",
  // A method by a name that is a text.
  "workflow { 'evaluate' 'new File(1).text' }",
  'workflow { def x = \'file\' "x" }',
  "'evaluate' { 1 }",
  // A property by a name that is a text, or that is computed.
  "def c = { 1 }\nif (c['owner'].x) P()",
  "workflow { def x = 'x'['class'] }",
  "workflow { def c = { 1 }\n def k = 'own' + 'er'\n if (c[k]) P() }",
  "workflow { def c = { 1 }\n if (c?['owner']) P() }",
  'workflow { def x = "$projectDir"[\'values\'] }',
  // The parts of a text, as they were before.
  'workflow { if (("${projectDir}".values[0] / \'flag\').text) P() }',
  // A closure that gets the script.
  "workflow { each { if ((it.projectDir / 'flag').text) P() } }",
  'tap { it.launchDir }',
  'workflow { with { x = it.workDir } }',
  // A key of a map, and a label of a closure, are no start of the body.
  'process P {\n ext a: 1,\n script: 2\n container { new Date().toString() }\n script:\n 1 }',
  'process P {\n ext([\n script: 2])\n container { new Date().toString() }\n script:\n 1 }',
  'process P {\n container {\n script:\n new Date().toString() }\n script:\n 1 }',
  'process P {\n container params.x ?\n script : new Date()\n script:\n 1 }',
  // A name that is declared elsewhere, or is a class.
  'def f(workflow) { 1 }\nworkflow { if (workflow.start) P() }',
  'if (Calendar in [1]) 1\nworkflow { def x = Calendar.instance.time }',
  'process Calendar {\n script:\n 1 }\nworkflow { def x = Calendar.instance.time }',
  'process Calendar {\n script:\n 1 }\nworkflow { def c = Calendar\n c.instance }',
  'def f(x = Calendar.instance.time) { x }\nworkflow { f() }',
  'workflow { [1].each { java -> 1 }\n if (java.util.Calendar.instance.time) P() }',
  'workflow { [1].each { a -> 1 }\n if (a.b.Calendar.instance.time) P() }',
  'def getBinding(a, b) { 1 }\nworkflow { def x = getBinding().variables }',
  'def f = Channel.module.layer',
  // What a process, or a task, knows of Nextflow.
  'process P {\n script:\n 1 }\nworkflow { if (P.processConfig.ownerScript.x) P() }',
  'process P {\n container { task.context.script.x }\n script:\n 1 }',
  'process P {\n container { def t = task\n t.context }\n script:\n 1 }',
  // A variable whose name is not in the code.
  "workflow { if (env('SSH' + '_TTY')) P() }",
  "workflow { if (System.getenv('SSH\\137TTY')) P() }",
  // The end of a line is not the end of a statement.
  'def x = params.a ?\n 1 +\n session : 1',
  // Ends of a comment.
  "// a\revaluate('x')",
  "// a\uFFFFevaluate('x')",
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
  "'plugins' { 'id' 'nf-x' }",
  "'resume' true",
  "'includeConfig' 'x.config'",
  "manifest = ['mainScript': 'other.nf']",
  "manifest['mainScript'] = 'other.nf'",
  'process x {\n script:\n container = new Date() }',
  "each { params.x = (it.projectDir / 'x').text }",
  "params.x = env('A' + 'B')",
  'params.x = "${launchDir}".values[0].parent',
  "params.x = { 1 }['owner']",
  'process.container = { task.context }',
  'params.map = { c -> [1].each(c) }',
  'projectDir = \'/shared\'\nincludeConfig "$projectDir/x.config"',
  "launchDir = '/x'",
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
