import { l10n } from 'vscode';
import type { Scope } from '../../core/secrets/scope.ts';
import { scopeTitle } from '../secrets/secret-item.ts';
import type { SecretState } from './secret-states.ts';

// What is said of a name in few words, the same everywhere.

/**
 * `Workspace`, `User overrides Workspace`, `Not set`, `Optional, not set`.
 *
 * @param needed - whether the use goes wrong without it.
 */
export function stateText({ rows, unknown }: SecretState, needed: boolean): string {
  const [winner, ...others] = rows.map(({ scope }) => scopeTitle(scope));
  if (winner !== undefined) {
    return others.length === 0 ? winner : l10n.t('{0} overrides {1}', winner, others.join(', '));
  }
  if (unknown !== undefined) return l10n.t('Not known');
  return needed ? l10n.t('Not set') : l10n.t('Optional, not set');
}

/** The same behind a reference: `‹user, overrides workspace›`. */
export function hintText({ rows, unknown }: SecretState, needed: boolean): string {
  const [winner, ...others] = rows.map(({ scope }) => scopeWord(scope));
  if (winner !== undefined) {
    const said = others.length === 0 ? winner : l10n.t('{0}, overrides {1}', winner, others.join(', '));
    return `‹${said}›`;
  }
  if (unknown !== undefined) return `‹${l10n.t('not known')}›`;
  return `‹${needed ? l10n.t('not set') : l10n.t('optional, not set')}›`;
}

function scopeWord(scope: Scope): string {
  switch (scope) {
    case 'user':
      return l10n.t('user');
    case 'workspace':
      return l10n.t('workspace');
    case 'nextflow':
      return l10n.t('nextflow store');
  }
}
