import { dirname, join } from 'node:path';
import { CancellationError, l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { readRegularFile } from '../../core/system/open-file.ts';
import { codeWith } from '../code/workspace-code.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import {
  allParameters,
  codeParameters,
  completeLine,
  lineOf,
  type Offer,
  type Parameter,
  schemaParameters,
} from '../state/parameters.ts';
import type { Pipeline } from './pipelines.ts';

/** Largest schema that is read, in bytes. */
const MAX_SCHEMA = 4 << 20;
/** Number of offers that are shown at most. */
const MOST = 200;

interface ArgumentItem extends QuickPickItem {
  /** Undefined for the item that takes the line as it is. */
  readonly offer: Offer | undefined;
}

/**
 * Asks for options and parameters of `nextflow run` in one line, and completes parameters of the pipeline: from its
 * `nextflow_schema.json`, else those that its code names.
 *
 * @returns the words of the line.
 * @throws CancellationError
 */
export async function askArguments(
  pipeline: Pipeline,
  current: readonly string[],
  services: Services,
): Promise<readonly string[]> {
  const pick = window.createQuickPick<ArgumentItem>();
  pick.title = l10n.t('Arguments');
  pick.placeholder = l10n.t(
    'Options and parameters, such as --outdir results; Return on a parameter completes it',
  );
  pick.ignoreFocusOut = true;
  pick.value = lineOf(current);
  let parameters: readonly Parameter[] = [];
  const refresh = (): void => {
    pick.items = itemsFor(pick.value, parameters);
  };
  refresh();
  pick.busy = true;
  const reading = parametersOf(pipeline, services).then((found) => {
    parameters = found;
    pick.busy = false;
    refresh();
  });
  const answer = new Promise<readonly string[]>((resolve, reject) => {
    pick.onDidChangeValue(refresh);
    pick.onDidAccept(() => {
      const offer = pick.selectedItems[0]?.offer;
      if (offer !== undefined) {
        pick.value = offer.line;
        refresh();
        return;
      }
      const { words } = completeLine(pick.value, []);
      if (words === undefined) return;
      resolve(words);
      pick.hide();
    });
    pick.onDidHide(() => {
      reject(new CancellationError());
      pick.dispose();
    });
    pick.show();
  });
  const [words] = await Promise.all([answer, reading.catch(() => undefined)]);
  return words;
}

/** The line as it is and what completes it: first what the person most probably means. */
function itemsFor(line: string, parameters: readonly Parameter[]): ArgumentItem[] {
  const { words, offers, isBegun } = completeLine(line, parameters);
  const whole: ArgumentItem = {
    label: wholeLabel(words),
    iconPath: new ThemeIcon(words === undefined ? 'warning' : 'check'),
    alwaysShow: true,
    offer: undefined,
  };
  const shown = offers.slice(0, MOST).map((offer): ArgumentItem => ({
    label: withoutLinks(printable(offer.text)),
    description: [
      offer.isRequired ? l10n.t('required') : '',
      withoutLinks(printable(offer.description ?? '')),
    ]
      .filter((part) => part !== '')
      .join(' · '),
    iconPath: new ThemeIcon('symbol-parameter'),
    alwaysShow: true,
    offer,
  }));
  return isBegun ? [...shown, whole] : [whole, ...shown];
}

function wholeLabel(words: readonly string[] | undefined): string {
  if (words === undefined) return l10n.t('A quote is not closed');
  if (words.length === 0) return l10n.t('No arguments');
  return l10n.t('Use {0}', withoutLinks(words.map(printable).join(' ')));
}

/** None for a remote pipeline: its code is elsewhere. */
async function parametersOf(
  { word, folder, isRemote }: Pipeline,
  { references }: Services,
): Promise<readonly Parameter[]> {
  if (isRemote) return [];
  const path = join(folder.uri.fsPath, word);
  const directory = path.endsWith('.nf') ? dirname(path) : path;
  const schema = await readRegularFile(join(directory, 'nextflow_schema.json'), { limit: MAX_SCHEMA }).then(
    (bytes) => schemaParameters(bytes.toString('utf8')),
    () => [],
  );
  const code = await codeWith('params', references, folder.uri.toString());
  return allParameters(
    schema,
    code.flatMap((file) => codeParameters(file.code.text)),
  );
}
