import { creator as preset } from '@secretlint/secretlint-rule-preset-recommend';
import { type Diagnostic, diagnostic } from './diagnostics.ts';
import { locator } from './locator.ts';

// The rules are secretlint's, which follow what the services say of their keys. They load only with this module, so
// import it lazily. They are run without secretlint's core, whose profiler keeps an entry of each rule and file for
// good and looks through them all: 3600 files took 80 seconds.

/** The rules that look for something; the others read comments that are for secretlint. */
const RULES = preset.rules.filter(({ meta }) => meta.type === 'scanner');

/**
 * Finds keys and passwords that stand in a text themselves. What is found is not repeated in the message.
 *
 * @returns diagnostics `literal-secret`, in order.
 */
export async function findLiteralSecrets(text: string): Promise<Diagnostic[]> {
  const locate = locator(text);
  const found = new Map<number, Diagnostic>();
  for (const rule of RULES) {
    const kind = KINDS[rule.meta.id.replace(/^.*secretlint-rule-/, '')] ?? 'a key';
    const handler = rule.create(
      {
        sharedOptions: {},
        createTranslator: () => (messageId: string) => ({ message: '', messageId }),
        report: ({ range: [start, end] }: { range: readonly [number, number] }) => {
          const lineEnd = text.slice(start, end).search(/[\r\n]/);
          const span = locate(start, lineEnd < 0 ? end : start + lineEnd);
          const message =
            `This looks like ${kind}: whoever can read the file or its history has it. ` +
            'Replace it by a new one, and keep that as a secret: nf-secrets set NAME';
          found.set(start, diagnostic('literal-secret', span, message));
        },
        ignore: () => undefined,
      } as never,
      {},
    );
    // Some rules look at the names of files too; this one says nothing.
    await handler.file?.({
      filePath: 'source.txt',
      ext: '.txt',
      contentType: 'text',
      content: text,
    } as never);
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
