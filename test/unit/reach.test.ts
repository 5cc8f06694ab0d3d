import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isNeeded } from '../../src/core/launch/plan.ts';
import { type PipelineCode, readPipeline } from '../../src/core/pipeline/pipeline.ts';
import { REACH_FORMS, type ReachForm } from '../fixtures/reach-forms.ts';
import { fakeWorld } from '../fixtures/world.ts';

describe('what a run reaches', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'reach-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  async function read({ files, args = [] }: ReachForm): Promise<PipelineCode> {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    const [pipeline, options] = args[0] === '.' ? ['.', args.slice(1)] : ['main.nf', args];
    const command = {
      executable: 'nextflow',
      args: ['run', pipeline, ...options],
      pipeline,
      background: undefined,
    };
    return readPipeline(command, { pulling: 'never', services: [] }, fakeWorld({ cwd: directory }));
  }

  async function missing(form: ReachForm): Promise<string[]> {
    const { references } = await read(form);
    const names = references.filter((use) => isNeeded(use, new Set())).map(({ name }) => name);
    return [...new Set(names)].sort();
  }

  const workflow = (code: string): ReachForm['files'] => ({ 'main.nf': `workflow {\n  ${code}\n}\n` });
  const GUARDED: Readonly<Record<string, readonly [code: string, required: boolean]>> = {
    'a variable that is tested': ['def t = secrets.KEY_1\n  if (t) { println t.size() }', false],
    'a variable with a type that is tested': ['String t = secrets.KEY_1\n  println(t ? t.size() : 0)', false],
    'a variable that is read where it is not tested': [
      'def t = secrets.KEY_1\n  if (t) { }\n  println t.size()',
      true,
    ],
    'a variable that is read in the other branch': [
      'def t = secrets.KEY_1\n  if (!t) { println t.size() }',
      true,
    ],
    'a variable that is in a text': ['def t = secrets.KEY_1\n  println "a $t"', true],
    'another variable of the name': ['def t = secrets.KEY_1\n  if (t) { }\n  def t = 5\n  println t', false],
    'another variable of the name in a block': [
      'def t = secrets.KEY_1\n  if (params.a) { def t = 5 }\n  println t.size()',
      true,
    ],
    'a variable that may get another value': [
      'def t = secrets.KEY_1\n  if (params.a) { t = 5 }\n  [].each { t = 5 }\n  println t.size()',
      true,
    ],
    'a variable of a block that is over': [
      'if (params.a) { def t = secrets.KEY_1\n if (t) { println t } }\n  println t.size()',
      false,
    ],
    'a variable that nothing reads here': ['def t = secrets.KEY_1', true],
    'a variable with a default': ["def t = secrets.KEY_1\n  println(t ?: 'none')", false],
    'a safe call': ['def t = secrets.KEY_1?.trim()\n  if (t) { println t }', false],
    'a safe call alone': ['println secrets.KEY_1?.trim()', false],
    'a safe call and another one': ['println secrets.KEY_1?.trim().size()', true],
    'a comparison with null': ['if (secrets.KEY_1 != null) { println secrets.KEY_1 }', false],
    'the loader': ["println nextflow.secret.SecretsLoader.instance.load().getSecret('KEY_1').value", true],
  };
  for (const [title, [code, isRequired]] of Object.entries(GUARDED)) {
    it(title, async () => {
      assert.deepEqual(await missing({ files: workflow(code), required: [] }), isRequired ? ['KEY_1'] : []);
    });
  }

  it('a variable of the script is none of a function, whose own may be called so', async () => {
    const main = `def t = secrets.KEY_1\ndef f() {\n  def t = 5\n  t = 6\n}\nworkflow { println t.size() }\n`;
    assert.deepEqual(await missing({ files: { 'main.nf': main }, required: [] }), ['KEY_1']);
  });

  it('a variable in an expression of a text behind shell:', async () => {
    const main = `process P {\n  shell:\n  def t = secrets.KEY_1\n  if (t) { }\n  '''\n  tool !{t}\n  '''\n}\nworkflow { P() }\n`;
    assert.deepEqual(await missing({ files: { 'main.nf': main }, required: [] }), ['KEY_1']);
  });

  for (const section of ['input:\n  val x', 'output:\n  stdout']) {
    it(`a directive behind ${section.slice(0, 6)}`, async () => {
      const main = `process P {\n  ${section}\n  secret 'KEY_1'\n\n  script:\n  'true'\n}\nworkflow { P(1) }\n`;
      assert.deepEqual(await missing({ files: { 'main.nf': main }, required: [] }), ['KEY_1']);
    });
  }

  it('includes of institutions’ configs are not worth a line, and others one for all', async () => {
    const include = (url: string): string =>
      `includeConfig !System.getenv('NXF_OFFLINE') && params.base ? "\${params.base}/${url}" : "/dev/null"`;
    const config = (base: string): string =>
      `params {\n  version = 'master'\n  base = "${base}/\${params.version}"\n}\n${include('a.config')}\n${include('b.config')}\n`;
    const notRead = async (base: string, ...args: string[]): Promise<readonly string[]> => {
      const files = { 'main.nf': 'workflow { }\n', 'nextflow.config': config(base) };
      return (await read({ files, args, required: [] })).notRead.map(String);
    };
    assert.deepEqual(await notRead('https://raw.githubusercontent.com/nf-core/configs'), []);
    const other = await notRead('https://example.org/configs');
    assert.equal(other.length, 1, other.join('\n'));
    assert.match(
      other[0]!,
      /nextflow\.config:5 and 1 more like it include code that is not read: it is on another machine/,
    );
    assert.deepEqual(await notRead('https://example.org/configs', '--base', 'false'), []);
    assert.equal(
      (await notRead('https://raw.githubusercontent.com/nf-core/configs', '-profile', 'lab')).length,
      1,
    );
  });

  for (const [title, form] of Object.entries(REACH_FORMS)) {
    it(title, async () => {
      assert.deepEqual(await missing(form), [...form.required, ...(form.cautious ?? [])].sort());
    });
  }
});
