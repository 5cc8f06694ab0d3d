import { l10n } from 'vscode';
import type { PlatformContext } from '../../core/platform/types.ts';
import { printable } from '../../core/system/printable.ts';
import type { CommandId } from '../command-id.ts';
import type { PlatformFailure } from './platform-nodes.ts';

/** Title of a context: `User`, or `ORG/WORKSPACE`. */
export const contextTitle = ({ workspaceId, title }: PlatformContext): string =>
  workspaceId === undefined ? l10n.t('User') : printable(title);

/** A failure in few words, and the command that does something about it. */
export interface FailureRow {
  readonly state: string;
  readonly icon: string;
  readonly title: string;
  readonly command: Extract<CommandId, 'choosePlatformWorkspaces' | 'refreshPlatform' | 'signInPlatform'>;
}

export function remedyOf({ code }: PlatformFailure): FailureRow {
  const again = { title: l10n.t('Ask Again'), command: 'refreshPlatform' } as const;
  switch (code) {
    case 'signed-out':
      return {
        state: l10n.t('Not signed in any more'),
        icon: 'account',
        title: l10n.t('Sign In Again…'),
        command: 'signInPlatform',
      };
    case 'no-token':
      return {
        state: l10n.t('Not signed in'),
        icon: 'account',
        title: l10n.t('Sign In…'),
        command: 'signInPlatform',
      };
    case 'redirected':
    case 'not-a-platform':
      return {
        state: l10n.t('Another address'),
        icon: 'cloud',
        title: l10n.t('Sign In Again…'),
        command: 'signInPlatform',
      };
    case 'workspace-gone':
      return {
        state: l10n.t('Workspace is gone'),
        icon: 'circle-slash',
        title: l10n.t('Choose Workspaces…'),
        command: 'choosePlatformWorkspaces',
      };
    case 'personal-off':
      return { state: l10n.t('Users have no secrets there'), icon: 'circle-slash', ...again };
    case 'not-allowed':
    case 'not-offered':
      return { state: l10n.t('Not allowed'), icon: 'lock', ...again };
    case 'answer-lost':
    case 'name-exists':
    case 'not-found':
    case 'refused':
    case 'throttled':
    case 'unavailable':
    case 'unexpected':
      return { state: l10n.t('No answer'), icon: 'cloud', ...again };
  }
}
