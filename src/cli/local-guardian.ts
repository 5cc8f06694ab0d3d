// The program of the guardian of a run on this machine: the shell of guardian-script.ts gives it to Node.js when the
// launcher is gone, as `node - RUN HOST`. The build makes one script of it, without the code of other targets.
import { rememberHost } from '../core/system/process-identity.ts';
import { isRunId } from '../core/system/run-id.ts';
import { guardToTheEnd, ignoreSignals, silentWorld } from './guardian-work.ts';

ignoreSignals();
const [, , runId = '', host = ''] = process.argv;
if (!isRunId(runId)) process.exit(64);
// A machine's name may have changed during the run, and ours is compared with the launcher's.
if (host !== '') rememberHost(host, process.platform);
guardToTheEnd(runId, silentWorld());
