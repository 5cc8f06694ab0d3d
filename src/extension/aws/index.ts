import { commands, l10n, ProgressLocation, type QuickPickItem, tasks, Uri, window, workspace } from 'vscode';
import type { PrintedReport } from '../../core/targets/aws-batch/check/report.ts';
import { AWS_BATCH_TARGET } from '../../core/targets/aws-batch/items.ts';
import { ExitCode } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import type { PipelineCode } from '../../core/pipeline/pipeline.ts';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import type { DisposableStore } from '../disposables.ts';
import { guarded } from '../error-boundary.ts';
import { readDefinition } from '../launch/launch-definition.ts';
import { type ChosenPipeline, chosenPipeline } from '../launch/launch-pipeline.ts';
import { planFor } from '../launch/launch-plan.ts';
import { findOption } from '../launch/launch-target.ts';
import { launchWords } from '../launch/launch-task.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { alone, askPick } from '../steps.ts';
import { initAwsWorkspace } from './init-workspace.ts';
import { AWS_OPTIONS } from './launch-options.ts';
import { reportPage } from './permissions-report.ts';
import { ReportPages } from './report-pages.ts';
import { runCli } from './run-cli.ts';
import { TASK_TYPE } from '../task-type.ts';

/** Registers the commands of AWS: permissions of a launch, checked and as policies, and a workspace's store there. */
export function registerAws(
  services: Services,
  store: DisposableStore,
  extension: Uri,
): Record<Extract<CommandId, 'checkAwsPermissions' | 'initAwsWorkspace' | 'showAwsPolicy'>, Handler> {
  const pages = store.add(new ReportPages());
  const docs = Uri.joinPath(extension, 'docs', 'aws.md');
  store.add(
    tasks.onDidEndTaskProcess(({ execution: { task }, exitCode }) => {
      const refused = exitCode === ExitCode.notPermitted || exitCode === ExitCode.unavailable;
      if (task.definition.type !== TASK_TYPE || !refused || typeof task.scope !== 'object') return;
      const pipeline = { word: String(task.definition['pipeline']), folder: task.scope, isRemote: false };
      void guarded(services.log, () =>
        offerCheck({ pipeline, definition: readDefinition(task.definition) }, services, { pages, docs }),
      );
    }),
  );
  return {
    checkAwsPermissions: {
      needsTrust: true,
      run: async (...args) => {
        await checkPermissions(await chosenPipeline(args, services), pages, services);
      },
    },
    initAwsWorkspace: { needsTrust: true, run: () => initAwsWorkspace(services) },
    showAwsPolicy: {
      needsTrust: true,
      run: async (...args) => {
        await showPolicy(await chosenPipeline(args, services), services);
      },
    },
  };
}

/** Checks the permissions that the launch of a pipeline needs in AWS, and shows the report. */
async function checkPermissions(
  { pipeline: { word, folder }, definition }: ChosenPipeline,
  pages: ReportPages,
  services: Services,
): Promise<void> {
  const title = withoutLinks(l10n.t('Checking AWS permissions of {0}', printable(word)));
  const options = { location: ProgressLocation.Notification, title, cancellable: true };
  const json = await window.withProgress(options, (_progress, token) => {
    const nextflow = settings.nextflowPath.get(folder);
    const own = nextflow === '' ? [] : ['--nextflow', nextflow];
    const words = ['aws', 'check', '--json', ...own, ...launchWords(definition, folder)];
    const answers = [0, ExitCode.notPermitted];
    return runCli({ words, folder, definition, answers }, token, services);
  });
  // The report comes from our own command, so its shape is known; its texts come from others.
  const report = JSON.parse(json) as PrintedReport;
  await pages.show(l10n.t('AWS permissions of {0}', printable(word)), reportPage(report));
}

/** Pages for the reports, and the documentation. */
interface Help {
  readonly pages: ReportPages;
  readonly docs: Uri;
}

/** Offers a check after a launch that AWS, or something on the way there, has refused. */
async function offerCheck(launched: ChosenPipeline, services: Services, help: Help): Promise<void> {
  const { pipeline, definition } = launched;
  const plan = await planFor(pipeline, definition, services).catch(() => undefined);
  if (plan?.target.destination?.service.id !== AWS_BATCH_TARGET) return;
  const check = l10n.t('Check AWS Permissions…');
  const read = l10n.t('Open Documentation');
  const word = withoutLinks(printable(pipeline.word));
  const text = l10n.t(
    '{0} was stopped: something is denied or cannot be reached. Its terminal tells what.',
    word,
  );
  const chosen = await window.showWarningMessage(text, check, read);
  if (chosen === check) await checkPermissions(launched, help.pages, services);
  if (chosen === read) await commands.executeCommand('markdown.showPreview', help.docs);
}

interface PolicyItem extends QuickPickItem {
  readonly words: readonly string[];
  readonly language: string;
}

/** Writes the policies that a pipeline needs into a new, unsaved document. */
async function showPolicy({ pipeline, definition }: ChosenPipeline, services: Services): Promise<void> {
  const { folder } = pipeline;
  const { code } = await planFor(pipeline, definition, services);
  const json = { description: 'JSON', language: 'json' };
  const items: PolicyItem[] = [
    { ...json, label: l10n.t('Launcher: whoever launches'), words: ['launcher'] },
    { ...json, label: l10n.t('Execution role of the tasks'), words: ['execution-role'] },
    { ...json, label: l10n.t('Head job with a licensed plugin'), words: ['head-job'] },
    {
      ...{ label: l10n.t('All, with their trust'), description: 'Terraform', language: 'terraform' },
      words: ['--format', 'terraform'],
    },
    {
      ...{ label: l10n.t('All, with their trust'), description: 'CloudFormation', language: 'yaml' },
      words: ['--format', 'cloudformation'],
    },
  ];
  const question = { placeholder: l10n.t('Whose policy?'), items };
  const { words, language } = await askPick(alone(l10n.t('AWS policy')), question);
  const options = { location: ProgressLocation.Notification, title: l10n.t('AWS policy'), cancellable: true };
  // Region and profile of the pipeline count before the environment; this command does not read the pipeline.
  const found = AWS_OPTIONS.flatMap((option) => {
    const value = findOption(option, { definition, code }, folder, services.openWorld(folder.uri)).found
      ?.value;
    return value === undefined ? [] : [[option.property, value] as const];
  });
  const content = await window.withProgress(options, (_progress, token) =>
    runCli(
      {
        words: ['aws', 'policy', ...words, ...rolesOf(code)],
        folder,
        definition: Object.fromEntries(found),
        answers: [0],
      },
      token,
      services,
    ),
  );
  await window.showTextDocument(await workspace.openTextDocument({ language, content }));
}

/** The roles that the configs of a pipeline name. */
function rolesOf({ settings }: PipelineCode): string[] {
  const option = (key: string, name: string): string[] => {
    const setting = settings.findLast(({ path }) => path.join('.') === `aws.batch.${key}`);
    return setting === undefined ? [] : [`--${name}=${setting.value}`];
  };
  return [...option('executionRole', 'execution-role'), ...option('jobRole', 'job-role')];
}
