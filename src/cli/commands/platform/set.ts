import type { Command } from 'commander';
import { assertSecretName } from '../../../core/secrets/secret-name.ts';
import { examples, jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import {
  fromEnvOption,
  fromFileOption,
  generateOption,
  keepNewlineOption,
  readValue,
  type ValueOptions,
} from '../set.ts';
import { report } from './report.ts';
import { type ContextOptions, inOption, withPlatform } from './session.ts';

type SetOptions = ContextOptions & ValueOptions;

export function addSet(platform: Command, shell: Shell): void {
  platform
    .command('set')
    .summary('create or update a secret there')
    .description(
      'Creates or updates a secret on the Platform. The value is asked for, or read from stdin, as nf-secrets set does. ' +
        'It is sent as it is, and cannot be read there again.',
    )
    .argument('<name>', 'letters, digits and single underscores')
    .addOption(inOption())
    .addOption(fromFileOption())
    .addOption(fromEnvOption())
    .addOption(generateOption())
    .addOption(keepNewlineOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets platform set NCBI_API_KEY',
        'pass show db | nf-secrets platform set DB_PASSWORD --in my-lab/rnaseq',
      ),
    )
    .action(async (name: string, options: SetOptions) => {
      assertSecretName(name);
      await set(name, options, shell);
    });
}

async function set(name: string, options: SetOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  await withPlatform(world, async (session) => {
    // Before the value is asked for: nobody likes to type it twice.
    const context = await session.context(options.in);
    const store = session.secrets(context);
    await store.list();
    const value = await readValue(name, options, shell);
    value.assertDeliverable(name);
    const before = (await store.list()).get(name);
    const done = await store.set(name, value, before);
    await report([{ name, ...done }], { context, host: session.host, json: options.json }, shell);
  });
}
