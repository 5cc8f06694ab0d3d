import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CodeFix, fixesFor } from '../../src/core/diagnostics/fixes/fixes.ts';
import { takeOutOfParameters } from '../../src/core/diagnostics/fixes/in-params.ts';
import { literalAt } from '../../src/core/diagnostics/fixes/literal.ts';
import { readSourceCode } from '../../src/core/diagnostics/fixes/source-code.ts';
import { applyEdits } from '../../src/core/diagnostics/fixes/text-edit.ts';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import { sourceLanguage } from '../../src/core/pipeline/source-file.ts';
import {
  NEXTFLOW_VARIANTS,
  type NextflowSandbox,
  type Secrets,
  Sandboxes,
} from '../fixtures/nextflow-sandbox.ts';

// What a task gets after a fix is what it got before: Nextflow itself says both. And after it, it gets any value.

interface FixCase {
  readonly name: string;
  /** The body of a process that writes what its shell gets into $DUMPS/NAME, before the fix. */
  readonly body: string;
  /** Whether it uses `OPTIONAL`, and works without it. */
  readonly isOptional?: true;
  /** A run fails before the fix; this is what there is afterwards. */
  readonly expected?: string;
  readonly config?: string;
}

const PLAIN: Secrets = { KEY: 'fake-key-1', OPTIONAL: 'fake-optional-2' };
const HAZARDOUS: Secrets = {
  KEY: 'fake "a" \'b\' $HOME `id` \\ é * #',
  OPTIONAL: 'fake \'c\' "d" ${x} $(id) \\\\ ;',
};
const LITERAL = 'fake-key-1';

const block = (...lines: string[]): string => `"""\n  ${lines.join('\n  ')}\n  """`;
const script = (...lines: string[]): string => `  script:\n  ${block(...lines)}`;
const show = (name: string, words: string): string => `printf '<%s>' ${words} > "\\$DUMPS/${name}"`;

const CASES: readonly FixCase[] = [
  { name: 'WORD', body: script(show('WORD', '${secrets.KEY} b')) },
  { name: 'PATH_WORD', body: `  cpus 1 // one\n\n${script(show('PATH_WORD', '--key=$secrets.KEY'))}` },
  { name: 'DOUBLE', body: script(show('DOUBLE', '"a ${secrets.KEY}b"')) },
  { name: 'SINGLE', body: script(show('SINGLE', "'a ${secrets.KEY} b' '${secrets.KEY}'")) },
  { name: 'SUBSTITUTED', body: script(show('SUBSTITUTED', '"\\$(printf %s \'${secrets.KEY}\')"')) },
  {
    name: 'HERE',
    body: script('cat > "\\$DUMPS/HERE" <<END', 'it\'s "${secrets.KEY}"', 'END'),
  },
  { name: 'ONE_LINE', body: ` "${show('ONE_LINE', '${secrets.KEY}').replaceAll('"', '\\"')}"` },
  {
    name: 'BRANCH',
    body: `  script:\n  if (task.attempt == 1)\n    ${block(show('BRANCH', '${secrets.KEY}'))}\n  else {\n    "true"\n  }`,
  },
  { name: 'SHELL', body: `  shell:\n  ${block(show('SHELL', '${secrets.KEY}'))}` },
  { name: 'TWICE', body: `  secret 'KEY'\n\n${script(show('TWICE', '${secrets.KEY} "\\$KEY"'))}` },
  { name: 'ELVIS', body: script(show('ELVIS', "${secrets.OPTIONAL ?: 'd'}")), isOptional: true },
  {
    name: 'ELVIS_EMPTY',
    body: script(show('ELVIS_EMPTY', "a ${secrets.OPTIONAL ?: ''} b")),
    isOptional: true,
  },
  {
    name: 'ELVIS_TEXT',
    body: script(show('ELVIS_TEXT', '"${secrets.OPTIONAL ?: \'d \\$PPID_X e\'}"')).replace(
      '\\$PPID_X',
      '/ e',
    ),
    isOptional: true,
  },
  {
    name: 'ELVIS_WORDS',
    body: script(show('ELVIS_WORDS', "${secrets.OPTIONAL ?: 'd e'}")),
    isOptional: true,
  },
  {
    name: 'ELVIS_CODE',
    body: script(show('ELVIS_CODE', '"${secrets.OPTIONAL ?: task.cpus}"')),
    isOptional: true,
  },
  {
    name: 'TERNARY',
    body: script(show('TERNARY', 'a ${secrets.OPTIONAL ? "--key ${secrets.OPTIONAL}" : \'\'}')),
    isOptional: true,
  },
  {
    name: 'CHOICE',
    body: script(show('CHOICE', "'${secrets.OPTIONAL ? secrets.OPTIONAL : 'none'}'")),
    isOptional: true,
  },
  {
    name: 'PARAMETER',
    body: script(show('PARAMETER', '${params.key} "$params.key"')),
    config: 'params.key = secrets.KEY\n',
  },
  { name: 'LITERAL', body: script(show('LITERAL', `'a ${LITERAL}' ${LITERAL}`)) },
  {
    name: 'MISSPELLED',
    body: `  secret 'KEYY'\n\n${script(show('MISSPELLED', '"\\$KEYY"'))}`,
    expected: `<${PLAIN['KEY'] ?? ''}>`,
  },
  {
    name: 'GONE',
    body: `  secret 'NOT_SET'\n\n${script(show('GONE', 'a \\$NOT_SET "\\${NOT_SET}"'))}`,
    expected: '<a><>',
  },
  {
    name: 'COMPUTED',
    body: `  secret { secrets.KEY ? 'KEY' : '' }\n\n${script(show('COMPUTED', '"\\$KEY"'))}`,
    expected: `<${PLAIN['KEY'] ?? ''}>`,
  },
  {
    name: 'IN_CLOSURE',
    body: `  secret { secrets.OPTIONAL ? ['OPTIONAL'] : [] }\n\n${script(show('IN_CLOSURE', '${secrets.KEY} "\\${OPTIONAL:-}"'))}`,
    isOptional: true,
  },
  {
    name: 'BESIDE',
    body: `  secret 'KEY'\n  secret 'NOT_SET'\n\n${script(show('BESIDE', '"\\$KEY" "\\$NOT_SET"'))}`,
    expected: `<${PLAIN['KEY'] ?? ''}><>`,
  },
  {
    name: 'LISTED',
    body: script(show('LISTED', '"\\$KEY"')),
    config: "process { withName: 'LISTED' { secret = 'KEY' } }\n",
    expected: `<${PLAIN['KEY'] ?? ''}>`,
  },
];

