import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { outerStore } from '../../src/core/launch/outer-lease.ts';
import { placeForRun } from '../../src/core/targets/local/private-store.ts';
import { filesBelow } from '../fixtures/loot.ts';
import { giveAway, isRoot, OTHER, strangerTo } from '../fixtures/other-user.ts';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, PROJECT, type Result } from '../fixtures/sandbox.ts';
import { assertShowable } from '../fixtures/showable.ts';
import { Victim } from '../fixtures/victim.ts';

// While a run lasts its secrets are plain text in a directory. Attacks on where that is, on what is in it when it is
// removed, and on who else can get at it.

/** A victim whose user vault has USER_KEY and OTHER_KEY. */
async function newVictim(): Promise<Victim> {
  const victim = await Victim.create();
  await victim.fillUser({ USER_KEY: 'fake-of-the-user', OTHER_KEY: 'fake-other' });
  return victim;
}

describe('a run root that somebody else can change', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await newVictim();
  });
  afterEach(() => {
    victim.remove();
  });

  interface Place {
    readonly title: string;
    /** Makes the place. @returns the run root to ask for. */
    readonly make: (directory: string) => string;
    readonly says: RegExp;
    /** Nothing but root can make it. */
    readonly byRoot?: true;
  }

  const mode = (path: string, bits: number): string => {
    mkdirSync(path, { recursive: true });
    chmodSync(path, bits);
    return path;
  };

  const PLACES: readonly Place[] = [
    {
      title: 'is open to everybody',
      make: (directory) => mode(directory, 0o777),
      says: /every user/,
    },
    {
      title: 'is below one that is open to everybody',
      make: (directory) => join(mode(directory, 0o777), 'runs'),
      says: /every user/,
    },
    {
      title: 'is a link to one that is open to everybody',
      make: (directory) => {
        symlinkSync(mode(`${directory}-open`, 0o777), directory);
        return directory;
      },
      says: /every user/,
    },
    {
      title: 'belongs to another user',
      make: (directory) => {
        giveAway(mode(directory, 0o755));
        return directory;
      },
      says: /another user/,
      byRoot: true,
    },
    {
      title: 'is below one of another user, with the sticky bit',
      make: (directory) => {
        giveAway(mode(directory, 0o1777));
        return join(directory, 'runs');
      },
      says: /another user/,
      byRoot: true,
    },
    {
      title: 'is a link to one of another user',
      make: (directory) => {
        giveAway(mode(`${directory}-other`, 0o700));
        symlinkSync(`${directory}-other`, directory);
        return directory;
      },
      says: /another user/,
      byRoot: true,
    },
    {
      // They can put another store in its place, and what Nextflow makes of it is run by each task.
      title: 'is open to a group of others',
      make: (directory) => {
        mode(directory, 0o770);
        lchownSync(directory, process.getuid?.() ?? 0, OTHER);
        return directory;
      },
      says: /group/,
      byRoot: true,
    },
  ];

  for (const { title, make, says, byRoot } of PLACES) {
    it(`because it ${title}: 73, nothing is started, and nothing is left`, async () => {
      const place = join(victim.root, 'place');
      if (byRoot === true && !isRoot) {
        mkdirSync(place);
        await assert.rejects(placeForRun('abcdefghijkl', place, strangerTo(victim)), { exitCode: 73 });
        return;
      }
      const root = make(place);
      const trace = join(victim.root, 'trace');
      const result = await victim.nfSecrets(['exec', '--run-root', root, '--', 'touch', trace]);
      assertRefusedWithRemedy(result, 73, says, 'NF_SECRETS_RUN_ROOT');
      assert.ok(!existsSync(trace));
      assert.deepEqual(filesBelow(victim.root, 'fake-of-the-user'), []);
    });
  }
});

