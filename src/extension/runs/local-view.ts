import { l10n } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { TargetView } from '../target-view.ts';

/** The target `local` in the extension. */
export const localView: TargetView = {
  target: 'local',
  title: () => l10n.t('this machine, or a scheduler'),
  icon: 'vm',
  item: (_item, label) => ({
    title: l10n.t('Private store'),
    description: printable(label),
    tooltip: l10n.t('Readable by you alone, and removed when the run ends: {0}', printable(label)),
    icon: 'lock',
  }),
};
