import { commands, l10n, type QuickPickItem, ThemeIcon, Uri, window } from 'vscode';
import { defaultPrefix } from '../../core/stores/aws/default-prefix.ts';
import type { MadeStore, StoreOwner } from '../../core/stores/aws/init.ts';
import { isPrefix, isRegion, PREFIX_FORM, REGION_FORM } from '../../core/stores/workspace-file.ts';
import { assertNoVault } from '../../core/stores/no-vault.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import type { World } from '../../core/system/world.ts';
import { commandId } from '../command-id.ts';
import { phraseText } from '../phrase-text.ts';
import { withoutLinks } from '../plain-text.ts';
import { serviceWorld } from '../service-world.ts';
import type { Services } from '../services.ts';
import type { FolderWorkspace } from '../state/secret-nodes.ts';
import { alone, askInSteps, askPick, askText } from '../steps.ts';
import { tellingWorld } from '../telling-world.ts';

/** The answers of the person. */
interface Choice {
  readonly prefix: string;
  /** Undefined for the one of the AWS configuration. */
  readonly region: string | undefined;
}

/** Chooses AWS Secrets Manager as the store of a workspace, after questions and a look whose account it would be. */
export async function initAwsWorkspace(services: Services): Promise<void> {
  const title = l10n.t("Put the Workspace's Secrets in AWS");
  await services.secrets.refresh();
  const workspace = await askWorkspace(title, services);
  await assertNoVault(workspace.directory);
  const folder = Uri.parse(workspace.folder);
  const { world, tell } = tellingWorld(serviceWorld(services.openWorld(folder), folder));
  const choice = await askChoice(title, await defaultPrefix(workspace.directory, world), world);
  const { initAwsStore, ownerOfStore } = await import('../../core/stores/aws/init.ts');
  const store = { workspace: workspace.directory, ...choice };
  const progress = { location: { viewId: 'nextflowSecrets.secrets' } };
  const owner = await window.withProgress(progress, () => ownerOfStore(store, world));
  if (!(await confirm(workspace, choice, owner))) return;
  const { account, region } = owner;
  const made = await window.withProgress(progress, () => initAwsStore({ ...store, account, region }, world));
  await services.secrets.ask();
  tell();
  // Not awaited: the command is done, and a person may answer much later.
  void showMade(made);
}

async function askWorkspace(title: string, { secrets }: Services): Promise<FolderWorkspace> {
  const all = secrets.snapshot.folders.flatMap(({ of }) => of ?? []);
  const [only, ...others] = all;
  if (only === undefined)
    throw new HumanError(ExitCode.missing, l10n.t('This window has no folder with a workspace.'));
  if (others.length === 0) return only;
  const items = all.map((workspace): QuickPickItem & { readonly workspace: FolderWorkspace } => ({
    label: withoutLinks(printable(workspace.title)),
    description: withoutLinks(printable(workspace.directory)),
    iconPath: new ThemeIcon('root-folder'),
    workspace,
  }));
  return (await askPick(alone(title), { placeholder: l10n.t('Which workspace?'), items })).workspace;
}

/** Asks for region and prefix. @throws CancellationError */
async function askChoice(title: string, prefix: string, { env }: World): Promise<Choice> {
  let region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || '';
  let chosen = prefix;
  await askInSteps(title, [
    async (frame) => {
      region = await askText(frame, {
        prompt: l10n.t('The AWS region of the secrets; empty for that of your AWS configuration'),
        placeholder: 'eu-west-1',
        value: region,
        validate: (text) =>
          text === '' || isRegion(text) ? undefined : l10n.t('Expected {0}.', phraseText(REGION_FORM)),
      });
      return undefined;
    },
    async (frame) => {
      chosen = await askText(frame, {
        prompt: l10n.t('The beginning of their names in AWS. Policies of IAM can name it.'),
        placeholder: prefix,
        value: chosen,
        validate: (text) => (isPrefix(text) ? undefined : l10n.t('Expected {0}.', phraseText(PREFIX_FORM))),
      });
      return undefined;
    },
  ]);
  return { prefix: chosen, region: region === '' ? undefined : region };
}

async function confirm(
  { title, directory }: FolderWorkspace,
  { prefix }: Choice,
  { account, region, caller }: StoreOwner,
): Promise<boolean> {
  const yes = l10n.t('Put Them in AWS');
  const question = l10n.t(
    'Keep the secrets of {0} in AWS account {1}?',
    withoutLinks(printable(title)),
    printable(account),
  );
  const detail = [
    l10n.t('Region {0}, names {1}', printable(region), `${prefix}/NAME`),
    l10n.t('Your credentials: {0}', printable(caller)),
    l10n.t(
      'This writes .nf-secrets/workspace.json in {0}, which has no values, and makes nothing in AWS.',
      printable(directory),
    ),
  ].join('\n');
  return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}

async function showMade({ file, isNew, there }: MadeStore): Promise<void> {
  const create = l10n.t('Create Secret…');
  const open = l10n.t('Open File');
  const facts = [
    isNew
      ? l10n.t('The secrets of this workspace are in AWS now. Commit .nf-secrets.')
      : l10n.t('The secrets of this workspace are there already.'),
    ...(there === undefined || there === 0
      ? []
      : [l10n.t('AWS has {0} secrets under this prefix already.', there)]),
  ];
  const chosen = await window.showInformationMessage(facts.join(' '), create, open);
  if (chosen === create) await commands.executeCommand(commandId('createSecret'));
  if (chosen === open) await commands.executeCommand('vscode.open', Uri.file(file.path));
}
