import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InProcess } from '../fixtures/in-process.ts';
import { ledgerDirectory, nextflowStoreFile, runRoot } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const BOTH = 'fake "quoted"';

describe('the plan of a launch', () => {
  let sandbox: Sandbox;
  let nextflow: InProcess;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new InProcess(sandbox);
    await fillVault(
      'user',
      { ASKED: 'fake-user', READ: 'fake-read', OTHER: 'fake-other', HARD: BOTH },
      sandbox,
    );
    await fillVault('workspace', { ASKED: 'fake-workspace' }, sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  const main = (text: string): void => {
    writeFileSync(join(sandbox.workspace, 'main.nf'), text);
  };
  const process = (...directives: string[]): string =>
    `process ALIGN {\n${directives.map((line) => `  ${line}\n`).join('')}  script:\n  'true'\n}\nworkflow { ALIGN() }\n`;
  const launch = async (...words: string[]): Promise<Result> =>
    nextflow.nfSecrets(['launch', ...words, 'main.nf']);
  const sent = async (...words: string[]): Promise<Readonly<Record<string, string>>> => {
    const { exitCode, stderr } = await launch(...words);
    assert.equal(exitCode, 0, stderr);
    return nextflow.starts.at(-1)!.secrets;
  };
  const assertNothingCreated = (): void => {
    assert.deepEqual(nextflow.starts, []);
    for (const directory of [runRoot(sandbox), ledgerDirectory(sandbox)]) {
      assert.deepEqual(existsSync(directory) ? readdirSync(directory) : [], [], directory);
    }
  };

  it('sends what the code uses, and nothing else', async () => {
    main(`${process("secret 'ASKED'")}println secrets.READ\n`);
    assert.deepEqual(await sent(), { ASKED: 'fake-user', READ: 'fake-read' });
    main('workflow {}\n');
    assert.deepEqual(await sent(), {});
  });

  describe('options of ours behind the pipeline', () => {
    const behind = async (...words: string[]): Promise<Result> =>
      nextflow.nfSecrets(['launch', 'main.nf', ...words]);
    const OURS = [
      ['--dry-run'],
      ['--only', 'ASKED'],
      ['--only=ASKED'],
      ['--background'],
      ['--input', 'a.csv', '--keep'],
      ['--json'],
    ];
    for (const words of OURS) {
      it(`${words.join(' ')}: are refused, with the right order`, async () => {
        main(process("secret 'ASKED'"));
        const option = words.findLast((word) => word.startsWith('--') && word !== '--input')!.split('=')[0]!;
        assertRefused(
          await behind(...words),
          64,
          `has no parameter ${option.slice(2)}`,
          `nf-secrets launch ${option} PIPELINE`,
          `nf-secrets launch -- nextflow run PIPELINE ${option}`,
        );
        assertNothingCreated();
      });
    }

    const KNOWN: readonly [title: string, files: Readonly<Record<string, string>>][] = [
      ['the script names', { 'main.nf': 'println params.dry_run\n' }],
      ['the script names otherwise', { 'main.nf': "println params?.dryRun\nprintln params['keep']\n" }],
      ['the config sets', { 'main.nf': '', 'nextflow.config': 'params {\n  dry_run = false\n}\n' }],
      ['a module names', { 'main.nf': "include { A } from './a'\n", 'a.nf': 'def A() { params.dry_run }\n' }],
      [
        'a template names',
        { 'main.nf': `process A { script: template 'a.sh' }\n`, 'templates/a.sh': '${params.dry_run}' },
      ],
      [
        'a class may name',
        {
          'main.nf': 'Checks.run(params)\n',
          'lib/Checks.groovy': 'class Checks { static run(p) { p.dry_run } }\n',
        },
      ],
      [
        'a script on another machine may name',
        { 'main.nf': "include { A } from 'https://example.org/a.nf'\n" },
      ],
      ['a script may name whose path is computed', { 'main.nf': 'include { A } from "./${params.which}"\n' }],
      ['the schema has', { 'main.nf': '', 'nextflow_schema.json': '{"dry_run": {"type": "boolean"}}' }],
    ];
    const write = (files: Readonly<Record<string, string>>): void => {
      for (const [name, text] of Object.entries(files)) {
        const path = join(sandbox.workspace, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    };
    for (const [title, files] of KNOWN) {
      it(`go to Nextflow if they are parameters that ${title}`, async () => {
        write(files);
        const { exitCode, stderr } = await behind('--dry_run', '--dry-run');
        assert.equal(exitCode, 0, stderr);
        assert.ok(nextflow.start.args.includes('--dry-run'));
      });
    }

    const INSTITUTION =
      "includeConfig 'https://raw.githubusercontent.com/nf-core/configs/a/nfcore_custom.config'\n";
    const PROFILE = `profiles {\n  test { process.cpus = 1 }\n}\n${INSTITUTION}`;

    it('go to Nextflow if the profile in use is of a config on another machine', async () => {
      write({ 'main.nf': 'workflow {}\n', 'nextflow.config': PROFILE });
      const { exitCode, stderr } = await behind('-profile', 'cluster', '--dry-run');
      assert.equal(exitCode, 0, stderr);
    });

    it('are refused if nothing of that config matters', async () => {
      write({ 'main.nf': 'workflow {}\n', 'nextflow.config': PROFILE });
      assertRefused(await behind('-profile', 'test', '--dry-run'), 64, 'has no parameter dry-run');
    });

    it('go to Nextflow in a whole command', async () => {
      main('workflow {}\n');
      const { exitCode, stderr } = await nextflow.nfSecrets([
        ...['launch', '--', 'nextflow', 'run', 'main.nf', '--dry-run'],
      ]);
      assert.equal(exitCode, 0, stderr);
    });
  });

  it('says that parameters name a secret where Nextflow reads a mere text, and where', async () => {
    main(process("secret 'ASKED'"));
    writeFileSync(
      join(sandbox.workspace, 'params.yml'),
      'input: a\n# ${secrets.NO}\ntoken: "${secrets.READ}"\nnote: secrets.NO\nother: $secrets.OTHER\n',
    );
    writeFileSync(join(sandbox.workspace, 'params.json'), '{\n "token": "${ secrets[\'READ\'] ?: 1 }"\n}\n');
    const said = async (...options: string[]): Promise<string[]> => {
      const { exitCode, stderr } = await nextflow.nfSecrets(['launch', 'main.nf', ...options]);
      assert.equal(exitCode, 0, stderr);
      return stderr
        .split('\n')
        .flatMap((line) => /(\S+): Nextflow does not replace (\S+)/.exec(line)?.slice(1).join(' ') ?? []);
    };
    assert.deepEqual(await said('-params-file', 'params.yml'), [
      'params.yml:3 secrets.READ',
      'params.yml:5 secrets.OTHER',
    ]);
    assert.deepEqual(await said('-params-file', 'params.json'), ['params.json:2 secrets.READ']);
    assert.deepEqual(await said('--token', '${secrets.READ}'), ['--token secrets.READ']);
    assert.deepEqual(await said('--token=x $secrets.READ'), ['--token secrets.READ']);
    assert.deepEqual(await said('--token', 'secrets.READ', '-params-file', 'gone.yml'), []);
    const plan = await nextflow.nfSecrets(['launch', '--dry-run', 'main.nf', '-params-file', 'params.json']);
    assert.match(
      `${plan.stdout.toString()}${plan.stderr}`,
      /params\.json:2: Nextflow does not replace secrets\.READ/,
    );
  });

  it('says which values Nextflow keeps for good as lineage, in the profiles in use, and where', async () => {
    main(`${process("secret 'ASKED'")}println secrets.READ\nif (secrets.OTHER) println 1\n`);
    const config = (text: string, name = 'nextflow.config'): void => {
      writeFileSync(join(sandbox.workspace, name), text);
    };
    const said = async (...words: string[]): Promise<string | undefined> => {
      const lines: (string | undefined)[] = [];
      for (const flags of [['--dry-run'], []]) {
        const { exitCode, stderr } = await nextflow.nfSecrets(['launch', ...flags, 'main.nf', ...words]);
        assert.equal(exitCode, 0, stderr);
        lines.push(stderr.split('\n').find((line) => line.includes(' lineage on')));
      }
      assert.equal(lines[0], lines[1]);
      return lines[0]?.replace(/ lineage on.*plain text in (\S+),.*there: ([^.]*)\..*/, ' in $1: $2');
    };
    assert.equal(await said(), undefined);
    config("lineage {\n  enabled = true\n  store.location = 's3://b/l'\n}\n");
    assert.equal(await said(), 'nf-secrets: nextflow.config:2 turns in s3://b/l: READ');
    config('lineage.enabled = false\n', 'off.config');
    assert.equal(await said('-c', 'off.config'), undefined);
    config('profiles {\n  keep { lineage.enabled = true }\n}\n');
    assert.equal(await said(), undefined);
    assert.equal(await said('-profile', 'keep'), 'nf-secrets: nextflow.config:2 turns in .lineage: READ');
    config('lineage.enabled = params.keep ?: false\n');
    assert.equal(await said(), 'nf-secrets: nextflow.config:1 may turn in .lineage: READ');
    config('lineage.enabled = true\n');
    main(process("secret 'ASKED'"));
    assert.equal(await said(), undefined);
  });

  it('lets the own Nextflow store through for names that no vault has, but not with --only', async () => {
    mkdirSync(dirname(nextflowStoreFile(sandbox)), { recursive: true });
    const own = [
      { name: 'ASKED', value: 'fake-own' },
      { name: 'UNSEEN', value: 'fake\nown' },
    ];
    writeFileSync(nextflowStoreFile(sandbox), JSON.stringify(own), { mode: 0o600 });
    main(process("secret 'READ'"));
    assert.deepEqual(await sent(), { READ: 'fake-read', UNSEEN: 'fake\nown' });
    assert.deepEqual(Object.keys(await sent('--only', 'READ')), ['READ']);
    const { stderr } = await launch('--dry-run');
    assert.match(stderr, /own Nextflow store too.*: UNSEEN\./);
  });

  it('says in a dry run what stops the launch, and what it does not reach', async () => {
    main(`${process("secret 'GONE'")}process SORT {\n  secret 'FAR'\n  script:\n  'true'\n}\n`);
    const dry = await launch('--dry-run');
    assert.equal(dry.exitCode, 66, dry.stderr);
    assert.match(dry.stderr, /GONE {2}MISSING, stops the launch; main\.nf:2/);
    assert.match(dry.stderr, /FAR {2}not set, not reached by this run; main\.nf:/);
    const allowed = await launch('--dry-run', '--allow-missing=GONE');
    assert.equal(allowed.exitCode, 0, allowed.stderr);
    assert.match(allowed.stderr, /GONE {2}MISSING, allowed/);
  });

  it('sends more with --secret and --all, and less with --only', async () => {
    main(process("secret 'ASKED'", 'secret name'));
    assert.deepEqual(Object.keys(await sent('--secret', 'OTHER')), ['ASKED', 'OTHER']);
    assert.deepEqual(Object.keys(await sent('--all')), ['ASKED', 'HARD', 'OTHER', 'READ']);
    main(process("secret secrets.ASKED ? 'ASKED' : ''"));
    assert.deepEqual(Object.keys(await sent('--only', 'OTHER')), ['OTHER']);
    main(process("secret 'ASKED'"));
    assertRefusedWithRemedy(
      await launch('--only', 'OTHER'),
      66,
      'ASKED',
      'left out of this launch',
      '--secret ASKED',
    );
  });

  it('is said before the run, with what overrides what', async () => {
    main(process("secret 'ASKED'", "secret secrets.NOT_THERE ? 'NOT_THERE' : ''", 'secret name'));
    const { stderr } = await launch();
    assert.match(stderr, /ASKED {2}user, overrides workspace; main\.nf:2 \(process ALIGN\)/);
    assert.match(stderr, /NOT_THERE {2}not set, optional; main\.nf:3/);
    assert.match(
      stderr,
      /main\.nf:4 names a secret that only the running pipeline knows \(name\).*--secret NAME/,
    );
  });

  it('reads the config that NXF_CONFIG_FILE names in the place of the usual ones', async () => {
    main('workflow {}\n');
    for (const [file, name] of [
      ['nextflow.config', 'OTHER'],
      ['named.config', 'READ'],
      ['more.config', 'ASKED'],
    ] as const) {
      writeFileSync(join(sandbox.workspace, file), `mine.${name} = secrets.${name}\n`);
    }
    const planned = async (...options: string[]): Promise<string[]> => {
      const args = ['launch', '--dry-run', '--json', 'main.nf', ...options];
      const plan = JSON.parse((await nextflow.ok(args)).toString()) as { secrets: { name: string }[] };
      return plan.secrets.map(({ name }) => name);
    };
    assert.deepEqual(await planned(), ['OTHER']);
    sandbox.env['NXF_CONFIG_FILE'] = 'named.config';
    assert.deepEqual(await planned(), ['READ']);
    assert.deepEqual(await planned('-c', 'more.config'), ['ASKED', 'READ']);
    assert.deepEqual(await planned('-C', 'more.config'), ['ASKED']);
  });

  it('as JSON has the uses, and creates nothing', async () => {
    main(
      process(
        "secret 'ASKED'",
        "secret secrets.NOT_THERE ? 'NOT_THERE' : ''",
        "secret 'GONE'",
        "secret 'HARD'",
      ),
    );
    const { stdout, exitCode } = await launch('--dry-run', '--json');
    assert.equal(exitCode, 66);
    const { runId, ...plan } = JSON.parse(stdout.toString()) as { runId: string; [key: string]: unknown };
    assert.match(runId, /^[a-z0-9]{12}$/);
    const use = (name: string, kind: string, optional: boolean, line: number, column: number): object => ({
      name,
      kind,
      optional,
      file: 'main.nf',
      line,
      column,
      endColumn: column + name.length,
      process: 'ALIGN',
      reached: true,
    });
    assert.deepEqual(plan, {
      target: 'local',
      workspace: sandbox.workspace,
      secrets: [
        {
          name: 'ASKED',
          from: 'user',
          overrides: ['workspace'],
          uses: [use('ASKED', 'directive', false, 2, 11)],
          delivery: 'plain',
        },
        {
          name: 'HARD',
          from: 'user',
          overrides: [],
          uses: [use('HARD', 'directive', false, 5, 11)],
          delivery: 'encoded',
        },
      ],
      missing: [{ name: 'GONE', uses: [use('GONE', 'directive', false, 4, 11)] }],
      optionalMissing: [
        {
          name: 'NOT_THERE',
          uses: [use('NOT_THERE', 'property', true, 3, 18), use('NOT_THERE', 'directive', true, 3, 31)],
        },
      ],
      passedOn: [],
    });
    assertNothingCreated();
  });

  it('for people is a table', async () => {
    main(process("secret 'ASKED'"));
    const { stdout, stderr, exitCode } = await launch('--dry-run');
    assert.equal(exitCode, 0, stderr);
    assert.match(
      stdout.toString(),
      /^NAME +FROM +OVERRIDES +DELIVERY +USED IN\nASKED +user +workspace +plain +main\.nf:2/,
    );
    assertNothingCreated();
  });

  it('stops before the start if a required secret is missing, with place, command and near miss', async () => {
    main(process("secret 'ASKD'", "secret 'GONE'"));
    assertRefusedWithRemedy(
      await launch(),
      66,
      'Secret ASKD is used in main.nf:2 (process ALIGN) but is not set. Did you mean ASKED?',
      'Secret GONE is used in main.nf:3',
      'nf-secrets set ASKD',
      'nf-secrets set GONE',
      '--allow-missing',
    );
    assertNothingCreated();
    assertRefusedWithRemedy(await launch('--allow-missing=ASKD'), 66, 'GONE');
    assert.deepEqual(await sent('--allow-missing'), {});
    assert.deepEqual(await sent('--allow-missing=ASKD', '--allow-missing=GONE'), {});
  });

  it('delivers a value raw to what reads it, and refuses what cannot be had both ways', async () => {
    main('println secrets.HARD\n');
    assert.deepEqual(await sent(), { HARD: BOTH });
    main(process("secret 'HARD'"));
    assert.match((await sent())['HARD'] ?? '', /eval/);
    main(process("secret secrets.HARD ? 'HARD' : ''"));
    assert.match((await sent())['HARD'] ?? '', /eval/, 'a test alone reads no value');
    main(`${process("secret 'HARD'")}println secrets.HARD\n`);
    const both = await launch();
    assertRefusedWithRemedy(both, 65, 'HARD', 'main.nf:7');
    assert.ok(!both.stderr.includes('quoted'));
  });

  it('refuses a value that is read if tasks that ask for another one would get a part of it', async () => {
    await fillVault('user', { LEAKS: 'fake x ASKED=fake-leak' }, sandbox);
    main(`${process("secret 'ASKED'")}println secrets.LEAKS\n`);
    const refused = await launch();
    assertRefusedWithRemedy(refused, 65, 'LEAKS', 'ASKED=');
    assert.ok(!refused.stderr.includes('fake-leak'));
    main('println secrets.LEAKS + secrets.ASKED\n');
    assert.equal((await sent())['LEAKS'], 'fake x ASKED=fake-leak', 'no task asks');
  });

  describe('inside another run', () => {
    const inside = async (outer: readonly string[], ...words: string[]): Promise<Result> => {
      let inner: Result | undefined;
      const { stderr } = await nextflow.nfSecrets(['exec', ...outer, '--', 'launch'], {}, async ({ env }) => {
        inner = await nextflow.nfSecrets(['launch', ...words, 'main.nf'], { env: Object.fromEntries(env) });
        return inner.exitCode ?? -1;
      });
      assert.ok(inner !== undefined, stderr);
      return inner;
    };

    it('stops before the start if that one does not have what the code needs', async () => {
      main(process("secret 'ASKED'", "secret 'READ'", "secret secrets.OTHER ? 'OTHER' : ''"));
      const refused = await inside(['--secret', 'ASKED']);
      assertRefusedWithRemedy(
        refused,
        66,
        'Secret READ is used in main.nf:3 (process ALIGN) but run',
        'Start the outer launch or exec with --secret READ',
        'env -u NF_SECRETS_RUN',
        '--allow-missing=READ',
      );
      assert.doesNotMatch(refused.stderr, /OTHER is used/);
      assertNothingCreated();
    });

    it('uses that one if it has it, or if it may be missing', async () => {
      main(process("secret 'ASKED'", "secret 'READ'", "secret secrets.OTHER ? 'OTHER' : ''", 'secret name'));
      for (const [outer, words, names] of [
        [['--secret', 'ASKED', '--secret', 'READ'], [], ['ASKED', 'READ']],
        [['--secret', 'ASKED'], ['--allow-missing=READ'], ['ASKED']],
        [['--secret', 'ASKED'], ['--allow-missing'], ['ASKED']],
      ] as const) {
        const result = await inside(outer, ...words);
        assert.equal(result.exitCode, 0, result.stderr);
        assert.match(result.stderr, /OTHER {2}not set, optional; main\.nf:4/);
        assert.match(result.stderr, /main\.nf:5 names a secret that only the running pipeline knows/);
        assert.deepEqual(Object.keys(nextflow.starts.at(-1)!.secrets).sort(), names);
      }
      assertRefusedWithRemedy(
        await inside(['--secret', 'ASKED', '--secret', 'READ'], '--only', 'READ'),
        66,
        'ASKED is used in main.nf:2 (process ALIGN) but is left out of this launch.',
      );
    });

    it('is said by --dry-run too', async () => {
      main(process("secret 'ASKED'", "secret 'READ'"));
      const { stdout, exitCode } = await inside(['--secret', 'ASKED'], '--dry-run', '--json');
      assert.equal(exitCode, 66);
      const plan = JSON.parse(stdout.toString()) as Record<'secrets' | 'missing', { name: string }[]>;
      assert.deepEqual(
        [plan.secrets, plan.missing].map((all) => all.map(({ name }) => name)),
        [['ASKED'], ['READ']],
      );
      assertNothingCreated();
    });

    it('does not let code read a text that is encoded for tasks', async () => {
      main('println secrets.HARD\n');
      assertRefusedWithRemedy(
        await inside([]),
        65,
        'HARD',
        'main.nf:1',
        'Leave that run: env -u NF_SECRETS_RUN nf-secrets …',
      );
      main(process("secret secrets.HARD ? 'HARD' : ''"));
      assert.equal((await inside([])).exitCode, 0);
    });
  });

  it('leaves to Nextflow what stands behind the pipeline', async () => {
    main('println "${params.dryRun} ${params.allow_missing} ${params.all}"\nworkflow {}\n');
    const result = await nextflow.nfSecrets(['launch', 'main.nf', '--dry-run', '--allow-missing', '--all']);
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(nextflow.start.args, ['run', 'main.nf', '--dry-run', '--allow-missing', '--all']);
  });
});
