import { l10n } from 'vscode';
import type { SecretState } from '../state/secret-states.ts';
import { scopeTitle, scopeWord } from '../scope-words.ts';

// The state of a name in few words, the same in all features.

/** `Workspace`, `User overrides Workspace`, `Not set`, `Optional, not set`. */
export function stateText(state: SecretState): string {
  switch (state.kind) {
    case 'set': {
      const [{ scope }, ...others] = state.rows;
      if (others.length === 0) return scopeTitle(scope);
      const overridden = others.map((row) => scopeTitle(row.scope)).join(', ');
      return l10n.t('{0} overrides {1}', scopeTitle(scope), overridden);
    }
    case 'unknown':
    case 'asked':
      return l10n.t('Not known');
    case 'missing':
      return l10n.t('Not set');
    case 'optional':
      return l10n.t('Optional, not set');
  }
}

/** The reason that a state is not known; undefined if it is. */
export function unknownReason(state: SecretState): string | undefined {
  if (state.kind === 'unknown') return state.problem.message;
  if (state.kind !== 'asked') return undefined;
  return l10n.t(
    'Its store does not list it, but lists of it may be some minutes late. It is asked for by its name when the file is saved.',
  );
}

/** The same after a reference: `‹user, overrides workspace›`. */
export const hintText = (state: SecretState): string => `‹${hintWords(state)}›`;

function hintWords(state: SecretState): string {
  switch (state.kind) {
    case 'set': {
      const [{ scope }, ...others] = state.rows;
      if (others.length === 0) return scopeWord(scope);
      const overridden = others.map((row) => scopeWord(row.scope)).join(', ');
      return l10n.t('{0}, overrides {1}', scopeWord(scope), overridden);
    }
    case 'unknown':
    case 'asked':
      return l10n.t('not known');
    case 'missing':
      return l10n.t('not set');
    case 'optional':
      return l10n.t('optional, not set');
  }
}
