import { l10n, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode';
import { formatOf, type ImportFormat, type ImportPlan } from '../../core/secrets/exchange.ts';
import { ExitCode, fileError, HumanError } from '../../core/system/human-error.ts';
import {
  type Given,
  importFromNextflow,
  MAX_IMPORT_BYTES,
  parseImport,
} from '../../core/stores/import-secrets.ts';
import { printable } from '../../core/system/printable.ts';
import { readRegularFile, UnfitFile } from '../../core/system/open-file.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { askVault, vaultChoices } from './create-secret.ts';
import { vaultOrMissing } from './secret-argument.ts';
import { acceptStore, changingStore, openStore } from '../store-access.ts';

/** Imports secrets from a file or from Nextflow's own store, after a preview in which each can be left out. */
export async function importSecrets(args: readonly unknown[], services: Services): Promise<void> {
  await services.secrets.refresh();
  const title = l10n.t('Import Secrets');
  const given = await askSource(title, services);
  if (given === undefined) return;
  const choice = vaultChoices(services);
  const [first, second] = choice;
  const from = vaultOrMissing(args);
  const vault =
    from?.kind === 'vault'
      ? from
      : second === undefined
        ? first
        : await askVault(alone(title), choice, undefined, undefined);
  if (vault === undefined) return;
  const access = await openStore(vault.scope, vault.workspace, services);
  await acceptStore(access);
  const agreed = await access.store.list({ asked: [...given.keys()] });
  const plan = await access.store.previewImport(given, 'overwrite');
  access.tell();
  const names = await askWhich(title, plan);
  const chosen: Given = new Map([...given].filter(([name]) => names.includes(name)));
  if (chosen.size === 0) return;
  await changingStore(services, access, () => access.store.importAll(chosen, 'overwrite', agreed));
  window.setStatusBarMessage(`$(key) ${l10n.t('{0} secrets were imported.', chosen.size)}`, 5_000);
}

async function askSource(title: string, services: Services): Promise<Given | undefined> {
  const file = { label: l10n.t('File…'), detail: l10n.t('.env or JSON'), iconPath: new ThemeIcon('file') };
  const store = {
    label: l10n.t("Nextflow's own store"),
    detail: l10n.t('What was set by nextflow secrets set'),
    iconPath: new ThemeIcon('lock'),
  };
  const source = await askPick<QuickPickItem>(alone(title), {
    placeholder: l10n.t('Where are they now?'),
    items: [file, store],
  });
  if (source === store) {
    const given = await importFromNextflow(services.openWorld(undefined));
    if (given.size > 0) return given;
    throw new HumanError(ExitCode.missing, l10n.t("Nextflow's own store has no secrets."));
  }
  const [uri] = (await window.showOpenDialog({ title, openLabel: l10n.t('Import') })) ?? [];
  if (uri === undefined) return undefined;
  const path = uri.fsPath;
  return parseImport(await readSource(path), formatOf(path) ?? (await askFormat(title, path)), path);
}

async function readSource(path: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(path, { limit: MAX_IMPORT_BYTES });
  } catch (error) {
    if (error instanceof UnfitFile && error.reason === 'size') {
      throw new HumanError(
        ExitCode.data,
        l10n.t('{0} has more than {1} bytes.', printable(path), MAX_IMPORT_BYTES),
      );
    }
    throw fileError(error, 'read', path, false);
  }
}

async function askFormat(title: string, path: string): Promise<ImportFormat> {
  const items: (QuickPickItem & { readonly format: ImportFormat })[] = [
    { label: '.env', detail: 'NAME=VALUE', format: 'env' },
    { label: 'JSON', detail: '{"NAME": "VALUE"}', format: 'json' },
    { label: 'Nextflow', detail: '[{"name": "NAME", "value": "VALUE"}]', format: 'nextflow' },
  ];
  return (
    await askPick(alone(title), {
      placeholder: l10n.t('The name {0} does not tell what format it has.', printable(path)),
      items,
    })
  ).format;
}

/** Shows the preview: new names are chosen already, those that would replace a value are not. */
async function askWhich(title: string, plan: ImportPlan): Promise<string[]> {
  const group = (label: string, names: readonly string[], picked: boolean): QuickPickItem[] =>
    names.length === 0
      ? []
      : [
          { label, kind: QuickPickItemKind.Separator },
          ...names.map((name) => ({
            label: name,
            picked,
            description: picked ? '' : l10n.t('has another value now, which would be lost'),
          })),
        ];
  const items = [
    ...group(l10n.t('New'), plan.created, true),
    ...group(l10n.t('Replaced'), plan.changed, false),
  ];
  if (items.length === 0) {
    throw new HumanError(
      ExitCode.usage,
      plan.same.length > 0
        ? l10n.t('All of them have these values already; there is nothing to import.')
        : l10n.t('There is nothing to import.'),
    );
  }
  const passed = [
    ...(plan.same.length > 0 ? [l10n.t('{0} are the same already', plan.same.length)] : []),
    ...(plan.empty.length > 0 ? [l10n.t('{0} are empty', plan.empty.length)] : []),
  ];
  const placeHolder = [l10n.t('Which ones are to be imported?'), ...passed].join(' · ');
  const chosen = await window.showQuickPick(items, {
    title,
    placeHolder,
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ label }) => label) ?? [];
}