type Files = Readonly<Record<'main.nf' | 'nextflow.config', string>>;

function pipeline(cases: readonly FixCase[]): Files {
  const processes = cases.map(({ name, body }) => {
    const isOneLine = !body.includes('\n');
    return isOneLine ? `process ${name} {${body} }\n` : `process ${name} {\n${body}\n}\n`;
  });
  const calls = cases.map(({ name }) => `  ${name}()\n`).join('');
  return {
    'main.nf': `${processes.join('\n')}\nworkflow {\n${calls}}\n`,
    'nextflow.config': cases.map(({ config = '' }) => config).join(''),
  };
}

/** A pipeline after all fixes that there are, each chosen by its kind. */
function fixed(files: Files): Files {
  const names = new Set(Object.keys(PLAIN));
  const texts: Record<string, string> = { ...files };
  const parameter = readSourceCode(files['nextflow.config'], 'config').scan.diagnostics.find(
    ({ code }) => code === 'in-params',
  );
  if (parameter !== undefined) {
    const sources = Object.entries(texts).map(([file, text]) => ({
      file,
      code: readSourceCode(text, sourceLanguage(file)),
    }));
    const changed = takeOutOfParameters(sources, 'nextflow.config', parameter.offset);
    assert.ok(changed !== undefined);
    for (const { file, edits } of changed) texts[file] = applyEdits(texts[file] ?? '', edits);
  }
  for (;;) {
    const text = texts['main.nf'] ?? '';
    const at = text.indexOf(LITERAL);
    if (at < 0) break;
    const edits = literalAt(readSourceCode(text, 'script'), at, at + LITERAL.length)?.edits('KEY');
    assert.ok(edits !== undefined);
    texts['main.nf'] = applyEdits(text, edits);
  }
  for (const file of Object.keys(texts)) {
    for (;;) {
      const code = readSourceCode(texts[file] ?? '', sourceLanguage(file));
      const fixes = diagnose(code.scan, names).flatMap((found) => fixesFor(code, found, names));
      const fix = fixes.find((one): one is CodeFix => 'edits' in one);
      if (fix === undefined) break;
      texts[file] = applyEdits(code.text, fix.edits);
    }
  }
  return texts as Files;
}

