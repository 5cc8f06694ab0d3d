import assert from 'node:assert/strict';
import fs, { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../../fixtures/until.ts';
import { at, untilProblems, write } from './editor.ts';

const BEFORE = `process FETCH {
    secret 'NCBI_API_KEY'

    script:
    'true'
}
`;
/** It has something of all that diagnostics, lenses and fixes are about. */
const AFTER = `process FETCH {
    secret 'NCBI_API_KEY'
    secret 'TYPED_KEY'

    script:
    "f \${secrets.NCBI_API_KEY}"
}
`;
const CONFIG = 'params.key = secrets.UNUSED_KEY\n';

/** The extension while somebody types. */
export function describeKeyStroke(): void {
  describe('a key stroke', () => {
    let folder = '';
    let script: vscode.TextDocument;
    let config: vscode.TextDocument;

    before(async () => {
      folder = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'typed in');
      mkdirSync(folder);
      writeFileSync(join(folder, 'typed.nf'), BEFORE);
      writeFileSync(join(folder, 'typed.config'), CONFIG);
      script = await vscode.workspace.openTextDocument(join(folder, 'typed.nf'));
      config = await vscode.workspace.openTextDocument(join(folder, 'typed.config'));
      await untilProblems(config, ['0:21-31 Warning in-params']);
      await vscode.commands.executeCommand('nextflowSecrets.refresh');
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      rmSync(folder, { recursive: true });
    });

    it('reads no file, whatever is shown after it', async function () {
      // The wait for quiet has a limit of its own.
      this.timeout(240_000);
      const watch = new FileCalls();
      try {
        // What an earlier test wrote is read when VS Code tells of it, which no key stroke asked for.
        await watch.untilQuiet();
        await type();
        assert.deepEqual(watch.calls, []);
        // So that it is known that calls are seen.
        await vscode.commands.executeCommand('nextflowSecrets.refresh');
        assert.ok(watch.calls.length > 0);
      } finally {
        watch.end();
      }
    });

    async function type(): Promise<void> {
      await write(script, AFTER);
      await askAll(script, at(script, 'TYPED_KEY', 2));
      await untilProblems(script, ['2:12-21 Error not-set', '5:17-29 Warning in-script']);
      await askAll(script, at(script, 'NCBI_API_KEY', 5));
      await askAll(config, at(config, 'UNUSED_KEY', 0));
      // A name of the vault loses what may be its last use: then the vault has a diagnostic.
      await write(config, 'params.key = secrets.\n');
      await askAll(config, new vscode.Range(0, 21, 0, 21));
      await write(config, CONFIG);
      await untilProblems(config, ['0:21-31 Warning in-params']);
      await write(script, BEFORE);
      await untilProblems(script, []);
    }
  });
}

/** All that VS Code asks while a person types, and moves the cursor. */
async function askAll({ uri }: vscode.TextDocument, range: vscode.Range): Promise<void> {
  const { start } = range;
  await vscode.commands.executeCommand('vscode.executeCodeLensProvider', uri);
  await vscode.commands.executeCommand('vscode.executeInlayHintProvider', uri, range);
  await vscode.commands.executeCommand('vscode.executeHoverProvider', uri, start);
  await vscode.commands.executeCommand('vscode.executeDocumentHighlights', uri, start);
  await vscode.commands.executeCommand('vscode.executeCompletionItemProvider', uri, start);
  await vscode.commands.executeCommand('vscode.executeDefinitionProvider', uri, start);
  await vscode.commands.executeCommand(
    'vscode.executeCodeActionProvider',
    uri,
    range,
    vscode.CodeActionKind.QuickFix.value,
  );
}

/** Milliseconds. Files are looked at every second, and the runs every three seconds while their view can be seen. */
const QUIET = 5_000;

type Functions = Record<string, unknown>;

/** The calls of file functions by the built extension, which runs in the process of the tests. */
class FileCalls {
  readonly calls: string[] = [];
  #last = Date.now();
  readonly #restore: (() => void)[] = [];
  readonly #limit = Error.stackTraceLimit;

  constructor() {
    Error.stackTraceLimit = 50;
    this.#wrap(fs);
    this.#wrap(fs.promises);
    syncBuiltinESMExports();
  }

  /** Waits until there has been no call for a while, and forgets those before. */
  async untilQuiet(): Promise<void> {
    try {
      await until('no file is read', () => Date.now() - this.#last >= QUIET);
    } catch (error) {
      assert.fail(`${String(error)} The last calls:\n${this.calls.slice(-20).join('\n')}`);
    }
    this.calls.length = 0;
  }

  end(): void {
    for (const restore of this.#restore) restore();
    syncBuiltinESMExports();
    Error.stackTraceLimit = this.#limit;
  }

  #wrap(module: object): void {
    const functions = module as Functions;
    for (const [name, original] of Object.entries(functions)) {
      // Not classes, nor the watcher, which asks the system by itself.
      if (typeof original !== 'function' || !/^[a-z]/.test(name) || name.includes('watch')) continue;
      const onCall = (path: unknown): void => {
        this.#last = Date.now();
        this.calls.push(`${name} ${String(path)}`);
      };
      functions[name] = function (this: unknown, ...args: unknown[]): unknown {
        const isOurs = /[\\/]dist[\\/]extension(\.js|[\\/])/.test(new Error().stack ?? '');
        if (isOurs) onCall(args[0]);
        return Reflect.apply(original, this, args) as unknown;
      };
      // `realpath` has a function of its own, `native`.
      Object.assign(functions[name] as object, original);
      this.#restore.push(() => {
        functions[name] = original;
      });
    }
  }
}
