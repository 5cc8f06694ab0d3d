import {
  CancellationError,
  type InputBoxValidationMessage,
  InputBoxValidationSeverity,
  type QuickInputButton,
  QuickInputButtons,
  type QuickPickItem,
  window,
} from 'vscode';
import { withoutLinks } from './plain-text.ts';

// Questions in a row, with a way back: VS Code calls this a multi-step input.

/** Error of a question when the person wants the one before. */
class GoBack extends Error {}

/** Title of a question, and its number in the row. */
export interface Frame {
  readonly title: string;
  readonly step: number;
  readonly of: number;
}

/** One question, or `skip` if there is nothing to ask. */
export type Step = (frame: Frame) => Promise<'skip' | undefined>;

/** Asks one after the other. @throws CancellationError if the person leaves. */
export async function askInSteps(title: string, steps: readonly Step[]): Promise<void> {
  const asked: number[] = [];
  for (let index = 0; index < steps.length;) {
    try {
      const skipped = (await steps[index]?.({ title, step: index + 1, of: steps.length })) === 'skip';
      if (!skipped) asked.push(index);
      index += 1;
    } catch (error) {
      const before = asked.pop();
      if (!(error instanceof GoBack) || before === undefined) throw error;
      index = before;
    }
  }
}

export interface TextQuestion {
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly hidden?: boolean;
  /** A button that answers as Return does, and is told first: the person wants one more question. */
  readonly more?: { readonly button: QuickInputButton; readonly onPress: () => void };
  /** Problem of a text; undefined if there is none. */
  readonly validate?: (text: string) => string | InputBoxValidationMessage | undefined;
}

/**
 * Asks for a text. The input box stays open when it loses the focus, so that the person can fetch a key to paste.
 *
 * @returns the text, or the button that was pressed.
 * @throws CancellationError
 */
export async function askText(frame: Frame, question: TextQuestion): Promise<string>;
export async function askText<Button extends QuickInputButton>(
  frame: Frame,
  question: TextQuestion & { readonly buttons: readonly Button[] },
): Promise<string | Button>;
export async function askText<Button extends QuickInputButton>(
  frame: Frame,
  question: TextQuestion & { readonly buttons?: readonly Button[] },
): Promise<string | Button> {
  const box = window.createInputBox();
  box.title = withoutLinks(frame.title);
  if (frame.of > 1) {
    box.step = frame.step;
    box.totalSteps = frame.of;
  }
  box.prompt = withoutLinks(question.prompt);
  box.placeholder = question.placeholder ?? '';
  box.value = question.value ?? '';
  box.password = question.hidden === true;
  box.ignoreFocusOut = true;
  box.buttons = [
    ...(frame.step > 1 ? [QuickInputButtons.Back] : []),
    ...(question.buttons ?? []),
    ...(question.more === undefined ? [] : [question.more.button]),
  ];
  const check = (text: string): boolean => {
    const problem = question.validate?.(text);
    box.validationMessage = problem;
    // A note does not prevent an answer.
    return (
      problem === undefined ||
      (typeof problem !== 'string' && problem.severity !== InputBoxValidationSeverity.Error)
    );
  };
  return new Promise<string | Button>((resolve, reject) => {
    box.onDidChangeValue((text) => {
      // An empty box has no error yet.
      if (text !== '') check(text);
      else box.validationMessage = undefined;
    });
    const accept = (): void => {
      if (!check(box.value)) return;
      resolve(box.value);
      box.hide();
    };
    box.onDidTriggerButton((button) => {
      if (button === question.more?.button) {
        question.more.onPress();
        accept();
        return;
      }
      if (button === QuickInputButtons.Back) reject(new GoBack());
      else resolve(button as Button);
      box.hide();
    });
    box.onDidAccept(accept);
    box.onDidHide(() => {
      reject(new CancellationError());
      // The text may be a value.
      box.value = '';
      box.dispose();
    });
    box.show();
  });
}

export interface PickQuestion<Item extends QuickPickItem> {
  readonly placeholder: string;
  readonly items: readonly Item[];
  readonly active?: Item | undefined;
  /** True if the typed text is looked for in the details of the items, too. */
  readonly matchesDetail?: boolean;
  /**
   * The first item, for the typed text. There is always exactly one: VS Code reports a choice by its position, and a
   * person may press Return before VS Code knows the new items.
   */
  readonly typed?: (text: string) => Item;
  /** Tells whether an item can be chosen; others only inform. */
  readonly isChoosable?: (item: Item) => boolean;
}

/** Asks for one of several things. @throws CancellationError */
export async function askPick<Item extends QuickPickItem>(
  frame: Frame,
  question: PickQuestion<Item>,
): Promise<Item> {
  const pick = window.createQuickPick<Item>();
  pick.title = withoutLinks(frame.title);
  if (frame.of > 1) {
    pick.step = frame.step;
    pick.totalSteps = frame.of;
  }
  pick.placeholder = withoutLinks(question.placeholder);
  pick.matchOnDescription = true;
  pick.matchOnDetail = question.matchesDetail === true;
  pick.ignoreFocusOut = true;
  const { typed } = question;
  const itemsFor = (text: string): Item[] => [
    ...(typed === undefined ? [] : [typed(text)]),
    ...question.items,
  ];
  pick.items = itemsFor('');
  if (question.active !== undefined) pick.activeItems = [question.active];
  if (frame.step > 1) pick.buttons = [QuickInputButtons.Back];
  return new Promise<Item>((resolve, reject) => {
    pick.onDidChangeValue((text) => {
      if (typed !== undefined) pick.items = itemsFor(text);
    });
    pick.onDidTriggerButton(() => {
      reject(new GoBack());
      pick.hide();
    });
    pick.onDidAccept(() => {
      // Nothing is selected while VS Code does not know the item for the typed text yet.
      const chosen = pick.selectedItems[0] ?? typed?.(pick.value);
      if (chosen === undefined || question.isChoosable?.(chosen) === false) return;
      resolve(chosen);
      pick.hide();
    });
    pick.onDidHide(() => {
      reject(new CancellationError());
      pick.dispose();
    });
    pick.show();
  });
}

/** Frame of a single question. */
export const alone = (title: string): Frame => ({ title, step: 1, of: 1 });
