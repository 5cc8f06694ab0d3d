import { InputBoxValidationSeverity, l10n, ThemeIcon } from 'vscode';
import { daysLeft, expiryIn, type FoundExpiry, parseExpiry } from '../../core/secrets/expiry.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { askText, type Frame, type TextQuestion } from '../steps.ts';

/** What is known of the end of a value when a person is asked about it. */
export interface ExpiryQuestion {
  readonly name: string;
  /** The day of the present value; null if nobody has said one. */
  readonly before: string | null;
  /** A new value, if there is one: it may say its end itself. */
  readonly value: SecretValue | undefined;
  readonly now: Date;
}

/** Asks for the last day of a value. The day of the value itself is proposed. @returns null if it never expires. */
export async function askExpiry(
  frame: Frame,
  { name, before, value, now }: ExpiryQuestion,
): Promise<string | null> {
  const found = value === undefined ? undefined : expiryIn(value);
  const proposed = found?.day ?? (value === undefined ? before : null);
  const earlier =
    value !== undefined && before !== null ? [l10n.t('That of the earlier one was {0}.', before)] : [];
  const text = await askText(frame, {
    prompt: [
      l10n.t(
        'The last day that the value of {0} counts: 2027-01-31, or 90d. Empty: it does not expire.',
        name,
      ),
      ...(found === undefined ? earlier : [foundWords(found)]),
    ].join(' '),
    placeholder: '90d',
    value: proposed ?? '',
    validate: (typed) => problemOf(typed.trim(), proposed, now),
  });
  return text.trim() === '' ? null : (parseExpiry(text.trim(), now) ?? null);
}

const foundWords = ({ kind }: FoundExpiry): string =>
  kind === 'jwt'
    ? l10n.t('This day is in the value, which is a JSON Web Token.')
    : l10n.t('This day is in the value, which is a certificate.');

function problemOf(
  typed: string,
  proposed: string | null,
  now: Date,
): ReturnType<NonNullable<TextQuestion['validate']>> {
  if (typed === '') return undefined;
  const day = parseExpiry(typed, now);
  if (day === undefined)
    return l10n.t('This is no day. Write it as 2027-01-31, or as a number of days: 90d.');
  if (day === null || daysLeft(day, now) >= 0) return undefined;
  if (day !== proposed) return l10n.t('This day is over.');
  return { message: l10n.t('This day is over.'), severity: InputBoxValidationSeverity.Warning };
}

/** Tells whether to ask for the end of a value: it has one, or had one. Else the person is not bothered. */
export const mayExpire = ({ before, value }: Pick<ExpiryQuestion, 'before' | 'value'>): boolean =>
  before !== null || (value !== undefined && expiryIn(value) !== undefined);

/** A button of the question before, for the day of a value that does not say one itself. */
export const expiryButton = (onPress: () => void): NonNullable<TextQuestion['more']> => ({
  button: { iconPath: new ThemeIcon('calendar'), tooltip: l10n.t('Say when the value expires…') },
  onPress,
});
