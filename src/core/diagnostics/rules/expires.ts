import type { SourceReference } from '../../references/scan.ts';
import { type EndingSecret, inDays } from '../../secrets/expiry.ts';
import { isVaultScope } from '../../secrets/scope.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { Finding, ScanRule } from './rule.ts';

/** A use of a secret with a value that has expired, or does within a week. */
export const expires = {
  code: 'expires',
  severity: 'warning',
  *find({ references }, { ending }): Iterable<Finding> {
    if (ending === undefined || ending.size === 0) return;
    for (const { name, ignored, ...reference } of references) {
      const end = ending.get(name);
      if (end === undefined || ignored) continue;
      const { scope } = end;
      const remedy = { do: 'set-secret', name, ...(isVaultScope(scope) && { scope }) } as const;
      yield { span: reference, message: sentence({ name, ...reference }, end), remedy };
    }
  },
} as const satisfies ScanRule;

function sentence({ name }: Pick<SourceReference, 'name'>, { day, left }: EndingSecret): Phrase {
  const shown = printable(name);
  return left < 0
    ? phrase`The value of ${shown} expired on ${day}: what uses it may fail.`
    : phrase`The value of ${shown} expires on ${day}, ${inDays(left)}: a run that lasts longer may fail.`;
}
