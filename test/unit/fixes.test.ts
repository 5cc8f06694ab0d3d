import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fixesFor } from '../../src/core/diagnostics/fixes/fixes.ts';
import { mayLeaveParameters, takeOutOfParameters } from '../../src/core/diagnostics/fixes/in-params.ts';
import { literalAt } from '../../src/core/diagnostics/fixes/literal.ts';
import { readSourceCode } from '../../src/core/diagnostics/fixes/source-code.ts';
import { applyEdits } from '../../src/core/diagnostics/fixes/text-edit.ts';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import type { DiagnosticCode } from '../../src/core/diagnostics/rules/registry.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import type { SourceLanguage, SourceScan } from '../../src/core/references/scan.ts';
import { source } from '../fixtures/generated-source.ts';
import { processes } from '../fixtures/generated-process.ts';
import { FORMS } from '../fixtures/source-forms.ts';

/** The text after the first fix of a kind for the first diagnostic of a code, or undefined if there is none. */
function fixed(
  before: string,
  code: DiagnosticCode,
  kind: string,
  { language = 'script', names = [] }: { language?: SourceLanguage; names?: readonly string[] } = {},
): string | undefined {
  const source = readSourceCode(before, language);
  const known = new Set(names);
  const found = diagnose(source.scan, known).find((one) => one.code === code);
  assert.ok(found !== undefined, `${code} in ${before}`);
  const fix = fixesFor(source, found, known).find((one) => one.kind === kind);
  return fix === undefined || !('edits' in fix) ? undefined : applyEdits(before, fix.edits);
}

const lines = (...all: string[]): string => `${all.join('\n')}\n`;

