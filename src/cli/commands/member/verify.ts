import { type Command, Option } from 'commander';
import { findWorkspace } from '../../../core/system/paths.ts';
import { printable } from '../../../core/system/printable.ts';
import { verifyWorkspace } from '../../../core/vault/members/verify-workspace.ts';
import { workspaceVault } from '../../../core/vault/vault-location.ts';
import { examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

interface VerifyOptions {
  readonly base?: string;
  readonly workspace?: string;
}

export function addVerify(member: Command, shell: Shell): void {
  member
    .command('verify')
    .summary('check the signatures of roster and vault')
    .description(
      'Checks that members who may do so have signed each version of the roster, and the vault. It is encrypted to the ' +
        'members and to nobody else then. Needs no key. Ends with 0, or with 77 and the reason.',
    )
    .addOption(
      new Option(
        '--base <revision>',
        'revision of git with a roster that this one has to continue: the branch that a pull request goes to',
      ),
    )
    .addOption(workspaceOption())
    .addHelpText(
      'after',
      examples('nf-secrets member verify', 'nf-secrets member verify --base origin/main   # in CI'),
    )
    .action(async (options: VerifyOptions) => {
      await verify(options, shell);
    });
}

async function verify({ base, workspace }: VerifyOptions, { world }: Shell): Promise<void> {
  const location = workspaceVault((await findWorkspace(world, workspace)).directory);
  const { roster, signedBy, isAgeKnown } = await verifyWorkspace(location, base, world);
  world.say(
    `${printable(location.path)} is signed by ${printable(signedBy.label)} (${signedBy.role}), ` +
      `and its ${roster.members.length === 1 ? 'only member is' : `${roster.members.length} members are`} in order.`,
  );
  if (!isAgeKnown) {
    world.say(
      'This clone is shallow: it does not tell whether an older roster was put back. To check that: --base REVISION',
    );
  }
}