describe('a run root whose path is shell text', () => {
  let victim: Victim;

  before(async () => {
    victim = await newVictim();
  });
  after(() => {
    victim.remove();
  });

  // Nextflow puts the path unquoted into the script of each task.
  const PATHS: readonly string[] = [
    'with space',
    "with'quote",
    'with"quotes',
    '$(touch PWNED)',
    '`touch PWNED`',
    'a;touch PWNED',
    'a\ntouch PWNED',
    'a&b',
    'a|b',
    'a>b',
    '*',
    '~',
    'tab\there',
    'a\\b',
    'grüß',
    '\u001b[31m',
  ];
  for (const path of PATHS) {
    it(`${JSON.stringify(path)}: 73, nothing is started`, async () => {
      const trace = join(victim.root, 'trace');
      const root = join(victim.root, path, 'runs');
      const result = await victim.nfSecrets(['exec', '--run-root', root, '--', 'touch', trace]);
      assertRefusedWithRemedy(result, 73, 'do not quote', 'NF_SECRETS_RUN_ROOT');
      assertShowable(result.stderr);
      assert.ok(!existsSync(trace));
    });
  }
});

describe('what is in a run’s directory when it is to be removed', () => {
  let victim: Victim;
  /** Files of the victim that have the names of ours. */
  let precious: string;

  beforeEach(async () => {
    victim = await newVictim();
    precious = join(victim.root, 'precious');
    mkdirSync(precious);
    for (const name of ['store.json', '.nf-abc.secrets', 'thesis.txt']) {
      writeFileSync(join(precious, name), 'fake-precious');
    }
  });
  afterEach(() => {
    victim.remove();
  });

  /** A run whose command is the attacker: `$d` is the run's directory, `$p` the precious one. */
  const runAttack = async (script: string): Promise<Result> =>
    victim.nfSecrets([
      'exec',
      '--',
      'sh',
      '-c',
      `d=$(dirname "$NXF_SECRETS_FILE"); p='${precious}'; ${script}`,
    ]);
  const assertPrecious = (): void => {
    assert.deepEqual(filesBelow(precious, 'fake-precious').length, 3, 'a file of the victim is gone');
  };

  const REPLACED: readonly { readonly title: string; readonly script: string; readonly exitCode: 0 | 75 }[] =
    [
      { title: 'the store, by a link to a file', script: 'ln -sf $p/thesis.txt $d/store.json', exitCode: 0 },
      {
        title: 'a file of tasks, by a link to a file',
        script: 'ln -s $p/thesis.txt $d/.nf-abc.secrets',
        exitCode: 0,
      },
      { title: 'the directory, by a link to another', script: 'rm -r $d && ln -s $p $d', exitCode: 75 },
      { title: 'the directory, by a file', script: 'rm -r $d && cp $p/thesis.txt $d', exitCode: 75 },
      { title: 'a link to a directory, beside the store', script: 'ln -s $p $d/results', exitCode: 75 },
      {
        title: 'a link to a directory, called as a file of tasks',
        script: 'ln -s $p $d/.nf-abc.secrets',
        exitCode: 0,
      },
      { title: 'files that are not ours', script: 'cp -r $p $d/results', exitCode: 75 },
      { title: 'nothing any more', script: 'rm -r $d', exitCode: 0 },
    ];
  for (const { title, script, exitCode } of REPLACED) {
    it(`${title}: only what is ours goes, the rest is named (${exitCode})`, async () => {
      const result = await runAttack(script);
      assert.equal(result.exitCode, exitCode, result.stderr);
      assertPrecious();
      assert.deepEqual(filesBelow(runRoot(victim), 'fake-of-the-user'), [], 'the secrets are gone');
      if (exitCode === 75) assert.match(result.stderr, /Not removed: .*runs\/[a-z0-9]{12}.*Remove it: rm /);
      assert.equal(
        readdirSync(ledgerDirectory(victim)).length,
        exitCode === 75 ? 1 : 0,
        'remembered if not gone',
      );
    });
  }

  it('directories called as files of tasks: the store goes all the same', async () => {
    const result = await runAttack('for i in 0 1 2 3 4 5 6 7 8 9; do mkdir $d/.nf-$i.secrets; done');
    assert.equal(result.exitCode, 75, result.stderr);
    assert.match(result.stderr, /Not removed: .*\.nf-\d\.secrets/);
    assert.deepEqual(filesBelow(runRoot(victim), 'fake-of-the-user'), []);
  });

  it('names with escapes for a terminal: named without them', async () => {
    const result = await runAttack(`touch "$d/$(printf '\\033]0;PWNED\\007\\nnf-secrets: All is removed.')"`);
    assert.equal(result.exitCode, 75, result.stderr);
    assertShowable(result.stderr);
    assert.doesNotMatch(result.stderr, /^nf-secrets: All is removed/m);
  });

  it('another failure of the run: its own exit code stays', async () => {
    const result = await runAttack('touch $d/planted; exit 3');
    assert.equal(result.exitCode, 3);
    assert.match(result.stderr, /Not removed: .*planted/);
  });
});

