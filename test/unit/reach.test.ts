import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isNeeded } from '../../src/core/launch/plan.ts';
import { readPipeline } from '../../src/core/references/pipeline.ts';
import { REACH_FORMS, type ReachForm } from '../fixtures/reach-forms.ts';
import { fakeWorld } from '../fixtures/world.ts';

describe('what a run reaches', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'reach-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  async function missing({ files, args = [] }: ReachForm): Promise<string[]> {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    const [pipeline, options] = args[0] === '.' ? ['.', args.slice(1)] : ['main.nf', args];
    const command = {
      executable: 'nextflow',
      args: ['run', pipeline, ...options],
      pipeline,
      background: undefined,
    };
    const { references } = await readPipeline(command, 'never', fakeWorld({ cwd: directory }));
    const names = references.filter((use) => isNeeded(use, new Set())).map(({ name }) => name);
    return [...new Set(names)].sort();
  }

  for (const [title, form] of Object.entries(REACH_FORMS)) {
    it(title, async () => {
      assert.deepEqual(await missing(form), [...form.required, ...(form.cautious ?? [])].sort());
    });
  }
});