describe('a value in the script of a task becomes a variable', () => {
  const inProcess = (body: string, directives = ''): string =>
    `process A {\n${directives}    script:\n    """\n    ${body}\n    """\n}\n`;
  const OPTIONAL = "    secret { secrets.KEY ? ['KEY'] : [] }\n\n";
  const REQUIRED = "    secret 'KEY'\n\n";
  const BODIES: readonly (readonly [before: string, after: string | undefined, directive?: string])[] = [
    ['f ${secrets.KEY}', 'f "\\$KEY"'],
    ['f $secrets.KEY', 'f "\\$KEY"'],
    ["f ${ secrets['KEY'] }", 'f "\\$KEY"'],
    ['f ${this.secrets.KEY}', 'f "\\$KEY"'],
    ["f ${secrets.getProperty('KEY')}", 'f "\\$KEY"'],
    ['f --key=${secrets.KEY}x', 'f --key="\\$KEY"x'],
    ['f "${secrets.KEY}"', 'f "\\$KEY"'],
    ['f "Bearer ${secrets.KEY}"', 'f "Bearer \\$KEY"'],
    ['f "${secrets.KEY}_1"', 'f "\\${KEY}_1"'],
    ['f "${secrets.KEY}${params.x}"', 'f "\\${KEY}${params.x}"'],
    ["f 'Bearer ${secrets.KEY}'", 'f \'Bearer \'"\\$KEY"'],
    ["f '${secrets.KEY}'", 'f "\\$KEY"'],
    ["f '${secrets.KEY} b'", 'f "\\$KEY"\' b\''],
    ["f 'a ${secrets.KEY} b'", "f 'a '\"\\$KEY\"' b'"],
    ['f "\\$(g ${secrets.KEY})"', 'f "\\$(g "\\$KEY")"'],
    ['f "\\$(g "${secrets.KEY}")"', 'f "\\$(g "\\$KEY")"'],
    ['f \\`g ${secrets.KEY}\\`', undefined],
    ['f \\${x:-${secrets.KEY}}', undefined],
    ['f \\$((${secrets.KEY} + 1))', undefined],
    ["f \\$'${secrets.KEY}'", undefined],
    ['# ${secrets.KEY}\n    f', '# \\$KEY\n    f'],
    ['f <<END\n    a = "${secrets.KEY}"\n    END', 'f <<END\n    a = "\\$KEY"\n    END'],
    ["f <<'END'\n    a = ${secrets.KEY}\n    END", undefined],
    ["f <<'END'\n    '\n    END\n    f ${secrets.KEY}", "f <<'END'\n    '\n    END\n    f \"\\$KEY\""],
    ['#!/usr/bin/env python\n    f("${secrets.KEY}")', undefined],
    ['#!/usr/bin/env bash\n    f ${secrets.KEY}', '#!/usr/bin/env bash\n    f "\\$KEY"'],
    ["f ${secrets.KEY ?: 'd'}", 'f "\\${KEY:-d}"', OPTIONAL],
    ['f ${secrets.KEY ?: 7}', 'f "\\${KEY:-7}"', OPTIONAL],
    ["f ${secrets.KEY ?: ''}", 'f \\${KEY:+"\\$KEY"}', OPTIONAL],
    ['f "${secrets.KEY ?: \'d e\'}"', 'f "\\${KEY:-d e}"', OPTIONAL],
    ['f "${secrets.KEY ?: \'$HOME/d\'}"', 'f "\\${KEY:-\\$HOME/d}"', OPTIONAL],
    ["f '${secrets.KEY ?: 'd e'}'", 'f "\\${KEY:-d e}"', OPTIONAL],
    ["f ${secrets.KEY ?: 'd e'}", "f ${secrets.KEY ? '\"$KEY\"' : 'd e'}", OPTIONAL],
    ['f ${secrets.KEY ?: params.key}', 'f ${secrets.KEY ? \'"$KEY"\' : params.key}', OPTIONAL],
    ['f "${secrets.KEY ?: \'a}\'}"', "f \"${secrets.KEY ? '$KEY' : 'a}'}\"", OPTIONAL],
    ["f ${secrets.KEY ? secrets.KEY : 'd'}", "f ${secrets.KEY ? '\"$KEY\"' : 'd'}", OPTIONAL],
    [
      'f ${secrets.KEY ? "--key ${secrets.KEY}" : \'\'}',
      'f ${secrets.KEY ? "--key \\"\\$KEY\\"" : \'\'}',
      OPTIONAL,
    ],
    ['f ${secrets.KEY.trim()}', undefined],
    ['f ${g(secrets.KEY)}', undefined],
    ["f ${'--key ' + secrets.KEY}", undefined],
    ['f ${[1].collect { secrets.KEY }}', undefined],
  ];
  for (const [before, after, directive = REQUIRED] of BODIES) {
    it(before, () => {
      const expected = after === undefined ? undefined : inProcess(after, directive);
      assert.equal(fixed(inProcess(before), 'in-script', 'environment'), expected);
    });
  }

  const WHOLE: readonly (readonly [title: string, before: string, after: string | undefined])[] = [
    [
      'behind directives of several lines, one of which starts with a text',
      lines(
        'process A {',
        '  tag params.a ?',
        "    'a' :",
        "    'b'",
        '  ext args:',
        "    'c' +",
        "      'd'",
        '',
        '  script:',
        '  "f ${secrets.KEY}"',
        '}',
      ),
      lines(
        'process A {',
        '  tag params.a ?',
        "    'a' :",
        "    'b'",
        '  ext args:',
        "    'c' +",
        "      'd'",
        "  secret 'KEY'",
        '',
        '  script:',
        '  "f \\"\\$KEY\\""',
        '}',
      ),
    ],
    [
      'behind a directive of two lines that end as on Windows',
      "process A {\r\n  tag params.a ?\r\n    'a' : 'b'\r\n\r\n  script:\r\n  \"f ${secrets.KEY}\"\r\n}\r\n",
      "process A {\r\n  tag params.a ?\r\n    'a' : 'b'\r\n  secret 'KEY'\r\n\r\n  script:\r\n  \"f \\\"\\$KEY\\\"\"\r\n}\r\n",
    ],
    [
      'behind the other directives and their comments',
      lines(
        'process A {',
        "  tag 'a' // what it is",
        '  cpus 2 /* two */ // many',
        '',
        '  input:',
        '  val x',
        '',
        '  script:',
        '  "f ${secrets.KEY} $x"',
        '}',
      ),
      lines(
        'process A {',
        "  tag 'a' // what it is",
        '  cpus 2 /* two */ // many',
        "  secret 'KEY'",
        '',
        '  input:',
        '  val x',
        '',
        '  script:',
        '  "f \\"\\$KEY\\" $x"',
        '}',
      ),
    ],
    [
      'with tabs and line ends of Windows',
      'process A {\r\n\tcpus 2\r\n\r\n\tscript:\r\n\t"""\r\n\tf ${secrets.KEY}\r\n\t"""\r\n}\r\n',
      'process A {\r\n\tcpus 2\r\n\tsecret \'KEY\'\r\n\r\n\tscript:\r\n\t"""\r\n\tf "\\$KEY"\r\n\t"""\r\n}\r\n',
    ],
    [
      'all in one line',
      'process A { cpus 2; script: "f ${secrets.KEY}" }\n',
      'process A { cpus 2\n    secret \'KEY\'; script: "f \\"\\$KEY\\"" }\n',
    ],
    [
      'all in one line, without directives',
      'process A { "f ${secrets.KEY}" }\n',
      'process A {\n    secret \'KEY\'\n    script:\n    "f \\"\\$KEY\\"" }\n',
    ],
    [
      'with a label for a script that had none',
      lines('process A {', '  """', '  f ${secrets.KEY}', '  """', '}'),
      lines('process A {', "  secret 'KEY'", '', '  script:', '  """', '  f "\\$KEY"', '  """', '}'),
    ],
    [
      'not asking for it twice',
      lines('process A {', "  secret 'KEY'", '  script:', '  """', '  f ${secrets.KEY}', '  """', '}'),
      lines('process A {', "  secret 'KEY'", '  script:', '  """', '  f "\\$KEY"', '  """', '}'),
    ],
    [
      'next to the closing quotes',
      'process A {\n  script:\n  """f ${secrets.KEY}"""\n}\n',
      'process A {\n  secret \'KEY\'\n\n  script:\n  """f "\\$KEY\\""""\n}\n',
    ],
    [
      'in a stub, beside a template',
      lines(
        'process A {',
        '  script:',
        "  template 'a.sh'",
        '',
        '  stub:',
        '  """',
        '  f ${secrets.KEY}',
        '  """',
        '}',
      ),
      lines(
        ...['process A {', "  secret 'KEY'", '', '  script:', "  template 'a.sh'", '', '  stub:', '  """'],
        ...['  f "\\$KEY"', '  """', '}'],
      ),
    ],
    [
      'in the branches of an if',
      lines(
        'process A {',
        '  script:',
        '  if (x)',
        '    "f ${secrets.KEY}"',
        '  else {',
        '    "g"',
        '  }',
        '}',
      ),
      lines(
        ...['process A {', "  secret 'KEY'", '', '  script:', '  if (x)', '    "f \\"\\$KEY\\""', '  else {'],
        ...['    "g"', '  }', '}'],
      ),
    ],
    [
      'not in a variable, which may be used anywhere',
      'process A {\n  script:\n  def k = "${secrets.KEY}"\n  """\n  f $k\n  """\n}\n',
      undefined,
    ],
    ['not in a closure', 'process A {\n  script:\n  x.each { "${secrets.KEY}" }\n  "f"\n}\n', undefined],
    ['not in an operand', 'process A {\n  script:\n  "f ${secrets.KEY}" + x\n}\n', undefined],
    [
      'not for another shell',
      'process A {\n  shell \'python\'\n  script:\n  "f ${secrets.KEY}"\n}\n',
      undefined,
    ],
    ['not in a slashy text', 'process A {\n  script:\n  /f ${secrets.KEY}/\n}\n', undefined],
    ['not if the shell sets that variable', 'process A {\n  script:\n  "f ${secrets.PPID}"\n}\n', undefined],
  ];
  for (const [title, before, after] of WHOLE) {
    it(title, () => {
      assert.equal(fixed(before, 'in-script', 'environment'), after);
    });
  }
});

