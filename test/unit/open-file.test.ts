import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ESLint, Linter } from 'eslint';
import { readNextflowLogs } from '../../src/core/nextflow/nextflow-log.ts';
import { findTasksWithoutSecrets } from '../../src/core/launch/tasks-without-secrets.ts';
import type { PrivateStore } from '../../src/core/targets/local/items.ts';
import { tasksReading } from '../../src/core/targets/local/task-directories.ts';
import {
  linesOf,
  openGiven,
  readFileHead,
  readFileTail,
  readRegularFile,
  readRegularFileSync,
  type Unfit,
  UnfitFile,
} from '../../src/core/system/open-file.ts';
import type { World } from '../../src/core/system/world.ts';
import { remedyText } from '../fixtures/remedy-text.ts';

const isUnfit =
  (reason: Unfit) =>
  (error: unknown): boolean =>
    error instanceof UnfitFile && error.reason === reason && error.remedies.length > 0;

describe('a file that others can name', () => {
  let directory: string;
  const path = (name: string): string => join(directory, name);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-open-'));
    writeFileSync(path('text'), 'one\r\ntwo\nthree');
    symlinkSync('text', path('link'));
    symlinkSync('/dev/zero', path('device'));
    symlinkSync('loop', path('loop'));
    mkdirSync(path('directory'));
    execFileSync('mkfifo', [path('pipe')]);
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('is not to be moved away where it belongs to the system', async () => {
    await assert.rejects(
      readRegularFile('/dev/null', { limit: 9 }),
      (error: unknown) => error instanceof UnfitFile && remedyText(error).includes('belongs to the system'),
    );
  });

  it('is read if it is a regular one of no more than the limit', async () => {
    assert.equal(String(await readRegularFile(path('text'), { limit: 14 })), 'one\r\ntwo\nthree');
    assert.equal(String(readRegularFileSync(path('link'), { limit: 14 })), 'one\r\ntwo\nthree');
    await assert.rejects(readRegularFile(path('text'), { limit: 13 }), isUnfit('size'));
    assert.throws(() => readRegularFileSync(path('text'), { limit: 13 }), isUnfit('size'));
  });

  it('is neither a pipe, nor a device, nor a directory', async () => {
    for (const name of ['pipe', 'device', 'directory']) {
      await assert.rejects(readRegularFile(path(name), { limit: 9 }), isUnfit('kind'), name);
      assert.throws(() => readRegularFileSync(path(name), { limit: 9 }), isUnfit('kind'), name);
      await assert.rejects(readFileHead(path(name), 9), isUnfit('kind'), name);
      await assert.rejects(linesOf(path(name), { limit: 9 }).next(), isUnfit('kind'), name);
    }
    await assert.rejects(readRegularFile(path('loop'), { limit: 9 }), { code: 'ELOOP' });
    await assert.rejects(readRegularFile(path('nothing'), { limit: 9 }), { code: 'ENOENT' });
  });

  it('is no link where none is expected', async () => {
    for (const name of ['link', 'loop', 'device']) {
      const options = { limit: 99, followLinks: false };
      await assert.rejects(readRegularFile(path(name), options), isUnfit('link'), name);
      assert.throws(() => readRegularFileSync(path(name), options), isUnfit('link'), name);
    }
  });

  it('is read in part, and by lines that are cut when they are too long', async () => {
    assert.equal(String(await readFileHead(path('text'), 3)), 'one');
    assert.equal(String(await readFileTail(path('text'), 5)), 'three');
    assert.equal(String(await readFileTail(path('text'), 500)), 'one\r\ntwo\nthree');
    const all: string[] = [];
    for await (const line of linesOf(path('text'), { limit: 99 })) all.push(line);
    assert.deepEqual(all, ['one', 'two', 'three']);
    writeFileSync(path('long'), `${'x'.repeat(200_000)}\n${'é'.repeat(70_000)}\nlast\nbehind the limit`);
    const cut: string[] = [];
    for await (const line of linesOf(path('long'), { limit: 340_007, longest: 10 })) cut.push(line);
    assert.deepEqual(cut, ['xxxxxxxxxx', 'éééééééééé', 'last']);
  });

  it('may be a pipe if a person named it', async () => {
    const writer = execFileSync('bash', [
      '-c',
      `echo fed > "$0" & exec "$1" --import tsx -e '
        const { openGiven } = await import("./src/core/system/open-file.ts");
        for (const path of process.argv.slice(1)) for await (const chunk of await openGiven(path)) process.stdout.write(chunk);
      ' "$0" <(echo command) "$2"`,
      path('pipe'),
      process.execPath,
      path('text'),
    ]);
    assert.equal(String(writer), 'fed\ncommand\none\r\ntwo\nthree');
    await assert.rejects(openGiven(path('nothing')), { code: 'ENOENT' });
  });

  it('does not stop the launcher where Nextflow or a task made it', async () => {
    for (const name of ['.command.run', '.command.sh', '.command.err', '.exitcode', '.nextflow.log']) {
      execFileSync('mkfifo', [path(name)]);
    }
    const store: PrivateStore = { kind: 'private-store', path: '/run/root', device: 0, inode: 0 } as never;
    // What they would tell is not known, which is not nothing.
    assert.deepEqual(await tasksReading([store], directory), [
      { directory, doubt: path('.command.sh') },
      { directory, doubt: path('.command.run') },
    ]);
    assert.deepEqual(await findTasksWithoutSecrets([directory], store), {
      tasks: [],
      unread: [path('.command.err')],
    });
    const world = { cwd: directory, env: {} } as unknown as World;
    assert.deepEqual(await readNextflowLogs([], 0, world), {
      ...{ tasks: [], ended: [], submitted: [], workDirectories: [], sessions: [], traces: [] },
      paths: [path('.nextflow.log')],
      cancellationFailed: false,
      unread: path('.nextflow.log'),
    });
  });

  it('is opened in no other way: lint says so', async () => {
    const lines = [
      "import { readFile } from 'node:fs/promises';",
      "import { open } from 'node:fs/promises';",
      "import { createReadStream } from 'node:fs';",
      "import { openSync, readFileSync } from 'node:fs';",
      "import * as fs from 'node:fs';",
      "import { promises } from 'node:fs';",
      "import fs from 'fs';",
      "await import('node:fs/promises');",
    ];
    const eslint = new ESLint();
    for (const file of ['src/core/new.ts', 'src/cli/new.ts', 'src/extension/new.ts']) {
      const { rules } = (await eslint.calculateConfigForFile(file)) as { rules: Linter.RulesRecord };
      const own = Object.entries(rules).filter(([name]) => name.startsWith('no-restricted-'));
      const linter = new Linter();
      for (const line of lines) {
        const found = linter.verify(line, { rules: Object.fromEntries(own) });
        assert.ok(found.length > 0 && found.every(({ fatal }) => fatal !== true), `${file}: ${line}`);
      }
      assert.deepEqual(
        linter.verify("import { lstat } from 'node:fs/promises';", { rules: Object.fromEntries(own) }),
        [],
      );
    }
  });
});
