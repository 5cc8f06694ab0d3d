import assert from 'node:assert/strict';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import type { SourceLanguage } from '../../src/core/references/scan.ts';

const S = '${secrets.KEY}';

/** What is said of a value that goes through variables, maps, channels, closures and functions. */
const CASES: readonly (readonly [codes: string, code: string, language?: SourceLanguage])[] = [
  ['printed', `Channel.of("${S}").view()`],
  ['printed', `Channel.of("${S}") | view`],
  ['printed', `Channel.of("${S}").dump()`],
  ['printed', `Channel.of("${S}").dump(tag: 'a')`],
  ['printed', `channel.value(secrets.KEY).map { it.trim() }.view { "a $it" }`],
  ['printed', `Channel.of(secrets.KEY).subscribe { println it }`],
  ['printed', `Channel.of(secrets.KEY).subscribe { v -> println v }`],
  ['printed', `def t = secrets.KEY\nprintln t`],
  ['printed', `t = secrets.KEY\nprintln "a \${t}"`],
  ['printed', `def m = [t: secrets.KEY, n: 1]\nprintln m.t`],
  ['printed', `def m = [t: secrets.KEY]\nprintln m`],
  ['', `def m = [t: secrets.KEY, n: 1]\nprintln m.n`],
  ['printed', `Channel.of([k: secrets.KEY]).view()`],
  ['in-params printed', `params.x = secrets.KEY\nprintln params.x`],
  ['in-params', `params.x = secrets.KEY\nprintln params.y`],
  ['printed', `log.info(secrets.KEY)`],
  ['printed', `System.out.println(secrets.KEY)`],
  ['printed', `System.out << secrets.KEY`],
  ['printed', `printf("%s", secrets.KEY)`],
  ['printed', `error "x ${S}"`],
  ['printed', `exit 1, secrets.KEY`],
  ['printed', `throw new Exception("…${S}")`],
  ['printed', `assert secrets.KEY == params.y`],
  ['', `assert secrets.KEY`],
  ['', `assert secrets.KEY != null`],
  ['', `assert secrets.KEY, "set X"`],
  ['printed', `assert params.y, "a ${S}"`],
  ['printed', `assert secrets.KEY.size() > 3`],
  ['printed', `Channel.of(secrets.KEY).collectFile(name: 'a')`],
  ['printed', `file('x').text = secrets.KEY`],
  ['printed', `new File('x').text = secrets.KEY`],
  ['printed', `def f = file('x')\nf.text = "a ${S}"`],
  ['printed', `file('x').append(secrets.KEY)`],
  ['printed', `file('x') << secrets.KEY`],
  ['printed', `sendMail(to: 'a', body: "${S}")`],
  ['printed', `sendMail { to 'a'\n body "${S}" }`],
  ['printed', `def show(x) { println x }\nworkflow { show(secrets.KEY) }`],
  ['printed', `workflow { show(1, secrets.KEY) }\ndef show(a, b) {\n log.info "b \${b}"\n}`],
  ['', `def show(a, b) { log.info "b \${b}" }\nworkflow { show(secrets.KEY, 1) }`],
  ['printed', `def show = { x -> println x }\nshow(secrets.KEY)`],
  ['printed', `def key() { secrets.KEY }\nprintln key()`],
  ['printed', `def key() {\n if (params.a) { return secrets.KEY }\n return null }\nprintln "k: \${key()}"`],
  ['', `if (secrets.KEY) log.info "set"`],
  ['', `println "has key: \${secrets.KEY ? 'yes' : 'no'}"`],
  ['', `println secrets.KEY != null`],
  ['', `println secrets.KEY.size()`],
  ['', `println secrets.KEY?.length()`],
  ['', `def has = secrets.KEY ? true : false\nprintln has`],
  ['', `def has = secrets.KEY != null\nprintln has`],
  ['', `boolean has = secrets.KEY\nprintln has`],
  ['', `println(secrets.KEY == params.y)`],
  ['', `def t = secrets.KEY\nif (t) println "set"`],
  ['', `def t = secrets.KEY\nprintln t ? 'a' : 'b'`],
  ['', `def t = secrets.KEY\nprintln(!t)`],
  ['', `def t = secrets.KEY\nprintln t.size()`],
  ['', `def client = connect(secrets.KEY)\nprintln client`],
  ['', `def r = http.get('u', secrets.KEY)\nprintln r`],
  ['', `def t = secrets.KEY\ndef f(t) { println t }\nf(1)`],
  ['printed', `["curl", "-H", "${S}"].execute()`],
  ['printed', `"curl ${S}".execute()`],
  ['printed', `Channel.of(secrets.KEY).set { ch }\nch.view()`],
  ['printed', `def m = [:]\nm.t = secrets.KEY\nprintln m`],
  ['printed', `def m = [:]\nm['t'] = secrets.KEY\nprintln m.t`],
  ['printed', `def l = []\nl << secrets.KEY\nprintln l`],
  ['printed', `def l = []\nl.add(secrets.KEY)\nprintln l`],
  ['', `Channel.of(secrets.KEY).view { 'got one' }`],
  ['', `Channel.of(secrets.KEY).count().view()`],
  ['', `Channel.of(1).map { connect(secrets.KEY); it }.view()`],
  ['', `Channel.of(1).map { if (secrets.KEY) it else 2 }.view()`],
  ['in-script', `process P {\n input:\n val key\n script:\n "f \${key}"\n}\nworkflow { P(secrets.KEY) }`],
  [
    'in-script',
    `process P {\n input:\n tuple val(id), val(key)\n script:\n "f \${key}"\n}\nworkflow { P(Channel.of([1, secrets.KEY])) }`,
  ],
  [
    'in-script',
    `process P {\n input:\n val key\n script:\n "f $key"\n}\nworkflow { Channel.of(secrets.KEY) | P }`,
  ],
  ['', `process P {\n input:\n val key\n script:\n "f \${key}"\n}\nworkflow { key = secrets.KEY; P(1) }`],
  ['in-script', `process P {\n script:\n def a = secrets.KEY ? "--k ${S}" : ''\n "f $a"\n}`],
  ['in-script', `def k = secrets.KEY\nprocess P {\n script:\n """\n f $k\n """\n}`],
  [
    '',
    `process P {\n secret "KEY"\n script:\n def a = secrets.KEY ? '--api \\$X' : ''\n """\n f $a\n """\n}`,
  ],
  ['in-config', `def t = secrets.KEY\ndocker.runOptions = "-e \${t}"`, 'config'],
  ['in-params in-config', `params.t = secrets.KEY\ndocker.runOptions = "-e \${params.t}"`, 'config'],
  ['in-params in-config', `params { t = secrets.KEY }\nprocess.publishDir = { "\${params.t}" }`, 'config'],
  ['', `def t = secrets.KEY\naws.secretKey = t`, 'config'],
  ['printed', `workflow.onComplete { println "\${secrets.KEY}" }`],
  ['printed', `def t = secrets.KEY\nworkflow.onComplete { println "\${t}" }`],
  ['printed', `def (a, b) = [secrets.KEY, 1]\nprintln a`],
  ['printed', `workflow SUB {\n take:\n key\n main:\n key.view()\n}\nworkflow { SUB(secrets.KEY) }`],
  ['printed', `def t = secrets.KEY ?: 'none'\nlog.debug t`],
  ['printed', `def t = "Bearer " + secrets.KEY\nprintln t`],
  ['printed', `def t = secrets.KEY.trim()\nprintln t`],
  ['printed', `def a = secrets.KEY\ndef b = a\nprintln b`],
  ['', `def t = secrets.KEY\nt = 'x'`],
  ['printed', `secrets.KEY.with { println it }`],
  ['printed', `println secrets.KEY.take(4)`],
  ['printed', `def t = secrets.KEY\n[1].each { println t }`],
  ['printed', `for (t in [secrets.KEY]) println t`],
];

