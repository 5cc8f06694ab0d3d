import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type ExportFormat,
  formatOf,
  formatDetails,
  formatSecrets,
  type ImportFormat,
  parseSecrets,
} from '../../src/core/secrets/exchange.ts';
import { HumanError } from '../../src/core/system/human-error.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { sourcedByBash } from '../fixtures/bash.ts';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { remedyText } from '../fixtures/remedy-text.ts';

/** Names and values of a text, in its order. */
function parsed(text: string, format: ImportFormat = 'env'): [string, string][] {
  return Array.from(parseSecrets(text, format, 'fake.file'), ([name, { value }]) => [name, value.reveal()]);
}

function formatted(secrets: Iterable<readonly [string, string]>, format: ExportFormat): string {
  return formatSecrets(
    new Map(Array.from(secrets, ([name, value]) => [name, new SecretValue(value)])),
    format,
  );
}

function errorOf(text: string, format: ImportFormat): HumanError {
  try {
    parseSecrets(text, format, 'fake.file');
  } catch (error) {
    if (error instanceof HumanError) return error;
    throw error;
  }
  return assert.fail('it was read');
}

describe('a .env file', () => {
  // What a line means here, and to bash if it means something else there: undefined where bash sets nothing.
  const LINES: readonly (readonly [
    title: string,
    text: string,
    value: string,
    inBash?: string | undefined,
  ])[] = [
    ['a plain value', 'FAKE_A=fake', 'fake'],
    ['signs in a plain value', 'FAKE_A=a=b==', 'a=b=='],
    ['an empty value', 'FAKE_A=', ''],
    ['an empty value in quotes', 'FAKE_A=""', ''],
    ['`export` before it', 'export FAKE_A=fake', 'fake'],
    ['tabs behind `export`', 'export\t\tFAKE_A=fake', 'fake'],
    ['spaces before it', ' \t FAKE_A=fake', 'fake'],
    ['spaces behind it', 'FAKE_A=fake \t ', 'fake'],
    ['spaces around the sign', 'FAKE_A \t= \tfake', 'fake', undefined],
    ['spaces inside', 'FAKE_A=fake  and fake', 'fake  and fake', undefined],
    ['a comment behind it', 'FAKE_A=fake # note', 'fake'],
    ['a comment behind a tab', 'FAKE_A=fake\t#note', 'fake'],
    ['a # inside', 'FAKE_A=fa#ke', 'fa#ke'],
    ['only a comment', 'FAKE_A= # note', ''],
    ['a # at once', 'FAKE_A=#fake', '', '#fake'],
    ['comment lines and empty ones', '# note "\n\n \t\n  # note\nFAKE_A=fake', 'fake'],
    ['Windows line ends', 'FAKE_A=fake\r\n\r\n# note\r\n', 'fake', 'fake\r'],
    ['Windows line ends behind quotes', 'FAKE_A="fake"\r\n', 'fake', 'fake\r'],
    ['a byte order mark', '\ufeffFAKE_A=fake', 'fake', undefined],
    ['no final newline, quoted', "FAKE_A='fake'", 'fake'],
    ['single quotes', String.raw`FAKE_A='fa"ke \n \\ $HOME #'`, String.raw`fa"ke \n \\ $HOME #`],
    ['single quotes over lines', "FAKE_A='fa\nke\n#\n'", 'fa\nke\n#\n'],
    ['double quotes', `FAKE_A="fa'ke # fake"`, "fa'ke # fake"],
    ['double quotes over lines', 'FAKE_A="fa\n\n  ke\n"', 'fa\n\n  ke\n'],
    ['Windows line ends inside quotes', 'FAKE_A="fa\r\nke"', 'fa\r\nke'],
    ['escapes that bash has too', 'FAKE_A="\\\\ \\" \\$ \\`"', '\\ " $ `'],
    ['\\n, \\r and \\t, which bash keeps', String.raw`FAKE_A="\n\r\t"`, '\n\r\t', String.raw`\n\r\t`],
    ['any other escape', String.raw`FAKE_A="\x \a \' \0"`, String.raw`\x \a \' \0`],
    ['an escaped backslash before a letter', String.raw`FAKE_A="\\n"`, '\\n'],
    ['a backslash before a line’s end, which bash drops', 'FAKE_A="fa\\\nke"', 'fa\\\nke', 'fake'],
    ['a comment behind quotes', `FAKE_A='fake' # note '`, 'fake'],
    ['a # right behind quotes', `FAKE_A='fake'#note`, 'fake', 'fake#note'],
    ['spaces at both ends, quoted', 'FAKE_A="  fake\t"', '  fake\t'],
    ['a variable, which is not expanded', 'FAKE_A=$HOME', '$HOME', '/fake/home'],
    ['a variable in double quotes', 'FAKE_A="${HOME}"', '${HOME}', '/fake/home'],
    ['a command, which is not run', 'FAKE_A=$(echo x)`echo y`', '$(echo x)`echo y`', 'xy'],
    ['a tilde', 'FAKE_A=~/fake', '~/fake', '/fake/home/fake'],
    ['a backslash without quotes', 'FAKE_A=fa\\ke', 'fa\\ke', 'fake'],
    ['quotes inside', `FAKE_A=fa"k'e`, `fa"k'e`, undefined],
    ['beyond ASCII', 'FAKE_A=fäké☃🔑', 'fäké☃🔑'],
    ['characters that are spaces to Unicode', 'FAKE_A="\u00a0fake\u2028\ufeff"', '\u00a0fake\u2028\ufeff'],
  ];
  for (const [title, text, value, ...inBash] of LINES) {
    const deviates = inBash.length > 0;
    it(`${title}: ${deviates ? 'not as bash reads it' : 'as bash reads it'}`, () => {
      assert.deepEqual(parsed(text), [['FAKE_A', value]]);
      const there = sourcedByBash(text).get('FAKE_A')?.toString('utf8');
      assert.equal(there, deviates ? inBash[0] : value);
    });
  }

  it('has any number of secrets, in their order', () => {
    const text = '\nFAKE_B=1\nexport FAKE_A="2\n"\n# FAKE_X=3\n\n  FAKE_C = \'4\'\nconstructor=5';
    const pairs = [
      ['FAKE_B', '1'],
      ['FAKE_A', '2\n'],
      ['FAKE_C', '4'],
      ['constructor', '5'],
    ];
    assert.deepEqual(parsed(text), pairs);
    for (const empty of ['', '\n', '# FAKE_A=1', ' \r\n\t', '\ufeff']) assert.deepEqual(parsed(empty), []);
  });
});