describe('a secret that is not set', () => {
  const task = (directive: string, script: string): string =>
    `process A {\n  ${directive}\n  script:\n  ${script}\n}\n`;
  const NEAR: readonly (readonly [string, string])[] = [
    ['x = secrets.NCBI_KEY', 'x = secrets.NCBI_API_KEY'],
    ["x = secrets['NCBI_KEY']", "x = secrets['NCBI_API_KEY']"],
    [
      task("secret 'NCBI_KEY'", '"f \\$NCBI_KEY \\${NCBI_KEY:-} $NCBI_KEY"'),
      task("secret 'NCBI_API_KEY'", '"f \\$NCBI_API_KEY \\${NCBI_API_KEY:-} $NCBI_KEY"'),
    ],
    [
      task("secret 'NCBI_KEY'", "'''f $NCBI_KEY '$NCBI_KEY' NCBI_KEY --NCBI_KEY=x'''"),
      task("secret 'NCBI_API_KEY'", "'''f $NCBI_API_KEY '$NCBI_KEY' NCBI_KEY --NCBI_KEY=x'''"),
    ],
  ];
  for (const [before, after] of NEAR) {
    it(`gets the name that was meant: ${JSON.stringify(before)}`, () => {
      assert.equal(fixed(before, 'not-set', 'name', { names: ['NCBI_API_KEY', 'OTHER'] }), after);
    });
  }

  const OPTIONAL: readonly (readonly [string, string | undefined])[] = [
    [
      task("secret 'KEY'", '"""f $x \\$KEY "\\${KEY}" \\${KEY:-d} \'\\$KEY\'"""'),
      task(
        "secret { secrets.KEY ? ['KEY'] : [] }",
        '"""f $x \\${KEY:-} "\\${KEY:-}" \\${KEY:-d} \'\\$KEY\'"""',
      ),
    ],
    [
      task('secret("KEY") // why', "'''f $KEY'''"),
      task("secret({ secrets.KEY ? ['KEY'] : [] }) // why", "'''f ${KEY:-}'''"),
    ],
    [
      task("secret 'KEY'", "'''f `g $KEY` $(($KEY + 1))'''"),
      task("secret { secrets.KEY ? ['KEY'] : [] }", "'''f `g ${KEY:-}` $((${KEY:-} + 1))'''"),
    ],
    // Beside another directive, which a closure would take the place of.
    [
      task("secret 'KEY'\n  secret 'OTHER'", "'''f $KEY'''"),
      task("secret secrets.KEY ? 'KEY' : ''\n  secret 'OTHER'", "'''f ${KEY:-}'''"),
    ],
    // In typed processes there is no form for that.
    [`nextflow.enable.types = true\n${task("secret 'KEY'\n  secret 'OTHER'", "'''f $KEY'''")}`, undefined],
    [
      `nextflow.preview.types = true\n${task("secret 'KEY'", "'''f $KEY'''")}`,
      `nextflow.preview.types = true\n${task("secret { secrets.KEY ? ['KEY'] : [] }", "'''f ${KEY:-}'''")}`,
    ],
    [task("secret 'KEY'", "'''f <<'END'\n$KEY\nEND\n'''"), undefined],
    [task("secret 'KEY', 'OTHER'", "'f'"), undefined],
    [task("secret 'KEY'", "'f ${#KEY}'"), undefined],
    [task("secret 'KEY'", "'f ${KEY%x}'"), undefined],
  ];
  for (const [before, after] of OPTIONAL) {
    it(`becomes optional: ${JSON.stringify(before)}`, () => {
      assert.equal(fixed(before, 'not-set', 'optional'), after);
    });
  }
});

