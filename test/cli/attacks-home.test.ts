import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { letWrite } from '../fixtures/access-list.ts';
import { asOther, giveAway, isRoot, OTHER } from '../fixtures/other-user.ts';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Victim } from '../fixtures/victim.ts';

// Who can write the tool's home, a directory above it, or a file in it, has the victim's identity, vaults, grants and
// runs replaced by theirs. A group counts whoever is in it, and an access list counts like a group.

const RUN = 'abcdefghijkl';
/** What only reads, what writes, and what runs something. */
const COMMANDS: readonly string[][] = [
  ['list'],
  ['get', 'USER_KEY'],
  ['set', 'NEW_KEY'],
  ['runs'],
  ['sweep'],
  ['identity', 'show'],
  ['exec', '--', 'touch', 'started'],
];

/** All that is there, with owner and mode. */
function treeOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .map((path) => {
      const { uid, mode, size } = statSync(path, { throwIfNoEntry: false }) ?? { uid: -1, mode: 0, size: 0 };
      return `${path} ${uid} ${mode.toString(8)} ${size}`;
    })
    .sort();
}

describe('a home of the tool that others can change', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await Victim.create();
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
  });
  afterEach(() => {
    victim.remove();
  });

  const refusesAll = async (...says: string[]): Promise<string> => {
    const before = treeOf(victim.root);
    const results = await sideBySide(COMMANDS, async (args) =>
      victim.nfSecrets(args, { input: 'fake-written' }),
    );
    for (const result of results) assertRefusedWithRemedy(result, 77, victim.toolHome, ...says);
    assert.deepEqual(treeOf(victim.root), before, 'something was made or changed');
    return results[0]!.stderr;
  };
  /** Runs the command that the refusal names, as a person would. */
  const remedied = async (message: string): Promise<void> => {
    const remedy = /(chmod .*|rm -r .*)$/m.exec(message)?.[1];
    assert.ok(remedy !== undefined, message);
    const { exitCode } = await victim.run('sh', ['-c', remedy]);
    assert.equal(exitCode, 0, remedy);
    assert.equal(String(await victim.ok(['get', 'USER_KEY'])), 'fake-of-the-user');
  };

  const MODES: readonly (readonly [title: string, mode: number, remedy: string])[] = [
    ['its group', 0o770, 'chmod g-w'],
    ['its group, with the bit that hands it on', 0o2775, 'chmod g-w'],
    ['everybody', 0o702, 'chmod o-w'],
    ['group and everybody', 0o777, 'chmod go-w'],
  ];
  for (const [title, mode, remedy] of MODES) {
    it(`by ${title}: refused, with the command that mends it`, async () => {
      chmodSync(victim.toolHome, mode);
      await remedied(await refusesAll(remedy));
    });

    it(`because the directory above can be changed by ${title}`, async () => {
      chmodSync(victim.home, mode);
      await remedied(await refusesAll(remedy, victim.home));
    });
  }

  it('by everybody, with the sticky bit: new files could be planted', async () => {
    chmodSync(victim.toolHome, 0o1777);
    await remedied(await refusesAll('chmod go-w'));
  });

  it('by an access list: refused, and the remedy takes that back @linux', async () => {
    letWrite(victim.toolHome, OTHER);
    await remedied(await refusesAll('chmod g-w', 'access list'));
    if (!isRoot) return;
    chmodSync(victim.root, 0o755);
    const planted = await asOther(victim, `touch '${join(victim.toolHome, 'grants.json')}'`);
    assert.notEqual(planted.exitCode, 0, 'the remedy left the way open');
  });

  it('because a directory above it has an access list @linux', async () => {
    letWrite(victim.home, OTHER);
    await remedied(await refusesAll('chmod g-w', victim.home));
  });

  it('by a link in a directory that others can change', async () => {
    const shared = join(victim.root, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    symlinkSync(victim.toolHome, join(shared, 'link'));
    const env = { NF_SECRETS_HOME: join(shared, 'link') };
    const result = await victim.nfSecrets(['list'], { env });
    assertRefusedWithRemedy(result, 77, shared, 'chmod go-w');
  });

  it('in a directory like /tmp: fine, because what is below it is the victim’s', async () => {
    chmodSync(victim.root, 0o1777);
    assert.equal(String(await victim.ok(['get', 'USER_KEY'])), 'fake-of-the-user');
  });

  it('in a directory like /tmp, as a link of somebody else: refused @root', async () => {
    chmodSync(victim.root, 0o1777);
    const link = join(victim.root, 'link');
    symlinkSync(victim.toolHome, link);
    lchownSync(link, OTHER, OTHER);
    const result = await victim.nfSecrets(['list'], { env: { NF_SECRETS_HOME: link } });
    assertRefusedWithRemedy(result, 77, link, `uid ${OTHER}`);
  });

  const FILES = [
    'identity.txt',
    'user.sops.json',
    'workspaces.json',
    'grants.json',
    'usage.json',
    'aws.json',
    'answers.json',
    'usage.json.lock',
    `runs/${RUN}.json`,
    `logs/${RUN}.json`,
    `logs/${RUN}.log`,
  ];
  const plant = (file: string): string => {
    const path = join(victim.toolHome, file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) writeFileSync(path, '{}\n', { mode: 0o600 });
    return path;
  };

  it('in each of its files: refused, with the command that mends it', async () => {
    // Of the identity see identity-problems.test.ts: it may not even be read by others.
    for (const file of FILES.filter((name) => name !== 'identity.txt')) {
      const path = plant(file);
      for (const [mode, remedy] of [
        [0o620, `chmod g-w '${path}'`],
        [0o602, `chmod o-w '${path}'`],
      ] as const) {
        chmodSync(path, mode);
        assertRefusedWithRemedy(await victim.nfSecrets(['runs']), 77, path, remedy);
      }
      chmodSync(path, 0o600);
    }
  });

  for (const directory of ['runs', 'logs']) {
    it(`in its directory ${directory}`, async () => {
      const path = dirname(plant(`${directory}/${RUN}.json`));
      chmodSync(path, 0o770);
      await refusesAll(path, `chmod g-w '${path}'`);
    });
  }

  it('in a file that is another user’s: refused, with what to do @root', async () => {
    for (const file of FILES) {
      const path = plant(file);
      const { uid, gid } = statSync(path);
      giveAway(path);
      const result = await victim.nfSecrets(['runs']);
      assertRefusedWithRemedy(result, 77, path, `uid ${OTHER}`, `rm -r '${path}'`);
      assert.doesNotMatch(result.stderr, /You are root/);
      lchownSync(path, uid, gid);
    }
  });

  it('in a file behind a link: where the link leads counts', async () => {
    const elsewhere = join(victim.root, 'dotfiles');
    mkdirSync(elsewhere, { mode: 0o700 });
    writeFileSync(join(elsewhere, 'grants.json'), '{}\n', { mode: 0o600 });
    symlinkSync(join(elsewhere, 'grants.json'), join(victim.toolHome, 'grants.json'));
    await victim.ok(['list']);
    chmodSync(elsewhere, 0o775);
    await refusesAll(elsewhere, 'chmod g-w');
  });
});

