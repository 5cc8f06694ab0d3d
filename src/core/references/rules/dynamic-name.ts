import type { NameCandidate } from '../reading/scope.ts';
import type { Reading } from '../reading/reading.ts';

/** Number of characters that are shown of the code of a dynamic name. */
const MAX_SHOWN = 80;

/** Notes a use of a secret whose name the code between two offsets computes. */
export function addDynamic(reading: Reading, start: number, end: number): void {
  const { tokens, found, scope, profile } = reading;
  const source = tokens.text.slice(start, Math.min(end, start + MAX_SHOWN));
  const text = (source.split(/[\r\n]/, 1)[0] ?? '').trim();
  const range = { offset: start, endOffset: start + text.length };
  found.dynamic.push({ text, process: scope.process, profile, ...range });
  reading.diagnose('dynamic-name', { name: null, ...range });
}

/** A name in a directive that the code between two tokens computes. Only the running pipeline knows it. */
export function computedName({ tokens, guards, scope }: Reading, first: number, last: number): NameCandidate {
  return {
    token: -1,
    start: tokens.start(first),
    end: tokens.end(last),
    guards: guards.nearest(),
    isListed: false,
    isText: false,
    isInClosure: scope.isClosure,
  };
}
