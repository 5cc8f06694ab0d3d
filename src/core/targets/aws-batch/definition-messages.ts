import type { AwsJobDefinition } from './items.ts';
import type { LeaseItem } from '../lease-entry.ts';
import { printable } from '../../system/printable.ts';

/** How many a person is told of. */
const SHOWN = 50;

/** Whose definition it is: `process ALIGN with image example.org/align:1`; undefined if the ledger does not say. */
export function definitionUse({ processes = [], image }: AwsJobDefinition): string | undefined {
  if (processes.length === 0 || image === undefined) return undefined;
  const [first = ''] = processes;
  const whose = processes.length === 1 ? `process ${first}` : `processes ${processes.join(', ')}`;
  return `${printable(whose)} with image ${printable(image)}`;
}

/** After a failure: Nextflow's error reports, logs and traces name the definition where they name the image otherwise. */
export function definitionLines(items: readonly LeaseItem[]): string[] {
  const lines = items.flatMap((item) => {
    if (item.kind !== 'aws-job-definition') return [];
    const use = definitionUse(item);
    return use === undefined ? [] : [`  ${printable(item.name)} is that of ${use}`];
  });
  if (lines.length === 0) return [];
  return [
    "Nextflow's error reports and logs name a job definition of the run where they name the container otherwise:",
    ...lines.slice(0, SHOWN),
    ...(lines.length > SHOWN ? [`  and ${lines.length - SHOWN} more`] : []),
  ];
}
