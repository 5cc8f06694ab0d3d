import { isRecord } from '../../../system/state-file.ts';

// A part of IAM's evaluation ("Policy evaluation logic" in the IAM User Guide): what the texts of policies decide by
// themselves. What depends on anything else is said not to be known.

/** A policy of a role or user. */
export interface NamedPolicy {
  readonly name: string;
  /** As parsed from its JSON. */
  readonly document: unknown;
}

/** What is asked: may this be done to that? */
export interface PermissionRequest {
  /** `secretsmanager:CreateSecret`. */
  readonly action: string;
  /** One ARN, or `*` where the action knows no resources. */
  readonly resource: string;
  /** Values of condition keys, by their names in lower case. Of all others nothing is known. */
  readonly context: Readonly<Record<string, string>>;
}

/** What is known about a permission. */
export interface Verdict {
  readonly result: 'allowed' | 'denied' | 'unknown';
  /** For a person, within a sentence. */
  readonly reason: string;
  /** Denied in a way that no statement in a policy of the role helps against. */
  readonly final?: true;
}

/** Yes, no, or what it depends on that is not known here. */
type Answer = boolean | string;

/**
 * What the policies of a role or user, and its boundary, say about a request.
 *
 * @param boundary - undefined if there is none.
 */
export function evaluate(
  policies: readonly NamedPolicy[],
  boundary: NamedPolicy | undefined,
  request: PermissionRequest,
): Verdict {
  const own = verdict(
    policies.map(({ name, document }) => ({ label: `policy ${name}`, statements: statementsOf(document) })),
    (statement) => statementApplies(statement, request),
    'none of its policies allows it',
  );
  if (own.result === 'denied' || boundary === undefined) return own;
  const label = `its permissions boundary ${boundary.name}`;
  const bound = verdict(
    [{ label, statements: statementsOf(boundary.document) }],
    (statement) => statementApplies(statement, request),
    `${label} does not allow it`,
  );
  if (bound.result === 'denied') return bound;
  return own.result === 'allowed' && bound.result === 'unknown' ? bound : own;
}

/**
 * Whether a trust document lets a service take the role on.
 *
 * @param service - `ecs-tasks.amazonaws.com`.
 */
export function trustOf(document: unknown, service: string, context: PermissionRequest['context']): Verdict {
  const request: PermissionRequest = { action: 'sts:AssumeRole', resource: '*', context };
  return verdict(
    [{ label: 'its trust document', statements: statementsOf(document) }],
    (statement) =>
      both(isNamed(statement, service), statementApplies({ ...statement, Resource: '*' }, request)),
    `its trust document does not let ${service} take it on`,
  );
}

interface Source {
  readonly label: string;
  /** Undefined if it cannot be understood. */
  readonly statements: readonly Record<string, unknown>[] | undefined;
}

/** A denial wins over all, then one statement has to allow it. */
function verdict(
  sources: readonly Source[],
  applies: (statement: Record<string, unknown>) => Answer,
  otherwise: string,
): Verdict {
  let allowedBy: string | undefined;
  let mayAllow: string | undefined;
  let mayDeny: string | undefined;
  for (const { label, statements } of sources) {
    if (statements === undefined) {
      mayDeny ??= `${label} cannot be understood`;
      mayAllow ??= mayDeny;
      continue;
    }
    for (const statement of statements) {
      const answer = applies(statement);
      if (answer === false) continue;
      const isDeny = statement['Effect'] !== 'Allow';
      if (answer === true && isDeny)
        return { result: 'denied', reason: `${label} denies it explicitly`, final: true };
      if (answer === true) allowedBy ??= label;
      else if (isDeny) mayDeny ??= `${label} may deny it: ${answer}`;
      else mayAllow ??= `${label} may allow it: ${answer}`;
    }
  }
  if (allowedBy === undefined && mayAllow === undefined) return { result: 'denied', reason: otherwise };
  const doubt = mayDeny ?? (allowedBy === undefined ? mayAllow : undefined);
  return doubt === undefined
    ? { result: 'allowed', reason: `${allowedBy ?? ''} allows it` }
    : { result: 'unknown', reason: doubt };
}

function isNamed(statement: Record<string, unknown>, service: string): Answer {
  if (statement['NotPrincipal'] !== undefined) return 'it has NotPrincipal';
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
  return typeof found === 'string' ? found : !found;
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? (value as unknown[]) : [value]).filter((one) => typeof one === 'string');

function both(a: Answer, b: Answer): Answer {
  if (a === false || b === false) return false;
  return a === true ? b : a;
}

const either = (answers: readonly Answer[]): Answer =>
  answers.includes(true) || (answers.find((answer) => typeof answer === 'string') ?? false);

/** A pattern with `*` and `?`. What a variable such as `${aws:username}` stands for is not known here. */
function matches(pattern: string, text: string): Answer {
  const variable = /\$\{[^}]*\}/.exec(pattern)?.[0];
  return variable === undefined ? isLike(pattern, text) : `it depends on ${variable}`;
}

/** `*` is any text, `?` any character. Takes time in proportion to both lengths at most, whatever the pattern is. */
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

const equals = (wanted: string, value: string): Answer =>
  wanted.includes('${') ? `it depends on ${wanted}` : wanted === value;

/** The operators that are understood, without `Not` and `IfExists`. */
const OPERATORS: ReadonlyMap<string, (wanted: string, value: string) => Answer> = new Map([
  ['stringequals', equals],
  ['stringequalsignorecase', (wanted, value) => equals(wanted.toLowerCase(), value.toLowerCase())],
  ['stringlike', matches],
  ['arnequals', matches],
  ['arnlike', matches],
]);

function conditionHolds(condition: unknown, context: PermissionRequest['context']): Answer {
  if (condition === undefined) return true;
  const unreadable = 'it has a condition that cannot be understood';
  if (!isRecord(condition)) return unreadable;
  let answer: Answer = true;
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isRecord(keys)) return unreadable;
    const name = operator.toLowerCase().replace(/ifexists$/, '');
    const plain = name.replace(/^(string|arn)not/, '$1');
    const test = OPERATORS.get(plain);
    for (const [key, wanted] of Object.entries(keys)) {
      const value = context[key.toLowerCase()];
      const found: Answer =
        test === undefined || value === undefined
          ? `it has a condition on ${key}`
          : either(texts(wanted).map((one) => test(one, value)));
      answer = both(answer, typeof found === 'string' || plain === name ? found : !found);
    }
  }
  return answer;
}
