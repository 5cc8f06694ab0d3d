import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LeakRecord } from '../../src/core/leaks/record.ts';
import { fillNextflowStore } from '../fixtures/known-secrets.ts';
import { nextflowStoreFile } from '../fixtures/places.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const VALUE = 'fakeTokenQ9zX2vTb4n7Wk';
/** Prints the value that it reads in the store. */
const READ = `node -e 'process.stdout.write(JSON.parse(fs.readFileSync(process.env.NXF_SECRETS_FILE)).find(({name}) => name === "TOKEN").value)'`;

describe('what a look for leaks could not look at', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillVault('user', { TOKEN: VALUE }, sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  const exec = async (script: string, ...options: string[]): Promise<Result> =>
    sandbox.nfSecrets(['exec', ...options, '--', 'bash', '-c', script]);
  const log = (...lines: string[]): void => {
    writeFileSync(
      join(sandbox.workspace, 'log'),
      lines.map((line) => `Nov-29 06:17:44.212 [main] ${line}\n`).join(''),
    );
  };
  const records = (): LeakRecord[] => {
    const directory = join(sandbox.toolHome, 'leaks');
    if (!existsSync(directory)) return [];
    return readdirSync(directory).map(
      (name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as LeakRecord,
    );
  };
  const gaps = (): string[] => {
    const [record, ...others] = records();
    assert.ok(record !== undefined && others.length === 0, 'one record');
    assert.equal(record.complete, false);
    return record.notLookedAt.map(({ code, subject }) => `${code} ${subject ?? ''}`.trim());
  };

  it('is said where no log was found, and --fail-on-leak takes it for a leak', async () => {
    const result = await exec('true', '--fail-on-leak');
    assert.equal(result.exitCode, 74, result.stderr);
    assert.match(
      result.stderr,
      /No log of this run was found in .*: nobody knows which tasks Nextflow ran there/,
    );
    assert.match(result.stderr, /because secrets leaked or not all could be looked at/);
    assert.deepEqual(gaps(), [`no-log ${sandbox.workspace}`]);
    // One of an earlier run is none of this.
    writeFileSync(join(sandbox.workspace, '.nextflow.log'), '');
    const later = await exec('touch -d yesterday .nextflow.log', '--fail-on-leak');
    assert.equal(later.exitCode, 74);
  });

  it('is no log of a command that starts no Nextflow, unless the person wants certainty', async () => {
    const { stderr } = await exec('true');
    assert.doesNotMatch(stderr, /No log/);
    assert.deepEqual(records(), []);
  });

  it('is each task whose directory is not known', async () => {
    log(
      `DEBUG nextflow.Session - Work-dir: ${sandbox.workspace}/work [ext2/ext3]`,
      'INFO  nextflow.Session - [57/0344ab] Submitted process > P',
      'INFO  nextflow.Session - [58/0344ab] Submitted process > Q',
    );
    mkdirSync(join(sandbox.workspace, 'work/58/0344ab00'), { recursive: true });
    const result = await exec('cp log .nextflow.log', '--fail-on-leak');
    assert.equal(result.exitCode, 74);
    assert.match(result.stderr, /The directories of these tasks were not found, .*: 57\/0344ab\./);
    assert.deepEqual(gaps(), ['task 57/0344ab']);
  });

  it('is a work directory that is not on this machine', async () => {
    log(
      'DEBUG nextflow.Session - Work-dir: s3://fake-bucket/w [S3]',
      'INFO  nextflow.Session - [57/0344ab] Submitted process > P',
      'DEBUG n.processor.TaskPollingMonitor - Task completed > TaskHandler[id: 1; name: P; status: COMPLETED; exit: 0; error: -; workDir: /fake-bucket/w/57/0344ab00]',
    );
    const result = await exec('cp log .nextflow.log', '--fail-on-leak');
    assert.equal(result.exitCode, 74);
    assert.match(result.stderr, /files of tasks in s3:\/\/fake-bucket\/w were not looked at for leaks/);
    assert.deepEqual(gaps(), ['remote-work s3://fake-bucket/w']);
  });

  it('is a log that cannot be read to its end', async () => {
    const result = await exec('mkdir .nextflow.log', '--fail-on-leak');
    assert.equal(result.exitCode, 74);
    assert.match(result.stderr, /\.nextflow\.log cannot be read to its end: nobody knows which tasks ran/);
    assert.deepEqual(gaps(), [
      `log-in-part ${sandbox.workspace}/.nextflow.log`,
      `unreadable ${sandbox.workspace}/.nextflow.log`,
    ]);
  });

  it('is a secret whose value is too short or too long, or that the run removed from its store', async () => {
    await fillVault('user', { TOKEN: VALUE, PIN: '1234', GONE: 'fakeGoneT6hB9qFe4uJs' }, sandbox);
    fillNextflowStore(nextflowStoreFile(sandbox), { LONG: 'fakeLong1'.repeat(8_000) });
    const result = await exec(
      `${READ} > .nextflow.log; sed -i s/GONE/OTHER/ "$NXF_SECRETS_FILE"`,
      '--fail-on-leak',
    );
    assert.equal(result.exitCode, 74);
    assert.match(result.stderr, /LEAK: TOKEN is in \.nextflow\.log:1 \(raw\)/);
    assert.match(result.stderr, /Not looked for, because the run has removed them from its store: GONE\./);
    assert.match(result.stderr, /Too short to look for: PIN\./);
    assert.match(result.stderr, /Too long to look for: LONG\. A value may have 65,536 bytes/);
    assert.deepEqual(gaps(), ['no-value GONE', 'too-short PIN', 'too-long LONG']);
  });

  it('is nothing where all was looked at, of which no record is made', async () => {
    const result = await exec('touch .nextflow.log', '--fail-on-leak');
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(records(), []);
    assert.doesNotMatch(result.stderr, /leak/);
  });

  it('is not said of a command that was not started', async () => {
    const absent = await sandbox.nfSecrets(['exec', '--fail-on-leak', '--', './absent-command']);
    assert.equal(absent.exitCode, 127);
    writeFileSync(join(sandbox.workspace, 'locked'), '#!/bin/sh\n');
    chmodSync(join(sandbox.workspace, 'locked'), 0o644);
    const locked = await sandbox.nfSecrets(['exec', '--fail-on-leak', '--', './locked']);
    assert.equal(locked.exitCode, 126);
    for (const { stderr } of [absent, locked]) assert.doesNotMatch(stderr, /leak|No log/);
    assert.deepEqual(records(), []);
  });

  it('has no store of a run, though that is below the launch directory', async () => {
    // A command does not get NF_SECRETS_HOME, so both have the usual one.
    const usual = join(sandbox.home, '.local', 'share', 'nf-secrets');
    mkdirSync(join(usual, '..'), { recursive: true });
    renameSync(sandbox.toolHome, usual);
    const command = `'${process.execPath}' '${CLI}'`;
    const outer = async (script: string): Promise<Result> =>
      sandbox.nfSecrets(['exec', '--run-root', 'runs', '--no-leak-check', '--', 'bash', '-c', script], {
        env: { NF_SECRETS_HOME: undefined },
      });
    const inner = `${command} exec --leaks all --fail-on-leak -- bash -c`;
    const tidy = await outer(`${inner} 'touch .nextflow.log'`);
    assert.equal(tidy.exitCode, 0, tidy.stderr);
    // A copy is no store, even beside it and under its name.
    const copied = await outer(`${inner} 'touch .nextflow.log; mkdir copy; cp -r runs/* copy'`);
    assert.equal(copied.exitCode, 74);
    assert.match(copied.stderr, /LEAK: TOKEN is in copy\/[a-z0-9]{12}\/store\.json/);
    assert.equal(copied.stderr.match(/LEAK: /g)?.length, 1, copied.stderr);
    const { stdout } = await outer(`${command} leaks`);
    assert.match(String(stdout), /^LEAK: TOKEN is in copy\/[a-z0-9]{12}\/store\.json:1 \(raw\)\n$/);
  });
});
