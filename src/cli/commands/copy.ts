import { type Command, Option } from 'commander';
import { author } from '../../core/vault/author.ts';
import { type Transfer, transferSecret } from '../../core/vault/change-secrets.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { listSecrets } from '../../core/secrets/resolve.ts';
import { vaultOf } from '../../core/vault/vault-store.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import { assertMayWrite } from '../../core/vault/open-to-write.ts';
import { ensureAccepted } from '../../core/vault/vault.ts';
import { changeCommand, type ChangeOptions, confirmChange, theOneScope } from '../change.ts';
import { choices, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { storesOf } from '../../core/stores/stores.ts';

interface CopyOptions extends ChangeOptions {
  readonly to: VaultScope;
}

type Verb = Transfer['verb'];

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
  const known = await listSecrets(storesOf(workspace, world));
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
  const source = vaultOf(from, workspace, world);
  const target = vaultOf(to, workspace, world);
  await assertMayWrite(target, world);
  if (verb === 'move') await assertMayWrite(source, world);
  const replaces = known.find((secret) => secret.name === name && secret.scope === to) ?? null;
  const readers = to === 'workspace' ? ' All members of the workspace can read it then.' : '';
  const lost = replaces !== null ? ` The one that is there is lost.` : '';
  const title = verb === 'copy' ? 'Copy' : 'Move';
  await confirmChange(`${title} ${name} from ${from} to ${to}?${readers}${lost}`, options, world);

  const accept = options.acceptMembers === true;
  await ensureAccepted(source, accept, world);
  await ensureAccepted(target, accept, world);
  await transferSecret(name, { source, target, verb, replaces }, await author(world), world);
  world.say(`${verb === 'copy' ? 'Copied' : 'Moved'} ${name} from ${from} to ${to}.`);
}
