import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findLiteralSecrets } from '../../src/core/diagnostics/literal-secrets.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import { sourceLanguage } from '../../src/core/pipeline/source-file.ts';
import type { Phrase } from '../../src/core/system/phrase.ts';
import { importIndex } from '../fixtures/index-without-vs-code.ts';
import { FORMS } from '../fixtures/source-forms.ts';

const KEY = `ghp_${'a1B2'.repeat(9)}`;

/** Files with all that the index keeps, and in forms in which it is easily passed over. */
const FILES: Readonly<Record<string, string | Buffer>> = {
  'plain.nf': "process A { container \"${ workflow.containerEngine == 'x' ? 'y' : 'z' }\" }",
  'key.nf': `x = '${KEY}'`,
  'mark.nf': `\ufeffprintln secrets.MARKED\ny = '${KEY}'`,
  'both.nf': `println secrets.ONE\n// ☃ '${KEY}'\nworkflow { }`,
  'entry.nf': 'workflow { }',
  'entry-far.nf': 'workflow\n/* comment */\n{ }',
  'entry-comment.nf': 'workflow/* comment */{ }',
  'entry-continued.nf': 'workflow \\\n{ }',
  'named.nf': 'workflow NAMED { }',
  'profiles.config': 'profiles { one { } }',
  'profile-path.config': 'profiles.two.process.cpus = 1',
  'lineage.config': 'lineage.enabled = true',
  'key.config': "aws.secretKey = 'abcdefgh12345'",
  'escaped.config': "process.'sec\\u0072et' = ['KEY']",
  'loader.config': "x = SecretsLoader.instance.load().getSecret('KEY')",
  'nothing.config': 'process.cpus = 2',
  'bytes.nf': Buffer.from('println secrets.BYTES // \xff\xe2\x82', 'latin1'),
  'large.nf': `println secrets.LARGE\n${' '.repeat(1 << 17)}'${KEY}'`,
  'binary.nf': 'a\0b',
};

describe('the index of references', () => {
  const root = mkdtempSync(join(tmpdir(), 'nf-secrets-index-'));
  after(() => {
    rmSync(root, { recursive: true });
  });

  it('has of each file what a scan of its whole text finds, and the reason if there is no text', async () => {
    const files = {
      ...FILES,
      ...Object.fromEntries(
        FORMS.map(({ text, language }, index) => [
          `forms/${index}.${language === 'config' ? 'config' : 'nf'}`,
          text,
        ]),
      ),
    };
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    symlinkSync('key.nf', join(root, 'link.nf'));
    symlinkSync('nowhere', join(root, 'dangling.nf'));
    execFileSync('mkfifo', [join(root, 'pipe.nf')]);

    const { ReferenceIndex, workspace } = await importIndex();
    workspace.open(root);
    const log = { warn: (line: string) => assert.fail(line) } as never;
    const index = new ReferenceIndex(log, () => assert.fail('no program is started'));
    try {
      await index.buildAll();
      const at = (name: string): unknown => index.files.get(`file://${join(root, name)}`);
      assert.equal(index.files.size, Object.keys(files).length + 3);
      for (const name of [...Object.keys(files).filter((one) => one !== 'binary.nf'), 'link.nf']) {
        const text = new TextDecoder().decode(readFileSync(join(root, name)));
        const scan = scanSource(text, sourceLanguage(name));
        const { references, dynamic, diagnostics, entryWorkflow, profiles } = scan;
        assert.deepEqual(
          JSON.parse(JSON.stringify(at(name))),
          JSON.parse(
            JSON.stringify({
              folder: `file://${root}`,
              scan: { references, dynamic, diagnostics, entryWorkflow, profiles },
              literals: await findLiteralSecrets(text),
              problem: undefined,
            }),
          ),
          name,
        );
      }
      const problems = ['binary.nf', 'dangling.nf', 'pipe.nf'].map((name) =>
        String((at(name) as { problem?: Phrase }).problem),
      );
      assert.deepEqual(problems, ['it is binary', 'it does not exist', 'it is no regular file']);
    } finally {
      index.dispose();
    }
  });
});