describe('a value that is followed', () => {
  for (const [codes, code, language = 'script'] of CASES) {
    it(`${codes === '' ? 'nothing' : codes}: ${JSON.stringify(code)}`, () => {
      const found = diagnose(scanSource(code, language));
      assert.equal(found.map((one) => one.code).join(' '), codes);
    });
  }

  it('is said where it ends, with the variable that has it', () => {
    const text =
      'def token = secrets.KEY\ndef m = [a: token]\nworkflow {\n  println m.a\n  log.info m.a\n}\n';
    const found = diagnose(scanSource(text, 'script'));
    assert.deepEqual(
      found.map(({ code, line, column, endColumn }) => [code, line, column, endColumn]),
      [
        ['printed', 4, 11, 12],
        ['printed', 5, 12, 13],
      ],
    );
    for (const { message } of found) assert.match(String(message), /^The value of KEY \(in m\) is shown/);
  });

  it('is said once, where a secret itself is written', () => {
    const text = 'process P {\n  script:\n  def a = "--key ${secrets.KEY}"\n  """\n  f $a\n  """\n}\n';
    const found = diagnose(scanSource(text, 'script'));
    assert.deepEqual(
      found.map(({ code, line }) => [code, line]),
      [['in-script', 3]],
    );
  });

  it('is said with what it is put into', () => {
    const messages = [
      'file("x").text = secrets.KEY',
      'sendMail(body: secrets.KEY)',
      '"f $secrets.KEY".execute()',
    ].map((code) => String(diagnose(scanSource(code, 'script'))[0]?.message));
    assert.match(messages[0] ?? '', /KEY gets into a file/);
    assert.match(messages[1] ?? '', /KEY gets into a mail/);
    assert.match(messages[2] ?? '', /KEY becomes an argument of a command/);
  });

  const many = (size: number, part: (index: number) => string): string =>
    Array.from({ length: size }, (_, index) => part(index)).join('');
  const HOSTILE: Readonly<Record<string, (size: number) => string>> = {
    'a chain of calls': (size) =>
      `Channel.of(secrets.KEY)${many(size, () => '.map { it + secrets.KEY }.view()')}`,
    'one assignment to many': (size) =>
      `${many(size, (i) => `a${i} = `)}secrets.KEY\n${many(size, (i) => `println a${i}\n`)}`,
    'one after the other, backwards': (size) =>
      `${many(size, (i) => `a${size - i} = a${size - i - 1}\n`)}a0 = secrets.KEY\nprintln a${size}`,
    'functions of one name': (size) =>
      `${many(size, (i) => `def f(x) { println x; secrets.K${i}A }\n`)}${many(size, (i) => `f(secrets.KEY${i})\n`)}`,
    'a map of many': (size) =>
      `x = [${many(size, (i) => `a${i}: secrets.KEY, `)}]\n${many(size, (i) => `println x.a${i}\n`)}`,
    'a sum of many': (size) => `println ${many(size, () => 'secrets.KEY + ')}1`,
    'a variable in itself': (size) => `a = secrets.KEY\n${many(size, () => 'a = a + a\n')}println a`,
    'pipes of shifts': (size) => `${many(size, () => 'x << secrets.KEY | ')}view`,
  };
  for (const [title, text] of Object.entries(HOSTILE)) {
    it(`is followed in time that its size explains: ${title}`, () => {
      const found = scanSource(text(3000), 'script').diagnostics;
      assert.ok(found.length > 0 && found.length <= 10_000, `${found.length}`);
    });
  }
});
