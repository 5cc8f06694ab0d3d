import { type Command, Option } from 'commander';
import { defaultPrefix } from '../../core/stores/aws/default-prefix.ts';
import type { MadeStore } from '../../core/stores/aws/init.ts';
import { isPrefix, isRegion, PREFIX_FORM, REGION_FORM } from '../../core/stores/workspace-file.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace, WORKSPACE_DIRECTORY } from '../../core/system/paths.ts';
import { printable } from '../../core/system/printable.ts';
import type { World } from '../../core/system/world.ts';
import { checked, examples, workspaceOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface InitOptions {
  readonly aws?: true;
  readonly prefix?: string;
  readonly region?: string;
  readonly workspace?: string;
}

export function addWorkspace(program: Command, { world }: Shell): void {
  const workspace = program
    .command('workspace')
    .summary('choose where the secrets of a workspace are')
    .description(
      'The secrets of a workspace are in a vault, a file that its first secret makes, or in AWS Secrets Manager.',
    )
    .addHelpText('after', examples('nf-secrets workspace init --aws'));
  workspace
    .command('init')
    .summary('keep the secrets of a workspace in AWS Secrets Manager')
    .description(
      'Writes .nf-secrets/workspace.json, which names the AWS account of your present credentials, a region and a prefix. ' +
        'From then on the secrets of this workspace are read and written there. Makes nothing in AWS. Commit the file.',
    )
    .option('--aws', 'keep them in AWS Secrets Manager (needed)')
    .addOption(
      new Option(
        '--prefix <prefix>',
        'beginning of their names in AWS (default: nf-secrets/ and the name of the git remote, or of the directory)',
      ).argParser(checked(isPrefix, PREFIX_FORM)),
    )
    .addOption(
      new Option(
        '--region <region>',
        'AWS region (default: the one of your environment or profile)',
      ).argParser(checked(isRegion, REGION_FORM)),
    )
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets workspace init --aws',
        'AWS_PROFILE=lab nf-secrets workspace init --aws --prefix lab/rnaseq --region eu-west-1',
      ),
    )
    .action(async (options: InitOptions) => {
      await init(options, world);
    });
}

async function init(options: InitOptions, world: World): Promise<void> {
  if (options.aws !== true) {
    throw new HumanError(
      ExitCode.usage,
      'Name where the secrets are to be. A vault needs no init: its first secret makes it.',
      'In AWS Secrets Manager: nf-secrets workspace init --aws. In a vault: nf-secrets set NAME --scope workspace',
    );
  }
  const { directory } = await findWorkspace(world, options.workspace);
  const prefix = options.prefix ?? (await defaultPrefix(directory, world));
  const { initAwsStore } = await import('../../core/stores/aws/init.ts');
  const made = await initAwsStore({ workspace: directory, prefix, region: options.region }, world);
  sayWhatIsMade(made, directory, world);
}

function sayWhatIsMade({ file, isNew, there }: MadeStore, directory: string, world: World): void {
  const { account, region, prefix, path } = file;
  world.say(
    `${isNew ? 'Made' : 'Unchanged:'} ${printable(path)}. The secrets of this workspace are in AWS Secrets Manager:`,
  );
  world.say(`  account ${account}, region ${region}, names ${prefix}/NAME`);
  if (there !== undefined && there > 0)
    world.say(`  There ${there === 1 ? 'is 1 secret' : `are ${there} secrets`} under this prefix already.`);
  if (!isNew) return;
  world.say(
    `Nothing was made in AWS. Commit ${WORKSPACE_DIRECTORY} in ${printable(directory)}: it has no values. ` +
      'Then: nf-secrets set NAME --scope workspace',
  );
}
