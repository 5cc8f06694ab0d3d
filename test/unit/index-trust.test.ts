import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ReferenceIndex } from '../../src/extension/code/reference-index.ts';
import { importExtension } from '../fixtures/import-extension.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';

/** The little of VS Code that the index needs, with one folder, which is trusted later. */
const VS_CODE = `
  const none = () => ({ dispose: () => undefined });
  const trusted = [];
  const uri = (fsPath) => ({ scheme: 'file', path: fsPath, fsPath, toString: () => 'file://' + fsPath });
  exports.Uri = { joinPath: (base, path) => uri(base.fsPath + '/' + path) };
  exports.EventEmitter = class {
    event = none;
    fire() {}
    dispose() {}
  };
  const events = ['onDidChangeTextDocument', 'onDidOpenTextDocument', 'onDidCloseTextDocument'];
  exports.workspace = {
    ...Object.fromEntries([...events, 'onDidChangeWorkspaceFolders'].map((name) => [name, none])),
    isTrusted: false,
    textDocuments: [],
    createFileSystemWatcher: () => ({ onDidCreate: none, onDidChange: none, onDidDelete: none, dispose: none }),
    getWorkspaceFolder: () => exports.workspace.workspaceFolders[0],
    onDidGrantWorkspaceTrust: (listener) => {
      trusted.push(listener);
      return none();
    },
    open: (path) => {
      exports.workspace.workspaceFolders = [{ uri: uri(path), name: 'lab', index: 0 }];
    },
    trust: () => {
      exports.workspace.isTrusted = true;
      for (const listener of trusted) listener();
    },
  };
`;

interface Loaded {
  readonly ReferenceIndex: typeof ReferenceIndex;
  readonly workspace: { open(path: string): void; trust(): void };
}

describe('the index of references in Restricted Mode', () => {
  const sandbox = new Sandbox();
  after(() => {
    sandbox.remove();
  });

  it('leaves out what git ignores as soon as git may be asked', async () => {
    const { workspace: folder } = sandbox;
    const { ReferenceIndex, workspace } = await importExtension<Loaded>(
      ['extension/code/reference-index'],
      VS_CODE,
      ['workspace'],
    );
    execFileSync('git', ['init', '-q', folder]);
    // Only git reads this list.
    mkdirSync(join(folder, '.git', 'info'), { recursive: true });
    writeFileSync(join(folder, '.git', 'info', 'exclude'), 'old.nf\n');
    for (const name of ['main.nf', 'old.nf']) writeFileSync(join(folder, name), 'println secrets.KEY\n');
    workspace.open(folder);
    const log = { warn: (line: string) => assert.fail(line) } as never;
    const index = new ReferenceIndex(
      log,
      () => ({ cwd: folder, env: process.env, uid: process.getuid?.() }) as never,
    );
    const names = (): string[] => [...index.files.keys()].map((uri) => basename(uri));
    try {
      await index.buildAll();
      assert.deepEqual(names(), ['main.nf', 'old.nf']);
      workspace.trust();
      await until('git was asked', () => names().join() === 'main.nf');
    } finally {
      index.dispose();
    }
  });
});
