import { tasks } from 'vscode';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import { contextKeys } from '../context-key.ts';
import type { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { LaunchLens } from './launch-lens.ts';
import { launchPipeline, showPlan } from './launch-pipeline.ts';
import { entryScripts } from './pipelines.ts';
import { PlanDocuments } from './show-plan.ts';
import { LaunchTaskProvider } from './task-provider.ts';
import { TASK_TYPE } from '../task-type.ts';

/** Registers launches: tasks, the lens above the entry workflow, the plan. */
export function registerLaunch(
  services: Services,
  store: DisposableStore,
): Record<Extract<CommandId, 'launchPipeline' | 'showPlan'>, Handler> {
  store.add(tasks.registerTaskProvider(TASK_TYPE, new LaunchTaskProvider(services)));
  store.add(new LaunchLens());
  store.add(new PlanDocuments(services));
  store.add(
    services.references.onDidChange(() => {
      const paths = entryScripts(services.references).map(({ uri }) => [uri.fsPath, true] as const);
      contextKeys.entryScripts.set(Object.fromEntries(paths));
    }),
  );
  return {
    launchPipeline: { needsTrust: true, run: (...args) => launchPipeline(args, services) },
    showPlan: { needsTrust: false, run: (...args) => showPlan(args, services) },
  };
}