describe('a directive beside a closure', () => {
  const CASES: readonly (readonly [before: string, after: string | undefined])[] = [
    ["{ secrets.OTHER ? ['OTHER'] : [] }", "{ (secrets.OTHER ? ['OTHER'] : []) + ['KEY'] }"],
    ["({ ['OTHER'] })", "({ (['OTHER']) + ['KEY'] })"],
    ["{ (secrets.A ? ['A'] : []) + ['B'] }", "{ ((secrets.A ? ['A'] : []) + ['B']) + ['KEY'] }"],
    ["{ def x = ['OTHER']; x }", undefined],
    ["{ return ['OTHER'] }", undefined],
  ];
  for (const [before, after] of CASES) {
    it(`goes into it: ${before}`, () => {
      const pipeline = (value: string, body: string): string =>
        `process A {\n  secret ${value}\n  script:\n  "${body}"\n}\n`;
      assert.equal(
        fixed(pipeline(before, 'f ${secrets.KEY}'), 'in-script', 'environment'),
        after && pipeline(after, 'f \\"\\$KEY\\"'),
      );
      if (after === undefined) return;
      const { references, dynamic } = readSourceCode(pipeline(after, 'f'), 'script').scan;
      assert.ok(
        references.some(({ name, kind, optional }) => name === 'KEY' && kind === 'directive' && !optional),
      );
      assert.deepEqual(dynamic, []);
    });
  }
});

