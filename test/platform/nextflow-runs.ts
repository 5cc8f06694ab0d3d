import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import type { Provisioned, StandInRun, StandInState } from './stand-in-state.ts';

/**
 * Runs what is launched on a stand-in with a real Nextflow, as the Platform's agent does: the secrets that the launch
 * names, and no others, are in a private store.
 */
export class NextflowRuns {
  readonly #sandbox: NextflowSandbox;
  readonly #children = new Map<StandInRun, ChildProcess>();

  constructor(sandbox: NextflowSandbox, state: StandInState) {
    this.#sandbox = sandbox;
    this.serve(state);
  }

  /** Takes the launches of a stand-in, which forgets that when it is reset. */
  serve(state: StandInState): void {
    state.onLaunch = (run, secrets) => {
      this.#start(run, secrets);
    };
  }

  /** Ends what still runs. */
  async end(): Promise<void> {
    const open = [...this.#children.values()].filter(
      ({ exitCode, signalCode }) => (exitCode ?? signalCode) === null,
    );
    await Promise.all(
      open.map(
        (child) =>
          new Promise<void>((resolve) => {
            child.once('close', () => {
              resolve();
            });
            child.kill('SIGKILL');
          }),
      ),
    );
  }

  #start(run: StandInRun, secrets: Provisioned): void {
    const directory = mkdtempSync(join(this.#sandbox.root, 'run-'));
    const file = (name: string, text: unknown): string | undefined => {
      if (typeof text !== 'string') return undefined;
      writeFileSync(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    };
    // A person's own secret overrides the workspace's of the same name.
    const values = new Map([...secrets.workspace, ...secrets.user]);
    const store = file('store.json', JSON.stringify([...values].map(([name, value]) => ({ name, value }))));
    const { pipeline, revision, configProfiles, paramsText, configText, mainScript, runName } = run.launch;
    const option = (name: string, value: unknown): string[] =>
      typeof value === 'string' ? [name, value] : [];
    const profiles = Array.isArray(configProfiles) ? configProfiles.join(',') : undefined;
    const child = spawn(
      'nextflow',
      [
        ...['run', String(pipeline).replace('file://', 'file:')],
        ...option('-r', revision),
        ...option('-profile', profiles || undefined),
        ...option('-params-file', file('params.json', paramsText)),
        ...option('-c', file('own.config', configText)),
        ...option('-main-script', mainScript),
        ...option('-name', runName),
      ],
      {
        cwd: directory,
        env: {
          ...this.#sandbox.env,
          NXF_SECRETS_FILE: store,
          NXF_ENABLE_SECRETS: 'true',
          NXF_OFFLINE: 'false',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#children.set(run, child);
    const take = (chunk: Buffer): void => {
      if (run.status === 'SUBMITTED') run.status = 'RUNNING';
      run.log.push(
        ...chunk
          .toString()
          .split('\n')
          .filter((line) => line !== ''),
      );
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const poll = setInterval(() => {
      if (run.isCancelled) child.kill('SIGTERM');
    }, 50);
    child.once('close', (code) => {
      clearInterval(poll);
      if (run.isCancelled) return;
      run.exitStatus = code ?? 1;
      run.status = code === 0 ? 'SUCCEEDED' : 'FAILED';
      if (code !== 0)
        run.errorMessage = run.log.find((line) => /secret/i.test(line)) ?? 'Workflow execution failed';
    });
  }
}
