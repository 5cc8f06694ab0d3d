import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { type Diagnostic, diagnostic } from './diagnostics.ts';
import { locator } from './locator.ts';

// The rules are secretlint's, which follow what the services say of their keys. They and their 350 kB load only
// with this module, so import it lazily.

const PRESET = '@secretlint/secretlint-rule-preset-recommend';

/**
 * Finds keys and passwords that stand in a text themselves. What is found is not repeated in the message.
 *
 * @returns diagnostics `literal-secret`, in order.
 */
export async function findLiteralSecrets(text: string): Promise<Diagnostic[]> {
  const { messages } = await lintSource({
    // The rules look at names of files; a name of ours keeps them from skipping any.
    source: { filePath: 'source.txt', content: text, ext: '.txt', contentType: 'text' },
    options: {
      config: { rules: [{ id: PRESET, rule: creator }] },
      maskSecrets: true,
      noPhysicFilePath: true,
    },
  });
  const locate = locator(text);
  const found = new Map<number, Diagnostic>();
  for (const { range, messageId, ruleId } of messages) {
    const [start, end] = range;
    const lineEnd = text.slice(start, end).search(/[\r\n]/);
    const span = locate(start, lineEnd < 0 ? end : start + lineEnd);
    const kind = KINDS[ruleId.replace(/^.*secretlint-rule-/, '')] ?? messageId;
    found.set(
      start,
      diagnostic(
        'literal-secret',
        span,
        `This looks like ${kind}: whoever can read the file or its history has it. ` +
          'Replace it by a new one, and keep that as a secret: nf-secrets set NAME',
      ),
    );
  }
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}

const KINDS: Readonly<Record<string, string>> = {
  aws: 'a key of AWS',
  gcp: 'a key of Google Cloud',
  privatekey: 'a private key',
  npm: 'a token of npm',
  basicauth: 'a password in a URL',
  slack: 'a token of Slack',
  sendgrid: 'a key of SendGrid',
  shopify: 'a key of Shopify',
  github: 'a token of GitHub',
  openai: 'a key of OpenAI',
  anthropic: 'a key of Anthropic',
  linear: 'a key of Linear',
  '1password': 'a token of 1Password',
  'database-connection-string': 'a database connection with a password',
};
