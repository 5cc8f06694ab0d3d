import { Phrase, phrase } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import { isRecord } from '../../../system/state-file.ts';
import type { Verdict } from './verdict.ts';

// A part of IAM's evaluation ("Policy evaluation logic" in the IAM User Guide), for users who may not ask IAM to simulate
// it, and for trust documents, which IAM does not simulate. If the text of a policy does not decide by itself, the
// verdict is unknown.

/** A policy of a role. */
export interface NamedPolicy {
  readonly name: string;
  /** Its JSON, parsed. */
  readonly document: unknown;
}

/** The question whether an action on a resource is allowed. */
export interface PermissionRequest {
  /** `secretsmanager:CreateSecret`. */
  readonly action: string;
  /** One ARN, or `*` where the action knows no resources. */
  readonly resource: string;
  /** Values of condition keys, by their names in lower case. Of all others nothing is known. */
  readonly context: Readonly<Record<string, string>>;
}

/** Yes, no, or the unknown thing that it depends on. */
type Answer = boolean | Phrase;

/**
 * Decides a request by the policies of a role and its permissions boundary, if it has one.
 */
export function evaluate(
  policies: readonly NamedPolicy[],
  boundary: NamedPolicy | undefined,
  request: PermissionRequest,
): Verdict {
  const own = verdict(
    policies.map(({ name, document }) => ({
      label: phrase`policy ${printable(name)}`,
      statements: statementsOf(document),
    })),
    (statement) => statementApplies(statement, request),
    phrase`none of its policies allows it`,
  );
  if (own.result === 'denied' || boundary === undefined) return own;
  const label = phrase`its permissions boundary ${printable(boundary.name)}`;
  const bound = verdict(
    [{ label, statements: statementsOf(boundary.document) }],
    (statement) => statementApplies(statement, request),
    phrase`${label} does not allow it`,
  );
  if (bound.result === 'denied') return bound;
  return own.result === 'allowed' && bound.result === 'unknown' ? bound : own;
}

/**
 * Decides by a trust document whether a service may assume the role.
 *
 * @param service - `ecs-tasks.amazonaws.com`.
 */
export function trustOf(document: unknown, service: string, context: PermissionRequest['context']): Verdict {
  const request: PermissionRequest = { action: 'sts:AssumeRole', resource: '*', context };
  return verdict(
    [{ label: phrase`its trust document`, statements: statementsOf(document) }],
    (statement) =>
      both(isNamed(statement, service), statementApplies({ ...statement, Resource: '*' }, request)),
    phrase`its trust document does not let ${service} assume it`,
  );
}

interface Source {
  readonly label: Phrase;
  /** Undefined if it cannot be understood. */
  readonly statements: readonly Record<string, unknown>[] | undefined;
}

/** A denial wins over all, then one statement has to allow it. */
function verdict(
  sources: readonly Source[],
  applies: (statement: Record<string, unknown>) => Answer,
  otherwise: Phrase,
): Verdict {
  let allowedBy: Phrase | undefined;
  let mayAllow: Phrase | undefined;
  let mayDeny: Phrase | undefined;
  for (const { label, statements } of sources) {
    if (statements === undefined) {
      mayDeny ??= phrase`${label} cannot be understood`;
      mayAllow ??= mayDeny;
      continue;
    }
    for (const statement of statements) {
      const answer = applies(statement);
      if (answer === false) continue;
      const isDeny = statement['Effect'] !== 'Allow';
      if (answer === true && isDeny)
        return { result: 'denied', reason: phrase`${label} denies it explicitly`, final: true };
      if (answer === true) allowedBy ??= label;
      else if (isDeny) mayDeny ??= phrase`${label} may deny it: ${answer}`;
      else mayAllow ??= phrase`${label} may allow it: ${answer}`;
    }
  }
  if (allowedBy === undefined && mayAllow === undefined) return { result: 'denied', reason: otherwise };
  const doubt = mayDeny ?? (allowedBy === undefined ? mayAllow : undefined);
  return doubt === undefined
    ? { result: 'allowed', reason: phrase`${allowedBy ?? ''} allows it` }
    : { result: 'unknown', reason: doubt };
}

function isNamed(statement: Record<string, unknown>, service: string): Answer {
  if (statement['NotPrincipal'] !== undefined) return phrase`it has NotPrincipal`;
  const principal = statement['Principal'];
  if (principal === '*') return true;
  if (!isRecord(principal)) return false;
  return texts(principal['Service']).some((one) => one === service || one === '*');
}

function statementsOf(document: unknown): Record<string, unknown>[] | undefined {
  if (!isRecord(document)) return undefined;
  const statement = document['Statement'];
  const all: unknown[] = Array.isArray(statement) ? statement : [statement];
  return all.every(isRecord) ? all : undefined;
}

function statementApplies(
  statement: Record<string, unknown>,
  { action, resource, context }: PermissionRequest,
): Answer {
  const actions = oneOf(statement, 'Action', (one) => matches(one.toLowerCase(), action.toLowerCase()));
  const resources = oneOf(statement, 'Resource', (one) => matches(one, resource));
  return both(both(actions, resources), conditionHolds(statement['Condition'], context));
}

/** `Action` or `NotAction`, `Resource` or `NotResource`. */
function oneOf(statement: Record<string, unknown>, key: string, test: (pattern: string) => Answer): Answer {
  const not = statement[`Not${key}`];
  if (not === undefined) return either(texts(statement[key]).map(test));
  const found = either(texts(not).map(test));
  return found instanceof Phrase ? found : !found;
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? (value as unknown[]) : [value]).filter((one) => typeof one === 'string');

function both(a: Answer, b: Answer): Answer {
  if (a === false || b === false) return false;
  return a === true ? b : a;
}

const either = (answers: readonly Answer[]): Answer =>
  answers.includes(true) || (answers.find((answer) => answer instanceof Phrase) ?? false);

/** Matches a pattern with `*` and `?`. Values of variables, such as `${aws:username}`, are unknown. */
function matches(pattern: string, text: string): Answer {
  const variable = /\$\{[^}]*\}/.exec(pattern)?.[0];
  return variable === undefined ? isLike(pattern, text) : phrase`it depends on ${printable(variable)}`;
}

/** Matches `*` with any text, `?` with any character. The work is bounded by the product of both lengths. */
export function isLike(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at++;
      resume = index;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

const equals = (wanted: string, value: string): Answer => {
  const found = matches(wanted, value);
  return found instanceof Phrase ? found : wanted === value;
};

/** The operators that decide in usual policies and trust documents. Of others nothing is concluded. */
const OPERATORS: ReadonlyMap<string, (wanted: string, value: string) => Answer> = new Map([
  ['stringequals', equals],
  ['stringlike', matches],
  ['arnequals', matches],
  ['arnlike', matches],
]);

function conditionHolds(condition: unknown, context: PermissionRequest['context']): Answer {
  if (condition === undefined) return true;
  if (!isRecord(condition) || !Object.values(condition).every(isRecord))
    return phrase`it has a condition that cannot be understood`;
  return Object.entries(condition as Record<string, Record<string, unknown>>)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, wanted]): Answer => {
        const test = OPERATORS.get(operator.toLowerCase());
        const value = context[key.toLowerCase()];
        if (test === undefined || value === undefined) return phrase`it has a condition on ${printable(key)}`;
        return either(texts(wanted).map((one) => test(one, value)));
      }),
    )
    .reduce(both, true);
}
