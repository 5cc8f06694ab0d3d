import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileToSearch } from '../../src/core/leaks/file-to-search.ts';
import { lookInto } from '../../src/core/leaks/look.ts';
import { Needles } from '../../src/core/leaks/needles.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { MIDDLE, Sandboxes, STRICT } from '../fixtures/nextflow-sandbox.ts';

const VALUE = 'Zq7-leak/fake&x=y+1234567890';
const CLEAN = 'neverWrittenDownQ9zX2';

// As modules of nf-core do, with a line in the log besides.
const LEAKING = `
process P {
  secret 'CLEAN'
  publishDir 'out', mode: 'copy'
  output:
  path 'o.txt'
  script:
  """
  echo '\${secrets.LEAKY}' > o.txt
  cat o.txt
  test -n "\\$CLEAN"
  """
}
workflow {
  log.info "key: \${secrets.LEAKY}"
  P()
}
`;
const TIDY = `
process P {
  secret 'LEAKY'
  secret 'CLEAN'
  script:
  '''
  test -n "$LEAKY$CLEAN"
  '''
}
workflow { P() }
`;
const REPORTS = ['-with-report', 'r.html', '-with-trace', '-with-timeline', '-with-dag'];

describe('leaks of a real Nextflow @nextflow', function () {
  this.timeout(240_000);
  const sandboxes = new Sandboxes();
  afterEach(() => {
    sandboxes.removeAll();
  });

  for (const variant of [MIDDLE, STRICT]) {
    it(`are found: ${variant.title}`, async () => {
      const sandbox = await sandboxes.create(variant);
      await sandbox.fillVault('user', { LEAKY: VALUE, CLEAN });
      sandbox.write('main.nf', LEAKING);
      const result = await sandbox.launch(['--fail-on-leak', '--leaks', 'all', 'main.nf', ...REPORTS]);
      assert.equal(result.exitCode, 74, result.stderr);
      const found = [...result.stderr.matchAll(/LEAK: LEAKY is in (\S+?)(?::\d+)? \((.*)\)/g)].map(
        ([, file = '', form = '']) =>
          `${file.replace(/\/[0-9a-f]{2}\/[0-9a-f]{30}\/|[0-9a-f-]{36}/, '*')} ${form}`,
      );
      assert.deepEqual(
        found.sort(),
        [
          '.nextflow.log raw',
          '.nextflow/cache/*/db/000003.log raw',
          'out/o.txt raw',
          'r.html JSON',
          'work*.command.log raw',
          'work*.command.out raw',
          'work*.command.sh raw',
          'work*o.txt raw',
        ].sort(),
        result.stderr,
      );
      // Every file that has it was found.
      assert.equal(sandbox.filesWith(VALUE).length, found.filter((one) => one.endsWith(' raw')).length);
      assert.match(
        result.stderr,
        /main\.nf:9 writes secrets\.LEAKY into the script; use the directive secret 'LEAKY'/,
      );
      assert.match(result.stderr, /main\.nf:15 prints secrets\.LEAKY/);
      const needles = new Needles([
        ['LEAKY', new SecretValue(VALUE)],
        ['CLEAN', new SecretValue(CLEAN)],
      ]);
      assert.equal(needles.masked(result.stderr), result.stderr);
      assert.doesNotMatch(result.stderr, /LEAK: CLEAN/);

      // The same files have none of other values.
      const others = new Needles(
        Array.from({ length: 1_000 }, (_, index) => [
          `N${index}`,
          new SecretValue(
            randomBytes(48)
              .toString('base64')
              .slice(0, 8 + (index % 40)),
          ),
        ]),
      );
      const look = await lookInto(filesBelow(sandbox.workspace), others, {
        fromEachEnd: Infinity,
        time: Infinity,
      });
      assert.ok(look.files > 10 && look.bytes > 1_000_000);
      assert.deepEqual(look.leaks, []);
    });
  }

  it('are none where a task gets its secrets by the directive; exec looks at the Nextflow that a script starts', async () => {
    const sandbox = await sandboxes.create(STRICT);
    await sandbox.fillVault('user', { LEAKY: VALUE, CLEAN });
    sandbox.write('main.nf', TIDY);
    const tidy = await sandbox.launch(['--fail-on-leak', 'main.nf', ...REPORTS]);
    assert.equal(tidy.exitCode, 0, tidy.stderr);
    assert.doesNotMatch(tidy.stderr, /LEAK: |for leaks/);

    sandbox.write('elsewhere/main.nf', LEAKING);
    const script = 'cd elsewhere && nextflow -log deep/run.log run main.nf';
    const { exitCode, stderr } = await sandbox.nfSecrets(['exec', '--', 'bash', '-c', script]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /LEAK: LEAKY is in elsewhere\/deep\/run\.log:\d+ \(raw\)/);
    assert.match(stderr, /LEAK: LEAKY is in elsewhere\/work\/\S+\.command\.sh:\d+ \(raw\)/);
    assert.match(stderr, /LEAK: LEAKY is in elsewhere\/\.nextflow\/cache\/\S+ \(raw\)/);
  });
});

async function* filesBelow(directory: string): AsyncGenerator<FileToSearch> {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) yield await Promise.resolve({ path });
  }
}
