import { phrase, type Phrase } from '../../system/phrase.ts';
import { isExample, isPassword, isToken } from './plausible.ts';
import type { KeyHit } from './key-hit.ts';

/** A form that tells a key without a name beside it. */
interface Shape {
  /** The service, or what it is. */
  readonly of: string | Phrase;
  /** ASCII text or pattern that each such key has, without a look around it. */
  readonly sign: string;
  /** The key: all of a match, or its group `key`. */
  readonly pattern: string;
  /** A further judgement of the key. */
  readonly isKey?: (key: string) => boolean;
}

const END = '(?![\\w-])';
const START = '(?<!\\w)';
/** A token with a beginning of its own. */
const token = (of: string, sign: string, rest: string): Shape => ({
  of,
  sign,
  pattern: `${START}${sign}${rest}${END}`,
});

/** A JSON object in base64url begins so. */
const JSON_START = 'ey[JK]';

/**
 * Keys with a form of their own that secretlint's rules do not know. From the services' documentation of their keys,
 * and the rules of gitleaks.
 */
const SHAPES: readonly Shape[] = [
  token('Google', 'AIza', '[\\w-]{35}'),
  token('Google', 'GOCSPX-', '[\\w-]{20,40}'),
  { of: 'Google', sign: 'ya29\\.', pattern: `${START}ya29\\.[\\w-]{30,}` },
  token('Hugging Face', 'hf_[A-Za-z0-9]', '[A-Za-z0-9]{29,39}'),
  token('Hugging Face', 'api_org_', '[A-Za-z0-9]{30,40}'),
  token('GitLab', 'gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-', '[\\w.=-]{20,300}'),
  token('Bitbucket', 'ATBB', '[A-Za-z0-9]{28}[A-F0-9]{4}'),
  token('Atlassian', 'ATATT3', '[\\w=-]{150,250}'),
  token('GitHub', 'gh[opsur]_', '[A-Za-z0-9_]{36,255}'),
  token('Docker Hub', 'dckr_(?:pat|oat)_', '[\\w-]{24,64}'),
  token('PyPI', 'pypi-AgE', '[\\w-]{50,}'),
  token('Databricks', 'dapi[0-9a-f]', '[0-9a-f]{31}(?:-\\d)?'),
  token('DigitalOcean', 'do[opr]_v1_', '[0-9a-f]{64}'),
  token('HashiCorp Vault', 'hv[sbr]\\.', '[\\w-]{24,300}'),
  {
    of: 'Terraform Cloud',
    sign: '\\.atlasv1\\.',
    pattern: `${START}[A-Za-z0-9]{14}\\.atlasv1\\.[\\w-]{60,70}`,
  },
  token('Stripe', '[rs]k_(?:live|test)_', '[A-Za-z0-9]{16,120}'),
  token('Mailgun', 'key-[0-9a-f]', '[0-9a-f]{31}'),
  token('Brevo', 'xkeysib-', '[0-9a-f]{64}-[A-Za-z0-9]{16}'),
  token('Groq', 'gsk_', '[A-Za-z0-9]{40,60}'),
  token('Perplexity', 'pplx-', '[A-Za-z0-9]{40,60}'),
  token('xAI', 'xai-[A-Za-z0-9]', '[A-Za-z0-9]{60,90}'),
  token('OpenAI', 'sk-(?:proj|svcacct|admin|None)-', '[\\w-]{40,300}'),
  token('Anthropic', 'sk-ant-', '[\\w-]{40,300}'),
  token('Weights & Biases', 'wandb_v1_', '\\w{40,90}'),
  token('Notion', 'ntn_\\d', '[A-Za-z0-9]{35,50}'),
  token('Postman', 'PMAK-', '[0-9a-f]{24}-[0-9a-f]{34}'),
  token('Grafana', 'gl(?:sa|c)_', '[\\w+/=]{30,400}'),
  token('Sentry', 'sntry[su]_', '[\\w+/=]{40,300}'),
  token('New Relic', 'NRAK-', '[A-Z0-9]{27}'),
  token('Doppler', 'dp\\.pt\\.', '[A-Za-z0-9]{43}'),
  token('Pulumi', 'pul-[0-9a-f]', '[0-9a-f]{39}'),
  token('SonarQube', 'sq[pua]_[0-9a-f]', '[0-9a-f]{39}'),
  token('Supabase', 'sbp_[0-9a-f]', '[0-9a-f]{39}'),
  token('PlanetScale', 'pscale_(?:tkn|pw|oauth)_', '[\\w.=-]{32,64}'),
  token('SendGrid', 'SG\\.\\w', '[\\w-]{15,24}\\.[\\w-]{40,50}'),
  token('Dropbox', 'sl\\.(?:u\\.)?[ABu]', '[\\w-]{120,1500}'),
  token('npm', 'npm_', '[A-Za-z0-9]{36}'),
  token('JFrog', 'AKCp[A-Za-z0-9]', '[A-Za-z0-9]{60,80}'),
  token('JFrog', 'cmVmdGtu', '[A-Za-z0-9]{56}'),
  token('Amazon Bedrock', 'ABSK', '[A-Za-z0-9+/]{100,270}={0,2}'),
  token('Alibaba Cloud', 'LTAI', '[A-Za-z0-9]{12,24}'),
  {
    of: 'Discord',
    sign: 'discord(?:app)?\\.com/api/webhooks/',
    pattern: 'https://(?:\\w+\\.)?discord(?:app)?\\.com/api/webhooks/\\d{15,22}/[\\w-]{60,80}',
  },
  {
    of: 'Microsoft Teams',
    sign: 'webhook\\.office\\.com|logic\\.azure\\.com|api\\.powerplatform\\.com',
    pattern:
      'https://[\\w.-]{1,100}\\.(?:webhook\\.office|logic\\.azure|api\\.powerplatform)\\.com(?::\\d+)?/[\\w@/.-]{20,300}(?:\\?[\\w=&%./-]{1,300})?',
    isKey: (url) => /webhookb2\/|sig=[\w-]{20}/.test(url),
  },
  { of: 'Telegram', sign: '\\d:AA', pattern: `(?:${START}|(?<=/bot))\\d{8,10}:AA[\\w-]{32,34}${END}` },
  {
    of: phrase`an identity of age`,
    sign: 'AGE-SECRET-KEY-',
    pattern: 'AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{50,200}',
  },
  {
    of: 'Azure',
    sign: '[?&;]sig=',
    pattern: '[?&;]sig=(?<key>[\\w%+/=-]{40,90})',
  },
  {
    of: 'Azure',
    sign: '(?:Account|SharedAccess|Shared)Key=',
    pattern: '(?:Account|SharedAccess|Shared)Key=(?<key>[A-Za-z0-9+/]{40,90}={0,2})',
  },
  {
    of: 'Azure',
    sign: '\\dQ~[\\w.~-]',
    pattern: `${START}[\\w.~]{3}\\dQ~(?:[\\w.~-]{31,34})${END}`,
    isKey: (key) => isToken(key, ''),
  },
  {
    of: 'Seqera Platform',
    sign: 'eyJ0aWQiO',
    pattern: `${START}eyJ0aWQiO[A-Za-z0-9+/_-]{20,200}={0,2}`,
  },
  {
    of: phrase`a JSON web token`,
    sign: '\\.ey[JK]',
    // From its first dot on, and back from there: a text may have a million beginnings without a dot.
    pattern: `\\.(?=${JSON_START})(?<=${START}(?<head>${JSON_START}[\\w-]{10,2000})\\.)${JSON_START}[\\w-]{10,4000}\\.[\\w-]{20,1000}`,
  },
  {
    of: phrase`a private key`,
    sign: 'PRIVATE KEY|PuTTY-User-Key-File',
    pattern:
      '-----BEGIN[ ](?:[A-Z0-9]{2,12}[ ])?(?:ENCRYPTED[ ])?PRIVATE KEY(?:[ ]BLOCK)?-----(?:[\\s\\\\"\'+,]|\\\\n|[A-Z][A-Za-z-]{1,20}:[^\\n]{0,100}\\n){1,40}[A-Za-z0-9+/=]{40}|PuTTY-User-Key-File-\\d:[ ][\\w-]{3,40}\\r?\\nEncryption:',
  },
  {
    of: phrase`a database connection with a password`,
    sign: 'jdbc:oracle',
    pattern: 'jdbc:oracle:\\w{1,10}:[\\w.$-]{1,64}/(?<key>[^@\\s"\']{1,100})@',
    isKey: (key) => isPassword(key, '', true),
  },
];

const COMPILED = SHAPES.map(({ pattern, ...shape }) => ({ ...shape, regex: new RegExp(pattern, 'dg') }));

/** Source of a pattern that matches wherever a form may begin. ASCII alone decides. */
export const SHAPE_SIGN = SHAPES.map(({ sign }) => sign).join('|');

const SIGN = new RegExp(SHAPE_SIGN);

const kindOf = (of: string | Phrase): Phrase => (typeof of === 'string' ? phrase`a key of ${of}` : of);

/** Finds keys by their own form. */
export function shapedKeys(text: string): KeyHit[] {
  if (!SIGN.test(text)) return [];
  const hits: KeyHit[] = [];
  for (const { of, sign, regex, isKey } of COMPILED) {
    if (!new RegExp(sign).test(text)) continue;
    for (const match of text.matchAll(regex)) {
      const { key: range, head } = match.indices?.groups ?? {};
      const [start, end] = range ?? [head?.[0] ?? match.index, match.index + match[0].length];
      const key = text.slice(start, end);
      if (!isExample(key) && (isKey?.(key) ?? true)) hits.push({ start, end, kind: kindOf(of) });
    }
  }
  return hits;
}
