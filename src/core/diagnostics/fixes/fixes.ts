import { nearMiss } from '../../system/near-miss.ts';
import type { Diagnostic } from '../diagnostics.ts';
import type { DiagnosticCode } from '../rules/registry.ts';
import type { SourceReference } from '../../references/scan.ts';
import { TokenKind as T } from '../../references/tokens.ts';
import type { VaultScope } from '../../secrets/scope.ts';
import { repairedName, secretNameProblem } from '../../secrets/secret-name.ts';
import { readFromEnvironment } from './in-script.ts';
import { literalAt } from './literal.ts';
import { optionalSecret, processBodyAt, secretDirectives } from './process-body.ts';
import { processesWith, renameVariable, tolerateUnset } from './shell-variables.ts';
import { beforeNewLines, referencesAt, referencesTo, type SourceCode } from './source-code.ts';
import type { TextEdit } from './text-edit.ts';

/** The name of a secret that is not chosen yet. */
const ANY_NAME = 'NEW_SECRET';

/** A fix for a diagnostic. */
export type Fix =
  /** Asks for the secret's value; the code does not change. */
  | { readonly kind: 'create'; readonly name: string; readonly scope: VaultScope }
  /** Moves the value at these offsets into a vault; see `literal.ts` for the code that replaces it. */
  | { readonly kind: 'vault'; readonly offset: number; readonly endOffset: number }
  | CodeFix;

/** A change of the code alone. */
export interface CodeFix {
  /**
   * `name`: another name, which is set. `list`: a list instead of a text. `environment`: the directive and the
   * shell's variable instead of an interpolation. `optional`: the directive asks for it only if it is set.
   */
  readonly kind: 'name' | 'list' | 'environment' | 'optional';
  /** The secret that the code has afterwards. */
  readonly name: string;
  readonly edits: readonly TextEdit[];
  /** True if nearly everybody wants this fix. */
  readonly isPreferred: boolean;
}

type Found = Pick<Diagnostic, 'code' | 'offset' | 'endOffset'>;
type FixesFor = (code: SourceCode, found: Found, names: ReadonlySet<string>) => Fix[];

/**
 * Fixes by the code of the diagnostic. Values in parameters are read in other files too: their fixes are in
 * `in-params.ts`.
 */
const FIXES: Readonly<Partial<Record<DiagnosticCode, FixesFor>>> = {
  'not-set': (code, { offset }, names) => {
    const [reference] = referencesAt(code, offset);
    return reference === undefined ? [] : whenNotSet(code, reference, names);
  },
  'invalid-name': (code, { offset }, names) => {
    const [reference] = referencesAt(code, offset);
    return reference === undefined ? [] : whenInvalid(code, reference, names);
  },
  'config-string': (code, { offset }) => asList(code, offset),
  'directive-string': (code, { offset }) => asListOfEachTask(code, offset),
  'in-script': (code, { offset }) => {
    const property = referencesAt(code, offset).find(({ kind }) => kind === 'property');
    const edits = property === undefined ? undefined : readFromEnvironment(code, property);
    if (property === undefined || edits === undefined) return [];
    return [{ kind: 'environment', name: property.name, edits, isPreferred: true }];
  },
  'literal-secret': (code, { offset, endOffset }) => {
    const canChange = literalAt(code, offset, endOffset)?.edits(ANY_NAME) !== undefined;
    return canChange ? [{ kind: 'vault', offset, endOffset }] : [];
  },
};

/**
 * Finds the fixes of a diagnostic, the likeliest first. Offers no fix that would be wrong.
 *
 * @param code - the text that the diagnostic is about.
 * @param names - the secrets that are set; undefined if that is not known.
 */
export const fixesFor = (code: SourceCode, found: Found, names: ReadonlySet<string> = new Set()): Fix[] =>
  FIXES[found.code]?.(code, found, names) ?? [];

function whenNotSet(code: SourceCode, reference: SourceReference, names: ReadonlySet<string>): Fix[] {
  const { name } = reference;
  const fixes: Fix[] = [];
  const near = nearMiss(name, names);
  if (near !== undefined) fixes.push(...withName(code, reference, near, true));
  if (secretNameProblem(name) === undefined) {
    fixes.push({ kind: 'create', name, scope: 'workspace' }, { kind: 'create', name, scope: 'user' });
  }
  fixes.push(...asOptional(code, reference));
  return fixes;
}

function whenInvalid(code: SourceCode, reference: SourceReference, names: ReadonlySet<string>): Fix[] {
  const near = nearMiss(reference.name, names) ?? repairedName(reference.name);
  return near === undefined ? [] : withName(code, reference, near, true);
}

/** Gives the reference another name, and with it the variable that the process reads from its environment. */
function withName(
  code: SourceCode,
  reference: SourceReference,
  name: string,
  isPreferred: boolean,
): CodeFix[] {
  return [{ kind: 'name', name, edits: renameReference(code, reference, name), isPreferred }];
}