describe('what somebody else has put into the home', () => {
  let victim: Victim;
  let trace: string;

  beforeEach(async () => {
    victim = await Victim.create();
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
    trace = join(victim.root, 'trace');
    mkdirSync(trace, { mode: 0o777 });
    chmodSync(trace, 0o777);
    chmodSync(victim.root, 0o755);
  });
  afterEach(() => {
    victim.remove();
  });

  /** An entry of a run that is over, of a machine that nobody has, which an older version has written. */
  const entry = (program: string): string => {
    const launcher = { host: 'elsewhere', boot: 'b', pid: 1, startTime: '1' };
    return JSON.stringify({
      format: 1,
      runId: RUN,
      pipeline: 'main.nf',
      target: 'local',
      started: '2026-01-02T03:04:05Z',
      launcher,
      child: null,
      slurmJob: '7',
      slurm: { squeue: program, conf: null },
      keep: false,
      items: [{ kind: 'private-store', path: join(runRoot(victim), RUN) }],
    });
  };
  const program = (): string => {
    const path = join(trace, 'squeue');
    writeFileSync(path, `#!/bin/sh\ntouch ${trace}/run\n`, { mode: 0o755 });
    return path;
  };

  it('is not run: a program that an entry of the ledger names @root', async () => {
    chmodSync(victim.toolHome, 0o2777);
    const planted = program();
    const directory = ledgerDirectory(victim);
    const made = await asOther(
      victim,
      `mkdir '${directory}' && cat > '${directory}/${RUN}.json' <<'END'\n${entry(planted)}\nEND\n` +
        `touch -d 2020-01-01 '${directory}/${RUN}.json'`,
    );
    assert.equal(made.exitCode, 0, made.stderr);
    assertRefusedWithRemedy(await victim.nfSecrets(['runs']), 77, victim.toolHome, 'chmod go-w');
    // The hole is closed, what came through it is still there.
    chmodSync(victim.toolHome, 0o700);
    for (const args of [['runs'], ['sweep'], ['exec', '--', 'true']]) {
      assertRefusedWithRemedy(await victim.nfSecrets(args), 77, directory, `uid ${OTHER}`, 'rm -r');
    }
    assert.ok(!existsSync(join(trace, 'run')));
  });

  it('nor if the entry is the victim’s own: it is read, and Slurm is asked by the PATH', async () => {
    const named = program();
    const file = join(ledgerDirectory(victim), `${RUN}.json`);
    mkdirSync(dirname(file), { mode: 0o700 });
    writeFileSync(file, entry(named), { mode: 0o600 });
    utimesSync(file, 0, 0);
    const [run] = JSON.parse(String(await victim.ok(['runs', '--json']))) as {
      runId: string;
      state: string;
    }[];
    assert.deepEqual([run?.runId, run?.state], [RUN, 'unknown']);
    const bin = join(victim.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'squeue'), '#!/bin/sh\necho RUNNING\n', { mode: 0o755 });
    const env = { PATH: [bin, victim.env['PATH']].join(delimiter) };
    const [asked] = JSON.parse(String(await victim.ok(['runs', '--json'], { env }))) as { state: string }[];
    assert.equal(asked?.state, 'running');
    assert.ok(!existsSync(join(trace, 'run')), 'the program of the file was run');
  });
});

