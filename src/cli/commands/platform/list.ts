import type { Command } from 'commander';
import { PlatformError } from '../../../core/platform/platform-error.ts';
import { OWN_CONTEXT, type PlatformContext, type PlatformSecret } from '../../../core/platform/types.ts';
import { byName } from '../../../core/system/natural-order.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import { examples, jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { table } from '../../table.ts';
import { type ContextOptions, inOption, placeOf, type PlatformSession, withPlatform } from './session.ts';

/** A secret as it is listed. */
interface Row extends PlatformSecret {
  /** Title of its context. */
  readonly in: string;
  readonly overrides: string | null;
  readonly overriddenBy: string | null;
}

export function addList(platform: Command, shell: Shell): void {
  platform
    .command('list')
    .summary('show secrets there, without values')
    .description(
      'Shows the names and dates of the secrets of a workspace, and of your own ones that a run of yours there gets ' +
        'too. Your own secret overrides the one of the workspace with the same name.',
    )
    .addOption(inOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets platform list',
        'nf-secrets platform list --in my-lab/rnaseq',
        'nf-secrets platform list --in my-lab/rnaseq --json | jq -r ".[].name"',
      ),
    )
    .action(async (options: ContextOptions) => {
      await list(options, shell);
    });
}

async function list(options: ContextOptions, { world, print, outputWidth, colors }: Shell): Promise<void> {
  await withPlatform(world, async (session) => {
    const context = await session.context(options.in);
    const rows = await rowsOf(context, session);
    if (options.json === true) {
      await print(`${printableJson(rows.map(toJson))}\n`);
      return;
    }
    if (rows.length === 0) world.say(`No secrets in ${printable(placeOf(context, session.host))}.`);
    else {
      const cells = rows.map((row) => [
        ...[row.name, row.in, state(row), day(row.created), day(row.updated), day(row.lastUsed)],
      ]);
      const heading = ['NAME', 'IN', 'STATE', 'CREATED', 'UPDATED', 'LAST USED'];
      await print(table([heading, ...cells], outputWidth));
    }
    world.say(colors.dim(`Platform: ${printable(session.host)}`));
  });
}

/** The secrets of a context, and the person's own ones, which a run there gets first. */
async function rowsOf(context: PlatformContext, session: PlatformSession): Promise<Row[]> {
  const listed = await session.secrets(context).list();
  if (context.workspaceId === undefined) return sorted(listed).map((one) => row(one, context, {}));
  const own = await session
    .secrets(OWN_CONTEXT)
    .list()
    .catch((error: unknown) => {
      if (error instanceof PlatformError && error.code === 'personal-off') return NONE;
      throw error;
    });
  return [
    ...sorted(own).map((one) =>
      row(one, OWN_CONTEXT, listed.has(one.name) ? { overrides: context.title } : {}),
    ),
    ...sorted(listed).map((one) =>
      row(one, context, own.has(one.name) ? { overriddenBy: OWN_CONTEXT.title } : {}),
    ),
  ];
}

const NONE: ReadonlyMap<string, PlatformSecret> = new Map();

const sorted = (secrets: ReadonlyMap<string, PlatformSecret>): PlatformSecret[] =>
  [...secrets.values()].sort((a, b) => byName(a.name, b.name));

const row = (
  secret: PlatformSecret,
  { title }: PlatformContext,
  { overrides = null, overriddenBy = null }: Partial<Pick<Row, 'overrides' | 'overriddenBy'>>,
): Row => ({ ...secret, in: title, overrides, overriddenBy });

const toJson = ({
  name,
  in: where,
  id,
  created,
  updated,
  lastUsed,
  overrides,
  overriddenBy,
}: Row): object => ({
  ...{ name, in: where, id, created, updated, lastUsed, overrides, overriddenBy },
});

function state({ overrides, overriddenBy }: Row): string {
  if (overriddenBy !== null) return `overridden by ${overriddenBy}`;
  return overrides === null ? '' : `overrides ${overrides}`;
}

const day = (date: string | null): string => date?.slice(0, 10) ?? '-';
