import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNextflow } from '../../scripts/tools.mjs';
import { ALL_TESTS } from '../fixtures/all-tests.ts';
import { MIDDLE, Sandboxes, STRICT } from '../fixtures/nextflow-sandbox.ts';
import { REACH_FORMS, type ReachForm } from '../fixtures/reach-forms.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

// What a plan calls required, against the secrets that the tasks of a real run ask for.

for (const variant of [STRICT, MIDDLE]) {
  const isStrict = variant.env['NXF_SYNTAX_PARSER'] === 'v2';
  describe(`what tasks ask for, ${variant.title} @nextflow`, function () {
    this.timeout(1_200_000);
    const sandboxes = new Sandboxes();
    before(async () => {
      await ensureNextflow(variant.version);
    });
    after(() => {
      sandboxes.removeAll();
    });

    async function asked({ files, args = [] }: ReachForm, title: string): Promise<string[]> {
      const sandbox = await sandboxes.create(variant);
      for (const [name, text] of Object.entries(files)) sandbox.write(name, text);
      sandbox.fillNextflowStore({ KEY_1: 'fake-1', KEY_2: 'fake-2', KEY_3: 'fake-3' });
      const words = args[0] === '.' ? args : ['main.nf', ...args];
      const { exitCode, stdout } = await sandbox.nextflow(['run', ...words]);
      assert.equal(exitCode, 0, `${title}: ${stdout.toString()}`);
      const text = readdirSync(sandbox.workspace, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('/.command.run'))
        .map((file) => readFileSync(join(sandbox.workspace, file), 'utf8'))
        .join('\n');
      return ['KEY_1', 'KEY_2', 'KEY_3'].filter((name) => text.includes(`'${name}=`));
    }

    // The strict parser has all that it takes, the other one what only it takes, and each third of the rest.
    const forms = Object.entries(REACH_FORMS).filter(
      ([, { differs, isLoose = false }], index) =>
        differs === undefined && (isStrict ? !isLoose : isLoose || ALL_TESTS || index % 3 === 0),
    );
    it(`${forms.length} pipelines ask for what the plan requires`, async () => {
      const found = await sideBySide(forms, async ([title, form]) => [title, await asked(form, title)]);
      assert.deepEqual(
        Object.fromEntries(found as [string, string[]][]),
        Object.fromEntries(forms.map(([title, { required }]) => [title, required])),
      );
    });
  });
}
