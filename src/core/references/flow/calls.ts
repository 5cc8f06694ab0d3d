import { COMMAND, FILE, MAIL, PARAMS, PRINT, type Sink } from '../reading/sinks.ts';

/** Calls that send their arguments to a wrong destination. */
const SINKS: ReadonlyMap<string, Sink> = new Map([
  ...['println', 'print', 'printf', 'error', 'exit', 'view', 'dump', 'tag'].map(
    (name) => [name, PRINT] as const,
  ),
  ...['params', 'addParams'].map((name) => [name, PARAMS] as const),
  ...['collectFile', 'setText', 'writeLine'].map((name) => [name, FILE] as const),
  ['sendMail', MAIL],
]);
const LOG_LEVELS = new Set(['trace', 'debug', 'info', 'warn', 'error']);
/** Calls on a file that write their arguments. */
const WRITERS = new Set(['write', 'append', 'leftShift', 'withWriter', 'withPrintWriter']);
/** Words that an expression for a file starts with. */
const FILES = new Set(['file', 'new', 'path']);

/** Calls that send the value they are called on to a wrong destination. */
const CHAIN_SINKS: ReadonlyMap<string, Sink> = new Map([
  ['view', PRINT],
  ['dump', PRINT],
  ['collectFile', FILE],
  ['execute', COMMAND],
]);

/** Calls that return their arguments: alone, or inside a list, a text or a channel. */
export const HANDS_ON: ReadonlySet<string> = new Set(
  (
    'of value from just fromList bind map flatMap mix combine concat join merge cross plus collect collectEntries each ' +
    'tap set with filter ifEmpty inject branch multiMap groupTuple multiply format valueOf push leftShift file files tuple ' +
    'groupKey findAll withIndex'
  ).split(' '),
);

/** Calls that store their arguments in the value they are called on. */
export const STORES: ReadonlySet<string> = new Set(
  'put add append push addAll putAll leftShift setProperty'.split(' '),
);

/** Members that tell something about a value, and do not return it. */
export const LOOKS_AT: ReadonlySet<string> = new Set(
  (
    'size length isEmpty isBlank empty class getClass containsKey contains startsWith endsWith equals equalsIgnoreCase ' +
    'matches compareTo toBoolean asBoolean count indexOf isNumber isInteger keySet exists'
  ).split(' '),
);

/**
 * The wrong destination of the arguments of a call, if there is one.
 *
 * @param isOfLog - true if `log.` is before the name, as in `log.info`.
 * @param first - the first word of the expression.
 */
export function callSink(name: string, isOfLog: boolean, first: string): Sink | undefined {
  if (isOfLog && LOG_LEVELS.has(name)) return PRINT;
  return SINKS.get(name) ?? (WRITERS.has(name) && FILES.has(first) ? FILE : undefined);
}

/** The wrong destination of the value that a call is made on, if there is one. */
export const chainSink = (name: string): Sink | undefined => CHAIN_SINKS.get(name);

/** The wrong destination of `b` in `a << b`, if `a` starts with this word. */
export function shiftSink(first: string): Sink | undefined {
  if (first === 'System') return PRINT;
  return FILES.has(first) ? FILE : undefined;
}
