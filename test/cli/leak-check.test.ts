import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Needles } from '../../src/core/leaks/needles.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const VALUE = 'Zq7-fake/leak&x="y" $end';
const CLEAN = 'neverWrittenDownQ9zX2';
/** Prints the value that it reads in the store: what a pipeline does that leaks. */
const READ = `node -e 'process.stdout.write(JSON.parse(fs.readFileSync(process.env.NXF_SECRETS_FILE)).find(({name}) => name === "LEAKY").value)'`;

describe('after a command, its values are looked for', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = new Sandbox();
    // What tasks cannot take as it is, is encoded in the store.
    await fillVault('user', { LEAKY: 'Zq7-fake/leak-end1', HARD: VALUE, CLEAN }, sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  const exec = async (script: string, ...options: string[]): Promise<Result> =>
    sandbox.nfSecrets(['exec', ...options, '--', 'bash', '-c', script]);
  const leakLines = ({ stderr }: Result): string[] =>
    stderr.split('\n').filter((line) => line.includes('LEAK: '));
  const records = (): string[] => {
    const directory = join(sandbox.toolHome, 'leaks');
    return existsSync(directory) ? readdirSync(directory) : [];
  };
  const leftOver = (): string[] =>
    [runRoot(sandbox), ledgerDirectory(sandbox)].flatMap((place) =>
      existsSync(place) ? readdirSync(place) : [],
    );

  function assertNoValue(text: string): void {
    const needles = new Needles([
      ['LEAKY', new SecretValue('Zq7-fake/leak-end1')],
      ['HARD', new SecretValue(VALUE)],
      ['CLEAN', new SecretValue(CLEAN)],
    ]);
    assert.equal(needles.masked(text), text);
  }

  it('in the log, the reports, and the directories of its tasks', async () => {
    const task = 'work/57/0344ab00000000000000000000000000';
    const ended = 'work/58/0344ab00000000000000000000000000';
    const log = [
      `Nov-29 06:17:44.212 [main] DEBUG nextflow.Session - Work-dir: ${sandbox.workspace}/work [ext2/ext3]`,
      'Nov-29 06:17:44.125 [main] DEBUG nextflow.Session - Session UUID: 839edfe7-17a5-482e-84fe-d010266bc9a9',
      'Nov-29 06:17:45.199 [Task submitter] INFO  nextflow.Session - [57/0344ab] Submitted process > P',
      `Nov-29 06:17:45.279 [Task monitor] DEBUG n.processor.TaskPollingMonitor - Task completed > TaskHandler[id: 1; name: P; status: COMPLETED; exit: 0; error: -; workDir: ${sandbox.workspace}/${ended}]`,
    ];
    for (const directory of [
      task,
      ended,
      'work/59/ffffff',
      '.nextflow/cache/839edfe7-17a5-482e-84fe-d010266bc9a9/db',
    ])
      mkdirSync(join(sandbox.workspace, directory), { recursive: true });
    writeFileSync(join(sandbox.workspace, 'log'), log.join('\n'));
    const result = await exec(
      [
        'cp log .nextflow.log',
        `${READ} | tee ${task}/.command.sh ${ended}/.command.log ${ended}/result.txt work/59/ffffff/.command.sh > .nextflow/cache/839edfe7-17a5-482e-84fe-d010266bc9a9/db/000003.log`,
        `${READ} | base64 > report.html`,
      ].join('; '),
    );
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(
      leakLines(result).map((line) => line.replace('nf-secrets: ', '')),
      [
        `LEAK: LEAKY is in .nextflow/cache/839edfe7-17a5-482e-84fe-d010266bc9a9/db/000003.log:1 (raw)`,
        'LEAK: LEAKY is in report.html:1 (base64)',
        `LEAK: LEAKY is in ${task}/.command.sh:1 (raw)`,
        `LEAK: LEAKY is in ${ended}/.command.log:1 (raw)`,
      ],
    );
    assert.match(result.stderr, /Delete these files.* Then set them: nf-secrets set LEAKY/);
    assertNoValue(result.stderr);
    const [record = ''] = records();
    const text = readFileSync(join(sandbox.toolHome, 'leaks', record), 'utf8');
    assertNoValue(text);
    assert.equal((JSON.parse(text) as { leaks: unknown[] }).leaks.length, 4);
    assert.match(result.stderr, new RegExp(`Run ${record.replace('.json', '')} ended with exit code 0`));

    const all = await exec(
      `rm report.html; cp log .nextflow.log; ${READ} | tee ${ended}/result.txt > other.bin`,
      '--leaks',
      'all',
    );
    assert.deepEqual(
      leakLines(all).map((line) => /is in (\S+?):1/.exec(line)?.[1]),
      [
        '.nextflow/cache/839edfe7-17a5-482e-84fe-d010266bc9a9/db/000003.log',
        'other.bin',
        `${task}/.command.sh`,
        `${ended}/.command.log`,
        `${ended}/result.txt`,
      ],
    );
  });

  it('also those that were encoded for their way', async () => {
    writeFileSync(join(sandbox.workspace, 'hard'), VALUE);
    const result = await exec('cp hard .nextflow.log');
    assert.match(result.stderr, /LEAK: HARD is in \.nextflow\.log:1 \(raw\)/);
    const store = await exec(`${READ.replace('LEAKY', 'HARD')} > .nextflow.log`);
    assert.match(store.stderr, /LEAK: HARD is in \.nextflow\.log:1 \(octal\)/);
    assertNoValue(result.stderr + store.stderr);
  });

  it('and nothing is told of a run that wrote none down', async () => {
    const result = await exec('echo fine > .nextflow.log');
    assert.equal(result.exitCode, 0);
    assert.doesNotMatch(result.stderr, /LEAK: |for leaks/);
    assert.deepEqual(records(), []);
  });

  it('with the exit code of the command, or 74 if that is wanted', async () => {
    const leak = `${READ} > .nextflow.log`;
    assert.equal((await exec(leak)).exitCode, 0);
    assert.equal((await exec(leak, '--fail-on-leak')).exitCode, 74);
    assert.equal((await exec(`${leak}; exit 3`, '--fail-on-leak')).exitCode, 3);
    assert.equal((await exec('true > .nextflow.log', '--fail-on-leak')).exitCode, 0);
    const without = await exec(leak, '--no-leak-check');
    assert.deepEqual([without.exitCode, leakLines(without)], [0, []]);
  });

  it('but not if the store was removed before, which is said', async () => {
    const result = await exec(
      `${READ} > .nextflow.log; rm -r "$(dirname "$NXF_SECRETS_FILE")"`,
      '--fail-on-leak',
    );
    assert.match(result.stderr, /Nobody looked for leaks/);
    assert.equal(result.exitCode, 74);
  });

  it('once, by the launcher inside of another', async () => {
    // A command does not get NF_SECRETS_HOME, so both have the usual one.
    const usual = join(sandbox.home, '.local', 'share', 'nf-secrets');
    mkdirSync(join(usual, '..'), { recursive: true });
    renameSync(sandbox.toolHome, usual);
    writeFileSync(join(sandbox.workspace, 'leak.sh'), `${READ} > .nextflow.log\n`);
    const inner = ['exec', '--', process.execPath, CLI, 'exec', '--', 'bash', 'leak.sh'];
    const result = await sandbox.nfSecrets(inner, { env: { NF_SECRETS_HOME: undefined } });
    assert.equal(leakLines(result).length, 1, result.stderr);
  });

  it('after its secrets were removed: a kill during the look leaves nothing, a signal ends it', async () => {
    // A look that takes a while: two values of it in many large files.
    const task = 'work/57/0344ab00000000000000000000000000';
    mkdirSync(join(sandbox.workspace, task), { recursive: true });
    const large = Buffer.alloc(64 << 20, 'x '.repeat(50));
    for (let index = 0; index < 12; index++) writeFileSync(join(sandbox.workspace, `r${index}.txt`), large);
    const start = () => {
      const child = sandbox.spawn(process.execPath, [CLI, 'exec', '--', 'bash', '-c', 'touch *.txt']);
      let stderr = '';
      child.stderr!.on('data', (data: Buffer) => (stderr += String(data)));
      const over = finished(child);
      return { child, over, isRemoved: () => stderr.includes('Its secrets are removed') };
    };
    const killed = start();
    await until('the secrets are removed', killed.isRemoved);
    killed.child.kill('SIGKILL');
    await killed.over;
    assert.deepEqual(leftOver(), []);
    const stopped = start();
    await until('the secrets are removed', stopped.isRemoved);
    stopped.child.kill('SIGTERM');
    const { exitCode, signal } = await stopped.over;
    assert.deepEqual([exitCode, signal], [0, null]);
    assert.deepEqual(leftOver(), []);
  });
});