describe('a JSON file', () => {
  const TEXTS: readonly (readonly [title: string, text: string, pairs: [string, string][]])[] = [
    ['nothing', '{}', []],
    ['a byte order mark before it', '\ufeff{"FAKE_A": "a"}', [['FAKE_A', 'a']]],
    [
      'texts',
      '{"FAKE_B": "b", "FAKE_A": "\\u0000\\ud83d\\udd11\\n"}',
      [
        ['FAKE_B', 'b'],
        ['FAKE_A', '\0🔑\n'],
      ],
    ],
    [
      'numbers as they stand there',
      '{"FAKE_A": 1.50, "FAKE_B": -1e+3, "FAKE_C": 12345678901234567890}',
      [
        ['FAKE_A', '1.50'],
        ['FAKE_B', '-1e+3'],
        ['FAKE_C', '12345678901234567890'],
      ],
    ],
    [
      'booleans',
      '{"FAKE_A": true, "FAKE_B": false}',
      [
        ['FAKE_A', 'true'],
        ['FAKE_B', 'false'],
      ],
    ],
    ['an empty value', '{"FAKE_A": ""}', [['FAKE_A', '']]],
    [
      'a name of JavaScript’s own',
      '{"constructor": "fake", "toString": "fake"}',
      [
        ['constructor', 'fake'],
        ['toString', 'fake'],
      ],
    ],
  ];
  for (const [title, text, pairs] of TEXTS) {
    it(title, () => {
      assert.deepEqual(parsed(text, 'json'), pairs);
    });
  }
});

