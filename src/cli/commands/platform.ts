import type { Command } from 'commander';
import { examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { addCheck } from './platform/check.ts';
import { addCopy } from './platform/copy.ts';
import { addDelete } from './platform/delete.ts';
import { addLaunch } from './platform/launch.ts';
import { addList } from './platform/list.ts';
import { addLogin, addLogout } from './platform/login.ts';
import { addSet } from './platform/set.ts';
import { addCancel, addWait } from './platform/wait.ts';
import { addWorkspaces } from './platform/workspaces.ts';

export function addPlatform(program: Command, shell: Shell): void {
  const platform = program
    .command('platform')
    .enablePositionalOptions()
    .summary('work with the secrets of a Seqera Platform')
    .description(
      'Shows and changes the secrets of your workspaces on a Seqera Platform, and your own ones there. Values there can ' +
        'be written, and never read again. See docs/platform.md.',
    )
    .addHelpText(
      'after',
      `${examples(
        'nf-secrets platform login',
        'nf-secrets platform workspaces',
        'nf-secrets platform list --in my-lab/rnaseq',
        'nf-secrets platform copy NCBI_API_KEY --in my-lab/rnaseq',
      )}

Environment: TOWER_ACCESS_TOKEN counts instead of a login, with TOWER_API_ENDPOINT. TOWER_WORKSPACE_ID is the
workspace if --in names none. Without a login, the one of nextflow auth login is used.`,
    );
  for (const add of [
    addLogin,
    addLogout,
    addWorkspaces,
    addList,
    addSet,
    addDelete,
    addCopy,
    addCheck,
    addLaunch,
    addWait,
    addCancel,
  ])
    add(platform, shell);
}
