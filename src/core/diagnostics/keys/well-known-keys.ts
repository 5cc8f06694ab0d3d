import type { SecretLintRuleCreator } from '@secretlint/types';
import { creator as preset } from '@secretlint/secretlint-rule-preset-recommend';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { KeyHit } from './key-hit.ts';
import { isExample, isPassword } from './plausible.ts';

// The rules are secretlint's. They follow the services' documentation of their keys. They load only with this module,
// so import it lazily. They run without secretlint's core: its profiler keeps an entry of each rule and file for good
// and looks through them all, so 3600 files took 80 seconds.

/**
 * The rules that look for keys or passwords. The other one reads the comments that turn secretlint off, and fails
 * where it finds one, as it needs a text of secretlint's core.
 */
const RULES: readonly SecretLintRuleCreator<never>[] = preset.rules.filter(
  ({ meta }) => meta.type === 'scanner' && !meta.id.endsWith('filter-comments'),
);

/** Start of the ids of AWS keys. The rule that knows them takes long, and also finds account numbers. */
const KEY_ID = /A3T|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA/;
const ACCOUNT = 'AWSAccountID';

/** A finding that a rule reports. */
interface Report {
  readonly message: { readonly messageId: string };
  readonly range: readonly [start: number, end: number];
}

/** Separator between texts that are searched together. No key can have it in it. */
const SEPARATOR = '\n\u0000\n';

/** Finds the keys that the rules of secretlint know, in many texts at once, which takes a fraction of the time. */
export async function wellKnownKeysInEach(texts: readonly string[]): Promise<KeyHit[][]> {
  const content = texts.join(SEPARATOR);
  const options = { enableIDScanRule: KEY_ID.test(content) };
  const hits = new Map<number, { readonly end: number; readonly kind: Phrase }>();
  for (const rule of RULES) {
    const kind = KINDS[rule.meta.id.replace(/^.*secretlint-rule-/, '')] ?? phrase`a key`;
    const context = {
      sharedOptions: {},
      createTranslator: () => (messageId: string) => ({ message: '', messageId }),
      report: ({ message, range: [start, end] }: Report) => {
        if (message.messageId !== ACCOUNT && isKey(content.slice(start, end))) hits.set(start, { end, kind });
      },
      ignore: () => undefined,
    };
    const handler = rule.create(context as never, options as never);
    // Some rules look at the names of files too; this name tells them nothing.
    await handler.file?.({ filePath: 'source.txt', ext: '.txt', contentType: 'text', content } as never);
  }
  const starts = [...hits.keys()].sort((a, b) => a - b);
  let next = 0;
  let from = 0;
  return texts.map((text) => {
    const found: KeyHit[] = [];
    for (
      let start = starts[next];
      start !== undefined && start < from + text.length;
      start = starts[++next]
    ) {
      const { end, kind } = hits.get(start) ?? { end: start, kind: phrase`a key` };
      found.push({ start: start - from, end: end - from, kind });
    }
    from += text.length + SEPARATOR.length;
    return found;
  });
}

/** The rules report placeholders and examples too. */
function isKey(found: string): boolean {
  const password =
    /^[a-z+:]+:\/\/[^:/\s]{1,256}:([^@\s]{1,256})@(?!localhost|127\.0|(?:[\w.-]+\.)?example\b)/i.exec(
      found,
    )?.[1];
  if (password !== undefined) return !/[${}()]/.test(password) && isPassword(password, '', true);
  if (/^[a-z+:]+:\/\/[^@/\s]+@/i.test(found)) return false;
  // The body of a private key may have anything in it, and a webhook is an address.
  return found.includes('PRIVATE KEY') || !isExample(found.replace(/^.*[=:]\s*["']?/s, ''));
}

const KINDS: Readonly<Record<string, Phrase>> = {
  aws: phrase`a key of AWS`,
  gcp: phrase`a key of Google Cloud`,
  privatekey: phrase`a private key`,
  npm: phrase`a token of npm`,
  basicauth: phrase`a password in a URL`,
  slack: phrase`a token of Slack`,
  sendgrid: phrase`a key of SendGrid`,
  shopify: phrase`a key of Shopify`,
  github: phrase`a token of GitHub`,
  openai: phrase`a key of OpenAI`,
  anthropic: phrase`a key of Anthropic`,
  linear: phrase`a key of Linear`,
  '1password': phrase`a token of 1Password`,
  'database-connection-string': phrase`a database connection with a password`,
};