describe('a store of Nextflow', () => {
  const TEXTS: readonly (readonly [title: string, text: string, pairs: [string, string][]])[] = [
    ['nothing', '[]', []],
    [
      'entries',
      '[{"name": "FAKE_B", "value": "b"}, {"value": "a\\n", "name": "FAKE_A"}]',
      [
        ['FAKE_B', 'b'],
        ['FAKE_A', 'a\n'],
      ],
    ],
    ['entries with more in them', '[{"name": "FAKE_A", "value": "a", "fake": [1]}]', [['FAKE_A', 'a']]],
  ];
  for (const [title, text, pairs] of TEXTS) {
    it(title, () => {
      assert.deepEqual(parsed(text, 'nextflow'), pairs);
    });
  }
});

describe('an error in what is imported says where it is, and no value', () => {
  /** Wherever this stands it is, or may be, a part of a value. */
  const HIDDEN = 'hidden+FAKE/';
  type Case = readonly [title: string, text: string, says: RegExp];

  const DAMAGED: Readonly<Record<ImportFormat, readonly Case[]>> = {
    env: [
      ['a line without a sign', HIDDEN, /line 1 is not NAME=VALUE/],
      ['a name alone', `FAKE_A=1\nexport FAKE_B ${HIDDEN}`, /line 2 is not NAME=VALUE/],
      ['no name', `\n\n= ${HIDDEN}`, /line 3 is not NAME=VALUE/],
      ['a value that goes on', `FAKE_A=${HIDDEN}\n${HIDDEN}`, /line 2 is not NAME=VALUE/],
      // Else half of a value would be kept as a name, which stands in clear text.
      ['the rest of a value in base64', 'FAKE_A=fake\nhiddenFAKE==', /line 2/],
      ['a value that goes on, with words', `FAKE_A=1\n${HIDDEN} fake="x"y`, /line 2 is not NAME=VALUE/],
      ['behind lines of a value', `FAKE_A='\n\n'\nFAKE_B="\n"\n${HIDDEN}`, /line 6 is not NAME=VALUE/],
      ['behind Windows lines', `FAKE_A=1\r\n\r\n${HIDDEN}\r\n`, /line 3 is not NAME=VALUE/],
      ['single quotes left open', `FAKE_A=1\nFAKE_B='${HIDDEN}\n`, /quote of FAKE_B in line 2 is not closed/],
      ['double quotes left open', `FAKE_A="${HIDDEN}`, /quote of FAKE_A in line 1 is not closed/],
      ['only an escaped quote at the end', `FAKE_A="${HIDDEN}\\"`, /quote of FAKE_A in line 1 is not closed/],
      ['text behind quotes', `FAKE_A="fake\nfake"${HIDDEN}`, /after the quotes of FAKE_A in line 1/],
      ['quotes side by side', `FAKE_A="fake"'${HIDDEN}'`, /after the quotes of FAKE_A in line 1/],
      ['a name twice', `FAKE_A=${HIDDEN}\nFAKE_B=x\nFAKE_A=x`, /FAKE_A is there twice.*line 3/],
    ],
    json: [
      ['no JSON', `{"FAKE_A": "${HIDDEN}"`, /not JSON: .*line 1, column \d+/],
      ['a comment', `{\n"FAKE_A": "${HIDDEN}" // ${HIDDEN}\n}`, /not JSON: .*line 2, column \d+/],
      ['a text left open', `{"FAKE_A": "${HIDDEN}`, /not JSON/],
      ['no object', `"${HIDDEN}"`, /object of names and values/],
      ['a list of values alone', `["${HIDDEN}"]`, /entry 1 has no "name" and "value"/],
      ['a list for a value', `{"FAKE_A": ["${HIDDEN}"]}`, /value of "FAKE_A" is not a text/],
      ['an object for a value', `{"FAKE_A": {"x": "${HIDDEN}"}}`, /value of "FAKE_A" is not a text/],
      ['null for a value', '{"FAKE_A": null}', /value of "FAKE_A" is not a text/],
      ['a name twice', `{"FAKE_A": "${HIDDEN}",\n"FAKE_A": "x"}`, /"FAKE_A" occurs twice.*line 2/],
    ],
    nextflow: [
      ['an object', `{"FAKE_A": "${HIDDEN}"}`, /list of \{"name", "value"\}/],
      ['an entry of another shape', `[{"name": "FAKE_A", "value": "x"}, "${HIDDEN}"]`, /entry 2 has no/],
      ['an entry without a value', '[{"name": "FAKE_A"}]', /entry 1 has no/],
      ['an entry with a number', '[{"name": "FAKE_A", "value": 271828}]', /entry 1 has no/],
      [
        'a name twice',
        `[{"name": "FAKE_A", "value": "${HIDDEN}"}, {"name": "FAKE_A", "value": "x"}]`,
        /FAKE_A is there twice.*entry 2/,
      ],
    ],
  };

  /** Names that no secret can have. */
  const ODD_NAMES: Readonly<Record<ImportFormat, readonly Case[]>> = {
    env: [
      ['a name with a dash', `FAKE-A=${HIDDEN}`, /FAKE-A.*"-"/],
      ['a name that sops leaves in clear', `FAKE_unencrypted=${HIDDEN}`, /FAKE_unencrypted/],
      // What looks like a name may be the rest of a value: the last line of base64 often ends in a sign.
      ['a value that goes on and ends in =', `FAKE_A=${HIDDEN}\n${HIDDEN}==`, /line 2/],
      ['a value that goes on, with a quote', `FAKE_A=${HIDDEN}\n${HIDDEN}="`, /line 2/],
    ],
    json: [
      ['a name with a space', `{"FAKE A": "${HIDDEN}"}`, /FAKE A.*a space/],
      ['a name with control characters', `{"FAKE\\u001b[31mA": "${HIDDEN}"}`, /"FAKE\[31mA"/],
      ['a name without characters', `{"": "${HIDDEN}"}`, /two characters/],
    ],
    nextflow: [
      ['a name with two underscores', `[{"name": "FAKE__A", "value": "${HIDDEN}"}]`, /FAKE__A.*underscores/],
    ],
  };

  for (const format of ['env', 'json', 'nextflow'] as const) {
    for (const [title, text, says] of [...DAMAGED[format], ...ODD_NAMES[format]]) {
      it(`${format}: ${title}`, () => {
        const error = errorOf(text, format);
        const { exitCode, message } = error;
        const shown = `${message} ${remedyText(error)}`;
        assert.doesNotMatch(shown, /hidden|271828/);
        assert.doesNotMatch(shown, /[\x00-\x1f\x7f]/);
        assert.equal(exitCode, 65, shown);
        assert.match(message, /^fake\.file: .* Nothing was imported\.$/);
        assert.match(shown, says);
      });
    }
  }
});

