import { serviceDomain } from '../policy/services.ts';
import { printable } from '../../../system/printable.ts';
import type { AwsPlace } from '../items.ts';
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
export function networkHints({ partition, region }: AwsPlace, { env }: World): Hint[] {
  const hints: Hint[] = [];
  const named = ENDPOINT_VARIABLES.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
  if (named.length > 0) {
    const isVpc = named.some((text) => text.includes('.vpce.'));
    hints.push(
      info(
        `AWS is reached by endpoints of your own, which answer (${printable(named.join(', '))}). Tasks do not use them.` +
          (isVpc ? ' A VPC endpoint has a policy of its own, which must allow the same actions.' : ''),
      ),
    );
  }
  if (env['HTTPS_PROXY'] || env['https_proxy'])
    hints.push(info('AWS is reached by a proxy (HTTPS_PROXY), and answers.'));
  const service = `${partition === 'aws-cn' ? 'cn.com' : 'com'}.amazonaws.${region}.secretsmanager`;
  hints.push(
    info(
      `Secrets reach tasks by the network of the compute environment, which cannot be seen from here: its subnets need a ` +
        `way to secretsmanager.${region}.${serviceDomain(partition)} (the internet, or a VPC endpoint ${service}).`,
    ),
  );
  return hints;
}
