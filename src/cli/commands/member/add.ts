import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ExitCode, fileError, HumanError } from '../../../core/system/human-error.ts';
import { lstatIfThere } from '../../../core/system/durable-file.ts';
import { openGiven } from '../../../core/system/open-file.ts';
import { printable, shellWord } from '../../../core/system/printable.ts';
import type { World } from '../../../core/system/world.ts';
import { type Candidate, readCandidate } from '../../../core/vault/members/candidate.ts';
import { isKmsName } from '../../../core/vault/members/kms-members.ts';
import { type Addition, addition } from '../../../core/vault/members/membership.ts';
import type { Role } from '../../../core/vault/members/role.ts';
import type { FounderOptions } from '../../../core/vault/members/standing.ts';
import { readInput } from '../../ask.ts';
import { acceptOption, examples, workspaceOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { changeAsAsked, sayToCommit } from './carry-out.ts';
import { founderOptions } from './first-roster.ts';
import { keyLines } from './keys.ts';
import { addKey } from './kms.ts';
import { labelOption, type MemberOptions, roleOption, yesOption } from './options.ts';

interface AddOptions extends MemberOptions, FounderOptions {
  readonly from?: string;
  readonly label?: string;
  readonly role?: Role;
}

/** Largest file with a request or a key, in bytes. */
const MAX_BYTES = 64 << 10;

export function addAdd(member: Command, shell: Shell): void {
  const command = member
    .command('add')
    .summary('add a member')
    .description(
      'Adds a member to the workspace: by the line of their request, or by a public key of age (age1…) or SSH ' +
        '(ssh-ed25519 …). Shows label, role and keys, and asks on a terminal. The first member that you add makes ' +
        'the roster, with you as its owner. A workspace without a roster also takes a key of AWS KMS, by its ARN or ' +
        'alias: whoever may use the key can read the vault.',
    )
    .argument('[request...]', 'line of a request, a public key, or a key of AWS KMS')
    .option('--from <file>', 'read the request or key from a file (- is stdin)')
    .addOption(labelOption('label of the member (default: the one that the request has)'))
    .addOption(roleOption())
    .addOption(yesOption())
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      `
Roles: launch reads values and writes nothing, maintain also changes secrets,
admin also members, owner also admins and owners. All but launch need a request.
${examples(
  'nf-secrets member add --from bob.request --role maintain',
  'nf-secrets member add --from dave.pub --label dave/cluster   # an ssh-ed25519 key',
  'ssh login1 nf-secrets member request | nf-secrets member add --from - --yes',
  'nf-secrets member add alias/lab   # AWS KMS, without a roster',
)}`,
    );
  for (const option of founderOptions()) command.addOption(option);
  command.action(async (words: string[], options: AddOptions) => {
    await add(words, options, shell);
  });
}

async function add(words: readonly string[], options: AddOptions, shell: Shell): Promise<void> {
  const { world } = shell;
  const [first = ''] = words;
  if (words.length === 1 && options.from === undefined && isKmsName(first)) {
    await addKey(first, options, shell);
    return;
  }
  const candidate = await readGiven(words, options.from, world);
  if (candidate.recipients.some((recipient) => recipient.startsWith('ssh-')))
    world.say('The vault will be encrypted to an SSH key: sops before 3.10 cannot read it then.');
  const { outcome } = await changeAsAsked(
    options,
    {
      edit: (members, stamp) => addition(members, candidate, options, stamp),
      lines: ({ added }) => memberLines(added),
      question: ({ added, before }) =>
        before === undefined
          ? `Add ${added.label} with the role ${added.role}?`
          : `Give ${before.label} these keys, and the label ${added.label}?`,
    },
    shell,
  );
  world.say(doneSentence(outcome));
  sayToCommit(shell);
}

/** A member that is to be added, as the person should look at it. */
export const memberLines = (member: Addition['added']): string[] => [
  'The new member:',
  `  label        ${printable(member.label)}`,
  `  role         ${member.role}`,
  ...keyLines(member),
];

const doneSentence = ({ added, before }: Addition): string =>
  before === undefined
    ? `${added.label} is a member now, with the role ${added.role}.`
    : `${before.label} is ${added.label} now, with the role ${added.role} and a signing key.`;

/** @throws HumanError 64 if there is no request or key, or two. */
async function readGiven(
  words: readonly string[],
  from: string | undefined,
  world: World,
): Promise<Candidate> {
  const text = words.join(' ').trim();
  if (text !== '' && from !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      'There is a request on the command line, and --from names another one.',
      'Give one of the two.',
    );
  }
  if (from !== undefined) return readCandidate(await textOf(from, world), ExitCode.data);
  if (text !== '') {
    await assertNoFile(text, world);
    return readCandidate(text);
  }
  throw new HumanError(
    ExitCode.usage,
    'There is no request and no public key.',
    'The new member makes a request: nf-secrets member request. Then: nf-secrets member add REQUEST, or --from FILE',
  );
}

/** Longest text that may be a path. */
const LONGEST_PATH = 4096;

/** @throws HumanError 64 for the name of a file, which `--from` takes. */
async function assertNoFile(text: string, world: World): Promise<void> {
  if (text.length > LONGEST_PATH || text.includes('\0')) return;
  const found = await lstatIfThere(resolve(world.cwd, text)).catch(() => undefined);
  if (found?.isFile() !== true) return;
  throw new HumanError(
    ExitCode.usage,
    `${printable(text)} is a file.`,
    `Add what is in it: --from ${shellWord(text)}`,
  );
}

async function textOf(from: string, world: World): Promise<string> {
  if (from === '-') return (await readInput(process.stdin, MAX_BYTES, 'The request')).toString('utf8');
  const path = resolve(world.cwd, from);
  try {
    return (await readInput(await openGiven(path), MAX_BYTES, printable(path))).toString('utf8');
  } catch (error) {
    throw fileError(error, 'read', path, false);
  }
}
