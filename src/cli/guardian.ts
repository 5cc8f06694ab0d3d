// The guardian of one run. Its launcher starts it before Nextflow: `node guardian.js RUN`. It is a separate program, so
// that it is small. When it reports that it watches, all code is loaded that it will ever need: so an update of the
// extension during a run breaks nothing. It holds no secret: it gets the run's id and the path of the ledger.
//
// It may get ids of targets that it will have to reach: then it also loads the code for these.
//
// Its stdin is a pipe. Only the launcher has the other end. A word on it: the launcher has done everything itself. Its
// end without a word: the launcher is gone, whatever killed it.
import { ownProcess } from '../core/system/process-identity.ts';
import { guard } from '../core/runs/guard.ts';
import { isRunId } from '../core/system/run-id.ts';
import { bugLines, noteProblem } from '../core/system/problem-log.ts';
import { SERVICES } from '../core/targets/targets.ts';
import { processWorld } from './process-world.ts';

const runId = process.argv[2] ?? '';
if (!isRunId(runId)) process.exit(64);
// Now: a machine's name may change during a run, and ours is compared with the launcher's.
ownProcess(process.platform);
const world = processWorld({
  say: () => undefined,
  notice: () => undefined,
  ask: () => Promise.resolve(undefined),
});

// A logout or a shutdown reaches everything at once; Nextflow is to end first, then the lease. At USR1 Node.js would
// open its debugger to every user of the machine.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const)
  process.on(signal, () => undefined);

const ids = process.argv.slice(3);
for (const { id, guardianNeeds } of SERVICES) if (ids.includes(id)) await guardianNeeds.load(world);

process.stdin.once('data', () => process.exit(0));
process.stdin.once('end', () => {
  void guard(runId, world).then(
    () => process.exit(0),
    async (error: unknown) => {
      await noteProblem(`guardian of run ${runId}`, bugLines(error), world);
      process.exit(74);
    },
  );
});
process.stdout.on('error', () => undefined);
process.stdout.write('watching\n');
