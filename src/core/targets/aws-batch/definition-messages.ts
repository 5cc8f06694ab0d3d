import { detail, type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { LeaseItem } from '../lease-item.ts';
import { type AwsItem, type AwsJobDefinition, jobDefinitions } from './items.ts';

/** Most definitions in a message. */
const SHOWN = 50;

/** The processes of a definition: `process ALIGN with image example.org/align:1`; undefined if the ledger has none. */
function definitionUse({ processes = [], image }: AwsJobDefinition): Phrase | undefined {
  if (processes.length === 0 || image === undefined) return undefined;
  const [first = ''] = processes;
  return processes.length === 1
    ? phrase`process ${printable(first)} with image ${printable(image)}`
    : phrase`processes ${printable(processes.join(', '))} with image ${printable(image)}`;
}

/** @returns undefined for all items but job definitions that have their processes in the ledger. */
export function definitionNote(item: AwsItem): Phrase | undefined {
  const use = item.kind === 'aws-job-definition' ? definitionUse(item) : undefined;
  return use && phrase`job definition ${printable(item.name)} is that of ${use}`;
}

/** The processes of each job definition, for `runs --json`. */
export function definitionFacts(items: readonly LeaseItem[]): { readonly definitions?: object[] } {
  const definitions = jobDefinitions(items).map(({ name, processes = [], image = null }) => ({
    name,
    processes,
    image,
  }));
  return definitions.length > 0 ? { definitions } : {};
}

/** Lines to print after a failure: Nextflow's error reports, logs and traces name a definition instead of its image. */
export function definitionLines(items: readonly LeaseItem[]): Phrase[] {
  const lines = jobDefinitions(items).flatMap((item) => {
    const use = definitionUse(item);
    return use === undefined ? [] : [detail(phrase`${printable(item.name)} is that of ${use}`)];
  });
  if (lines.length === 0) return [];
  return [
    phrase`Nextflow's error reports and logs name a job definition of the run where they name the container otherwise:`,
    ...lines.slice(0, SHOWN),
    ...(lines.length > SHOWN ? [detail(phrase`and ${lines.length - SHOWN} more`)] : []),
  ];
}
