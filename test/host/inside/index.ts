import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { describeAws } from './aws.ts';
import { describeCompanions } from './companions.ts';
import { describeCommands } from './commands.ts';
import { describeEditor } from './editor.ts';
import { describeExpiry } from './expiry.ts';
import { describeFixes } from './fixes.ts';
import { describeKeyStroke } from './key-stroke.ts';
import { describeLeaks } from './leaks.ts';
import { describeIndex } from './reference-index.ts';
import { describeRoots } from './roots.ts';
import { describeRuns } from './runs.ts';
import { describeModel } from './secrets-model.ts';
import { describeTasks } from './tasks.ts';

/** One test as the process outside is told of it. */
export interface Outcome {
  readonly title: string;
  /** Undefined if it passed. */
  readonly failure?: string;
}

/**
 * Called by VS Code in the extension host. The outcomes go to the file that `HOST_TEST_OUTCOMES` names;
 * `HOST_TEST_GREP` chooses some tests, for whoever works on them.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 120_000,
    reporter: 'min',
    grep: process.env['HOST_TEST_GREP'] ?? '',
  });
  mocha.suite.emit('pre-require', globalThis as never, '', mocha);
  const all = [
    ...[describeCommands, describeRoots, describeModel, describeTasks, describeRuns],
    ...[describeIndex, describeEditor, describeFixes, describeKeyStroke, describeAws],
    ...[describeExpiry, describeLeaks, describeCompanions],
  ];
  for (const describeAll of all) describeAll();
  const outcomes: Outcome[] = [];
  await new Promise<void>((resolve) => {
    mocha
      .run(() => {
        resolve();
      })
      .on('pass', (test) => outcomes.push({ title: test.fullTitle() }))
      .on('fail', (test, error: unknown) => {
        const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
        outcomes.push({ title: test.fullTitle(), failure });
      });
  });
  writeFileSync(process.env['HOST_TEST_OUTCOMES'] ?? '', JSON.stringify(outcomes));
}