function renameReference(code: SourceCode, reference: SourceReference, to: string): TextEdit[] {
  const { offset, endOffset, name } = reference;
  const edits: TextEdit[] = [{ offset, endOffset, text: to }];
  if (reference.kind === 'property') return edits;
  const body = processBodyAt(code, offset);
  const others = referencesTo(code, name).some(
    (other) =>
      other !== reference &&
      other.kind === 'directive' &&
      processBodyAt(code, other.offset)?.open === body?.open,
  );
  // If the process asks for it twice, its script may mean the other one.
  if (body !== undefined && !others) edits.push(...renameVariable(code, body, name, to));
  return edits;
}

/** Changes `secret 'X'` to `secret { secrets.X ? ['X'] : [] }`, and the scripts so that they work without it. */
function asOptional(code: SourceCode, reference: SourceReference): CodeFix[] {
  const { tokens } = code;
  const { name, kind, offset } = reference;
  const token = tokens.lastFrom(offset);
  const body = processBodyAt(code, offset);
  if (kind !== 'directive' || body === undefined || secretNameProblem(name) !== undefined) return [];
  if (tokens.kind(token) !== T.string || !isOnlyArgument(code, token)) return [];
  const asked = referencesTo(code, name).filter(
    (other) => processBodyAt(code, other.offset)?.open === body.open,
  );
  const edits = asked.length > 1 ? undefined : tolerateUnset(code, body, name);
  if (edits === undefined) return [];
  const optional = optionalSecret(code, name, secretDirectives(code, body).length - 1);
  if (optional === undefined) return [];
  const directive = { offset: tokens.start(token), endOffset: tokens.end(token), text: optional };
  return [{ kind: 'optional', name, edits: [directive, ...edits], isPreferred: false }];
}

/** Tells whether a text is the only argument of a directive `secret`, with parentheses or without. */
function isOnlyArgument(code: SourceCode, token: number): boolean {
  const { tokens, parents } = code;
  let first = token;
  let last = token;
  const parent = parents[token] ?? -1;
  if (tokens.kind(parent) === T.openParen) {
    if (beforeNewLines(code, token - 1) !== parent) return false;
    let close = token + 1;
    while (tokens.kind(close) === T.newLine) close += 1;
    if (close !== tokens.partner(parent)) return false;
    first = parent;
    last = close;
  }
  const following = tokens.kind(last + 1);
  const ends =
    following === T.newLine || following === T.semicolon || following === T.closeBrace || following === T.end;
  return tokens.is(first - 1, 'secret') && ends;
}

/** Replaces all texts of a directive that each task computes by lists. The directive is a closure afterwards. */
function asListOfEachTask(code: SourceCode, offset: number): CodeFix[] {
  const { tokens, scan } = code;
  const body = processBodyAt(code, offset);
  const [directive, ...others] = body === undefined ? [] : secretDirectives(code, body);
  // The closure would replace other directives.
  if (directive === undefined || others.length > 0) return [];
  const [start, end] = [tokens.start(directive.first), tokens.end(directive.last)];
  const texts = scan.diagnostics
    .filter((one) => one.code === 'directive-string' && one.offset >= start && one.offset < end)
    .map((one) => tokens.lastFrom(one.offset));
  const named = texts.find((token) => tokens.kind(token) === T.string && tokens.constant(token) !== '');
  if (named === undefined || texts.some((token) => tokens.kind(token) !== T.string)) return [];
  const edits = listsFor(code, texts);
  if (tokens.kind(directive.first) !== T.openBrace) {
    edits.unshift({ offset: start, endOffset: start, text: '{ ' });
    edits.push({ offset: end, endOffset: end, text: ' }' });
  }
  return [{ kind: 'list', name: tokens.constant(named), edits, isPreferred: true }];
}

/** Replaces all texts of the setting by lists: each branch of a condition needs the same change. */
function asList(code: SourceCode, offset: number): CodeFix[] {
  const { tokens, scan } = code;
  const setting = scan.secretSettings.find((one) => one.offset <= offset && offset < one.endOffset);
  const texts = scan.diagnostics
    .filter((one) => one.code === 'config-string' && isIn(setting, one))
    .map((one) => tokens.lastFrom(one.offset));
  const named = texts.find((token) => tokens.constant(token) !== '');
  if (named === undefined) return [];
  return [{ kind: 'list', name: tokens.constant(named), edits: listsFor(code, texts), isPreferred: true }];
}

function listsFor({ tokens }: SourceCode, texts: readonly number[]): TextEdit[] {
  return texts.flatMap((token): TextEdit[] => {
    const [start, end] = [tokens.start(token), tokens.end(token)];
    if (tokens.constant(token) === '') return [{ offset: start, endOffset: end, text: '[]' }];
    return [
      { offset: start, endOffset: start, text: '[' },
      { offset: end, endOffset: end, text: ']' },
    ];
  });
}

const isIn = (
  whole: { offset: number; endOffset: number } | undefined,
  { offset }: { offset: number },
): boolean => whole !== undefined && whole.offset <= offset && offset < whole.endOffset;

/** The edits that give a secret another name in one text: in its references, and in the scripts that read it. */
export function renameInCode(code: SourceCode, from: string, to: string): TextEdit[] {
  const edits = new Map<number, TextEdit>();
  for (const { offset, endOffset } of referencesTo(code, from))
    edits.set(offset, { offset, endOffset, text: to });
  for (const body of processesWith(code, from))
    for (const edit of renameVariable(code, body, from, to)) edits.set(edit.offset, edit);
  return [...edits.values()];
}