describe('a text for a directive that each task computes', () => {
  const typed = (directive: string, stage = 'enable'): string =>
    `nextflow.${stage}.types = true\n\nprocess A {\n  ${directive}\n\n  input:\n  x: String\n\n  script:\n  'f'\n}\n`;
  const CASES: readonly (readonly [before: string, after: string | undefined])[] = [
    [typed("secret secrets.KEY ? 'KEY' : ''"), typed("secret { secrets.KEY ? ['KEY'] : [] }")],
    [typed("secret secrets.KEY ? ['KEY'] : ''"), undefined],
    [
      typed("secret(secrets.KEY ? 'KEY' : [])", 'preview'),
      typed("secret({ secrets.KEY ? ['KEY'] : [] })", 'preview'),
    ],
    [typed("secret { secrets.KEY ? 'KEY' : '' }"), typed("secret { secrets.KEY ? ['KEY'] : [] }")],
    [typed("secret params.x ? 'KEY' : 'TOKEN'"), typed("secret { params.x ? ['KEY'] : ['TOKEN'] }")],
    [
      "process A {\n  secret { secrets.KEY ? 'KEY' : '' }\n  script:\n  'f'\n}\n",
      "process A {\n  secret { secrets.KEY ? ['KEY'] : [] }\n  script:\n  'f'\n}\n",
    ],
    [typed("secret 'TOKEN'\n  secret secrets.KEY ? 'KEY' : ''"), undefined],
  ];
  for (const [before, after] of CASES) {
    it(JSON.stringify(before), () => {
      assert.equal(fixed(before, 'directive-string', 'list'), after);
    });
  }
});

describe('a plain text for secret in a config', () => {
  const CASES: readonly (readonly [string, string])[] = [
    ["process.secret = 'KEY'", "process.secret = ['KEY']"],
    [
      'process { withName: X { secret = /* a */ "KEY" // b\n } }',
      'process { withName: X { secret = /* a */ ["KEY"] // b\n } }',
    ],
    ["process.secret = secrets.KEY ? 'KEY' : ''", "process.secret = secrets.KEY ? ['KEY'] : []"],
    ["process.secret = x ? 'KEY' : ['TOKEN']", "process.secret = x ? ['KEY'] : ['TOKEN']"],
  ];
  for (const [before, after] of CASES) {
    it(JSON.stringify(before), () => {
      assert.equal(fixed(before, 'config-string', 'list', { language: 'config' }), after);
    });
  }
});

