import { l10n } from 'vscode';
import type { Scope } from '../core/secrets/scope.ts';

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

/** The same within a sentence. */
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
