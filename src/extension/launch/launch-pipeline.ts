import { l10n, tasks, Uri, window, workspace, type WorkspaceFolder } from 'vscode';
import { ensureGranted, grantKey } from '../../core/launch/grants.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { withoutCredentials } from '../../core/pipeline/pipeline-label.ts';
import { isRecord } from '../../core/system/state-file.ts';
import { ensureAccepted } from '../../core/vault/vault.ts';
import { workspaceVault } from '../../core/vault/vault-location.ts';
import type { Services } from '../services.ts';
import { type Answers, definitionOf, NO_ANSWERS, RememberedAnswers } from './answers.ts';
import { askPipeline } from './ask-pipeline.ts';
import type { LaunchDefinition } from './launch-definition.ts';
import { planFor } from './launch-plan.ts';
import { launchTask } from './launch-task.ts';
import { askHow } from './launch-wizard.ts';
import { entryScripts, localPipeline, type Pipeline, profilesOf } from './pipelines.ts';
import { showPlanOf } from './show-plan.ts';
import type { Decision } from './wizard-lines.ts';

/**
 * Launches a pipeline. From a script it starts at once if there is no question: it was launched before, or has no
 * profiles, and no secret is missing or overridden.
 */
export async function launchPipeline(args: readonly unknown[], services: Services): Promise<void> {
  await Promise.all([services.references.buildAll(), services.secrets.refresh()]);
  const scripts = entryScripts(services.references);
  const uri = uriOf(args[0]);
  const script = uri && scripts.find((one) => one.uri.toString() === uri.toString());
  const folder = script?.folder ?? currentFolder();
  const pipeline =
    script === undefined ? await askPipeline(scripts, folder, services) : localPipeline(script);
  const remembered = new RememberedAnswers(services.remembered);
  const before = remembered.get(pipeline);
  const answers = before ?? NO_ANSWERS;
  const decision: Decision =
    script !== undefined && !(await hasNews(pipeline, before, services))
      ? { answers, then: 'launch' }
      : await askHow(pipeline, answers, services);
  const definition = definitionOf(pipeline, decision.answers, decision.then === 'launchWithout');
  const isLaunched = decision.then === 'launch' || decision.then === 'launchWithout';
  const now = services.openWorld(undefined).now();
  await remembered.set(pipeline, decision.answers, isLaunched ? now : undefined);
  switch (decision.then) {
    case 'plan':
      await showPlanOf(pipeline, definition, services);
      return;
    case 'keep':
      await keepAsTask(definition, pipeline.folder);
      return;
    case 'launch':
    case 'launchWithout':
      await window.withProgress({ location: { viewId: 'nextflowSecrets.runs' } }, async () => {
        await start(pipeline, definition, services);
      });
  }
}

/** Tells whether a person has to see something before the launch: the first time, also that it goes to a service. */
async function hasNews(
  pipeline: Pipeline,
  before: Answers | undefined,
  services: Services,
): Promise<boolean> {
  if (before === undefined && profilesOf(pipeline.folder, services.references).length > 0) return true;
  const definition = definitionOf(pipeline, before ?? NO_ANSWERS);
  const { missing, secrets, target } = await planFor(pipeline, definition, services);
  if (before === undefined && target.destination !== undefined) return true;
  return missing.length > 0 || secrets.some(({ overrides }) => overrides.length > 0);
}

/** Asks the launch's own questions as modal ones, instead of in its terminal, and then starts it there. */
async function start(pipeline: Pipeline, definition: LaunchDefinition, services: Services): Promise<void> {
  await workspace.saveAll(false);
  const { folder } = pipeline;
  const key = folder.uri.toString();
  const of = services.secrets.inFolder(key)?.of;
  const plan = await planFor(pipeline, definition, services, 'if-needed').catch((error: unknown) => {
    // If the code cannot be read, the launch itself reports the reason in its terminal.
    if (error instanceof HumanError) return undefined;
    throw error;
  });
  const sent = plan?.secrets ?? [];
  if (of !== undefined && sent.some(({ from }) => from === 'workspace')) {
    await ensureAccepted(workspaceVault(of.directory), false, services.openWorld(folder.uri));
  }
  if (pipeline.isRemote && plan !== undefined) {
    const remote = grantKey(withoutCredentials(pipeline.word), undefined);
    await ensureGranted(remote, sent, [], services.openWorld(folder.uri));
  }
  await tasks.executeTask(launchTask(definition, folder, services));
}

/** Shows the secrets that a launch would send. */
export async function showPlan(args: readonly unknown[], services: Services): Promise<void> {
  const { pipeline, definition } = await chosenPipeline(args, services);
  await showPlanOf(pipeline, definition, services);
}

/** A pipeline and the definition of its launch. */
export interface ChosenPipeline {
  readonly pipeline: Pipeline;
  readonly definition: LaunchDefinition;
}

/** The pipeline of the script in the editor, the only one, or one that the person picks; as it was launched last. */
export async function chosenPipeline(args: readonly unknown[], services: Services): Promise<ChosenPipeline> {
  await Promise.all([services.references.buildAll(), services.secrets.refresh()]);
  const scripts = entryScripts(services.references);
  const uri = uriOf(args[0]) ?? window.activeTextEditor?.document.uri;
  const [first, second] = scripts;
  const script =
    scripts.find((one) => one.uri.toString() === uri?.toString()) ??
    (second === undefined ? first : undefined);
  const pipeline =
    script === undefined ? await askPipeline(scripts, currentFolder(), services) : localPipeline(script);
  const answers = new RememberedAnswers(services.remembered).get(pipeline) ?? NO_ANSWERS;
  return { pipeline, definition: definitionOf(pipeline, answers) };
}

/** Adds the launch to the folder's tasks.json, so that a person can bind it to a key. */
async function keepAsTask(definition: LaunchDefinition, folder: WorkspaceFolder): Promise<void> {
  const configuration = workspace.getConfiguration('tasks', folder.uri);
  const kept: unknown = configuration.inspect('tasks')?.workspaceFolderValue;
  const before: unknown[] = Array.isArray(kept) ? kept : [];
  const label = `launch ${definition.pipeline}${definition.profile === undefined ? '' : ` (${definition.profile})`}`;
  const others = before.filter((task) => !isRecord(task) || task['label'] !== label);
  await configuration.update('tasks', [...others, { ...definition, label }], false);
  await window.showTextDocument(Uri.joinPath(folder.uri, '.vscode', 'tasks.json'));
}

function uriOf(value: unknown): Uri | undefined {
  if (value instanceof Uri) return value;
  return typeof value === 'string' ? Uri.parse(value) : undefined;
}

/** The folder of the active editor, else the first one. @throws HumanError 64 if the window has none. */
function currentFolder(): WorkspaceFolder {
  const active = window.activeTextEditor?.document.uri;
  const folder = (active && workspace.getWorkspaceFolder(active)) ?? workspace.workspaceFolders?.[0];
  if (folder?.uri.scheme === 'file') return folder;
  throw new HumanError(
    ExitCode.usage,
    l10n.t('A launch needs a folder to run in.'),
    l10n.t('Open the folder of the pipeline.'),
  );
}
