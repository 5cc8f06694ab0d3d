import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dealTests } from '../fixtures/deal-tests.ts';
import { anyValue, hazardousValues, LONGEST_VALUES } from '../fixtures/hazardous-values.ts';
import { NASTY_VALUES } from '../fixtures/nasty-values.ts';
import { NEXTFLOW_VARIANTS, NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { environmentOf, KEEP_ENVIRONMENT } from '../fixtures/task-environment.ts';

// Each launch carries some 300 values to eight tasks, and the tasks' whole environments are compared with what
// they asked for. All values of one launch are different for each variant and locale, but the same in each run
// of the tests; NF_SECRETS_TEST_SEED=NUMBER tries others.

const SEED = Number(process.env['NF_SECRETS_TEST_SEED'] || 20_260_102);
const ARBITRARY_VALUES = 200;
const PROCESSES = 8;

/** Names that are parts of each other, or differ in their case only. */
const SIMILAR_NAMES = ['TOK', 'TOK_2', 'TOK2', 'XTOK', 'X_TOK', '_TOK', 'TOK_', 'tok', 'constructor'];

/** Some come by the command itself, the way that people set them. */
const ENTERED: readonly { name: string; args: readonly string[]; input?: string; value: string }[] = [
  { name: 'BY_STDIN', args: [], input: 'fake "stdin"\n', value: 'fake "stdin"' },
  { name: 'BY_WHOLE_STDIN', args: ['--keep-newline'], input: 'fake `stdin`\n', value: 'fake `stdin`\n' },
  { name: 'BY_FILE', args: ['--from-file', 'value.txt'], value: '\ufefffake $file\\\r\n\n' },
];

/** The values of one launch by name: all the nasty ones, and others. */
function values(seed: number): Map<string, string> {
  const nasty = [
    ...Object.values(NASTY_VALUES),
    ...hazardousValues('TOK_2', 'TOK'),
    ...LONGEST_VALUES,
    'plain',
  ];
  const names = Array.from(
    { length: nasty.length + ARBITRARY_VALUES },
    (_, i) => SIMILAR_NAMES[i] ?? `S_${i}`,
  );
  const arbitrary = fc.sample(anyValue([...SIMILAR_NAMES, 'S_20', 'S_21']), {
    numRuns: ARBITRARY_VALUES,
    seed,
  });
  // Mixed, so that each name and each process gets nasty ones.
  const mixed = fc.sample(fc.shuffledSubarray([...nasty, ...arbitrary], { minLength: names.length }), {
    numRuns: 1,
    seed,
  })[0]!;
  return new Map(names.map((name, index) => [name, mixed[index]!]));
}

/** A pipeline whose processes keep their environments; each asks for some secrets, one for none. */
function pipeline(asked: ReadonlyMap<string, readonly string[]>): string {
  const processes = Array.from(
    asked,
    ([process, names]) => `
process ${process} {
${names.map((name) => `  secret '${name}'`).join('\n')}

  script:
  '''
  ${KEEP_ENVIRONMENT} ${process}
  '''
}
`,
  );
  return `${processes.join('')}
workflow {
${Array.from(asked.keys(), (process) => `  ${process}()`).join('\n')}
}
`;
}

for (const variant of NEXTFLOW_VARIANTS) {
  const suite = describe(`every character of every value, ${variant.title} @nextflow`, () => {
    let sandbox: NextflowSandbox;
    beforeEach(async () => {
      sandbox = await NextflowSandbox.create(variant);
    });
    afterEach(() => {
      sandbox.remove();
    });

    for (const [index, locale] of ['C', 'C.UTF-8'].entries()) {
      const seed = SEED + 2 * NEXTFLOW_VARIANTS.indexOf(variant) + index;

      it(`reaches the tasks that ask for it, and no other, in locale ${locale} (seed ${seed})`, async () => {
        const inVaults = values(seed);
        const secrets = new Map([...inVaults, ...ENTERED.map(({ name, value }) => [name, value] as const)]);
        const names = [...secrets.keys()];
        const asked = new Map<string, string[]>([['NONE', []]]);
        for (let i = 0; i < PROCESSES; i++) {
          asked.set(
            `P${i}`,
            names.filter((_, n) => n % PROCESSES === i),
          );
        }
        sandbox.write('main.nf', pipeline(asked));
        const half = (rest: number): Record<string, string> =>
          Object.fromEntries([...inVaults].filter((_, n) => n % 2 === rest));
        await sandbox.fillVault('user', half(0));
        await sandbox.fillVault('workspace', half(1));
        for (const { name, args, input = '', value } of ENTERED) {
          sandbox.write('value.txt', value);
          await sandbox.ok(['set', name, ...args], { input });
        }

        const { exitCode, stderr, stdout } = await sandbox.launch(['main.nf'], { env: { LC_ALL: locale } });

        assert.equal(exitCode, 0, `${stdout.toString()}${stderr}`.slice(-4_000));
        const usual = [...environmentOf(sandbox, 'NONE').keys()].sort();
        for (const [process, wanted] of asked) {
          const got = environmentOf(sandbox, process);
          assert.deepEqual([...got.keys()].sort(), [...usual, ...wanted].sort(), `variables of ${process}`);
          for (const name of wanted) {
            const value = secrets.get(name)!;
            assert.ok(
              got.get(name)!.equals(Buffer.from(value)),
              `${name}=${JSON.stringify(value.slice(0, 300))}`,
            );
          }
        }
        assert.deepEqual(
          sandbox.files().filter((file) => file.includes('PWNED')),
          [],
        );
        assert.deepEqual(sandbox.leftovers(), []);
      });
    }
  });
  dealTests(suite, variant);
}
