import assert from 'node:assert/strict';
import { phrase } from '../../src/core/system/phrase.ts';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HumanError } from '../../src/core/system/human-error.ts';
import {
  foregroundEnvironment,
  nearPipeline,
  pipelineCommand,
  wholeCommand,
} from '../../src/core/nextflow/nextflow-command.ts';
import { codeNotFound } from '../../src/core/pipeline/remote-pipeline.ts';
import type { World } from '../../src/core/system/world.ts';
import { fakeWorld } from '../fixtures/world.ts';
import { remedyText } from '../fixtures/remedy-text.ts';

describe('nextflow commands', () => {
  let directory: string;
  let world: World;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-command-'));
    writeFileSync(join(directory, 'nextflow'), '#!/bin/sh\n');
    chmodSync(join(directory, 'nextflow'), 0o755);
    writeFileSync(join(directory, 'main.nf'), '');
    world = fakeWorld({ cwd: directory, env: { PATH: `/nonexistent:${directory}` } });
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  it('pass everything behind the pipeline on untouched', () => {
    const command = pipelineCommand('main.nf', ['-resume', '--x', 'a b', '--', '-c', ''], undefined, world);
    assert.deepEqual(command, {
      executable: join(directory, 'nextflow'),
      args: ['run', 'main.nf', '-resume', '--x', 'a b', '--', '-c', ''],
      pipeline: 'main.nf',
      background: undefined,
    });
  });

  it('know what is here and looks like the name of a remote pipeline that cannot be had', () => {
    for (const typed of ['mian', 'main', './mian.nf', 'Main'])
      assert.equal(nearPipeline(typed, world), 'main.nf');
    for (const typed of ['rnaseq', 'lab/main', 'https://git.example/lab/main', ''])
      assert.equal(nearPipeline(typed, world), undefined, typed);
    const error = codeNotFound('mian', phrase`there is none`, nearPipeline('mian', world));
    assert.match(remedyText(error), /^Did you mean main\.nf, which is here\?\nCheck its name/);
  });

  it('take -bg out, wherever it stands, and its wish for the background', () => {
    for (const line of ['nextflow run main.nf -bg', 'nextflow -bg run -bg main.nf']) {
      const command = wholeCommand(line.split(' '), undefined, world);
      assert.deepEqual([command.args, command.background], [['run', 'main.nf'], '-bg']);
    }
    const env = { NXF_CLI_OPTS: '-q -bg', PATH: world.env['PATH'] };
    const command = pipelineCommand('main.nf', [], undefined, { ...world, env });
    assert.equal(command.background, '-bg in NXF_CLI_OPTS');
    assert.deepEqual(foregroundEnvironment(env), { ...env, NXF_CLI_OPTS: '-q' });
    assert.equal(foregroundEnvironment(world.env), world.env);
  });

  const whole: [string, string][] = [
    ['nextflow run main.nf', 'main.nf'],
    ['nextflow -log x.log -q run main.nf --a b', 'main.nf'],
    ['nextflow -C my.config run -profile test,x main.nf', 'main.nf'],
    ['nextflow run -resume main.nf', 'main.nf'],
    ['nextflow run -resume last main.nf', 'main.nf'],
    ['nextflow run -resume 0c1f9a2e-1111-2222-3333-444455556666 nf-core/rnaseq', 'nf-core/rnaseq'],
    ['nextflow run -latest -r dev nf-core/rnaseq -profile test', 'nf-core/rnaseq'],
    ['nextflow run --input a.csv main.nf', 'main.nf'],
    ['nextflow run -process.executor=slurm main.nf', 'main.nf'],
    ['nextflow run -', '-'],
  ];
  for (const [line, pipeline] of whole) {
    it(`finds the pipeline of ${line}`, () => {
      const command = wholeCommand(line.split(' '), undefined, world);
      assert.equal(command.pipeline, pipeline);
      assert.deepEqual(command.args, line.split(' ').slice(1));
    });
  }

  const refused: [string, number, RegExp][] = [
    ['snakemake run x', 64, /exec -- COMMAND/],
    ['nextflow config', 64, /exec -- nextflow/],
    ['nextflow', 64, /exec -- nextflow/],
    ['nextflow run', 64, /needs a pipeline/],
    ['nextflow run mian.nf', 64, /Did you mean main\.nf/],
    ['./nextflow-24 run main.nf', 64, /exec -- COMMAND/],
    ['/nonexistent/nextflow run main.nf', 69, /not an executable/],
  ];
  for (const [line, exitCode, text] of refused) {
    it(`refuse ${line} with ${exitCode}`, () => {
      assert.throws(
        () => wholeCommand(line.split(' '), undefined, world),
        (error) =>
          error instanceof HumanError &&
          error.exitCode === exitCode &&
          text.test(`${error.message} ${remedyText(error)}`),
      );
    });
  }

  it('say where Nextflow comes from when there is none', () => {
    assert.throws(
      () => pipelineCommand('main.nf', [], undefined, { ...world, env: { PATH: '/nonexistent' } }),
      (error) =>
        error instanceof HumanError && error.exitCode === 69 && remedyText(error).includes('--nextflow PATH'),
    );
  });
});
