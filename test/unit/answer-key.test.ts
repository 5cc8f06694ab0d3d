import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { answerKey, partState } from '../../src/core/nextflow/answer-key.ts';
import type { NextflowCommand } from '../../src/core/nextflow/nextflow-command.ts';
import { closedCode } from '../../src/core/pipeline/closed-code.ts';
import type { World } from '../../src/core/system/world.ts';
import { fakeWorld } from '../fixtures/world.ts';

const MAIN = "include { A } from './modules/a'\nworkflow {\n  if (params.x) A()\n}\n";
const A = "include { B } from '../b.nf'\nprocess A {\n  secret 'TOKEN'\n  script:\n  'true'\n}\n";
const CONFIG =
  "process.executor = 'awsbatch'\nincludeConfig '../shared/base.config'\nincludeConfig \"$projectDir/conf/own.config\"\n";

/** A run whose question is asked again after something has changed. */
interface Asked {
  readonly root: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  /** @returns the path. */
  readonly write: (path: string, text: string) => string;
}

/** What decides about an answer: each change makes it another question, or one that is always asked. */
const COUNTS: Readonly<Record<string, (run: Asked) => unknown>> = {
  'the script': ({ write }) => write('project/main.nf', `${MAIN}// more\n`),
  'a module': ({ write }) => write('project/modules/a.nf', A.replace('TOKEN', 'KEY')),
  'a module of a module': ({ write }) => write('project/b.nf', "process B {\n  script:\n  '1'\n}\n"),
  'the config of the project': ({ write }) => write('project/nextflow.config', `${CONFIG}// more\n`),
  'a config that another directory has': ({ write }) => write('shared/base.config', "process.queue = 'b'\n"),
  'a config in the project': ({ write }) => write('project/conf/own.config', "process.queue = 'b'\n"),
  'a new config in the current directory': ({ write }) => write('launch/nextflow.config', 'params.x = 1\n'),
  "a new config in Nextflow's home": ({ write }) => write('nextflow/config', 'params.x = 1\n'),
  'the config of -c': ({ write }) => write('launch/mine.config', 'params.y = 1\n'),
  'another -c': ({ args, write }) => {
    write('launch/other.config', '');
    args.push('-c', 'other.config');
  },
  'the file of parameters': ({ write }) => write('launch/params.yml', 'x: 2\n'),
  'a parameter': ({ args }) => args.push('--x', '1'),
  'a profile': ({ args }) => args.push('-profile', 'test'),
  'an entry': ({ args }) => args.push('-entry', 'OTHER'),
  'a setting on the command line': ({ args }) => args.push('-process.container', 'a:1'),
  'a variable': ({ env }) => Object.assign(env, { REGISTRY: 'quay.io' }),
  'another version of Nextflow': ({ env }) => Object.assign(env, { NXF_VER: '24.10.0' }),
  'the other parser': ({ env }) => Object.assign(env, { NXF_SYNTAX_PARSER: 'v2' }),
  'a secret': ({ write }) => write('run/store.json', '[{"name":"TOKEN","value":"fake-other"}]'),
  'the launcher': ({ write, root }) => {
    write('bin/nextflow', "NXF_VER=${NXF_VER:-'25.04.5'}\n");
    utimesSync(join(root, 'bin', 'nextflow'), 1, 1);
  },
  'a Java': ({ write, env, root }) => {
    write('bin/java', '');
    Object.assign(env, { JAVA_CMD: join(root, 'bin', 'java') });
  },
  'a launcher that keeps its size and time': ({ write, root }) => {
    const launcher = join(root, 'bin', 'nextflow');
    const { atime, mtime } = statSync(launcher);
    write('bin/nextflow', readFileSync(launcher, 'utf8'));
    utimesSync(launcher, atime, mtime);
  },
  'a variable of the terminal that the code names': ({ write, env }) => {
    write('project/nextflow.config', `${CONFIG}params.tty = System.getenv('SSH_TTY')\n`);
    Object.assign(env, { SSH_TTY: '/dev/pts/2' });
  },
};

