import { type Task, type TaskProvider, workspace, type WorkspaceFolder } from 'vscode';
import type { Services } from '../services.ts';
import { isSupported } from '../trust.ts';
import { type LaunchDefinition, readDefinition } from './launch-definition.ts';
import { launchTask } from './launch-task.ts';
import { entryScripts, localPipeline } from './pipelines.ts';
import { TASK_TYPE } from '../task-type.ts';

/** Offers each pipeline of the window as a task, and makes tasks of the definitions in `tasks.json`. */
export class LaunchTaskProvider implements TaskProvider {
  constructor(private readonly services: Services) {}

  async provideTasks(): Promise<Task[]> {
    if (!workspace.isTrusted || !isSupported) return [];
    await this.services.references.buildAll();
    return entryScripts(this.services.references).map((script) => {
      const definition: LaunchDefinition = { type: TASK_TYPE, pipeline: localPipeline(script).word };
      return launchTask(definition, script.folder, this.services);
    });
  }

  resolveTask({ definition, scope }: Task): Task | undefined {
    const folder = isFolder(scope) ? scope : workspace.workspaceFolders?.[0];
    if (!workspace.isTrusted || !isSupported || folder === undefined) return undefined;
    try {
      const task = launchTask(readDefinition(definition), folder, this.services);
      // VS Code expects the same object that it gave.
      task.definition = definition;
      return task;
    } catch (error) {
      this.services.log.error(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}

const isFolder = (scope: Task['scope']): scope is WorkspaceFolder => typeof scope === 'object';
