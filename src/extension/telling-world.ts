import { l10n, window } from 'vscode';
import type { Notice } from '../core/system/notice.ts';
import { Phrase } from '../core/system/phrase.ts';
import { remediesOf } from '../core/system/remedy.ts';
import type { World } from '../core/system/world.ts';
import { phraseText } from './phrase-text.ts';
import { withoutLinks } from './plain-text.ts';
import { remedyButtons, remedySentences } from './remedies.ts';

/** A world for one action of a person, who has to see the notices of it. */
export interface TellingWorld {
  readonly world: World;
  /** Shows the notices so far in one message, with their remedies as buttons. A log alone nobody reads. */
  readonly tell: () => void;
}

/** Keeps the notices of a world for the person. A question shows those before it, see `openWorld`. */
export function tellingWorld(base: World): TellingWorld {
  let told: Notice[] = [];
  return {
    world: {
      ...base,
      notice: (fact, remedy) => {
        base.notice(fact, remedy);
        told.push(remedy === undefined ? { fact } : { fact, remedy });
      },
      ask: (question) => {
        // What a button does about one is not in the question.
        told = told.filter(isToDo);
        return base.ask(question);
      },
    },
    tell: () => {
      void show(told);
      told = [];
    },
  };
}

const isToDo = ({ remedy }: Notice): boolean =>
  remediesOf(remedy).some((one) => !(one instanceof Phrase) && one.do === 'back-up-identity');

async function show(notices: readonly Notice[]): Promise<void> {
  if (notices.length === 0) return;
  const remedies = notices.flatMap(({ remedy }) => remediesOf(remedy));
  const facts = notices.map(({ fact }) => phraseText(fact));
  const sentences = remedySentences(remedies, { hasButtons: true });
  const buttons = remedyButtons(remedies);
  const text = withoutLinks([...facts, ...new Set(sentences)].join(' '));
  const later = buttons.length > 0 ? [l10n.t('Later')] : [];
  const chosen = await window.showInformationMessage(text, ...buttons.map(({ title }) => title), ...later);
  await buttons.find(({ title }) => title === chosen)?.run();
}
