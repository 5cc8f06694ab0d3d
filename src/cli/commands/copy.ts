import { type Command, Option } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { listSecrets } from '../../core/secrets/resolve.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import { changeCommand, type ChangeOptions, confirmChange, theOneScope } from '../change.ts';
import { choices, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { storesOf, writableStore } from '../../core/stores/stores.ts';
import { type ScopeTransfer, transferBetween } from '../../core/stores/transfer.ts';

interface CopyOptions extends ChangeOptions {
  readonly to: VaultScope;
}

type Verb = ScopeTransfer['verb'];

/** First words of the help. */
const OUTCOMES: Readonly<Record<Verb, string>> = {
  copy: 'Copies',
  move: 'Moves',
};

export function addCopy(program: Command, shell: Shell): void {
  addTransfer(program, 'copy', shell);
}

export function addMove(program: Command, shell: Shell): void {
  addTransfer(program, 'move', shell);
}

function addTransfer(program: Command, verb: Verb, shell: Shell): void {
  changeCommand(program, verb)
    .summary(`${verb} a secret to the other scope`)
    .description(`${OUTCOMES[verb]} a secret and its description to the other scope.`)
    .argument('<name>', 'name of the secret')
    .addOption(
      choices(new Option('--to <scope>', 'scope that gets the secret'), [
        'user',
        'workspace',
      ]).makeOptionMandatory(),
    )
    .addHelpText('after', examples(`nf-secrets ${verb} DB_PASSWORD --to workspace`))
    .action(async (name: string, options: CopyOptions) => {
      await copy(name, verb, options, shell);
    });
}

async function copy(name: string, verb: Verb, options: CopyOptions, { world }: Shell): Promise<void> {
  const { to } = options;
  const { directory: workspace } = await findWorkspace(world, options.workspace);
  const known = await listSecrets(storesOf(workspace, world), undefined, { asked: [name] });
  // If the target has the name too, the source can only be the other scope.
  const having = known.filter(
    (secret) => options.scope !== undefined || secret.scope !== to || secret.name !== name,
  );
  const from = theOneScope(
    name,
    options.scope,
    having.some((secret) => secret.name === name) ? having : known,
  );
  if (from === to) throw new HumanError(ExitCode.usage, `${name} is in the scope ${to} already.`);
  const source = await writableStore(from, workspace, world);
  const target = await writableStore(to, workspace, world);
  await target.assertMayWrite();
  if (verb === 'move') await source.assertMayWrite();
  const replaces = known.find((secret) => secret.name === name && secret.scope === to) ?? null;
  const readers = to === 'workspace' ? ' All members of the workspace can read it then.' : '';
  const lost = replaces !== null ? ` The one that is there is lost.` : '';
  const title = verb === 'copy' ? 'Copy' : 'Move';
  await confirmChange(`${title} ${name} from ${from} to ${to}?${readers}${lost}`, options, world);

  const accept = options.acceptMembers === true;
  await source.ensureAccepted(accept);
  await target.ensureAccepted(accept);
  await transferBetween(
    name,
    { from: { scope: from, workspace }, to: { scope: to, workspace }, verb, replaces },
    world,
  );
  world.say(`${verb === 'copy' ? 'Copied' : 'Moved'} ${name} from ${from} to ${to}.`);
}