/** What makes a question that is always asked. */
const NEVER: Readonly<Record<string, (run: Asked) => unknown>> = {
  'a script that reads a file': ({ write }) =>
    write('project/main.nf', "if (file('x').exists()) println 'x'\n"),
  'a config that reads the clock': ({ write }) => write('shared/base.config', 'params.x = new Date()\n'),
  'a path that is computed': ({ write }) =>
    write('project/conf/own.config', 'includeConfig "${params.base}/x.config"\n'),
  'a config on another machine': ({ write }) =>
    write('project/conf/own.config', "includeConfig 'https://example.org/x.config'\n"),
  'a -c on another machine': ({ args }) => args.push('-c', 'https://example.org/x.config'),
  'a config that is not there': ({ write }) =>
    write('project/conf/own.config', "includeConfig 'none.config'\n"),
  'a module that is not there': ({ write }) => write('project/main.nf', "include { X } from './x'\n"),
  'a module of a plugin': ({ write }) => write('project/main.nf', "include { x } from 'plugin/nf-x'\n"),
  'a module of the registry': ({ write }) => write('project/main.nf', "include { x } from 'nf-core/x'\n"),
  'plugins of a config': ({ write }) =>
    write('project/nextflow.config', `${CONFIG}plugins {\n  id 'nf-x@1.0.0'\n}\n`),
  'plugins of the command': ({ args }) => args.push('-plugins', 'nf-x@1.0.0'),
  'classes of the project': ({ write }) => write('project/lib/Util.groovy', 'class Util { }\n'),
  'other libraries': ({ args }) => args.push('-lib', 'libs'),
  'a run to resume by its name': ({ args }) => args.push('-resume', 'first_run'),
  'two sessions to resume': ({ args }) => args.push('-resume', '-resume'),
  'a session to resume in a config': ({ write }) => write('launch/mine.config', 'resume = true\n'),
  'a session of the person': ({ env }) =>
    Object.assign(env, { NXF_UUID: '7ff95cc5-d0a7-4c15-8b9d-09734a568df7' }),
  'the newest revision': ({ args }) => args.push('-latest'),
  'an option that nobody knows': ({ args }) => args.push('-new-option'),
  'options for Nextflow in a variable': ({ env }) => Object.assign(env, { NXF_CLI_OPTS: '-resume' }),
  'an agent of Java': ({ env }) => Object.assign(env, { NXF_OPTS: '-javaagent:x.jar' }),
  'a script that bash reads first': ({ env }) => Object.assign(env, { BASH_ENV: '/x' }),
  'a launcher that may start any Nextflow': ({ write }) =>
    write('bin/nextflow', 'module load nextflow\nexec nextflow "$@"\n'),
  'a script that is a link': ({ root, write }) => {
    rmSync(join(root, 'project/main.nf'));
    write('elsewhere/main.nf', 'workflow { }\n');
    symlinkSync('../elsewhere/main.nf', join(root, 'project/main.nf'));
  },
  'code that names the store of the run': ({ write }) =>
    write('launch/mine.config', "params.x = System.getenv('NXF_SECRETS_FILE')\n"),
  'a file of parameters on another machine': ({ args }) =>
    args.push('-params-file', 'https://example.org/x.yml'),
  'a file of parameters that is too large': ({ write }) =>
    write('launch/params.yml', `x: ${'1'.repeat(5 << 20)}\n`),
  'a config on another machine, by a variable': ({ env }) =>
    Object.assign(env, { NXF_CONFIG_FILE: 'https://example.org/x.config' }),
  'a config of another kind of path': ({ args }) => args.push('-c', 'file:/x.config'),
  'a file of arguments': ({ args }) => args.push('@arguments'),
  'options of Java in a file': ({ env }) => Object.assign(env, { NXF_OPTS: '-XX:VMOptionsFile=x' }),
  'classes that Java finds first': ({ env }) => Object.assign(env, { NXF_OPTS: '-Xbootclasspath/a:x.jar' }),
  'plugins of a variable': ({ env }) => Object.assign(env, { NXF_PLUGINS_DEFAULT: 'nf-x' }),
  'a directory above a linked one': ({ root, write }) => {
    write('elsewhere/conf/own.config', "includeConfig '../other.config'\n");
    write('elsewhere/other.config', '');
    write('project/other.config', '');
    rmSync(join(root, 'project/conf'), { recursive: true });
    symlinkSync('../elsewhere/conf', join(root, 'project/conf'));
  },
  'a module with two names': ({ write }) => {
    write('project/main.nf', MAIN.replace('modules/a', 'modules/a.b'));
    write('project/modules/a.b.nf', A);
  },
};

/** What does not count. */
const NOTHING: Readonly<Record<string, (run: Asked) => unknown>> = {
  'a program in bin': ({ write }) => write('project/bin/tool', 'echo\n'),
  'a file of data': ({ write }) => write('launch/reads.fastq', '@\n'),
  'a terminal': ({ env }) => Object.assign(env, { SSH_TTY: '/dev/pts/2', SHLVL: '3', OLDPWD: '/' }),
  'another run': ({ env, root, write }) => {
    write('other/store.json', '[{"name":"TOKEN","value":"fake-token"}]');
    Object.assign(env, { NXF_SECRETS_FILE: join(root, 'other/store.json'), NF_SECRETS_RUN: 'other' });
  },
  'the session': ({ args }) => args.splice(1, 0, '-resume'),
  'the session, by its id': ({ args }) => args.push('-resume', '7ff95cc5-d0a7-4c15-8b9d-09734a568df7'),
  'the name of the run, and its report': ({ args }) => args.push('-name', 'second', '-with-report', 'r.html'),
};

