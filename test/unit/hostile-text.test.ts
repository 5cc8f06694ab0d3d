import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { table } from '../../src/cli/table.ts';
import { planImport } from '../../src/core/secrets/exchange.ts';
import { isPlainOnTerminal, printableJson, printableLines } from '../../src/core/system/printable.ts';
import { diagnose, diagnoseUnused, vaultKeys } from '../../src/core/diagnostics/diagnostics.ts';
import { fixesFor } from '../../src/core/diagnostics/fixes/fixes.ts';
import { readSourceCode } from '../../src/core/diagnostics/fixes/source-code.ts';
import { assertNothingMissing } from '../../src/core/launch/missing-secrets.ts';
import type { Use } from '../../src/core/launch/plan.ts';
import { scanPath } from '../../src/core/diagnostics/scan-path.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { followIncludes, MAX_FILES } from '../../src/core/pipeline/include-graph.ts';
import type { SourceTree } from '../../src/core/pipeline/source-tree.ts';
import { listSourceFiles } from '../../src/core/pipeline/source-files.ts';
import { JsonError, parseJson } from '../../src/core/system/json-tree.ts';
import type { Phrase } from '../../src/core/system/phrase.ts';
import type { World } from '../../src/core/system/world.ts';
import { PROJECT } from '../fixtures/sandbox.ts';
import { fakeWorld } from '../fixtures/world.ts';

/** Says two lines as the command does. */
const SAY = `
import { openShell } from './src/cli/shell.ts';
const { world } = openShell('');
world.say('name \\u001b[2J \\u001b]0;x\\u0007here');
world.say('  \\u001b[31mred\\u001b[39m');
`;

