import assert from 'node:assert/strict';
import {
  isNextflow,
  isNextflowRun,
  ObservedLog,
  storeOfEnvironment,
} from '../../src/core/nextflow/observed-store.ts';

const at = (logger: string, text: string): string => `Nov-28 06:25:47.220 [main] DEBUG ${logger} - ${text}\n`;
const LAUNCHER = at('nextflow.cli.Launcher', '$> nextflow run main.nf --x 1');
const ABOUT = `${at('nextflow.cli.CmdRun', '')}  Version: 24.10.0 build 5928\n  Process: 17@node-1 [10.0.0.1]\n`;
const STORE = at('n.secret.LocalSecretsProvider', 'Secrets store: /home/me/.nextflow/secrets/store.json');
const STARTING = at('nextflow.processor.TaskProcessor', 'Starting process > A');
const SUBMITTED = at('nextflow.Session', '[ba/caabb9] Submitted process > A (1)');
const FILE = { kind: 'file', path: '/home/me/.nextflow/secrets/store.json' };

function read(...texts: string[]): ObservedLog {
  const log = new ObservedLog();
  for (const text of texts) log.add(text);
  return log;
}

describe('what the log of a Nextflow tells of secrets', () => {
  it('is the same in whatever pieces it comes', () => {
    const text = LAUNCHER + ABOUT + STORE + STARTING + SUBMITTED + SUBMITTED;
    for (const log of [read(text), read(...text.match(/[^]/g)!)]) {
      assert.deepEqual(log.store, FILE);
      assert.deepEqual(log.process, { pid: 17, host: 'node-1' });
      assert.equal(log.command, 'nextflow run main.nf --x 1');
      assert.equal(log.submitted, 2);
    }
  });

  it('is nothing before a process starts', () => {
    assert.equal(read('').store, undefined);
    assert.equal(read(LAUNCHER, ABOUT).store, undefined);
  });

  it('is that secrets are off where a process starts and no store was named', () => {
    assert.deepEqual(read(LAUNCHER, ABOUT, STARTING).store, { kind: 'off' });
    const refusal = "Unable to access 'secrets.TOK' because secrets feature is disabled - Enable it";
    assert.deepEqual(read(LAUNCHER, ABOUT, at('nextflow.cli.Launcher', refusal)).store, { kind: 'off' });
  });

  it('is nothing for versions that are not known to name their store', () => {
    assert.equal(read(LAUNCHER, ABOUT.replace('24.10.0', '22.04.5'), STARTING).store, undefined);
    assert.equal(read(LAUNCHER, STARTING).store, undefined);
  });

  it('is the provider that a plugin brought', () => {
    const provider = at(
      'nextflow.secret.SecretsLoader',
      'Discovered secrets providers: [a.B@1, nextflow.secret.LocalSecretsProvider@2] - activable => a.B@1',
    );
    assert.deepEqual(read(LAUNCHER, ABOUT, STORE, provider, STARTING).store, {
      kind: 'provider',
      name: 'a.B',
    });
    const local = provider.replace('=> a.B@1', '=> nextflow.secret.LocalSecretsProvider@2');
    assert.deepEqual(read(LAUNCHER, ABOUT, STORE, local, STARTING).store, FILE);
  });

  it('is not what a pipeline prints', () => {
    const printed = at('nextflow.Nextflow', 'n.secret.LocalSecretsProvider: Secrets store: /other.json');
    assert.deepEqual(read(LAUNCHER, ABOUT, STORE, printed, STARTING).store, FILE);
  });
});

describe('what the environment of a Nextflow tells of secrets', () => {
  const cases: [Record<string, string>, unknown][] = [
    [{}, undefined],
    [{ NXF_SECRETS_FILE: '/run/store.json' }, { kind: 'file', path: '/run/store.json' }],
    [
      { NXF_SECRETS_FILE: '/run/store.json', NXF_ENABLE_SECRETS: 'true' },
      { kind: 'file', path: '/run/store.json' },
    ],
    [{ NXF_SECRETS_FILE: '/run/store.json', NXF_ENABLE_SECRETS: 'false' }, { kind: 'off' }],
    [{ NXF_SECRETS_FILE: '/run/store.json', NXF_ENABLE_SECRETS: '' }, { kind: 'off' }],
    [{ HOME: '/home/me' }, FILE],
    [{ HOME: '/home/me', NXF_SECRETS_FILE: '' }, FILE],
    [
      { HOME: '/root', NXF_HOME: '/n', NXF_SECRETS_FILE: 'a.json' },
      { kind: 'file', path: '/n/a.json' },
    ],
  ];
  for (const [env, store] of cases) {
    it(JSON.stringify(env), () => {
      assert.deepEqual(storeOfEnvironment(new Map(Object.entries(env))), store);
    });
  }
});

describe('a command line of Java', () => {
  const cases: [string, 'run' | 'other' | 'none'][] = [
    ['java -Xmx1g -cp libs nextflow.cli.Launcher run main.nf', 'run'],
    [
      '/opt/java/bin/java -jar /home/me/.nextflow/framework/24.10.0/nextflow-24.10.0-one.jar -q -log x run a',
      'run',
    ],
    ['java -cp libs nextflow.cli.Launcher -q module run acme/fetch', 'run'],
    ['java -cp libs nextflow.cli.Launcher module install acme/run', 'other'],
    ['java -cp libs nextflow.cli.Launcher config run', 'other'],
    ['java -cp libs nextflow.cli.Launcher -version', 'other'],
    ['java -jar trimmomatic.jar run', 'none'],
    ['grep nextflow.cli.Launcher run', 'none'],
    ['bash nextflow run main.nf', 'none'],
  ];
  for (const [line, what] of cases) {
    it(`${line}: ${what}`, () => {
      assert.equal(isNextflow(line.split(' ')), what !== 'none');
      assert.equal(isNextflowRun(line.split(' ')), what === 'run');
    });
  }
});