describe('a run’s directory that is there before the run', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await newVictim();
  });
  afterEach(() => {
    victim.remove();
  });

  // The attacker has read the run's id in the ledger (or guessed it) and is quicker. test/fixtures/step.mjs stops
  // the command right before it makes the directory.
  const PLANTED: readonly { readonly title: string; readonly plant: string }[] = [
    { title: 'a directory open to all', plant: 'mkdir -m 777 "$d"' },
    { title: 'a link to a directory', plant: 'mkdir trap && ln -s "$PWD/trap" "$d"' },
    { title: 'a link to nowhere', plant: 'ln -s "$PWD/trap" "$d"' },
  ];
  for (const { title, plant } of PLANTED) {
    it(`${title}: no value is put there, nothing is started`, async () => {
      const trace = join(victim.root, 'trace');
      const steps = join(victim.root, 'steps');
      const exec = async (env: Record<string, string>): Promise<Result> =>
        victim.nfSecrets(['exec', '--', 'touch', trace], {
          env: {
            NODE_OPTIONS: `--import=${pathToFileURL(join(PROJECT, 'test/fixtures/step.mjs')).href}`,
            ...env,
          },
        });
      // The first use makes and notes more than any later one.
      await exec({});
      rmSync(trace);
      await exec({ TEST_STEP_LOG: steps });
      rmSync(trace);
      const making = /^(\d+) mkdir .*\/runs\/[a-z0-9]{12}$/m.exec(readFileSync(steps, 'utf8'))?.[1];
      assert.ok(making !== undefined, readFileSync(steps, 'utf8'));
      const result = await exec({
        TEST_STEP: making,
        TEST_STEP_ACTION: 'run',
        TEST_STEP_COMMAND: `id=$(basename "$(ls ${ledgerDirectory(victim)}/*.json)" .json); d=${runRoot(victim)}/$id; ${plant}`,
      });
      assertRefused(result, result.exitCode === 73 ? 73 : 74, runRoot(victim));
      assert.ok(!existsSync(trace));
      assert.deepEqual(filesBelow(victim.root, 'fake-of-the-user'), []);
    });
  }
});

describe('what a run can see of its launcher', () => {
  let victim: Victim;

  before(async () => {
    victim = await newVictim();
  });
  after(() => {
    victim.remove();
  });

  it('is no value in any argument or environment, and no age key', async () => {
    const env = { SOPS_AGE_KEY: victim.key.secret, NF_SECRETS_WORKSPACE: victim.workspace };
    const look = 'env; for p in $$ $PPID; do tr "\\0" "\\n" < /proc/$p/cmdline; done';
    const { stdout, stderr, exitCode } = await victim.nfSecrets(['exec', '--', 'sh', '-c', look], { env });
    assert.equal(exitCode, 0, stderr);
    for (const text of [String(stdout), stderr]) assert.doesNotMatch(text, /fake-|AGE-SECRET-KEY/);
    assert.doesNotMatch(String(stdout), /^SOPS_AGE|^NF_SECRETS_(?!RUN=)/m);
  });
});