describe('a parameter that has a value of a secret', () => {
  const process = (script: string): string =>
    lines('process A {', '  script:', '  """', `  ${script}`, '  """', '}');
  const asked = (script: string): string =>
    lines('process A {', "  secret 'KEY'", '', '  script:', '  """', `  ${script}`, '  """', '}');
  const CASES: readonly (readonly [
    title: string,
    before: string[],
    after: (string | undefined)[] | undefined,
  ])[] = [
    [
      'becomes the directive',
      [
        'params.a = 1\nparams.key = secrets.KEY // it\nparams.b = 2\n',
        process('f ${params.key} "$params.key" $params.a'),
      ],
      ['params.a = 1\nparams.b = 2\n', asked('f "\\$KEY" "\\$KEY" $params.a')],
    ],
    [
      'in a block, with a fallback',
      ["params { a = 1; key = secrets.KEY ?: 'd'; b = 2 }\n", process('f ${params.key}')],
      [
        'params { a = 1; b = 2 }\n',
        asked('f "\\${KEY:-d}"').replace("secret 'KEY'", "secret { secrets.KEY ? ['KEY'] : [] }"),
      ],
    ],
    [
      'as the property elsewhere',
      ['params.key = secrets.KEY\nworkflow {\n  f(params.key, params["key"])\n}\n'],
      ['workflow {\n  f(secrets.KEY, secrets.KEY)\n}\n'],
    ],
    [
      'not if it is set twice',
      ['params.key = secrets.KEY\n', 'params.key = 1\n', process('f ${params.key}')],
      undefined,
    ],
    [
      'not if a profile sets it',
      ['profiles { x { params.key = secrets.KEY } }', process('f ${params.key}')],
      undefined,
    ],
    ['not if it is printed', ['params.key = secrets.KEY\nprintln params.key\n'], undefined],
    [
      'not if it is computed with',
      ['params.key = secrets.KEY\n', process('f ${params.key.trim()}')],
      undefined,
    ],
    ['not if nothing reads it', ['params.key = secrets.KEY\n', process('f')], undefined],
  ];
  for (const [title, before, after] of CASES) {
    it(title, () => {
      const files = before.map((text, index) => ({
        file: String(index),
        code: readSourceCode(text, index === 0 && !text.includes('workflow') ? 'config' : 'script'),
      }));
      const offset = files[0]?.code.scan.diagnostics.find(({ code }) => code === 'in-params')?.offset ?? -1;
      const edits = takeOutOfParameters(files, '0', offset);
      // The file alone never says no to what all code allows.
      if (edits !== undefined) assert.ok(mayLeaveParameters(files[0]!.code, offset));
      const result =
        edits &&
        before.map((text, index) =>
          applyEdits(text, edits.find(({ file }) => file === String(index))?.edits ?? []),
        );
      assert.deepEqual(result, after);
    });
  }
});

describe('a value is not offered to leave the parameters', () => {
  const CASES: readonly (readonly [string, string, boolean])[] = [
    ['but for a plain assignment', 'params.key = secrets.KEY\n', true],
    ['if it is computed with', "params.key = secrets.KEY + 'x'\n", false],
    ['if its own file sets the parameter again', "params.key = secrets.KEY\nparams.key = 'x'\n", false],
  ];
  for (const [title, text, expected] of CASES) {
    it(title, () => {
      const code = readSourceCode(text, 'config');
      assert.equal(mayLeaveParameters(code, code.scan.references[0]!.offset), expected);
    });
  }
});

