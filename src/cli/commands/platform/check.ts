import type { Command } from 'commander';
import { checkPlatform } from '../../../core/platform/launch/plan.ts';
import { giveNotices } from '../../../core/system/notice.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import { examples, jsonOption } from '../../options.ts';
import { optionsAmong } from '../../launch-options.ts';
import type { Shell } from '../../shell.ts';
import { addPlannedOptions, type PlannedOptions, planOptions, wishOf } from './launch-options.ts';
import { checkJson, codeOf, needsTable } from './plan-words.ts';
import { inOption, placeOf, withPlatform } from './session.ts';

export function addCheck(platform: Command, shell: Shell): void {
  const command = platform
    .command('check')
    .summary('compare what a pipeline needs with what is there')
    .description(
      'Reads the code that a launch on the Platform would run, and tells which secrets it needs, which of them are ' +
        'there, and which are missing. Sends nothing but questions. The exit code is 66 if one is missing.',
    )
    .usage('[options] PIPELINE [nextflow run options]')
    .argument('[pipeline]', 'a path in a git repository, OWNER/NAME of GitHub, or an address')
    .argument('[options...]', 'options of nextflow run that the Platform has, and parameters')
    .passThroughOptions()
    .addOption(inOption());
  addPlannedOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets platform check . --in my-lab/rnaseq',
        'nf-secrets platform check --in my-lab/rnaseq --revision 3.14.0 nf-core/rnaseq',
      ),
    )
    .action(
      async (_pipeline: string | undefined, _words: string[], options: PlannedOptions, self: Command) => {
        await check(self.args, { ...options, doubtful: optionsAmong(self.args, command) }, shell);
      },
    );
}

async function check(
  words: readonly string[],
  options: PlannedOptions & { readonly doubtful: readonly string[] },
  shell: Shell,
): Promise<void> {
  const { world, print, colors } = shell;
  const wish = wishOf(words, options, 'platform check');
  await withPlatform(world, async (session) => {
    const { client, host } = session;
    const context = await session.context(options.in);
    const { doubtful } = options;
    const asked = { ...planOptions(options), doubtful };
    const result = await checkPlatform({ client, context }, wish, asked, world);
    const place = { context, host };
    if (options.json === true) {
      await print(`${printableJson(checkJson(result, place))}\n`);
    } else {
      await print(needsTable(result.needs));
      giveNotices([...result.notes, ...result.source.doubts], world);
      world.say(colors.dim(`Code: ${codeOf(result)}`));
      world.say(colors.dim(`Compared with ${printable(placeOf(context, host))}.`));
    }
    if (result.stop !== undefined) throw result.stop;
  });
}