describe('nf-secrets inside of a run', () => {
  let victim: Victim;
  const show = ['sh', '-c', 'cat "$NXF_SECRETS_FILE"'];

  beforeEach(async () => {
    victim = await newVictim();
  });
  afterEach(() => {
    victim.remove();
  });

  /** `exec` of all secrets, started by a process of an outer run. */
  const nested = async (outer: readonly string[], inner: readonly string[]): Promise<Result> =>
    victim.nfSecrets(['exec', ...outer, '--', process.execPath, CLI, 'exec', ...inner, '--', ...show]);

  it('gets no more than the outer run has', async () => {
    const { stdout, exitCode, stderr } = await nested(['--secret', 'OTHER_KEY'], []);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(JSON.parse(String(stdout)), [{ name: 'OTHER_KEY', value: 'fake-other' }]);
  });

  it('is refused by name what the outer run has not', async () => {
    const result = await nested(['--secret', 'OTHER_KEY'], ['--secret', 'USER_KEY']);
    assert.equal(result.exitCode, 66, result.stderr);
    assert.match(result.stderr, /does not have the secret USER_KEY/);
    assert.equal(String(result.stdout), '');
  });

  // `--secret` is "only this secret". A person who types it counts on that, inside of a run too.
  it('hands on no more than was asked for', async () => {
    const { stdout } = await nested([], ['--secret', 'OTHER_KEY']);
    assert.doesNotMatch(String(stdout), /fake-of-the-user/);
  });

  // An environment that a directory's settings, a container or a job script bring.
  describe('by a forged NF_SECRETS_RUN', () => {
    let store: string;

    beforeEach(() => {
      store = join(victim.root, 'planted', 'abcdefghijkl', 'store.json');
      mkdirSync(dirname(store), { recursive: true });
      writeFileSync(store, '[{"name":"PLANTED_KEY","value":"fake-planted"}]', { mode: 0o600 });
    });

    const forged = async (run: string, file: string): Promise<string> => {
      const env = { NF_SECRETS_RUN: run, NXF_SECRETS_FILE: file };
      const tell = ['sh', '-c', 'echo "$NF_SECRETS_RUN $NXF_SECRETS_FILE"'];
      const { stdout, stderr } = await victim.nfSecrets(['exec', '--', ...tell], { env });
      assert.equal(readFileSync(store, 'utf8').includes('fake-of-the-user'), false);
      return `${String(stdout)}${stderr}`;
    };

    it('with a store of another user: a run of its own', async () => {
      if (isRoot) {
        giveAway(dirname(store));
        assert.match(
          await forged('abcdefghijkl', store),
          new RegExp(`^(?!abcdefghijkl)[a-z0-9]{12} ${runRoot(victim)}/`),
        );
        return;
      }
      const env = { NF_SECRETS_RUN: 'abcdefghijkl', NXF_SECRETS_FILE: store };
      assert.equal(await outerStore({ ...strangerTo(victim), env }), undefined);
    });

    it('with a store that is a link: a run of its own', async () => {
      const link = join(victim.root, 'mnopqrstuvwx', 'store.json');
      mkdirSync(dirname(link));
      symlinkSync(store, link);
      assert.match(await forged('mnopqrstuvwx', link), /^(?!mnopqrstuvwx)[a-z0-9]{12} /);
    });

    it('with a store of another run’s name: a run of its own', async () => {
      assert.match(await forged('mnopqrstuvwx', store), /^(?!mnopqrstuvwx)[a-z0-9]{12} /);
    });

    it('with a relative store: a run of its own', async () => {
      const relative = 'abcdefghijkl/store.json';
      assert.match(await forged('abcdefghijkl', relative), /^(?!abcdefghijkl)[a-z0-9]{12} /);
    });

    it('never puts the victim’s secrets into the planted store, and removes nothing of it', async () => {
      await forged(basename(dirname(store)), store);
      assert.deepEqual(readdirSync(dirname(store)), ['store.json']);
    });
  });
});
