import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsError, type AwsStep, isScheduledForDeletion } from '../../aws/aws-error.ts';
import { partitionOf } from '../../aws/policy/arns.ts';
import { type AwsSession, handOn, openSession } from '../../aws/session.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase, type Phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import type { World } from '../../system/world.ts';
import type { MappedSecret, WorkspaceFile } from '../workspace-file.ts';

/** The store of a workspace in AWS, reached with the person's credentials, which are of its account. */
export interface Place {
  readonly file: WorkspaceFile;
  readonly client: SecretsManagerClient;
  readonly world: World;
  readonly session: AwsSession;
}

/** Sessions of a command: it opens the store more than once. */
const sessions = new WeakMap<World, Map<string, Promise<AwsSession>>>();

/**
 * Opens the store, after a look whether the credentials are of its account.
 *
 * @throws HumanError 69 if AWS cannot be reached, 77 if it does not take the credentials, or they are of another account.
 */
export async function openPlace(file: WorkspaceFile, world: World): Promise<Place> {
  // The profiles of a person can name programs that give credentials.
  if (world.startsNothing === true)
    throw new HumanError(
      ExitCode.unavailable,
      phrase`The secrets of this workspace are in AWS, which is not asked in Restricted Mode.`,
    );
  const ofWorld = sessions.get(world) ?? new Map<string, Promise<AwsSession>>();
  sessions.set(world, ofWorld);
  const before = ofWorld.get(file.region);
  const session =
    before ??
    openSession({ region: file.region, profile: world.env['AWS_PROFILE'] || null }, world, () => {
      throw new Error('a workspace file without a region');
    });
  ofWorld.set(file.region, session);
  const opened = await session;
  if (before === undefined) handOn(opened, world);
  const { aws, caller, secrets } = opened;
  if (aws.account !== file.account) throw otherAccount(file, { account: aws.account, caller }, world);
  return { file, client: secrets, world, session: opened };
}

function otherAccount(
  { path, account }: WorkspaceFile,
  own: { readonly account: string; readonly caller: string },
  world: World,
): HumanError {
  return new HumanError(
    ExitCode.notPermitted,
    phrase`The secrets of this workspace are in AWS account ${account} (${printable(path)}), and your credentials
      (${credentialsInUse(world)}) are of account ${printable(own.account)}: ${printable(own.caller)}. Nothing was read or written.`,
    [
      { do: 'choose-profile' },
      run(
        phrase`Choose credentials of account ${account}, for example with AWS_PROFILE=NAME. Which ones are used now`,
        'aws sts get-caller-identity',
      ),
    ],
  );
}

/** Names the credentials, as the SDK chooses them: a profile that was named wins. */
export function credentialsInUse({ env }: Pick<World, 'env'>): Phrase {
  const profile = env['AWS_PROFILE'];
  if (profile) return phrase`profile ${printable(profile)}`;
  if (env['AWS_ACCESS_KEY_ID']) return phrase`AWS_ACCESS_KEY_ID of the environment`;
  return phrase`profile default, or the role of this machine`;
}

/** ARN that a secret of the store is mapped to; undefined if it has its usual name. */
export const mappedTo = ({ file }: Place, name: string): MappedSecret | undefined => file.names.get(name);

/** Id of a secret for requests. */
export const secretId = (place: Place, name: string): string =>
  mappedTo(place, name)?.arn ?? `${place.file.prefix}/${name}`;

/** ARN of a secret for messages and policies. AWS adds six characters, which only it knows. */
export function secretArn(place: Place, name: string): string {
  const { region, account, prefix } = place.file;
  const usual = `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${prefix}/${name}-??????`;
  return mappedTo(place, name)?.arn ?? usual;
}

/** Does a request. @throws HumanError as `awsError` */
export async function asked<Answer>(step: AwsStep, request: () => Promise<Answer>): Promise<Answer> {
  try {
    return await request();
  } catch (error) {
    if (isScheduledForDeletion(error)) {
      throw new HumanError(
        ExitCode.missing,
        phrase`${printable(step.resource)} was deleted, and can be put back for some days. ${step.action} was refused.`,
      );
    }
    throw awsError(error, step);
  }
}

/** Makes the step of a request on one secret. */
export const stepOn = (
  place: Place,
  action: string,
  name: string,
  { hasValue }: { readonly hasValue?: true } = {},
): AwsStep => ({
  action: `secretsmanager:${action}`,
  resource: secretArn(place, name),
  ...(hasValue === true && { hasValue }),
});

/** The same for a secret's id. */
export function stepOnId(
  place: Place,
  action: string,
  id: string,
  options: { readonly hasValue?: true } = {},
): AwsStep {
  const start = `${place.file.prefix}/`;
  if (id.startsWith(start)) return stepOn(place, action, id.slice(start.length), options);
  return { action: `secretsmanager:${action}`, resource: id, ...options };
}

/** The error for a name that the store does not have. */
export const notThere = ({ file }: Place, name: string): HumanError =>
  new HumanError(ExitCode.missing, phrase`${printable(file.path)} has no secret ${printable(name)} in AWS.`);
