import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { VsCodeWindow } from './window.ts';

/** @returns the exit code of the tests. */
export async function runTestsInBrowser(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    // Switches of a desktop VS Code that mean nothing here.
    strict: false,
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'extensions-dir': { type: 'string' },
    },
  });
  const path = (value: unknown): string | undefined =>
    typeof value !== 'string' ? undefined : value.startsWith('file:') ? fileURLToPath(value) : value;
  const given = values.extensionDevelopmentPath;
  const developed = (Array.isArray(given) ? given : []).map(path).filter((one) => one !== undefined);
  const testsPath = path(values.extensionTestsPath);
  const [workspace] = positionals;
  const window = await VsCodeWindow.open({
    ...(workspace !== undefined && { workspace }),
    ...(developed.length > 0 && { developed }),
    ...(testsPath !== undefined && { testsPath }),
  });
  try {
    return await window.testsEnded;
  } finally {
    await window.close();
  }
}
