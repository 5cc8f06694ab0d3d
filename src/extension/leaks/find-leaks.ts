import { execFile } from 'node:child_process';
import {
  CancellationError,
  type CancellationToken,
  commands,
  l10n,
  ProgressLocation,
  Uri,
  window,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import type { RecordedLeak } from '../../core/leaks/record.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { verbatim } from '../../core/system/phrase.ts';
import { printable } from '../../core/system/printable.ts';
import { timestamp } from '../../core/system/world.ts';
import { withoutLinks } from '../plain-text.ts';
import { serviceWorld } from '../service-world.ts';
import type { Services } from '../services.ts';
import { openStore } from '../store-access.ts';
import type { FolderWorkspace } from '../state/secret-nodes.ts';
import { filesOf, namesOf } from './leak-group.ts';
import type { LeaksModel } from './leaks-model.ts';

/** Bytes, more than any answer has. */
const MAX_OUTPUT = 64 << 20;
/** Most names that a message lists. */
const MOST_NAMES = 5;

/** What `nf-secrets leaks --json` tells. */
interface FoundLeaks {
  readonly leaks: readonly RecordedLeak[];
  readonly files: number;
  readonly bytes: number;
  readonly unread: readonly string[];
  readonly links: number;
  readonly notLookedFor: {
    readonly tooShort?: readonly string[];
    readonly tooLong?: readonly string[];
    readonly withheld?: readonly string[];
    readonly scopes?: readonly string[];
  };
  readonly complete: boolean;
}

/**
 * Looks for the values of all secrets that the person may read, in a folder of their choice. The built command does it, so
 * that a long look holds nothing up here.
 */
export async function findLeaks(
  [given]: readonly unknown[],
  services: Services,
  model: LeaksModel,
): Promise<void> {
  const folder = given instanceof Uri ? given : await askFolder();
  if (folder === undefined) return;
  const of = workspaceFor(folder, services);
  if (of !== undefined) await acceptWorkspace(of, services);
  const options = {
    location: ProgressLocation.Notification,
    title: l10n.t('Looking for leaks in {0}', printable(folder.fsPath)),
    cancellable: true,
  };
  const found = await window.withProgress(options, (_, token) => look(folder, of, token, services));
  const looked = timestamp(services.openWorld(undefined).now());
  const path = folder.fsPath;
  await model.setFolder({
    ...{ id: path, kind: 'folder', title: path, directory: path, looked },
    ...{ leaks: found.leaks, causes: [], isComplete: found.leaks.length === 0 || found.complete },
  });
  await tell(found);
}

async function askFolder(): Promise<Uri | undefined> {
  const [first] = workspace.workspaceFolders ?? [];
  const chosen = await window.showOpenDialog({
    title: l10n.t('Look for leaks in which folder?'),
    openLabel: l10n.t('Look for Leaks'),
    ...{ canSelectFolders: true, canSelectFiles: false },
    ...(first !== undefined && { defaultUri: first.uri }),
  });
  return chosen?.[0];
}

/** The workspace whose secrets are looked for: that of the folder, else the first of the window. */
function workspaceFor(folder: Uri, { secrets }: Services): FolderWorkspace | undefined {
  const own = workspace.getWorkspaceFolder(folder)?.uri.toString();
  const all = secrets.snapshot.folders.flatMap(({ of }) => of ?? []);
  return all.find((one) => one.folder === own) ?? all[0];
}

/** Asks, if need be, for the workspace that is to be read: the command has nobody to ask. */
async function acceptWorkspace(of: FolderWorkspace, services: Services): Promise<void> {
  const root = services.secrets.snapshot.roots.find(
    (one) => one.kind === 'vault' && one.workspace?.folder === of.folder,
  );
  if (root?.kind !== 'vault' || root.isStranger) return;
  if (root.secrets.length === 0 && root.service === undefined) return;
  const { store } = await openStore('workspace', of, services);
  await store.ensureAccepted(false);
}

async function look(
  folder: Uri,
  of: FolderWorkspace | undefined,
  token: CancellationToken,
  { cli, log, openWorld }: Services,
): Promise<FoundLeaks> {
  const base: WorkspaceFolder['uri'] | undefined = of === undefined ? undefined : Uri.parse(of.folder);
  const { env } = serviceWorld(openWorld(base), base);
  const words = [
    ...['leaks', '--json'],
    ...(of === undefined ? [] : ['--workspace', of.directory]),
    folder.fsPath,
  ];
  const ended = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = {
      cwd: folder.fsPath,
      env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
      maxBuffer: MAX_OUTPUT,
    };
    const child = execFile(process.execPath, [cli, ...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
    token.onCancellationRequested(() => child.kill('SIGTERM'));
  });
  if (token.isCancellationRequested) throw new CancellationError();
  if (ended.code === 0) return JSON.parse(ended.stdout) as FoundLeaks;
  const lines = ended.stderr.trim().split('\n').map(printable);
  for (const line of lines) log.warn(line);
  throw new HumanError(
    ExitCode.unavailable,
    verbatim(lines[0] ?? l10n.t('nf-secrets ended with exit code {0}.', ended.code)),
    lines.slice(1).map(verbatim),
  );
}

async function tell(found: FoundLeaks): Promise<void> {
  const text = withoutLinks([summary(found), ...limits(found)].join(' '));
  if (found.leaks.length === 0) {
    await (found.complete ? window.showInformationMessage(text) : window.showWarningMessage(text));
    return;
  }
  const show = l10n.t('Show Problems');
  if ((await window.showWarningMessage(text, show)) === show) await showProblems();
}

/** Shows the list of problems, where leaks are. */
export async function showProblems(): Promise<void> {
  await commands.executeCommand('workbench.actions.view.problems');
}

function summary(found: FoundLeaks): string {
  const { leaks, files, bytes } = found;
  const kB = Math.ceil(bytes / 1000);
  const size = files === 1 ? l10n.t('1 file ({0} kB)', kB) : l10n.t('{0} files ({1} kB)', files, kB);
  if (leaks.length === 0) return l10n.t('No secret was found in {0}.', size);
  const names = namesOf(found).map(printable);
  return l10n.t('Looked into {0}: {1} leaked, into {2} of them.', size, listed(names), filesOf(found).length);
}

/** What was not looked for, and not looked at: nobody should take it for clean. */
function limits({ notLookedFor, unread, links }: FoundLeaks): string[] {
  const { tooShort = [], tooLong = [], withheld = [], scopes = [] } = notLookedFor;
  return [
    ...(tooShort.length === 0
      ? []
      : [l10n.t('Too short to look for: {0}.', listed(tooShort.map(printable)))]),
    ...(tooLong.length === 0 ? [] : [l10n.t('Too long to look for: {0}.', listed(tooLong.map(printable)))]),
    ...(withheld.length === 0
      ? []
      : [l10n.t('Not looked for, because you may not read them: {0}.', listed(withheld.map(printable)))]),
    ...(scopes.length === 0 ? [] : [l10n.t('Scopes that do not open for you: {0}.', scopes.join(', '))]),
    ...(unread.length === 0 ? [] : [l10n.t('Files that cannot be read: {0}.', unread.length)]),
    ...(links === 0 ? [] : [l10n.t('Symbolic links that were not followed: {0}.', links)]),
    l10n.t('Compressed files are not looked into.'),
  ];
}

const listed = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(', ')
    : l10n.t('{0} and {1} more', names.slice(0, MOST_NAMES).join(', '), names.length - MOST_NAMES);
