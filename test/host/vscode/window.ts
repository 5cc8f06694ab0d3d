import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ensureChromium } from '../../../scripts/vscode.mjs';
import { type ServerOptions, startVsCodeServer } from '../../../scripts/vscode-server.mjs';
import { PROJECT } from '../../fixtures/sandbox.ts';

export interface WindowOptions extends Omit<ServerOptions, 'dataDir'> {
  /** A folder, or a `.code-workspace` file; an empty window without. Absolute path. */
  readonly workspace?: string | null;
  /** Where the extensions under development are; none to use only what is installed. */
  readonly developed?: readonly string[];
  /** A module that runs in the extension host in place of the tests of a desktop VS Code. Absolute path. */
  readonly testsPath?: string;
  readonly dataDir?: string;
}

/** One VS Code in one browser window. */
export class VsCodeWindow {
  readonly page: Page;
  /** The exit code of the tests in the extension host; 70 and more if they could not end. */
  readonly testsEnded: Promise<number>;
  readonly dataDir: string;
  readonly #url: string;
  readonly #context: BrowserContext;
  readonly #close: () => Promise<void>;
  #closed: Promise<void> | undefined;

  private constructor(
    page: Page,
    context: BrowserContext,
    testsEnded: Promise<number>,
    dataDir: string,
    url: string,
    close: () => Promise<void>,
  ) {
    this.page = page;
    this.#context = context;
    this.testsEnded = testsEnded;
    this.dataDir = dataDir;
    this.#url = url;
    this.#close = close;
  }

  static async open(options: WindowOptions = {}): Promise<VsCodeWindow> {
    const executablePath = await ensureChromium();
    const dataDir = options.dataDir ?? mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-vscode-'));
    const server = await startVsCodeServer({ ...options, dataDir });
    let browser: Browser | undefined;
    const close = async (): Promise<void> => {
      await browser?.close().catch(() => undefined);
      await server.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    };
    try {
      browser = await chromium.launch({
        executablePath,
        args: [
          ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
          ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ],
      });
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const url = addressOf(server.url, options.workspace);
      const { page, testsEnded } = await openPage(context, url, server.port, options);
      return new VsCodeWindow(page, context, testsEnded, dataDir, url, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** A second window on the same folder, with the extension that is installed. */
  async another(): Promise<Page> {
    const page = await this.#context.newPage();
    await page.goto(this.#url);
    return page;
  }

  /** Ends VS Code with all that it has started. May be called again. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }
}

function addressOf(server: string, workspace: string | null | undefined): string {
  const url = new URL(server);
  if (workspace == null) url.searchParams.set('ew', 'true');
  else url.searchParams.set(workspace.endsWith('.code-workspace') ? 'workspace' : 'folder', workspace);
  return url.href;
}

async function openPage(
  context: BrowserContext,
  url: string,
  port: number,
  { developed = [PROJECT], testsPath }: WindowOptions,
): Promise<{ page: Page; testsEnded: Promise<number> }> {
  let end: (code: number) => void = () => undefined;
  const testsEnded = new Promise<number>((resolve) => (end = resolve));
  // Of the context, so that a second window has them too.
  await context.exposeFunction('codeAutomationExit', (code: number) => {
    end(code);
  });
  await context.exposeFunction('codeAutomationLog', () => undefined);
  // What secrets of VS Code itself are encrypted with; a server of code-server would give it.
  const key = randomBytes(32);
  await context.route('**/mint-key', (route) =>
    route.fulfill({ contentType: 'application/octet-stream', body: key }),
  );
  const remote = (path: string): object => ({
    scheme: 'vscode-remote',
    authority: `127.0.0.1:${port}`,
    path,
  });
  await context.addInitScript(developInBrowser, {
    ...(developed.length > 0 && { extensions: developed.map(remote) }),
    ...(testsPath !== undefined && { extensionTestsPath: remote(testsPath) }),
  });
  const page = await context.newPage();
  page.on('crash', () => {
    end(70);
  });
  await page.goto(url);
  return { page, testsEnded };
}

/**
 * Runs in the page before VS Code: puts the extension under development into the configuration that the served HTML
 * has in a `<meta>`. (The server's own switch for that, made for smoke tests, would also switch notifications off.)
 */
function developInBrowser(development: object): void {
  interface InPage {
    readonly id: string;
    getAttribute(name: string): string | null;
  }
  const { Element } = globalThis as unknown as { readonly Element: { readonly prototype: InPage } };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its element below
  const getAttribute = Element.prototype.getAttribute;
  Element.prototype.getAttribute = function (this: InPage, name: string): string | null {
    const value = getAttribute.call(this, name);
    if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration' || value === null)
      return value;
    const configuration = JSON.parse(value) as {
      developmentOptions?: object;
      isEnabledCoderGettingStarted?: boolean;
      productConfiguration: Record<string, unknown>;
    };
    configuration.developmentOptions = { ...configuration.developmentOptions, ...development };
    configuration.isEnabledCoderGettingStarted = false;
    configuration.productConfiguration['enableTelemetry'] = false;
    for (const unused of ['extensionsGallery', 'serviceWorker', 'updateEndpoint', 'proxyEndpointTemplate']) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a list of this function's own
      delete configuration.productConfiguration[unused];
    }
    return JSON.stringify(configuration);
  };
}
