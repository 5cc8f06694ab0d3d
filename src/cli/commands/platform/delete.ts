import type { Command } from 'commander';
import type { PlatformSecret } from '../../../core/platform/types.ts';
import { ExitCode, HumanError } from '../../../core/system/human-error.ts';
import { didYouMean } from '../../../core/system/near-miss.ts';
import { printable } from '../../../core/system/printable.ts';
import { confirmChange } from '../../change.ts';
import { examples, jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { type NamedDone, printDone, say } from './report.ts';
import { type ContextOptions, inOption, placeOf, withPlatform } from './session.ts';

type DeleteOptions = ContextOptions & { readonly yes?: true };

export function addDelete(platform: Command, shell: Shell): void {
  platform
    .command('delete')
    .summary('delete secrets there')
    .description(
      'Deletes secrets on the Platform, for ever: a value there cannot be read, so nothing can put it back. Runs that ' +
        'have them already keep them.',
    )
    .argument('<names...>', 'names of the secrets')
    .addOption(inOption())
    .option('--yes', 'do not ask')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets platform delete OLD_TOKEN',
        'nf-secrets platform delete A_KEY B_KEY --in my-lab/rnaseq --yes',
      ),
    )
    .action(async (names: string[], options: DeleteOptions) => {
      await confirmAndDelete([...new Set(names)], options, shell);
    });
}

async function confirmAndDelete(
  names: readonly string[],
  options: DeleteOptions,
  { world, print }: Shell,
): Promise<void> {
  await withPlatform(world, async (session) => {
    const context = await session.context(options.in);
    const store = session.secrets(context);
    const there = await store.list();
    const place = placeOf(context, session.host);
    const secrets = names.map((name) => secretOf(name, there, place));
    await confirmChange(
      `Delete ${names.join(', ')} in ${printable(place)}? This has no undo: nobody can read the value there, to put it back.`,
      options.yes === true ? { yes: true } : {},
      world,
    );
    const done: NamedDone[] = [];
    for (const secret of secrets) {
      const one = { name: secret.name, ...(await store.delete(secret)) };
      say(one, { context, host: session.host }, { world });
      done.push(one);
    }
    if (options.json === true) await printDone(done, context, { print });
  });
}

/** @throws HumanError 66 if there is no such secret, with a near miss. */
function secretOf(name: string, there: ReadonlyMap<string, PlatformSecret>, place: string): PlatformSecret {
  const secret = there.get(name);
  if (secret !== undefined) return secret;
  const near = String(didYouMean(name, there.keys()));
  throw new HumanError(
    ExitCode.missing,
    `There is no secret ${printable(name).slice(0, 200)} in ${printable(place)}.${near} Nothing was deleted.`,
    'To see what there is: nf-secrets platform list',
  );
}