describe('what is exported', () => {
  const value = fc.oneof(
    fc.constantFrom(
      ...Object.values(NASTY_VALUES),
      '',
      '\0',
      '\ud800',
      '\\',
      '\\n',
      '"',
      "'",
      '#',
      ' #',
      '\\"',
    ),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...Array.from('"\'\\`$nrt#= \n\r\t\ufeffé')) }),
  );
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{1,12}$/);
  const secrets = fc.uniqueArray(fc.tuple(name, value), { selector: ([it]) => it, maxLength: 8 });

  for (const format of ['env', 'json'] as const) {
    it(`as ${format} comes back exactly, in its order`, () => {
      fc.assert(
        fc.property(secrets, (pairs) => {
          assert.deepEqual(parsed(formatted(pairs, format), format), pairs);
        }),
        { numRuns: 2_000 },
      );
    });

    it(`as ${format} is one line a secret, whatever is in it`, () => {
      fc.assert(
        fc.property(secrets, (pairs) => {
          const lines = formatted(pairs, format).split('\n').length - 1;
          const around = format === 'env' ? 0 : pairs.length === 0 ? 1 : 2;
          assert.equal(lines, pairs.length + around);
        }),
      );
    });
  }

  it('as env means the same to bash, for values without control characters', () => {
    const plain = fc.oneof(
      fc.constantFrom(...Object.values(NASTY_VALUES).filter((text) => !/[\x00-\x1f\x7f]/.test(text))),
      fc.string({
        unit: fc.constantFrom(...Array.from('"\'\\`$!nrt#= ~*?[]{}()<>&|;-fake\u00a0\ufeff\u0085é🔑')),
      }),
      fc.string({ unit: 'grapheme' }).filter((text) => !/[\x00-\x1f\x7f]/.test(text)),
    );
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 40, size: 'max' }), (values) => {
        const pairs = values.map((text, index) => [`FAKE_${index}`, text] as const);
        const there = sourcedByBash(formatted(pairs, 'env'));
        assert.deepEqual(
          Array.from(there, ([fake, bytes]) => [fake, bytes.toString('utf8')]),
          pairs,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('as env does not mean the same to bash where newlines, carriage returns and tabs are: they stay \\n, \\r, \\t there', () => {
    const there = sourcedByBash(formatted([['FAKE_A', 'a\nb\r\tc']], 'env'));
    assert.equal(there.get('FAKE_A')?.toString('utf8'), String.raw`a\nb\r\tc`);
  });
});

