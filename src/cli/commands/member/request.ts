import { type Command, Option } from 'commander';
import { printable } from '../../../core/system/printable.ts';
import { makeRequest, type RequestOptions } from '../../../core/vault/members/make-request.ts';
import { examples } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { keyLines } from './keys.ts';
import { labelOption } from './options.ts';

export function addRequest(member: Command, shell: Shell): void {
  member
    .command('request')
    .summary('print a line with your public keys, to become a member')
    .description(
      'Prints one line with your public keys, signed. Send it to an admin of the workspace, in a chat or a pull ' +
        'request: nothing in it is secret. If you have no keys, nf-secrets makes them.',
    )
    .addOption(labelOption('your name and machine (default: such as alice/laptop)'))
    .addOption(
      new Option(
        '--signing-key <file>',
        'public SSH key to sign with (default: a key that nf-secrets makes)',
      ),
    )
    .addHelpText(
      'after',
      examples(
        'nf-secrets member request',
        'nf-secrets member request --label alice/laptop > alice.request',
        'nf-secrets member request --signing-key ~/.ssh/id_ed25519.pub   # one of ssh-agent, or a hardware key',
      ),
    )
    .action(async (options: RequestOptions) => {
      await request(options, shell);
    });
}

async function request(options: RequestOptions, { world, print }: Shell): Promise<void> {
  const { line, request: made } = await makeRequest(options, world);
  await print(`${line}\n`);
  world.say(`Request of ${printable(made.label)}. Nothing in it is secret:`);
  for (const key of keyLines(made)) world.say(key);
  world.say(
    'Send the line to an admin of the workspace, who adds it: nf-secrets member add LINE --role ROLE. ' +
      'Compare the keys in another way than the line comes by, such as a call.',
  );
}