describe('fixes, by what Nextflow makes of them @nextflow', () => {
  const sandboxes = new Sandboxes();
  after(() => {
    sandboxes.removeAll();
  });

  const before = pipeline(CASES.filter(({ expected }) => expected === undefined));
  const afterwards = fixed(pipeline(CASES));

  /** Runs a pipeline. @returns what each task's shell got. */
  async function run(
    files: Files,
    variant: string,
    start: (
      sandbox: NextflowSandbox,
    ) => Promise<{ exitCode: number | null; stdout: Buffer; stderr: Buffer | string }>,
    cases = CASES,
  ): Promise<Record<string, string | undefined>> {
    const found = NEXTFLOW_VARIANTS.find(({ title }) => title === variant);
    assert.ok(found !== undefined);
    const sandbox = await sandboxes.create(found);
    for (const [name, text] of Object.entries(files)) sandbox.write(name, text);
    const { exitCode, stdout, stderr } = await start(sandbox);
    assert.equal(exitCode, 0, `${files['main.nf']}\n${String(stdout)}\n${String(stderr)}`);
    return Object.fromEntries(
      cases.map(({ name }) => {
        const path = join(sandbox.dumps, name);
        return [name, existsSync(path) ? readFileSync(path, 'utf8') : undefined];
      }),
    );
  }

  const plain = (secrets: Secrets) => async (sandbox: NextflowSandbox) => {
    sandbox.fillNextflowStore(secrets);
    return sandbox.nextflow(['run', 'main.nf']);
  };

  let told: Record<string, string | undefined> = {};
  const expectedOf = (values: Secrets): Record<string, string | undefined> =>
    Object.fromEntries(
      CASES.map(({ name, expected }) => {
        const text = (expected ?? told[name])
          ?.replaceAll(PLAIN['KEY'] ?? '', () => values['KEY'] ?? '')
          .replaceAll(PLAIN['OPTIONAL'] ?? '', () => values['OPTIONAL'] ?? '');
        return [name, text];
      }),
    );

  it('there is one for each', () => {
    for (const [name, text] of Object.entries(afterwards)) {
      const code = readSourceCode(text, sourceLanguage(name));
      assert.deepEqual(diagnose(code.scan, new Set(Object.keys(PLAIN))), [], text);
      assert.doesNotMatch(text, new RegExp(LITERAL));
    }
  });

  it('tasks get what they got before', async () => {
    const [was, is] = await Promise.all([
      run(before, 'Nextflow 24.10.0', plain(PLAIN)),
      run(afterwards, 'Nextflow 24.10.0', plain(PLAIN)),
    ]);
    told = was;
    for (const { name, expected } of CASES)
      assert.equal(typeof (was[name] ?? expected), 'string', `${name} wrote nothing`);
    assert.deepEqual(is, expectedOf(PLAIN));
  });

  it('without an optional one, they get what they got before', async () => {
    const { KEY = '' } = PLAIN;
    const [was, is] = await Promise.all([
      run(before, 'Nextflow 24.10.0', plain({ KEY })),
      run(afterwards, 'Nextflow 24.10.0', plain({ KEY })),
    ]);
    for (const { name, isOptional } of CASES) if (isOptional) assert.equal(is[name], was[name], name);
  });

  it('they get any value, exactly', async () => {
    const got = await run(afterwards, 'Nextflow 24.10.0', async (sandbox) => {
      await sandbox.fillVault('workspace', HAZARDOUS);
      return sandbox.launch(['--allow-missing', 'main.nf']);
    });
    assert.deepEqual(got, expectedOf(HAZARDOUS));
  });

  for (const { title } of NEXTFLOW_VARIANTS.filter(({ version }) => version !== '24.10.0')) {
    // The oldest has no `secrets` in scripts: there only what asks by the directive alone works, before and after.
    const cases = title.includes('22.10')
      ? CASES.filter((one) => !fixed(pipeline([one]))['main.nf'].includes('secrets.'))
      : CASES;
    it(`the same goes for ${title}: ${cases.length} of ${CASES.length}`, async () => {
      const got = await run(fixed(pipeline(cases)), title, plain(PLAIN), cases);
      const expected = expectedOf(PLAIN);
      assert.deepEqual(got, Object.fromEntries(cases.map(({ name }) => [name, expected[name]])));
    });
  }
});
