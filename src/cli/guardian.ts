// The guardian of a run that provisions something beside this machine: `node guardian.js RUN TARGET…`. It loads the code
// for these targets, and has their credentials. A run on this machine alone has a smaller one, see guardian-script.ts.
//
// When it reports that it watches, all code is loaded that it will ever need: so an update of the extension during a run
// breaks nothing. It holds no secret: it gets the run's id and the path of the ledger.
//
// Its stdin is a pipe. Only the launcher has the other end. A word on it: the launcher has done everything itself. Its
// end without a word: the launcher is gone, whatever killed it.
import { ownProcess } from '../core/system/process-identity.ts';
import { isRunId } from '../core/system/run-id.ts';
import { SERVICES } from '../core/targets/targets.ts';
import { guardToTheEnd, ignoreSignals, silentWorld } from './guardian-work.ts';

const runId = process.argv[2] ?? '';
if (!isRunId(runId)) process.exit(64);
// Now: a machine's name may change during a run, and ours is compared with the launcher's.
ownProcess(process.platform);
const world = silentWorld();
ignoreSignals();

void watch(process.argv.slice(3));

async function watch(ids: readonly string[]): Promise<void> {
  for (const { id, guardianNeeds } of SERVICES) if (ids.includes(id)) await guardianNeeds.load(world);
  process.stdin.once('data', () => process.exit(0));
  process.stdin.once('end', () => {
    guardToTheEnd(runId, world);
  });
  process.stdout.on('error', () => undefined);
  process.stdout.write('watching\n');
}
