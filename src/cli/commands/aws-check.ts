import { type Command, Option } from 'commander';
import type { AwsReport, PrintedReport } from '../../core/targets/aws-batch/check/report.ts';
import type { CheckRequest } from '../../core/targets/aws-batch/check/check.ts';
import { WORKSPACE_ROLES, type WorkspaceRole } from '../../core/aws/policy/workspace-statements.ts';
import type { Found } from '../../core/targets/aws-batch/check/find.ts';
import { statementLine } from '../../core/aws/policy/missing-statement.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { withoutCredentials } from '../../core/pipeline/pipeline-label.ts';
import { pipelineCommand } from '../../core/nextflow/nextflow-command.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { sayLeftovers } from '../../core/runs/sweep.ts';
import { namePrefix } from '../../core/targets/aws-batch/naming.ts';
import type { World } from '../../core/system/world.ts';
import { choices, collect, examples, jsonOption, workspaceOption } from '../options.ts';
import { noWorkspace, workspaceInAws } from './aws-workspace.ts';
import type { Shell } from '../shell.ts';
import { table } from '../table.ts';
import { noticeLine, remedyCommand } from '../words/remedies.ts';
import { recordLease } from '../../core/runs/ledger.ts';
import { releaseLease } from '../../core/runs/release.ts';
import { withPreviewStore } from '../../core/launch/preview-store.ts';

interface CheckCommandOptions {
  readonly queue?: string[];
  readonly executionRole?: string;
  readonly jobRole?: string;
  readonly headJobRole?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly prefix?: string;
  readonly kmsKey?: string;
  readonly nextflow?: string;
  readonly minimal?: true;
  readonly preview?: true;
  readonly role?: WorkspaceRole;
  readonly workspace?: string;
  readonly json?: true;
}

/** `--prefix`, as `launch` has it in its environment. */
export const prefixOption = (): Option =>
  new Option(
    '--prefix <prefix>',
    'first part of the names of secrets and job definitions (NF_SECRETS_AWS_PREFIX; default: tower-)',
  );

/** `--minimal`. */
export const minimalOption = (): Option =>
  new Option(
    '--minimal',
    'leave out permissions that a launch can do without: those for sweeps, and for checks before it',
  );

export function addCheck(aws: Command, shell: Shell): void {
  aws
    .command('check')
    .summary('check what a launch on AWS Batch needs, and your roles in AWS')
    .description(
      'Shows for each permission that a launch on AWS Batch needs whether you have it, and what to add. The check takes ' +
        'queue and roles from the configs of the pipeline, or from the options. It makes a throw-away secret and a ' +
        'throw-away job definition, and removes them. It asks IAM about the rest. Only with --preview it runs code of ' +
        'the pipeline. In a workspace in AWS it also shows which roles you have there: with a pipeline, launch; else ' +
        'all. That changes nothing and reads no value. The exit code is 0 if AWS denies nothing, else 77.',
    )
    .usage('[options] [PIPELINE] [nextflow run options]')
    .argument('[pipeline]', 'as for launch')
    .argument('[options...]', 'options of nextflow run, as for launch')
    .passThroughOptions()
    .option('--queue <queue>', 'a job queue: its name or ARN; repeatable', collect)
    .option('--execution-role <role>', 'aws.batch.executionRole, a name or an ARN')
    .option('--job-role <role>', 'aws.batch.jobRole, a name or an ARN')
    .option('--head-job-role <role>', 'role of a head job that runs Nextflow with a licensed plugin')
    .option('--region <region>', "the region of AWS Batch (default: the pipeline's, else AWS_REGION)")
    .option('--profile <name>', "the profile of the AWS config (default: the pipeline's, else AWS_PROFILE)")
    .addOption(prefixOption())
    .option('--kms-key <key>', 'KMS key that encrypts the secrets (NF_SECRETS_AWS_KMS_KEY)')
    .addOption(minimalOption())
    .option('--nextflow <path>', 'the nextflow executable (default: the one on your PATH)')
    .option(
      '--preview',
      "ask Nextflow for computed settings; this runs the pipeline's code, with placeholders for values",
    )
    .addOption(
      choices(new Option('--role <role>', 'check this role of a workspace in AWS alone'), WORKSPACE_ROLES),
    )
    .addOption(workspaceOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets aws check main.nf -profile awsbatch',
        'nf-secrets aws check --queue nextflow --execution-role ecsTaskExecutionRole --region eu-west-1',
        'nf-secrets aws check --role maintain   # in a workspace in AWS',
      ),
    )
    .action(
      async (
        _pipeline: string | undefined,
        _options: string[],
        options: CheckCommandOptions,
        { args: words }: Command,
      ) => {
        await check(words, options, shell);
      },
    );
}

async function check(
  [pipeline, ...nextflowOptions]: readonly string[],
  options: CheckCommandOptions,
  { world, print }: Shell,
): Promise<void> {
  const { queue, executionRole, jobRole, headJobRole, region, profile } = options;
  const workspace = await rolesToCheck(pipeline, options, world);
  const found =
    pipeline === undefined ? undefined : await inPipeline(pipeline, nextflowOptions, options, world);
  const { checkAws } = await import('../../core/targets/aws-batch/check/check.ts');
  const report = await checkAws(
    {
      pipeline: pipeline === undefined ? null : withoutCredentials(pipeline),
      region: region ?? found?.region ?? null,
      profile: profile ?? found?.profile ?? null,
      queues: queue ?? found?.queues ?? [],
      executionRole: executionRole ?? found?.executionRole ?? null,
      jobRole: jobRole ?? found?.jobRole ?? null,
      headRole: headJobRole ?? null,
      prefix: namePrefix(options.prefix ?? world.env['NF_SECRETS_AWS_PREFIX']),
      kmsKey: options.kmsKey ?? (world.env['NF_SECRETS_AWS_KMS_KEY'] || undefined),
      fargate: found?.fargate ?? false,
      minimal: options.minimal === true,
      hints: found?.hints ?? [],
      workspace,
      ledger: {
        record: async (entry) => recordLease(entry, world),
        release: async (entry, access) => releaseLease(entry, world, [access]),
      },
    },
    world,
  );
  if (options.json === true) await print(`${printableJson(printed(report))}\n`);
  else await showReport(report, { world, print });
  if (!report.ok) process.exitCode = ExitCode.notPermitted;
}

