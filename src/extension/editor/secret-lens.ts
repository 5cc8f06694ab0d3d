import {
  CodeLens,
  type CodeLensProvider,
  type Command,
  type Disposable,
  EventEmitter,
  l10n,
  languages,
  type TextDocument,
  workspace,
} from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import { type CommandId, commandId } from '../command-id.ts';
import { DisposableStore } from '../disposables.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { isSupported } from '../trust.ts';
import { isSource, rangeOf, scanOf, SOURCES } from '../code/document-scan.ts';
import { lensReferences, lensProcesses } from './lens-references.ts';
import { type SecretState, sumOf } from '../state/secret-states.ts';
import { stateText, unknownReason } from './state-text.ts';
import type { NamedSecret } from '../command-arguments.ts';

/** Shows scopes and actions of a secret, above each directive and above the first use of a name in a block. */
export class SecretLens implements CodeLensProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(private readonly services: Services) {
    const changed = (): void => {
      this.#changed.fire();
    };
    this.#store.add(services.secrets.onDidChange(changed));
    this.#store.add(workspace.onDidGrantWorkspaceTrust(changed));
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(settings.codeLens.id)) changed();
      }),
    );
    this.#store.add(languages.registerCodeLensProvider(SOURCES, this));
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const secrets = this.services.secrets.at(document.uri);
    if (secrets === undefined || !isSource(document.uri) || !settings.codeLens.get(document)) return [];
    const scan = scanOf(document);
    return [
      ...lensProcesses(scan).map(
        (found) => new CodeLens(rangeOf(found.process), sumLens(found.references.map(secrets.stateAt))),
      ),
      ...lensReferences(scan)
        .filter(({ reference }) => secretNameProblem(reference.name) === undefined)
        .map(
          ({ reference, shared }) =>
            new CodeLens(rangeOf(reference), actionFor(secrets.stateAt(reference), shared)),
        ),
    ];
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** @param shared - true if the line has lenses of other names. */
function actionFor(state: SecretState, shared: boolean): Command {
  const { name } = state;
  const text = stateText(state);
  const words = shared ? `${withoutLinks(printable(name))}: ${text}` : text;
  // If no action is possible, the lens shows only the state.
  if (!workspace.isTrusted || !isSupported) return { title: words, command: '' };
  const action = (verb: string, tooltip: string, command: CommandId, argument: NamedSecret): Command => ({
    title: `${words} · ${verb}`,
    tooltip,
    command: commandId(command),
    arguments: [argument],
  });
  switch (state.kind) {
    case 'unknown':
    case 'asked':
      return {
        title: `${words} · ${l10n.t('show')}`,
        tooltip: printable(unknownReason(state) ?? ''),
        command: 'nextflowSecrets.secrets.focus',
      };
    case 'missing':
    case 'optional':
      return action(l10n.t('create…'), l10n.t('Asks for the value of {0}', name), 'createSecret', { name });
    case 'set': {
      const { scope } = state.rows[0];
      if (scope === 'nextflow') {
        const tooltip = l10n.t("Nextflow's own store is only read. Any other scope overrides it.");
        return action(l10n.t('override…'), tooltip, 'createSecret', { name });
      }
      const tooltip = l10n.t('Changes the value or description of {0}', name);
      return action(l10n.t('edit'), tooltip, 'updateSecret', { name, scope });
    }
  }
}

/** `3 secrets · 1 not set · 1 in several scopes`, above a process. */
function sumLens(states: readonly SecretState[]): Command {
  const { names, missing, optional, unknown, overriding } = sumOf(states);
  const parts = [
    l10n.t('{0} secrets', names),
    ...(missing === 0 ? [] : [l10n.t('{0} not set', missing)]),
    ...(optional === 0 ? [] : [l10n.t('{0} optional, not set', optional)]),
    ...(unknown === 0 ? [] : [l10n.t('{0} not known', unknown)]),
    ...(overriding === 0 ? [] : [l10n.t('{0} in several scopes', overriding)]),
  ];
  return {
    title: parts.join(' · '),
    tooltip: l10n.t('Shows the view of secrets'),
    command: 'nextflowSecrets.secrets.focus',
  };
}
