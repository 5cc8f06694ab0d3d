import { assignedName, deliver, type Delivered, isHazardous } from '../nextflow/delivery.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import type { ResolvedSecret } from '../secrets/resolve.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { traitsOf } from '../secrets/scope.ts';
import { phrase } from '../system/phrase.ts';

/** A secret with the text that is stored for it. */
export interface LeasedSecret extends ResolvedSecret, Delivered {}

/**
 * Chooses how each value is delivered, by its uses. Values of the person's own Nextflow store go as they are, as
 * Nextflow itself would send them.
 *
 * @param others - names that the run's store has beside these.
 * @throws HumanError 65 if a value cannot be delivered to all its uses.
 */
export function planDelivery(
  secrets: readonly ResolvedSecret[],
  code?: Pick<PipelineCode, 'references' | 'dynamic'>,
  others: readonly string[] = [],
): LeasedSecret[] {
  const names = new Set([...secrets.map(({ name }) => name), ...others]);
  const references = code?.references ?? [];
  const asked = new Set(references.flatMap(({ name, kind }) => (kind === 'directive' ? [name] : [])));
  // A test alone gives the same result with an encoded value.
  const read = new Map(
    references.flatMap((use) => (use.kind === 'property' && !use.tested ? [[use.name, use] as const] : [])),
  );
  // If a name is computed, the code may ask for any.
  const askable = code === undefined || code.dynamic.length > 0 ? names : asked;
  return secrets.map((secret): LeasedSecret => {
    const { name, value, from } = secret;
    const plain = { ...secret, delivery: 'plain' as const, stored: value };
    if (traitsOf(from).isSentAsItIs) return plain;
    value.assertDeliverable(name);
    const reader = read.get(name);
    if (reader === undefined) return { ...secret, ...deliver(name, value, names) };
    const location = `${printable(reader.file)}:${reader.line}`;
    if (asked.has(name) && isHazardous(name, value, names)) {
      throw new HumanError(
        ExitCode.data,
        phrase`The value of ${printable(name)} cannot be delivered: it has characters that have to be
          encoded for the directive secret '${printable(name)}', but ${location} reads
          secrets.${printable(name)}, which would be the encoded text.`,
        phrase`Use it in one of the two ways only, or set it to a value of plain letters, digits and signs.`,
      );
    }
    const other = assignedName(name, value, askable);
    if (other !== undefined) {
      throw new HumanError(
        ExitCode.data,
        phrase`The value of ${printable(name)} cannot be delivered: it has "${printable(other)}=" in it, so
          tasks that ask for ${printable(other)} would get a part of it, and it cannot be encoded, because
          ${location} reads secrets.${printable(name)}.`,
        phrase`Use ${printable(name)} by the directive secret '${printable(name)}' only, or change its
          value.`,
      );
    }
    return plain;
  });
}
