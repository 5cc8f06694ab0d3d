import type { Command } from 'commander';
import {
  contextOf,
  mayWriteSecrets,
  OWN_CONTEXT,
  type PlatformMembership,
} from '../../../core/platform/types.ts';
import { byName } from '../../../core/system/natural-order.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import { examples, jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { table } from '../../table.ts';
import { withPlatform } from './session.ts';

/** A context, as it is listed. */
interface Row {
  readonly name: string;
  /** Null for the person's own context. */
  readonly id: string | null;
  readonly organisation: string | null;
  readonly workspace: string | null;
  readonly visibility: string | null;
  readonly roles: readonly string[];
  /** Whether the role lets them change secrets; null if only the Platform knows. */
  readonly mayWrite: boolean | null;
}

export function addWorkspaces(platform: Command, shell: Shell): void {
  platform
    .command('workspaces')
    .summary('show your workspaces and roles')
    .description('Shows the workspaces that you see on the Platform, and your role in each of them.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('nf-secrets platform workspaces', 'nf-secrets platform workspaces --json | jq -r ".[].name"'),
    )
    .action(async (options: { readonly json?: true }) => {
      await listWorkspaces(options, shell);
    });
}

async function listWorkspaces(
  { json }: { readonly json?: true },
  { world, print, outputWidth, colors }: Shell,
): Promise<void> {
  await withPlatform(world, async (session) => {
    const { client, host } = session;
    const { hasPersonalWorkspace } = await client.serviceInfo();
    const { userName } = await session.user();
    const all = await session.membership();
    const rows = [...(hasPersonalWorkspace === false ? [] : [OWN]), ...rowsOf(all)];
    if (json === true) {
      await print(`${printableJson(rows)}\n`);
      return;
    }
    const cells = rows.map((row) => [
      row.name,
      row.roles.join(', ') || '-',
      row.visibility ?? '-',
      row.roles.length === 0 ? '-' : rightOf(row.mayWrite),
      row.id ?? '-',
    ]);
    await print(table([['NAME', 'ROLE', 'VISIBILITY', 'SECRETS', 'ID'], ...cells], outputWidth));
    if (all.workspaces.length === 0) world.say('You see no workspace of an organisation.');
    if (hasPersonalWorkspace === false)
      world.say('Users have no secrets of their own there: personal workspaces are turned off.');
    world.say(colors.dim(`Platform: ${printable(host)}, as ${printable(userName)}`));
  });
}

const OWN: Row = {
  ...{ name: OWN_CONTEXT.title, id: null, organisation: null, workspace: null, visibility: null },
  ...{ roles: ['owner'], mayWrite: true },
};

const rowsOf = ({ workspaces }: PlatformMembership): Row[] =>
  workspaces
    .map((one) => ({
      ...{ name: contextOf(one).title, id: one.id, organisation: one.orgName, workspace: one.name },
      ...{ visibility: one.visibility, roles: one.roles, mayWrite: mayWriteSecrets(one.roles) ?? null },
    }))
    .sort((a, b) => byName(a.name, b.name));

function rightOf(mayWrite: boolean | null): string {
  if (mayWrite === null) return 'as the role says';
  return mayWrite ? 'change' : 'list';
}
