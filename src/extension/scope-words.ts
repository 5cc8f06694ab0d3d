import { l10n } from 'vscode';
import type { Scope } from '../core/secrets/scope.ts';
import { printable } from '../core/system/printable.ts';
import type { OverriddenScope } from './state/secret-nodes.ts';

/** The name of a scope, as a title. */
export function scopeTitle(scope: Scope): string {
  switch (scope) {
    case 'user':
      return l10n.t('User');
    case 'workspace':
      return l10n.t('Workspace');
    case 'nextflow':
      return l10n.t('Nextflow store');
  }
}

/** The name of a scope, within a sentence. */
export function scopeWord(scope: Scope): string {
  switch (scope) {
    case 'user':
      return l10n.t('user');
    case 'workspace':
      return l10n.t('workspace');
    case 'nextflow':
      return l10n.t('nextflow store');
  }
}

/** `workspace`, or `workspace alpha, workspace beta` in a window with several folders. */
export const overriddenWords = (scopes: readonly OverriddenScope[]): string =>
  scopes
    .map(({ scope, folder }) =>
      folder === undefined ? scopeWord(scope) : `${scopeWord(scope)} ${printable(folder)}`,
    )
    .join(', ');