describe('a value that stands in the code', () => {
  const VALUE = 'ghp_fake';
  const script = (text: string, directive = ''): string =>
    `process A {\n  ${directive}script:\n  ${text}\n}\n`;
  const CASES: readonly (readonly [before: string, after: string | undefined])[] = [
    [`x = '${VALUE}'`, 'x = secrets.KEY'],
    [`x = "${VALUE}"`, 'x = secrets.KEY'],
    [`x = """${VALUE}"""`, 'x = secrets.KEY'],
    [`x = 'a ${VALUE} b'`, 'x = "a ${secrets.KEY} b"'],
    [`x = '''a ${VALUE} b'''`, 'x = """a ${secrets.KEY} b"""'],
    [`x = "a \${y} ${VALUE}"`, 'x = "a ${y} ${secrets.KEY}"'],
    [`x = 'a $y ${VALUE}'`, undefined],
    [`x = ['${VALUE}': 1]`, undefined],
    [`def secrets = 1\nx = '${VALUE}'`, undefined],
    [`// '${VALUE}'`, undefined],
    [script(`"f ${VALUE}"`), script('"f \\"\\$KEY\\""', "secret 'KEY'\n\n  ")],
    [script(`'''f -H 'a ${VALUE}' '''`), script(`'''f -H 'a '"$KEY" '''`, "secret 'KEY'\n\n  ")],
    [script(`"""f "a ${VALUE}b" \${x}"""`), script('"""f "a \\${KEY}b" ${x}"""', "secret 'KEY'\n\n  ")],
  ];
  for (const [before, after] of CASES) {
    it(JSON.stringify(before), () => {
      const at = before.indexOf(VALUE);
      const code = readSourceCode(before, 'script');
      const literal = literalAt(code, at, at + VALUE.length);
      if (literal !== undefined) assert.equal(literal.value, VALUE);
      const edits = literal?.edits('KEY');
      assert.equal(edits && applyEdits(before, edits), after);
    });
  }

  it('is taken without its escapes, and from its quotes on', () => {
    const before = "x = 'a\\'b\\u0041'";
    const literal = literalAt(readSourceCode(before, 'script'), 4, before.length);
    assert.equal(literal?.value, "a'bA");
  });
});

describe('fixes of any text', () => {
  /** What a text says of secrets, without where. */
  const said = (text: string, language: SourceLanguage, without: string): string[] =>
    scanSource(text, language)
      .references.filter(({ name }) => name !== without)
      .map(({ name, kind, process, optional }) => [name, kind, process, optional].join(' '));
  const nameAt = ({ references, diagnostics }: SourceScan, offset: number): string =>
    [...references, ...diagnostics].find((one) => one.offset === offset)?.name ?? '';
  const count = (
    text: string,
    language: SourceLanguage,
    names: ReadonlySet<string>,
    code: string,
    name: string,
  ): number => {
    const scan = scanSource(text, language);
    return diagnose(scan, names).filter((found) => found.code === code && nameAt(scan, found.offset) === name)
      .length;
  };

  /** The uses of a name where something says that it is set. */
  const guardedUses = ({ references }: SourceScan, name: string): number =>
    references.filter((use) => use.name === name && use.optional && !use.tested).length;

  function assertFixes(text: string, language: SourceLanguage): number {
    const names = new Set(['KEYS', 'API_KEY']);
    const code = readSourceCode(text, language);
    let fixes = 0;
    for (const found of diagnose(code.scan, names)) {
      const name = nameAt(code.scan, found.offset);
      for (const fix of fixesFor(code, found, names)) {
        if (!('edits' in fix)) continue;
        fixes += 1;
        const after = applyEdits(text, fix.edits);
        const where = `${text}\n--- ${fix.kind} ${name} ---\n${after}`;
        const rest = count(text, language, names, found.code, name) - 1;
        const left = count(after, language, names, found.code, name);
        // What a variable of it guards is guarded by the other name then, and may be said to be not set.
        const guarded = fix.kind === 'name' ? guardedUses(code.scan, name) : 0;
        assert.ok(left >= rest && left <= rest + guarded, `${left} instead of ${rest}: ${where}`);
        const others = fix.kind === 'name' ? [name, fix.name] : [fix.name];
        const expected = said(text, language, name).filter(
          (line) => !others.includes(line.split(' ')[0] ?? ''),
        );
        const actual = said(after, language, name).filter(
          (line) => !others.includes(line.split(' ')[0] ?? ''),
        );
        assert.deepEqual(actual, expected, where);
      }
    }
    return fixes;
  }

  it('leave a text without that diagnostic, and all other references as they were', () => {
    let fixes = 0;
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...FORMS), source, processes), ({ text, language }) => {
        fixes += assertFixes(text, language);
      }),
      { numRuns: 1000 },
    );
    assert.ok(fixes > 300, `${fixes} fixes`);
  });
});
