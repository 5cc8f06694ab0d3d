import { env, l10n, type QuickInputButton, ThemeIcon, window } from 'vscode';
import { ExitCode, fileError, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { generateValue, MAX_VALUE_BYTES, SecretValue } from '../../core/secrets/secret-value.ts';
import { readRegularFile, UnfitFile } from '../../core/system/open-file.ts';
import { askText, type Frame } from '../steps.ts';
import { noticeOddValue } from './odd-value-notice.ts';

interface SourceButton extends QuickInputButton {
  readonly source: 'clipboard' | 'file' | 'generate';
}

const button = (source: SourceButton['source'], icon: string, tooltip: string): SourceButton => ({
  source,
  iconPath: new ThemeIcon(icon),
  tooltip,
});

export interface ValueQuestion {
  readonly name: string;
  /** True for a secret that has a value: an empty text keeps it. */
  readonly canKeep: boolean;
}

/**
 * Asks for a value, hidden. An input box has one line only, so values of several lines come from the clipboard or a
 * file.
 *
 * @returns undefined to keep the present value.
 * @throws HumanError 65 if no task could get the value; CancellationError.
 */
export async function askValue(
  frame: Frame,
  { name, canKeep }: ValueQuestion,
): Promise<SecretValue | undefined> {
  const buttons = [
    button('clipboard', 'clippy', l10n.t('Take the clipboard, all lines of it')),
    button('file', 'file', l10n.t('Take the content of a file…')),
    button('generate', 'sparkle', l10n.t('Make up a random value')),
  ];
  for (;;) {
    const answer = await askText(frame, {
      prompt: canKeep
        ? l10n.t('The new value of {0}, hidden. Leave it empty to change only the description.', name)
        : l10n.t('The value of {0}, hidden. Several lines: from the clipboard or a file.', name),
      hidden: true,
      buttons,
      validate: (text) => {
        if (text === '') return canKeep ? undefined : l10n.t('A value has at least one character.');
        return Buffer.byteLength(text) > MAX_VALUE_BYTES
          ? l10n.t('A value has at most {0} bytes.', MAX_VALUE_BYTES)
          : undefined;
      },
    });
    const value =
      typeof answer === 'string' ? await typedValue(answer) : await valueFrom(answer.source, name);
    if (value === undefined && typeof answer !== 'string') continue;
    value?.assertDeliverable(name);
    if (value !== undefined) noticeOddValue(name, value);
    return value;
  }
}

/**
 * Value of a typed text. An input box drops the line ends of a paste. If the clipboard still has the text with them,
 * the person meant that text.
 */
async function typedValue(typed: string): Promise<SecretValue | undefined> {
  if (typed === '') return undefined;
  const copied = await env.clipboard.readText();
  const lines = copied.split(/\r\n|[\r\n]/);
  const severalLines = lines.filter((line) => line !== '').length > 1;
  const same = [lines.join(''), lines.join(' ')].includes(typed);
  return new SecretValue(severalLines && same ? copied : typed);
}

async function valueFrom(source: SourceButton['source'], name: string): Promise<SecretValue | undefined> {
  switch (source) {
    case 'clipboard':
      return fromClipboard();
    case 'file':
      return fromFile(name);
    case 'generate':
      return generateValue();
  }
}

async function fromClipboard(): Promise<SecretValue> {
  const text = await env.clipboard.readText();
  if (text === '') throw new HumanError(ExitCode.usage, l10n.t('The clipboard has no text.'));
  // A copied line often ends with a newline that nobody means; in a key of several lines the newline is part of it.
  const oneLine = !/[\r\n]/.test(text.trimEnd());
  return new SecretValue(oneLine ? text.replace(/\r?\n$/, '') : text);
}

/** The bytes of a file, exactly. */
async function fromFile(name: string): Promise<SecretValue | undefined> {
  const [uri] =
    (await window.showOpenDialog({
      title: l10n.t('The file with the value of {0}', name),
      openLabel: l10n.t('Take as Value'),
    })) ?? [];
  if (uri === undefined) return undefined;
  try {
    return SecretValue.fromUtf8(await readRegularFile(uri.fsPath, { limit: MAX_VALUE_BYTES }), name);
  } catch (error) {
    if (error instanceof UnfitFile && error.reason === 'size') {
      throw new HumanError(
        ExitCode.data,
        l10n.t('{0} has more than {1} bytes.', printable(uri.fsPath), MAX_VALUE_BYTES),
      );
    }
    throw fileError(error, 'read', uri.fsPath, false);
  }
}