describe('hostile input is read or refused in linear time', () => {
  // A quadratic reader would need hours for these: the suite's own limit is the judge.
  const SIZE = 1 << 20;
  const fill = (text: string, before = '', behind = ''): string =>
    before + text.repeat(Math.ceil(SIZE / text.length)) + behind;
  const ENV: readonly (readonly [title: string, text: string])[] = [
    ['double quotes', fill('"')],
    ['double quotes as a value', fill('"', 'FAKE_A=')],
    ['single quotes as a value', fill("'", 'FAKE_A=')],
    ['an open double quote', fill('fake ', 'FAKE_A="')],
    ['an open single quote over lines', fill('\n', "FAKE_A='")],
    ['many opened quotes', fill('FAKE_A="\n')],
    ['backslashes', fill('\\')],
    ['backslashes in an open quote', fill('\\', 'FAKE_A="')],
    ['backslashes in a quote', fill('\\\\', 'FAKE_A="', '"')],
    ['`export ` again and again', fill('export ')],
    ['`export ` again and again, then a name', fill('export ', '', 'FAKE_A=1')],
    ['`export` and spaces', fill(' ', 'export')],
    ['spaces', fill(' ')],
    ['spaces in a value', fill(' ', 'FAKE_A=x', 'x')],
    ['spaces before a sign', fill(' ', 'FAKE_A', 'x')],
    ['tabs and other spaces', fill('\t\u00a0\ufeff\r')],
    ['a long name', fill('A')],
    ['a long name with a sign', fill('A', '', '=x')],
    ['underscores', fill('_', 'A', '=x')],
    ['signs', fill('=', 'FAKE_A')],
    ['comments', fill('#')],
    ['comment signs in a value', fill(' #', 'FAKE_A=')],
    ['inner #', fill('x#', 'FAKE_A=')],
    ['empty lines', fill('\n', '', 'x')],
    ['carriage returns', fill('\r')],
    ['what looks like comments behind quotes', fill(' ', "FAKE_A='x'", 'x')],
    ['many secrets', Array.from({ length: 50_000 }, (_, index) => `FAKE_${index}="x\n"\n`).join('')],
  ];
  const JSONS: readonly (readonly [title: string, text: string])[] = [
    ['open lists', fill('[')],
    ['open objects', fill('{"A":')],
    ['backslashes', fill('\\\\', '{"FAKE_A": "', '"}')],
    ['spaces', fill(' ', '{')],
    ['a long number', fill('1', '{"FAKE_A": ', '}')],
    ['a long name', fill('A', '{"', '": "x"}')],
    ['many secrets', `{${Array.from({ length: 50_000 }, (_, index) => `"FAKE_${index}": "x"`).join()}}`],
  ];
  const cases: readonly [ImportFormat, string, string][] = [
    ...ENV.map(([title, text]): [ImportFormat, string, string] => ['env', title, text]),
    ...JSONS.map(([title, text]): [ImportFormat, string, string] => ['json', title, text]),
    ['nextflow', 'many entries', `[${fill('{"name": "x"},')}0]`],
  ];
  for (const [format, title, text] of cases) {
    it(`${format}: ${title}`, () => {
      try {
        parseSecrets(text, format, 'fake.file');
      } catch (error) {
        if (!(error instanceof HumanError)) throw error;
        assert.ok(error.message.length < 500, `a message of ${error.message.length} characters`);
      }
    });
  }
});

