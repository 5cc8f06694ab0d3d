import { isKindOf, TokenKind as T, type Tokens } from '../tokens.ts';
import type { Reading } from '../reading/reading.ts';
import { callSink, chainSink, HANDS_ON, STORES } from './calls.ts';

const ENDS_PARAMETER = isKindOf(T.comma, T.assign, T.end, T.closeParen, T.arrow, T.newLine, T.colon);

/** Reads the arguments of a call. Its name is the token before the next one. It gives no names of secrets. */
export function inCall(reading: Reading, from: number, read: () => void): void {
  // Without `scoped`, because there are many calls.
  const { cursor, tokens, scope, flow, call } = reading;
  const { names, sink } = scope;
  const word = cursor.at - 1;
  const isNamed = word >= from && tokens.kind(word) === T.word;
  const name = isNamed ? tokens.source(word) : '';
  beforeCall(reading, name);
  const { receiver } = call;
  const parts: number[] = [];
  call.receiver = { since: call.chain, until: flow.mark() };
  call.parts = parts;
  scope.names = undefined;
  const isOfLog = word - 2 >= from && tokens.is(word - 2, 'log');
  scope.sink = callSink(name, isOfLog, tokens.source(from)) ?? sink;
  read();
  scope.names = names;
  scope.sink = sink;
  call.parts = undefined;
  const { until } = call.receiver;
  call.receiver = receiver;
  if (isNamed) afterCall(reading, { word, from, since: until, parts });
}

/** Notes `.view()`, which shows the value it is called on, and `.set { x }`. */
function beforeCall({ cursor, tokens, flow, call }: Reading, name: string): void {
  const isBlock = cursor.kind() === T.openBrace;
  const hasClosure = isBlock || (cursor.kind() === T.openParen && cursor.kind(cursor.at + 1) === T.openBrace);
  const shown = hasClosure ? undefined : chainSink(name);
  if (shown !== undefined) flow.shown(call.chain, shown);
  const isSet = (name === 'set' || name === 'tap') && isBlock && cursor.kind(cursor.at + 1) === T.word;
  if (isSet) flow.assign(tokens.source(cursor.at + 1), undefined, call.chain);
}

interface Called {
  readonly word: number;
  readonly from: number;
  readonly since: number;
  readonly parts: readonly number[];
}

function afterCall({ cursor, tokens, flow, scope }: Reading, { word, from, since, parts }: Called): void {
  const name = tokens.source(word);
  const isMember = word > from;
  if (isMember && STORES.has(name) && tokens.kind(from) === T.word) {
    flow.assign(tokens.source(from), undefined, since);
  }
  if (!isMember) flow.call(name, parts);
  if (!HANDS_ON.has(name)) flow.forget(since);
  if (!isMember) flow.result(name, cursor.range(word), scope.sink);
}

/** The list for the marks of the arguments, if the list that is read belongs to a call. Works only once. */
export function partsOfCall({ call }: Reading): number[] | undefined {
  const { parts } = call;
  call.parts = undefined;
  return parts;
}

/** Reads a closure. It gets the value that the call around it is made on. @param arrow - after its parameters. */
export function closureOf(
  { tokens, flow, call }: Reading,
  open: number,
  arrow: number | undefined,
  read: () => void,
): void {
  const { closureName: name, receiver } = call;
  call.closureName = undefined;
  call.parts = undefined;
  const names = arrow === undefined ? ['it'] : namesBetween(tokens, open, arrow);
  flow.scoped(() => {
    if (name === undefined) flow.parameters(names, receiver.since, receiver.until);
    else
      flow.definition(
        name,
        names.map((one) => [one]),
      );
    call.receiver = { since: 0, until: 0 };
    read();
    call.receiver = receiver;
  });
}

/** Reads a function. It returns the values of its last statement. */
export function inFunction(
  reading: Reading,
  name: string,
  parameters: readonly string[],
  read: () => void,
): void {
  const { flow, call } = reading;
  const outer = call.function;
  const mark = flow.mark();
  call.function = name;
  flow.scoped(() => {
    flow.definition(
      name,
      parameters.map((one) => [one]),
    );
    read();
  });
  noteReturned(reading, mark);
  flow.forget(mark);
  call.function = outer;
}

export function noteReturned({ flow, call }: Reading, since: number): void {
  if (call.function !== undefined) flow.returned(call.function, since);
}

/** The names in a list of parameters: the words right before a comma, a default or the end. */
export function namesBetween(tokens: Tokens, open: number, close: number): string[] {
  const names: string[] = [];
  for (let index = open + 1; index < close; index++) {
    const partner = tokens.partner(index);
    const next = index + 1 < close ? tokens.kind(index + 1) : T.end;
    if (partner > index && tokens.kind(index) !== T.openParen) index = partner;
    else if (tokens.kind(index) === T.word && ENDS_PARAMETER(next)) names.push(tokens.source(index));
  }
  return names;
}
