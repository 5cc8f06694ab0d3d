import { l10n } from 'vscode';
import type { Role } from '../core/vault/members/role.ts';

/** Says what a role may do. */
export function roleSentence(role: Role): string {
  switch (role) {
    case 'launch':
      return l10n.t('Reads the values, for launches. Changes nothing.');
    case 'maintain':
      return l10n.t('Also creates, updates and deletes secrets.');
    case 'admin':
      return l10n.t('Also adds and removes members.');
    case 'owner':
      return l10n.t('Also adds and removes admins and owners.');
  }
}
