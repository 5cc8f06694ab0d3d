import { commands } from 'vscode';
import { assertOwnHome } from '../core/system/tool-home.ts';
import { DisposableStore } from './disposables.ts';
import { type CommandId, commandId } from './command-id.ts';
import { guarded } from './error-boundary.ts';
import type { Services } from './services.ts';
import { assertMayAct } from './trust.ts';

export interface Handler {
  /** True if it decrypts, changes or starts something, which Restricted Mode forbids. */
  readonly needsTrust: boolean;
  readonly run: (...args: readonly unknown[]) => unknown;
}

/** Registers all commands. None of them returns a value: a caller must not get one. */
export function registerCommands(
  handlers: Readonly<Record<CommandId, Handler>>,
  { log, openWorld }: Pick<Services, 'log' | 'openWorld'>,
): DisposableStore {
  const store = new DisposableStore();
  for (const [id, { needsTrust, run }] of Object.entries(handlers)) {
    store.add(
      commands.registerCommand(commandId(id as CommandId), async (...args: unknown[]): Promise<void> => {
        await guarded(log, async () => {
          if (needsTrust) {
            assertMayAct();
            await assertOwnHome(openWorld(undefined));
          }
          await run(...args);
        });
      }),
    );
  }
  return store;
}