describe('the question that a launch asks Nextflow', () => {
  let run: Asked;
  beforeEach(() => {
    const root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-answer-'));
    const write = (path: string, text: string): string => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
      return path;
    };
    const files: Readonly<Record<string, string>> = {
      'project/main.nf': MAIN,
      'project/modules/a.nf': A,
      'project/b.nf': "process B {\n  script:\n  'true'\n}\n",
      'project/nextflow.config': CONFIG,
      'project/conf/own.config': "process.queue = 'a'\n",
      'shared/base.config': "process.queue = 'a'\n",
      'launch/mine.config': "env.X = 'y'\n",
      'launch/params.yml': 'x: 1\n',
      'run/store.json': '[{"name":"TOKEN","value":"fake-token"}]',
      'bin/nextflow': "NXF_VER=${NXF_VER:-'25.04.4'}\n",
    };
    for (const [path, text] of Object.entries(files)) write(path, text);
    const args = ['run', '../project', '-params-file', 'params.yml', '-c', 'mine.config'];
    const env = {
      PATH: '/usr/bin:/bin',
      NXF_HOME: join(root, 'nextflow'),
      NXF_SECRETS_FILE: join(root, 'run/store.json'),
      NF_SECRETS_RUN: 'one',
    };
    run = { root, args, env, write };
  });
  afterEach(() => {
    rmSync(run.root, { recursive: true });
  });

  const worldOf = ({ root, env }: Asked): World =>
    fakeWorld({ env, cwd: join(root, 'launch'), homeDir: root });
  const commandOf = ({ root, args }: Asked): NextflowCommand => ({
    executable: join(root, 'bin/nextflow'),
    pipeline: '../project',
    background: undefined,
    args,
  });
  const code = (): ReturnType<typeof closedCode> => closedCode(commandOf(run), worldOf(run));

  async function key(): Promise<string | undefined> {
    const { env } = run;
    const closed = await code();
    return closed && (await answerKey(commandOf(run), closed, env, worldOf(run)))?.toString('hex');
  }

  it('is the same as long as nothing changes', async () => {
    const first = await key();
    assert.ok(first);
    assert.equal(await key(), first);
  });

  for (const [title, change] of Object.entries(COUNTS))
    it(`is another one after a change of ${title}`, async () => {
      const first = await key();
      change(run);
      const second = await key();
      assert.ok(first !== undefined && second !== undefined);
      assert.notEqual(second, first);
    });

  for (const [title, change] of Object.entries(NEVER))
    it(`is always asked with ${title}`, async () => {
      assert.ok(await key());
      change(run);
      assert.equal(await key(), undefined);
    });

  for (const [title, change] of Object.entries(NOTHING))
    it(`stays the same after a change of ${title}`, async () => {
      const first = await key();
      change(run);
      assert.ok(first);
      assert.equal(await key(), first);
    });

  it('knows when its code was changed and changed back meanwhile', async () => {
    const first = await code();
    const path = join(run.root, 'project/main.nf');
    utimesSync(path, 1, 1);
    const second = await code();
    assert.ok(first && second);
    assert.notEqual(second.times, first.times);
    assert.deepEqual(second.states, first.states);
  });

  it('is another one for a module that was a file and is a directory now', async () => {
    run.write('project/modules/a/main.nf', A.replace('../b.nf', '../../b.nf'));
    const first = await key();
    rmSync(join(run.root, 'project/modules/a.nf'));
    const second = await key();
    assert.ok(first !== undefined && second !== undefined);
    assert.notEqual(second, first);
  });
});

describe('the state of a part of Nextflow', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-part-'));
    mkdirSync(join(root, 'plugin', 'classes'), { recursive: true });
    writeFileSync(join(root, 'plugin', 'classes', 'a.class'), 'a');
    writeFileSync(join(root, 'nextflow.jar'), 'a');
    utimesSync(root, 1, 1);
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const CHANGES: Readonly<Record<string, readonly [part: string, change: (root: string) => void]>> = {
    'a jar that was written again': [
      'nextflow.jar',
      (at) => {
        writeFileSync(join(at, 'nextflow.jar'), 'bb');
      },
    ],
    'a jar that another one was put beside': [
      'nextflow.jar',
      (at) => {
        writeFileSync(join(at, 'other.jar'), 'a');
      },
    ],
    'a plugin with another class': [
      'plugin',
      (at) => {
        writeFileSync(join(at, 'plugin', 'classes', 'b.class'), 'b');
      },
    ],
  };
  for (const [title, [part, change]] of Object.entries(CHANGES))
    it(`is another one for ${title}`, () => {
      const before = partState(join(root, part));
      assert.equal(partState(join(root, part)), before);
      change(root);
      assert.ok(before);
      assert.notEqual(partState(join(root, part)), before);
    });

  it('is not known of one that is gone', () => {
    assert.equal(partState(join(root, 'gone.jar')), undefined);
  });
});