/** The roles of a workspace in AWS that are asked about: that of the launch of a pipeline, or all. */
async function rolesToCheck(
  pipeline: string | undefined,
  { role, workspace }: CheckCommandOptions,
  world: World,
): Promise<CheckRequest['workspace']> {
  const file = await workspaceInAws(workspace, world);
  if (file !== undefined) {
    if (role !== undefined) return { file, roles: [role] };
    return { file, roles: pipeline === undefined ? WORKSPACE_ROLES : ['launch'] };
  }
  if (role !== undefined) throw noWorkspace(role);
  return undefined;
}

/** The settings of the pipeline; undefined if there is no Nextflow to ask, and no pipeline to read. */
async function inPipeline(
  pipeline: string,
  nextflowOptions: readonly string[],
  { nextflow, queue, executionRole, preview }: CheckCommandOptions,
  world: World,
): Promise<Found | undefined> {
  const { findInPipeline } = await import('../../core/targets/aws-batch/check/find.ts');
  try {
    const command = pipelineCommand(pipeline, nextflowOptions, nextflow, world);
    return await findInPipeline(command, { preview: preview === true, withPreviewStore }, world);
  } catch (error) {
    const hasOptions = queue !== undefined || executionRole !== undefined;
    if (!hasOptions || !(error instanceof HumanError)) throw error;
    world.say(`${error.message} The check goes by the options alone.`);
    return undefined;
  }
}

const printed = (report: AwsReport): PrintedReport => ({
  ...report,
  checks: report.checks.map((check) => ({ ...check, reason: String(check.reason) })),
  leftBehind: report.leftBehind.map(({ item, reason, remedy }) => ({
    ...{ item, reason: String(reason) },
    remedy: remedyCommand(remedy),
  })),
  hints: report.hints.map(({ severity, message, remedy }) => ({
    severity,
    message: noticeLine(message, remedy),
  })),
});

/** Prints the report for people: the checks and the missing statements on stdout, the rest as lines of their own. */
async function showReport(
  report: AwsReport,
  { world, print }: Pick<Shell, 'world' | 'print'>,
): Promise<void> {
  const { account, region, principal, queues, checks, hints, leftBehind, workspace } = report;
  const queueLines = queues.map(({ name, computeEnvironments: all }) =>
    [
      name,
      ...(all.length > 0
        ? [`(${all.map((one) => `${one.name}, ${one.type}, ${one.state}`).join('; ')})`]
        : []),
    ].join(' '),
  );
  world.say(`Account ${printable(account)}, ${printable(region)}, as ${printable(principal)}.`);
  for (const line of queueLines) world.say(`Queue ${printable(line)}`);
  await print(
    table([
      ['ROLE', 'ACTION', 'RESULT', 'WHY', 'RESOURCE'],
      ...checks.map(({ role, action, result, resource, reason }) => [
        role,
        action,
        result,
        String(reason),
        resource,
      ]),
    ]),
  );
  for (const [document, statements] of missingStatements(checks)) {
    await print(`\nHave this added to the ${printable(document)}:\n`);
    for (const statement of statements) await print(`  ${printable(statementLine(statement))}\n`);
  }
  if (workspace !== null) await showRoles(workspace, print);
  for (const { severity, message, remedy } of hints) {
    world.say(`${severity === 'warning' ? 'Warning: ' : ''}${noticeLine(message, remedy)}`);
  }
  sayLeftovers(leftBehind, world);
  const denied = checks.filter(({ result }) => result === 'denied').length;
  const unknown = checks.filter(({ result }) => result === 'unknown').length;
  world.say(
    denied === 0
      ? `Nothing is denied${unknown > 0 ? `; ${unknown} of ${checks.length} could not be found out` : ''}.`
      : `${denied} of ${checks.length} are denied.`,
  );
}

/** Prints which roles of a workspace the caller has, and what each lacks. */
async function showRoles(
  { account, region, prefix, roles }: NonNullable<AwsReport['workspace']>,
  print: Shell['print'],
): Promise<void> {
  const why = ({ denied, unknown, optional }: (typeof roles)[number]): string =>
    [
      ...(denied.length > 0 ? [`missing: ${denied.join(', ')}`] : []),
      ...(unknown.length > 0 ? [`not known: ${unknown.join(', ')}`] : []),
      ...(optional.length > 0 ? [`works without: ${optional.join(', ')}`] : []),
    ].join('; ');
  await print(`\nYour roles in the workspace in AWS (account ${account}, ${region}, ${prefix}/NAME):\n`);
  await print(table([['ROLE', 'YOURS', 'WHY'], ...roles.map((one) => [one.role, one.result, why(one)])]));
}

/** The statements that are missing, by the policies or trust document that they belong to. */
function missingStatements(checks: AwsReport['checks']): Map<string, object[]> {
  const missing = new Map<string, object[]>();
  for (const { principal, action, statement } of checks) {
    if (statement === null) continue;
    const document = `${action === 'sts:AssumeRole' ? 'trust document' : 'policies'} of ${principal ?? 'the role'}`;
    missing.set(document, [...(missing.get(document) ?? []), statement]);
  }
  return missing;
}
