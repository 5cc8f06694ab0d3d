import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { NEXTFLOW_VARIANTS, NextflowSandbox } from '../../fixtures/nextflow-sandbox.ts';
import { PROJECT, Sandbox } from '../../fixtures/sandbox.ts';
import { VsCodeWindow, type WindowOptions } from './window.ts';
import { Workbench } from './workbench.ts';

/** A person's sandbox with a window of VS Code on its workspace. */
export class Session<S extends Sandbox = Sandbox> {
  readonly sandbox: S;
  readonly window: VsCodeWindow;
  readonly workbench: Workbench;

  private constructor(sandbox: S, window: VsCodeWindow) {
    this.sandbox = sandbox;
    this.window = window;
    this.workbench = new Workbench(window.page);
  }

  /** @param prepare - fills the sandbox before the window opens. */
  static async open<S extends Sandbox>(
    sandbox: S,
    prepare: (sandbox: S) => Promise<void> | void = () => undefined,
    options: WindowOptions = {},
  ): Promise<Session<S>> {
    try {
      await prepare(sandbox);
      const window = await VsCodeWindow.open({
        workspace: sandbox.workspace,
        env: sandbox.env,
        ...options,
      });
      const session = new Session(sandbox, window);
      await session.workbench.ready();
      return session;
    } catch (error) {
      sandbox.remove();
      throw error;
    }
  }

  /** As {@link open}, with real Nextflow on the PATH. */
  static async withNextflow(
    prepare?: (sandbox: NextflowSandbox) => Promise<void> | void,
    options?: WindowOptions,
  ): Promise<Session<NextflowSandbox>> {
    const variant = NEXTFLOW_VARIANTS.find(({ version }) => version === '24.10.0');
    if (variant === undefined) throw new Error('there is no such variant');
    return Session.open(await NextflowSandbox.create(variant), prepare, options);
  }

  async close(): Promise<void> {
    await this.window.close();
    this.sandbox.remove();
  }
}

/** Puts the example pipeline into a sandbox's workspace. */
export function useExample({ workspace }: Sandbox): void {
  cpSync(join(PROJECT, 'examples', 'hello-secrets'), workspace, { recursive: true });
}

/** A mocha hook: a picture of the window for each test that fails, in `test-results/`. */
export function pictureOfFailure(session: () => Session | undefined): Mocha.AsyncFunc {
  return async function (this: Mocha.Context): Promise<void> {
    const test = this.currentTest;
    const page = session()?.window.page;
    if (test?.state !== 'failed' || page === undefined) return;
    const folder = join(PROJECT, 'test-results');
    mkdirSync(folder, { recursive: true });
    const name = test.fullTitle().replace(/[^\w]+/g, '-');
    await page.screenshot({ path: join(folder, `${name}.png`) }).catch(() => undefined);
    // What was said and has gone again.
    await page
      .locator('.notifications-center-header, [id="status.notifications"] a')
      .last()
      .click({ timeout: 2_000 })
      .catch(() => undefined);
    await page.screenshot({ path: join(folder, `${name}-said.png`) }).catch(() => undefined);
    // The next test finds nothing open: no dialog, no list, and not that overview, which keeps new messages from being shown.
    for (let open = 3; open > 0; open--) await page.keyboard.press('Escape').catch(() => undefined);
  };
}
