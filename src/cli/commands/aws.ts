import { Argument, type Command, Option } from 'commander';
import { type PolicyAccount, partitionOf } from '../../core/aws/policy/arns.ts';
import {
  DEFAULT_EXECUTION_ROLE,
  rolePermissions,
  type RolePermissions,
} from '../../core/aws/policy/role-permissions.ts';
import { POLICY_ROLES, type PolicyRole } from '../../core/aws/policy/roles.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { namePrefix } from '../../core/targets/aws-batch/naming.ts';
import type { World } from '../../core/system/world.ts';
import { addCheck, minimalOption, prefixOption } from './aws-check.ts';
import { acceptOption, choices, examples, workspaceOption } from '../options.ts';
import { placed, workspaceForPolicies, workspacePrefixOption } from './aws-workspace.ts';
import type { Shell } from '../shell.ts';

const FORMATS = ['json', 'terraform', 'cloudformation'] as const;

interface PolicyCommandOptions {
  readonly format: (typeof FORMATS)[number];
  readonly trust?: true;
  readonly account?: string;
  readonly region?: string;
  readonly partition?: string;
  readonly executionRole: string;
  readonly jobRole?: string;
  readonly kmsKey?: string;
  readonly headRole: 'custom' | 'instance';
  readonly prefix?: string;
  readonly minimal?: true;
  readonly workspace?: string;
  readonly workspacePrefix?: string;
  readonly acceptMembers?: true;
}

export function addAws(program: Command, shell: Shell): void {
  const aws = program
    .command('aws')
    .summary('write or check permissions in AWS: for launches on AWS Batch, and of a workspace in AWS')
    .description(
      'Writes the permissions that launches on AWS Batch need, and those of the roles of a workspace in AWS, or checks ' +
        'whether you have them.',
    )
    .enablePositionalOptions()
    .addHelpText(
      'after',
      examples(
        'nf-secrets aws policy launcher > launcher.json',
        'nf-secrets aws check main.nf -profile awsbatch',
        'nf-secrets aws check --role maintain   # in a workspace in AWS',
      ),
    );
  addPolicy(aws, shell);
  addCheck(aws, shell);
}

function addPolicy(aws: Command, shell: Shell): void {
  aws
    .command('policy')
    .summary('write the policies of launches and of workspace roles')
    .description(
      'Writes the permissions that roles need in this account, and no more. The launcher is who runs nf-secrets. The ' +
        'execution role is that of tasks. The head job runs Nextflow with a licensed plugin. In a workspace in AWS there ' +
        'are more roles: list sees names, launch launches on AWS Batch and reads no value, launch-local reads values, ' +
        'maintain sets them and reads none, owner does all. With a role, aws policy writes the policy of that role for ' +
        'IAM; without one, those of all roles and who may assume them. It changes nothing in AWS.',
    )
    .addArgument(choices(new Argument('[role]', 'role that needs the permissions'), POLICY_ROLES))
    .addOption(choices(new Option('--format <format>', 'format of the output'), FORMATS).default('json'))
    .option('--trust', 'write the trust document of the role instead of its policy (JSON)')
    .option(
      '--account <id>',
      'the AWS account (default: that of the workspace in AWS, else of the credentials)',
    )
    .option(
      '--region <region>',
      'the region of AWS Batch (default: AWS_REGION, else that of the workspace in AWS, or of the profile)',
    )
    .addOption(new Option('--partition <name>', 'aws, aws-cn or aws-us-gov (default: that of the region)'))
    .option('--execution-role <role>', 'aws.batch.executionRole, a name or an ARN', DEFAULT_EXECUTION_ROLE)
    .option('--job-role <role>', 'aws.batch.jobRole, if the pipeline has one')
    .option('--kms-key <arn>', 'KMS key that encrypts the secrets (default: that of the account)')
    .addOption(prefixOption())
    .addOption(minimalOption())
    .addOption(
      choices(
        new Option('--head-role <kind>', 'role of a head job: one of its own, or that of its instance'),
        ['custom', 'instance'],
      ).default('custom'),
    )
    .addOption(workspaceOption())
    .addOption(workspacePrefixOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets aws policy launcher > launcher.json',
        'aws iam create-policy --policy-name nf-secrets-launcher --policy-document file://launcher.json',
        'nf-secrets aws policy execution-role --trust > trust.json',
        'nf-secrets aws policy --format terraform --account 123456789012 --region eu-west-1 > nf-secrets.tf',
        'nf-secrets aws policy execution-role --format cloudformation > nf-secrets.yaml',
        'nf-secrets aws policy maintain > maintain.json   # in a workspace in AWS',
        'nf-secrets aws policy launch-local --workspace-prefix nf-secrets/lab --account 123456789012 --region eu-west-1',
      ),
    )
    .action(async (role: PolicyRole | undefined, options: PolicyCommandOptions) => {
      await policy(role, options, shell);
    });
}

