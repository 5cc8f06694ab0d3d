import { l10n } from 'vscode';
import type { PlatformContext } from '../../core/platform/types.ts';
import { printable } from '../../core/system/printable.ts';
import type { CommandId } from '../command-id.ts';
import { withoutLinks } from '../plain-text.ts';
import type { PlatformFailure } from './platform-nodes.ts';

/** Title of a context: `User`, or `ORG/WORKSPACE`. */
export const contextTitle = ({ workspaceId, title }: PlatformContext): string =>
  workspaceId === undefined ? l10n.t('User') : withoutLinks(printable(title));

/** A failure in few words, and the command that does something about it. */
export interface FailureRow {
  readonly state: string;
  readonly icon: string;
  readonly title: string;
  readonly command: Extract<CommandId, 'choosePlatformWorkspaces' | 'refreshPlatform' | 'signInPlatform'>;
}

export function remedyOf({ code }: PlatformFailure): FailureRow {
  const again = { title: l10n.t('Ask Again'), command: 'refreshPlatform' } as const;
  const signIn = { title: l10n.t('Sign In Again…'), command: 'signInPlatform' } as const;
  const choose = { title: l10n.t('Choose Workspaces…'), command: 'choosePlatformWorkspaces' } as const;
  const isGone = 'circle-slash';
  const notAllowed: FailureRow = { state: l10n.t('Not allowed'), icon: 'lock', ...again };
  const elsewhere: FailureRow = { state: l10n.t('Another address'), icon: 'cloud', ...signIn };
  const known: Partial<Readonly<Record<PlatformFailure['code'], FailureRow>>> = {
    'signed-out': { state: l10n.t('Not signed in any more'), icon: 'account', ...signIn },
    redirected: elsewhere,
    'not-a-platform': elsewhere,
    'workspace-gone': { state: l10n.t('Workspace is gone'), icon: isGone, ...choose },
    'personal-off': { state: l10n.t('Users have no secrets there'), icon: isGone, ...again },
    'not-allowed': notAllowed,
    'not-offered': notAllowed,
  };
  return known[code] ?? { state: l10n.t('No answer'), icon: 'cloud', ...again };
}