describe('what a stranger wrote', () => {
  it('is refused where JSON is nested too deeply', () => {
    for (const depth of [101, 4000, 1_000_000]) {
      for (const text of [`${'['.repeat(depth)}${']'.repeat(depth)}`, '{"zz_unencrypted":'.repeat(depth)]) {
        assert.throws(
          () => parseJson(text),
          (error) => error instanceof JsonError && error.message.includes('100 levels'),
        );
      }
    }
    parseJson(`${'['.repeat(100)}${']'.repeat(100)}`);
  });

  it('is plain on a terminal if no character is obeyed', () => {
    for (const text of ['', 'a b', 'two\nlines\r\n', 'a\ttab', 'grüß☃'])
      assert.ok(isPlainOnTerminal(text), text);
    for (const text of ['\u001b[2J', '\u009b2J', 'a\rb', '\u0007', '\u007f', '\u202eabc', '\u0000']) {
      assert.ok(!isPlainOnTerminal(text), JSON.stringify(text));
    }
  });

  it('reaches a terminal as text alone, whatever it got into', () => {
    const hostile = '\u001b[2J\u001b]0;title\u0007\u009b8m\u001b[8mhidden\r\u202e';
    assert.equal(printableLines(`a ${hostile} b`), 'a [2J]0;title8m[8mhidden b');
    assert.equal(printableLines('\u001b[31mone\n\ttwo\u001b[39m'), '\u001b[31mone\n\ttwo\u001b[39m');
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', SAY], {
      cwd: PROJECT,
      encoding: 'utf8',
    });
    assert.equal(run.stderr, 'nf-secrets: name [2J ]0;xhere\n  \u001b[31mred\u001b[39m\n');
  });

  it('reaches a terminal in JSON with no character that is obeyed, and loses none', () => {
    const every = Array.from({ length: 0x1_00_00 }, (_, code) => String.fromCharCode(code)).join('');
    const value = { [every]: [every, 1] };
    const json = printableJson(value);
    assert.deepEqual(JSON.parse(json), value);
    assert.ok(isPlainOnTerminal(json));
  });

  it('costs work in proportion to its size where names are computed', () => {
    const work = (lines: number): number => {
      const scan = scanSource(`workflow {\n${'x = secrets[x]\n'.repeat(lines)}}\n`, 'script');
      let reads = 0;
      const dynamic = new Proxy(scan.dynamic, {
        get: (target, key, receiver) => {
          reads += 1;
          return Reflect.get(target, key, receiver) as unknown;
        },
      });
      assert.equal(diagnose({ ...scan, dynamic }).length, lines);
      return reads;
    };
    assert.ok(work(4000) < 2.5 * work(2000));
  });

  it('costs work in proportion to its size where names are missing, or something is offered for each', () => {
    const set = Array.from({ length: 20_000 }, (_, index) => [`KEY_${index}`, ['user' as const]] as const);
    let compared = 0;
    const scopesOf = new Proxy(new Map(set), {
      get: (target, key) => {
        if (key === 'keys') compared += target.size;
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const use = { file: 'main.nf', line: 1, process: null, reached: true } as unknown as Use;
    const missing = Array.from({ length: 20_000 }, (_, index) => ({
      name: `NOT_${index}`,
      uses: [use],
      isSet: false,
    }));
    assert.throws(() => {
      assertNothingMissing({ missing }, { scopesOf }, {});
    }, /NOT_19999/);
    assert.ok(compared > 0 && compared <= 3_000_000, `${compared} names were compared`);

    const work = (processes: number): number => {
      const text = Array.from(
        { length: processes },
        (_, i) => `process P${i} { secret 'NOT_${i}'\nscript: 'f' }\n`,
      );
      const code = readSourceCode(text.join(''), 'script');
      let reads = 0;
      const count = <T extends object>(target: T): T =>
        new Proxy(target, {
          get: (of, key) => {
            reads += 1;
            return Reflect.get(of, key, of) as unknown;
          },
        });
      const scan = {
        ...code.scan,
        references: count(code.scan.references),
        processes: count(code.scan.processes),
      };
      const counting = { ...code, scan };
      for (const found of diagnose(code.scan, new Set())) fixesFor(counting, found, new Set());
      return reads;
    };
    const [few, many] = [work(200), work(400)];
    assert.ok(few > 0 && many < 2.5 * few, `${few} reads, and ${many} of twice as many`);
  });

  it('costs work in proportion to its empty lines, where a process is fixed', () => {
    const reads = (lines: number): number => {
      const code = readSourceCode(
        `process A {\n  secret 'NOT'${'\n'.repeat(lines)}script: 'f' }\n`,
        'script',
      );
      let count = 0;
      const tokens = new Proxy(code.tokens, {
        get: (of, key) => {
          count += 1;
          const value: unknown = Reflect.get(of, key, of);
          return typeof value === 'function' ? (value.bind(of) as unknown) : value;
        },
      });
      for (const found of diagnose(code.scan, new Set())) fixesFor({ ...code, tokens }, found, new Set());
      return count;
    };
    const [few, many] = [reads(500), reads(2000)];
    assert.ok(few > 500 && many < 5 * few, `${few} reads, and ${many} of four times as many lines`);
  });

  it('has its unused names found at their places', () => {
    const names = ['B_KEY', 'A_KEY', 'NOT_THERE'];
    const found = diagnoseUnused(
      vaultKeys('{"secrets": {\n"A_KEY": "x",\n"B_KEY": "y"}, "A_KEY": 1}'),
      names,
    );
    assert.deepEqual(
      found.map(({ line, column }) => [line, column]),
      [
        [3, 2],
        [2, 2],
        [1, 1],
      ],
    );
  });

  for (const hasGit of [true, false]) {
    it(`holds up no list of files by its .gitignore, ${hasGit ? 'with' : 'without'} git @slow`, async () => {
      const root = mkdtempSync(join(tmpdir(), 'nf-secrets-ignore-'));
      try {
        const name = `${'a'.repeat(200)}.nf`;
        writeFileSync(join(root, name), '');
        writeFileSync(join(root, '.gitignore'), `${'*a'.repeat(14)}b\n`);
        if (hasGit) execFileSync('git', ['init', '-q', root]);
        const said: string[] = [];
        const notice = (line: Phrase): void => void said.push(String(line));
        const world = { env: process.env, notice } as unknown as World;
        assert.deepEqual((await listSourceFiles(root, hasGit ? world : undefined)).paths, [name]);
        if (hasGit) assert.match(said.join('\n'), /^git takes too long/);
        rmSync(join(root, '.gitignore'));
        execFileSync('mkfifo', [join(root, '.gitignore')]);
        assert.deepEqual((await listSourceFiles(root, hasGit ? world : undefined)).paths, [name]);
      } finally {
        rmSync(root, { recursive: true });
      }
    });
  }

  it('is scanned to its end though it has more findings than a call can have arguments', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nf-secrets-many-'));
    try {
      const lines = 160_000;
      writeFileSync(join(directory, 'main.nf'), `workflow {\n${'println secrets.KEY\n'.repeat(lines)}}\n`);
      const shell = `process P { shell:\n'''${'!{secrets.KEY}'.repeat(lines)}''' }\n`;
      writeFileSync(join(directory, 'shell.nf'), shell);
      const { diagnostics } = await scanPath(directory, fakeWorld({ cwd: directory }));
      const of = (name: string): number => diagnostics.filter(({ file }) => file === name).length;
      assert.ok(of('main.nf') >= lines && of('shell.nf') >= lines, `${of('main.nf')} ${of('shell.nf')}`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is not kept in memory by the names in it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nf-secrets-kept-'));
    try {
      const files = 40;
      const size = 1 << 19;
      for (let file = 0; file < files; file++) {
        const name = `A_NAME_OF_A_SECRET_${file}`;
        const use = `secret '${name}'\n  script: "\${secrets.${name}}"`;
        const process = `process A_NAME_OF_A_PROCESS_${file} {\n  ${use}\n}\n`;
        const rest = `def variableOfIt = secrets.${name}\nprintln variableOfIt\n/*${'x'.repeat(size)}*/\n`;
        writeFileSync(join(directory, `${file}.nf`), process + rest);
      }
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const used = (): number => {
        collect();
        return process.memoryUsage().heapUsed;
      };
      const before = used();
      const found = await scanPath(directory, fakeWorld({ cwd: directory }), { names: new Set() });
      const kept = used() - before;
      assert.ok(found.references.length >= 2 * files && found.diagnostics.length >= files);
      assert.ok(kept < (files * size) / 4, `${kept >> 20} MiB are kept of ${(files * size) >> 20}`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  for (const [title, includes] of [
    ['a chain', (i: number) => [i + 1]],
    ['a ring', (i: number, size: number) => [(i + 1) % size, 0]],
    ['a star', (i: number, size: number) => (i === 0 ? Array.from({ length: size }, (_, to) => to) : [])],
  ] as [string, (index: number, size: number) => number[]][]) {
    it(`is read as far as the most files, and what is not is said: ${title} of includes`, async () => {
      const size = MAX_FILES + 2;
      const reads = new Map<string, number>();
      const tree: SourceTree = {
        kind: async () => Promise.resolve('file'),
        read: async (path) => {
          reads.set(path, (reads.get(path) ?? 0) + 1);
          const lines = includes(Number(/\d+/.exec(path)?.[0]), size).map(
            (to) => `include { A } from './m${to}.nf'\n`,
          );
          return Promise.resolve({ bytes: Buffer.from(`${lines.join('')}x = secrets.KEY\n`) });
        },
      };
      const problems: string[] = [];
      const options = { tree, projectDir: '/p', launchDir: '/p' };
      for await (const { problem } of followIncludes(['/p/m0.nf'], options))
        if (problem) problems.push(String(problem));
      assert.equal(reads.size, MAX_FILES);
      assert.ok([...reads.values()].every((times) => times === 1));
      assert.deepEqual(
        problems.map((text) => text.includes(String(MAX_FILES))),
        [true],
      );
    });
  }

  it('is shown as a table of any length', () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => [`A${index}`, 'x']);
    assert.equal(table(rows).split('\n')[0], 'A0       x');
  });

  it('is shown in a table as far as a row goes', () => {
    const rows = [
      ['NAME', 'TEXT'],
      ['y'.repeat(1 << 20), `\u202ea\n${' '.repeat(1000)}nf-secrets: forged`],
      ...Array.from({ length: 2000 }, () => ['A', 'x']),
    ];
    const lines = table(rows).split('\n');
    assert.equal(lines.length, rows.length + 1);
    assert.ok(lines.every((line) => line.length < 450 && !line.includes('forged')));
    assert.match(lines[1] ?? '', /^y{199}… {2}a +…$/);
  });

  it('is imported at a cost in proportion to its names', () => {
    const work = (names: number): number => {
      let compared = 0;
      const secret = { value: new SecretValue('') };
      const given = new Map(Array.from({ length: names }, (_, index) => [`KEY_${index}`, secret]));
      const get = given.get.bind(given);
      given.get = (name) => {
        compared += 1;
        return get(name);
      };
      assert.equal(planImport(given, () => undefined, 'refuse').empty.length, names);
      return compared;
    };
    assert.ok(work(40_000) < 2.5 * work(20_000));
  });
});
