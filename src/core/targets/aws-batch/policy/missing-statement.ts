/** One statement that allows one action, as it stands in a policy. */
export interface AllowStatement {
  readonly Effect: 'Allow';
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Actions that know no narrower resource, by the Service Authorization Reference. */
const WITHOUT_RESOURCES = new Set([
  'secretsmanager:ListSecrets',
  'batch:DescribeComputeEnvironments',
  'batch:DescribeJobDefinitions',
  'batch:DescribeJobQueues',
  'batch:DescribeJobs',
  'batch:ListJobs',
]);

/**
 * The statement that is missing where an action was refused: the one that `aws policy` has for it, so that it holds for
 * every run and not only for the one that met it.
 *
 * @param action - `secretsmanager:CreateSecret`.
 * @param resource - an ARN, or a pattern of ARNs. Anything else is every resource.
 */
export function missingStatement(action: string, resource: string): AllowStatement {
  const allow = (Resource: string): AllowStatement => ({ Effect: 'Allow', Action: action, Resource });
  if (WITHOUT_RESOURCES.has(action) || !/^arn:[\w:/.*+=?@,-]+$/.test(resource)) return allow('*');
  const [, partition = 'aws', service, region = ''] = resource.split(':');
  // Names of a run have its id, or its session's; Secrets Manager adds six random characters.
  if (service === 'secretsmanager' || (service === 'batch' && resource.includes(':job-definition/')))
    return allow(resource.replace(/(:job-definition\/|:secret:)([\w-]*?nfs-).*$/, '$1$2*'));
  if (action === 'iam:PassRole')
    return {
      ...allow(resource),
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    };
  if (service === 'kms' && region !== '')
    return {
      ...allow(resource),
      Condition: {
        StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${serviceDomain(partition)}` },
      },
    };
  return allow(resource);
}

/** What names of services end with, in the partition. */
export const serviceDomain = (partition: string): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';

/** A statement in one line, as a person may paste it. */
export const statementLine = (statement: object): string =>
  JSON.stringify(statement, undefined, 1)
    .replace(/([{[])\n\s*/g, '$1')
    .replace(/\n\s*([}\]])/g, '$1')
    .replace(/\n\s*/g, ' ');
