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
import type { SourceReference } from '../../core/references/scan.ts';
import { commandId } from '../command-id.ts';
import { DisposableStore } from '../disposables.ts';
import type { NamedSecret } from '../secrets/secret-argument.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { isSupported } from '../trust.ts';
import { isSource, rangeOf, scanOf, SOURCES } from '../code/document-scan.ts';
import { lensPlaces, type ProcessPlace, processPlaces } from './lens-places.ts';
import { type SecretStates, secretStates } from './secret-states.ts';
import { stateText } from './state-text.ts';

/** Above each directive, and above the first use of a name in a block: where the secret is set, and what can be done. */
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
    const states = secretStates(document.uri, this.services.secrets);
    if (states === undefined || !isSource(document.uri) || !settings.codeLens.get(document)) return [];
    const scan = scanOf(document);
    return [
      ...processPlaces(scan).map((place) => new CodeLens(rangeOf(place.process), sumOf(place, states))),
      ...lensPlaces(scan)
        .filter(({ reference }) => secretNameProblem(reference.name) === undefined)
        .map(
          ({ reference, shared }) => new CodeLens(rangeOf(reference), actionFor(reference, shared, states)),
        ),
    ];
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** @param shared - whether the line has lenses of other names. */
function actionFor(reference: SourceReference, shared: boolean, states: SecretStates): Command {
  const { name } = reference;
  const state = states.stateOf(name);
  const text = stateText(state, states.isNeeded(reference));
  const said = shared ? `${withoutLinks(printable(name))}: ${text}` : text;
  const [winner] = state.rows;
  const action = (verb: string, tooltip: string, command: string, argument: NamedSecret): Command => ({
    title: `${said} · ${verb}`,
    tooltip,
    command,
    arguments: [argument],
  });
  // Where nothing can be done, only the state is said.
  if (!workspace.isTrusted || !isSupported) return { title: said, command: '' };
  if (state.unknown !== undefined) {
    return {
      title: `${said} · ${l10n.t('show')}`,
      tooltip: printable(state.unknown),
      command: 'nextflowSecrets.secrets.focus',
    };
  }
  if (winner === undefined) {
    const tooltip = l10n.t('Asks for the value of {0}', name);
    return action(l10n.t('create…'), tooltip, commandId('createSecret'), { name });
  }
  if (winner.scope === 'nextflow') {
    const tooltip = l10n.t("Nextflow's own store is only read. Any other scope overrides it.");
    return action(l10n.t('override…'), tooltip, commandId('createSecret'), { name });
  }
  const tooltip = l10n.t('Changes the value or description of {0}', name);
  return action(l10n.t('edit'), tooltip, commandId('updateSecret'), { name, scope: winner.scope });
}

/** `3 secrets · 1 not set · 1 overrides`, above a process. */
function sumOf({ references }: ProcessPlace, states: SecretStates): Command {
  const names = new Map<string, boolean>();
  for (const reference of references) {
    names.set(reference.name, (names.get(reference.name) ?? false) || states.isNeeded(reference));
  }
  let missing = 0;
  let optional = 0;
  let overriding = 0;
  let unknown = 0;
  for (const [name, needed] of names) {
    const state = states.stateOf(name);
    if (state.rows.length > 1) overriding += 1;
    else if (state.unknown !== undefined) unknown += 1;
    else if (state.rows.length === 0 && needed) missing += 1;
    else if (state.rows.length === 0) optional += 1;
  }
  const parts = [
    l10n.t('{0} secrets', names.size),
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
