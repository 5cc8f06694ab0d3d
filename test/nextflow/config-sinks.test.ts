import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { verdictOn } from '../../src/core/references/config-sinks.ts';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import { MIDDLE, NEWEST, NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { settingsByParser } from '../fixtures/parser-oracles.ts';

// Where the values of settings end, said by Nextflow itself: each setting gets a value of its own, and the values are
// looked for in what the run wrote.

/** A setting, its value with `@` for the secret, the diagnostic, and the files that have the value: `name` is a name of one. */
type Case = readonly [setting: string, value: string, code: string | undefined, ...places: string[]];

const CASES: readonly Case[] = [
  ['process.tag', '"t-@"', 'printed', '.nextflow.log'],
  ['process.beforeScript', '"echo @"', 'in-script', '.command.run'],
  ['process.afterScript', '"echo @"', 'in-script', '.command.run'],
  ['process.ext.args', '"--key @"', 'in-script', '.command.sh'],
  ['process.clusterOptions', '"--comment=@"', 'in-script', '.command.run'],
  ['process.containerOptions', '"-e X=@"', 'in-script', '.command.run'],
  ['env.KEY', '"@"', 'in-script', '.command.run'],
  ['process.queue', '"q-@"', 'in-config', '.command.run'],
  ['process.container', '"img@"', 'in-config', '.command.run', '.nextflow.log'],
  ['process.scratch', '"/tmp/@"', 'in-config', '.command.run'],
  ['docker.runOptions', '"-e D=@"', 'in-config', '.command.run'],
  ['docker.registry', '"reg@.local"', 'in-config', '.command.run'],
  ['docker.temp', '"/tmp/@"', 'in-config', '.command.run'],
  ['docker.engineOptions', '"--x=@"', 'in-config', '.command.run'],
  ['docker.envWhitelist', '"@"', 'in-config', '.command.run'],
  ['docker.mountFlags', '"@"', 'in-config', '.command.run'],
  ['executor.account', '"a@"', 'in-config', '.command.run'],
  ['executor.jobName', '"job-@"', 'in-config', '.nextflow.log'],
  ['trace.file', '"trace-@.txt"', 'in-config', '.nextflow.log', 'name'],
  ['report.file', '"report-@.html"', 'in-config', 'name'],
  ['timeline.file', '"timeline-@.html"', 'in-config', 'name'],
  ['dag.file', '"dag-@.html"', 'in-config', 'name'],
  ['workDir', '"w-@"', 'in-config', '.nextflow.log', 'name'],
  ['aws.accessKey', '"@"', undefined],
  ['aws.secretKey', '"@"', undefined],
  ['aws.client.proxyPassword', '"@"', undefined],
  ['azure.storage.accountKey', '"@"', undefined],
  ['azure.storage.sasToken', '"@"', undefined],
  ['azure.batch.accountKey', '"@"', undefined],
  ['azure.registry.password', '"@"', undefined],
  ['mail.smtp.user', '"@"', undefined],
  ['mail.smtp.password', '"@"', undefined],
  ['tower.accessToken', '"@"', undefined],
  ['k8s.client.token', '"@"', undefined],
];

const REST = `
process.executor = 'slurm'
docker.enabled = true
trace.enabled = true
report.enabled = true
timeline.enabled = true
dag.enabled = true
`;
const SCRIPT = `process A {
  script:
  """
  echo \${task.ext.args}
  """
}
workflow { A() }
`;

const name = (index: number): string => `KEY_${index}`;
const value = (index: number): string => `fake${String(index).padStart(3, '0')}x`;
const config = CASES.map(
  ([setting, text], index) => `${setting} = ${text.replace('@', `\${secrets.${name(index)}}`)}\n`,
).join('');

describe('settings that have a value @nextflow', () => {
  it('are all known: each that Nextflow’s own parser has', async () => {
    const settings = await settingsByParser();
    assert.ok(settings.length > 250, `${settings.length} settings`);
    const known = ['params', 'profiles', 'env'];
    const unknown = settings.filter((path) => {
      const names = path.split('.');
      return !known.includes(names[0] ?? '') && verdictOn(names) === undefined;
    });
    assert.deepEqual(unknown, []);
  });

  it('are said to expose it where they do, and not where they hold a key', () => {
    const scan = scanSource(config, 'config');
    const found = new Map(diagnose(scan).map(({ line, code }) => [line, code]));
    assert.deepEqual(
      CASES.map(([setting], index) => [setting, found.get(index + 1)]),
      CASES.map(([setting, , code]) => [setting, code]),
    );
  });

  for (const variant of [NEWEST, MIDDLE]) {
    it(`have it in the files that ${variant.title} writes`, async () => {
      const sandbox = await NextflowSandbox.create(variant);
      try {
        for (const program of ['sbatch', 'squeue', 'scancel']) {
          const path = join(sandbox.root, 'bin', program);
          writeFileSync(path, '#!/bin/sh\necho "no scheduler" >&2\nexit 1\n');
          chmodSync(path, 0o755);
        }
        sandbox.write('main.nf', SCRIPT);
        sandbox.write('nextflow.config', config + REST);
        sandbox.fillNextflowStore(Object.fromEntries(CASES.map((_, index) => [name(index), value(index)])));
        await sandbox.nextflow(['run', 'main.nf']);
        const places = placesOf(sandbox);
        for (const [index, [setting, , code, ...expected]] of CASES.entries()) {
          const found = [...(places.get(index) ?? [])].sort();
          if (code === undefined) assert.deepEqual(found, [], setting);
          for (const place of expected) assert.ok(found.includes(place), `${setting}: ${found.join(' ')}`);
        }
      } finally {
        sandbox.remove();
      }
    });
  }
});

/** For each case the files below the workspace that have its value, by the end of their paths. */
function placesOf(sandbox: NextflowSandbox): Map<number, Set<string>> {
  const places = new Map<number, Set<string>>();
  for (const file of sandbox
    .files()
    .filter((path) => join(sandbox.root, path).startsWith(sandbox.workspace))) {
    const path = join(sandbox.root, file);
    if (basename(file) === 'nextflow.config') continue;
    const text = lstatSync(path).isFile() ? readFileSync(path, 'latin1') : '';
    for (const index of CASES.keys()) {
      const found = places.get(index) ?? new Set();
      if (file.includes(value(index))) found.add('name');
      if (text.includes(value(index))) found.add(basename(file));
      if (found.size > 0) places.set(index, found);
    }
  }
  return places;
}