describe('a run root that somebody else can change by a group or an access list', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await Victim.create();
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
    chmodSync(victim.root, 0o755);
  });
  afterEach(() => {
    victim.remove();
  });

  interface Place {
    readonly title: string;
    readonly make: (directory: string) => void;
    readonly linux?: true;
  }
  const PLACES: readonly Place[] = [
    {
      title: 'the victim’s own primary group',
      make: (directory) => {
        chmodSync(directory, 0o770);
      },
    },
    {
      title: 'an access list',
      make: (directory) => {
        letWrite(directory, OTHER);
      },
      linux: true,
    },
  ];
  for (const { title, make, linux } of PLACES) {
    for (const below of ['', 'below', 'below/again']) {
      it(`${title}, ${below === '' ? 'itself' : `at ${below} of it`}: 73, and nothing is made${linux === true ? ' @linux' : ''}`, async () => {
        const place = join(victim.root, 'place');
        mkdirSync(place, { mode: 0o755 });
        make(place);
        const root = join(place, below);
        const before = treeOf(place);
        for (const args of [
          ['exec', '--run-root', root, '--', 'touch', 'started'],
          ['launch', '--run-root', root, '--nextflow', '/bin/true', 'main.nf'],
        ]) {
          writeFileSync(join(victim.workspace, 'main.nf'), 'workflow {}\n');
          const result = await victim.nfSecrets(args);
          assertRefusedWithRemedy(result, 73, place, /group|access list/, 'chmod g-w', 'NF_SECRETS_RUN_ROOT');
        }
        assert.deepEqual(treeOf(place), before);
        assert.ok(!existsSync(join(victim.workspace, 'started')));
      });
    }
  }

  it('by a default access list: what is made below it stays the victim’s alone @linux @root', async () => {
    const place = join(victim.root, 'place');
    mkdirSync(place, { mode: 0o755 });
    letWrite(place, OTHER, 'default');
    const env = { NF_SECRETS_HOME: join(place, 'tool'), NF_SECRETS_RUN_ROOT: join(place, 'runs') };
    await victim.ok(['set', 'NEW_KEY'], { env, input: 'fake-new' });
    const script =
      'd=$(dirname "$NXF_SECRETS_FILE"); setpriv --reuid=64321 --regid=64321 --clear-groups -- ' +
      `sh -c "cat $d/store.json; touch $d/x ${place}/runs/x ${place}/tool/grants.json; cat ${place}/tool/*"; true`;
    const { stdout, exitCode } = await victim.nfSecrets(['exec', '--', 'sh', '-c', script], { env });
    assert.deepEqual([String(stdout), exitCode], ['', 0]);
    assert.ok(!existsSync(join(place, 'tool', 'grants.json')));
  });
});
