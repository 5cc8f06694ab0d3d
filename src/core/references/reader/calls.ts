import { COMMAND, FILE, MAIL, PARAMS, PRINT, type Sink } from './scope.ts';

/** Calls that pass on what they are given. */
const SINKS: ReadonlyMap<string, Sink> = new Map([
  ...['println', 'print', 'printf', 'error', 'exit', 'view', 'dump', 'tag'].map(
    (name) => [name, PRINT] as const,
  ),
  ...['params', 'addParams'].map((name) => [name, PARAMS] as const),
  ...['collectFile', 'setText', 'writeLine'].map((name) => [name, FILE] as const),
  ['sendMail', MAIL],
]);
const LOG_LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error']);
/** Calls on a file that write what they are given. */
const WRITERS = new Set(['write', 'append', 'leftShift', 'withWriter', 'withPrintWriter']);
/** What a file starts with. */
const FILES = new Set(['file', 'new', 'path']);

/** Calls that pass on what they are called on. */
const CHAIN_SINKS: ReadonlyMap<string, Sink> = new Map([
  ['view', PRINT],
  ['dump', PRINT],
  ['collectFile', FILE],
  ['execute', COMMAND],
]);

/** Calls whose result has what they are given, be it in a list, a text or a channel. */
export const HANDS_ON: ReadonlySet<string> = new Set(
  (
    'of value from just fromList bind map flatMap mix combine concat join merge cross plus collect collectEntries each ' +
    'tap set with filter ifEmpty inject branch multiMap groupTuple multiply format valueOf push leftShift file files tuple ' +
    'groupKey findAll withIndex'
  ).split(' '),
);

/** Calls that keep what they are given in what they are called on. */
export const STORES: ReadonlySet<string> = new Set(
  'put add append push addAll putAll leftShift setProperty'.split(' '),
);

/** What tells something about a value, and does not have it. */
export const LOOKS_AT: ReadonlySet<string> = new Set(
  (
    'size length isEmpty isBlank empty class getClass containsKey contains startsWith endsWith equals equalsIgnoreCase ' +
    'matches compareTo toBoolean asBoolean count indexOf isNumber isInteger keySet exists'
  ).split(' '),
);

/** Where a call puts its arguments. @param before - the two words before it, `log.` of `log.info`; and its first word. */
export function callSink(name: string, isOfLog: boolean, first: string): Sink | undefined {
  if (isOfLog && LOG_LEVELS.has(name)) return PRINT;
  return SINKS.get(name) ?? (WRITERS.has(name) && FILES.has(first) ? FILE : undefined);
}

/** Where a call puts what it is called on. */
export const chainSink = (name: string): Sink | undefined => CHAIN_SINKS.get(name);

/** Where `a << b` puts `b`, if `a` starts with this word. */
export function shiftSink(first: string): Sink | undefined {
  if (first === 'System') return PRINT;
  return FILES.has(first) ? FILE : undefined;
}
