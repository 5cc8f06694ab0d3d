import { commands, l10n } from 'vscode';
import { commandId } from '../command-id.ts';
import { RemediedError } from '../error-boundary.ts';
import type { Services } from '../services.ts';
import type { PlatformChoice } from './platform-choice.ts';
import type { PlatformLogin } from './login.ts';
import type { PlatformModel, SignedIn } from './platform-model.ts';

/** What the features of a Platform share. */
export interface PlatformRoom {
  readonly services: Services;
  readonly login: PlatformLogin;
  readonly choice: PlatformChoice;
  readonly model: PlatformModel;
}

/** @throws RemediedError if nobody has signed in. */
export function ensureSignedIn({ model }: Pick<PlatformRoom, 'model'>): SignedIn {
  if (model.signedIn !== undefined) return model.signedIn;
  throw new RemediedError(l10n.t('You are not signed in to a Seqera Platform.'), {
    title: l10n.t('Sign In…'),
    run: () => commands.executeCommand(commandId('signInPlatform')),
  });
}