async function policy(
  role: PolicyRole | undefined,
  options: PolicyCommandOptions,
  { world, print }: Shell,
): Promise<void> {
  const { format, executionRole, jobRole, kmsKey, headRole } = options;
  if (options.trust === true && (role === undefined || format !== 'json')) {
    throw new HumanError(
      ExitCode.usage,
      '--trust writes one trust document, as JSON.',
      'Name the role: nf-secrets aws policy execution-role --trust. The other formats have it with the rest.',
    );
  }
  const fromEnvironment = world.env['AWS_REGION'] || world.env['AWS_DEFAULT_REGION'] || undefined;
  const region = options.region ?? fromEnvironment;
  const known = await workspaceForPolicies(
    { ...options, role, ...(region !== undefined && { region }) },
    world,
  );
  const account = await accountOf({ ...options, ...known }, world);
  const workspace = placed(known, account);
  const all = rolePermissions({
    ...account,
    ...(workspace !== undefined && { workspace }),
    prefix: namePrefix(options.prefix ?? world.env['NF_SECRETS_AWS_PREFIX']),
    ...{ executionRole, jobRole, kmsKey, headRole },
  });
  const needed = options.minimal === true ? all.map(withoutOptional) : all;
  const chosen = role === undefined ? needed : needed.filter((one) => one.role === role);
  await print(await written(chosen, role !== undefined, options));
  if (format !== 'json' || options.trust === true) return;
  // JSON has no room for comments.
  for (const { purpose, statements } of chosen) {
    world.say(purpose);
    for (const statement of statements) world.say(`  ${statement.sid}: ${statement.purpose}`);
  }
}

const withoutOptional = (permissions: RolePermissions): RolePermissions => ({
  ...permissions,
  statements: permissions.statements.filter(({ neededBy }) =>
    ['launch', 'release', 'workspace'].includes(neededBy),
  ),
});

/** The policies in the wanted format. Modules for one format are loaded for that alone. */
async function written(
  roles: readonly RolePermissions[],
  isOne: boolean,
  { format, trust }: PolicyCommandOptions,
): Promise<string> {
  if (format === 'terraform') return (await import('../../core/aws/policy/terraform.ts')).terraform(roles);
  if (format === 'cloudformation') {
    return (await import('../../core/aws/policy/cloudformation.ts')).cloudFormation(roles);
  }
  const { policyDocument, policyJson, trustDocument } =
    await import('../../core/aws/policy/policy-document.ts');
  const [first] = roles;
  if (!isOne || first === undefined) return json(policyJson(roles));
  if (trust !== true) return json(policyDocument(first));
  const document = trustDocument(first);
  if (document !== undefined) return json(document);
  throw new HumanError(
    ExitCode.usage,
    `The ${first.role} has no trust document: its policy is attached to the user or role that launches.`,
  );
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** The account of the options; the parts that the options do not name are those of the credentials. */
async function accountOf(
  { account, region, partition }: Partial<PolicyAccount>,
  world: World,
): Promise<PolicyAccount> {
  if (account !== undefined && region !== undefined) {
    return { account, region, partition: partition ?? partitionOf(region) };
  }
  // Only here, so that the rest works without a network and starts fast.
  const { openAws } = await import('../../core/targets/aws-batch/access.ts');
  const { aws } = await openAws({ region: region ?? null, profile: null }, world, 'briefly');
  return {
    account: account ?? aws.account,
    region: aws.region,
    partition: partition ?? partitionOf(aws.region),
  };
}
