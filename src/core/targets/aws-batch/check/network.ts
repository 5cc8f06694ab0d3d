import { serviceDomain } from '../../../aws/policy/services.ts';
import { printable } from '../../../system/printable.ts';
import { phrase } from '../../../system/phrase.ts';
import type { AwsAccount } from '../items.ts';
import type { World } from '../../../system/world.ts';
import { type Hint, info } from './hints.ts';

/** Variables that name another endpoint, for all services or for one ("Service-specific endpoints", AWS SDKs guide). */
const ENDPOINT_VARIABLES = [
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  'AWS_ENDPOINT_URL_BATCH',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_IAM',
];

/** Hints about the ways to AWS, after requests that were answered. */
export function networkHints({ partition, region }: AwsAccount, { env }: World): Hint[] {
  const hints: Hint[] = [];
  const named = ENDPOINT_VARIABLES.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
  if (named.length > 0) {
    const own = phrase`AWS answers at endpoints of your own (${printable(named.join(', '))}). Tasks do not use them.`;
    hints.push(info(own));
    if (named.some((text) => text.includes('.vpce.')))
      hints.push(info(phrase`A VPC endpoint has a policy of its own, which must allow the same actions.`));
  }
  if (env['HTTPS_PROXY'] || env['https_proxy'])
    hints.push(info(phrase`AWS answers through a proxy (HTTPS_PROXY).`));
  const service = `${partition === 'aws-cn' ? 'cn.com' : 'com'}.amazonaws.${region}.secretsmanager`;
  hints.push(
    info(
      phrase`Tasks get secrets through the network of the compute environment, which the check cannot see. Its
        subnets must reach secretsmanager.${region}.${serviceDomain(partition)}: through the internet, or a VPC
        endpoint ${service}.`,
    ),
  );
  return hints;
}