describe('a list of secrets with the data beside them', () => {
  const VALUE = 'fake"value\nwith two lines';
  const read = (text: string, format: ImportFormat = 'json'): object =>
    Object.fromEntries(
      Array.from(parseSecrets(text, format, 'fake.json'), ([name, { value, ...details }]) => [
        name,
        { value: value.reveal(), ...details },
      ]),
    );

  it('is read as it was written', () => {
    const value = new SecretValue(VALUE);
    const text = formatDetails([
      { name: 'FAKE_A', scope: 'user', value, description: 'a "description"', expires: '2031-02-28' },
      { name: 'FAKE_B', scope: 'workspace', value, description: null, expires: null },
    ]);
    assert.deepEqual(read(text), {
      FAKE_A: { value: VALUE, description: 'a "description"', expires: '2031-02-28' },
      FAKE_B: { value: VALUE },
    });
  });

  it('of Nextflow has names and values alone', () => {
    const text = '[{"name": "FAKE_A", "value": "fake", "description": 1, "expires": "never"}]';
    assert.deepEqual(read(text, 'nextflow'), { FAKE_A: { value: 'fake' } });
  });

  const WRONG: readonly (readonly [string, RegExp])[] = [
    ['"expires": "2031-02-30"', /the "expires" of entry 1 is not a day such as 2027-01-31/],
    ['"expires": 20310101', /the "expires" of entry 1 is not a day/],
    ['"description": ["x"]', /the "description" of entry 1 is not a text/],
  ];
  for (const [field, message] of WRONG)
    it(`is refused with ${field}`, () => {
      const error = errorOf(`[{"name": "FAKE_A", "value": "hidden-value", ${field}}]`, 'json');
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hidden/);
    });
});

describe('the format of a file', () => {
  const NAMES: readonly (readonly [string, ImportFormat | undefined])[] = [
    ['.env', 'env'],
    ['/fake/.env', 'env'],
    ['.env.local', 'env'],
    ['prod.env', 'env'],
    ['prod.env.example', 'env'],
    ['fake.d/env', 'env'],
    ['fake.json', 'json'],
    ['store.json', 'nextflow'],
    ['/fake/secrets/store.json', 'nextflow'],
    ['bookstore.json', 'json'],
    ['.envrc', undefined],
    ['.env/fake', undefined],
    ['fake.txt', undefined],
    ['fakeenv', undefined],
    ['-', undefined],
    ['', undefined],
  ];
  for (const [path, format] of NAMES) {
    it(`${path === '' ? 'nothing' : path}: ${format ?? 'is not told by its name'}`, () => {
      assert.equal(formatOf(path), format);
    });
  }
});
