import Ajv from 'ajv';
import table from './contract.json' with { type: 'json' };

/** A JSON schema of the table. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: unknown;
  readonly nullable?: boolean;
}

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly needsToken: boolean;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly request: Schema | null;
  readonly answers: Readonly<Record<string, Schema | null | undefined>>;
}

const OPERATIONS = table.operations as unknown as readonly Operation[];
const SCHEMAS = table.schemas as unknown as Readonly<Record<string, Schema>>;

/** A request, as it came over the network. */
export interface Asked {
  readonly method: string;
  /** Path and query, after the address of the API. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** An answer, as it goes over the network. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ajv = new Ajv({
  nullable: true,
  unknownFormats: ['int32', 'int64', 'float', 'double'],
  allErrors: true,
});
const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

/** A schema in which fields that are not described are mistakes: of the client, or of the stand-in. */
function strict(schema: Schema): object {
  if (schema.$ref !== undefined) return strict(SCHEMAS[schema.$ref.replace('#/schemas/', '')] ?? {});
  const { allOf, oneOf, ...rest } = schema;
  if (allOf !== undefined) return strict({ ...rest, ...merged(allOf) });
  const { properties } = rest;
  return {
    ...rest,
    // An error with one sentence is of both kinds.
    ...(oneOf !== undefined && { anyOf: oneOf.map(strict) }),
    ...(rest.items !== undefined && { items: strict(rest.items) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)])),
      additionalProperties: false,
    }),
  };
}

function merged(parts: readonly Schema[]): Schema {
  const whole = parts.map((part) =>
    part.$ref === undefined ? part : (SCHEMAS[part.$ref.replace('#/schemas/', '')] ?? {}),
  );
  if (whole.every(({ properties }) => properties === undefined)) return {};
  return {
    type: 'object',
    properties: Object.assign({}, ...whole.map(({ properties }) => properties)) as never,
  };
}

function problems(key: string, schema: Schema, value: unknown): string[] {
  const check = compiled.get(key) ?? ajv.compile(strict(schema));
  compiled.set(key, check);
  if (check(value) === true) return [];
  return (check.errors ?? []).map(
    ({ dataPath, message, params }) => `${key}${dataPath}: ${message ?? ''} ${JSON.stringify(params)}`,
  );
}

/** The operation that a request is for, and the words in the places of its path; undefined if we use none such. */
export function operationOf(
  method: string,
  path: string,
): { readonly operation: Operation; readonly places: Readonly<Record<string, string>> } | undefined {
  const parts = path.split('/');
  for (const operation of OPERATIONS.filter((one) => one.method === method)) {
    const wanted = operation.path.split('/');
    // `/pipeline-secrets/validate` is no id.
    const isIt = wanted.every((word, index) => {
      const part = parts[index] ?? '';
      const isId = !OPERATIONS.some((one) => one.path.split('/')[index] === part);
      return word.startsWith('{') ? part !== '' && isId : word === part;
    });
    if (!isIt || wanted.length !== parts.length) continue;
    const places = wanted.flatMap((word, index) =>
      word.startsWith('{') ? [[word.slice(1, -1), decodeURIComponent(parts[index] ?? '')]] : [],
    );
    return { operation, places: Object.fromEntries(places) as Record<string, string> };
  }
  return undefined;
}

const NUMBER = /^-?\d+$/;

/** What in a request is not as the API is described. */
export function requestProblems({ method, url, headers, body }: Asked): string[] {
  const { pathname, searchParams } = new URL(url, 'http://stand-in');
  const found = operationOf(method, pathname);
  if (found === undefined) return [`${method} ${pathname}: there is no such operation`];
  const { operation, places } = found;
  const { id, parameters, request } = operation;
  const sent: readonly (readonly [string, string, string])[] = [
    ...Object.entries(places).map(([name, value]) => ['path', name, value] as const),
    ...[...searchParams].map(([name, value]) => ['query', name, value] as const),
  ];
  return [
    ...sent.flatMap(([where, name, value]) => {
      const known = parameters.find((one) => one.in === where && one.name === name);
      if (known === undefined) return [`${id}: no parameter ${name}`];
      // Ids can be larger than JavaScript's numbers.
      if (known.schema.type === 'integer') return NUMBER.test(value) ? [] : [`${id}: ${name} is no number`];
      return problems(`${id} ${name}`, known.schema, value);
    }),
    ...parameters
      .filter((one) => one.required && !sent.some(([where, name]) => where === one.in && name === one.name))
      .map(({ name }) => `${id}: no ${name}`),
    ...(operation.needsToken && !/^Bearer \S+$/.test(String(headers['authorization']))
      ? [`${id}: no token`]
      : []),
    ...(!operation.needsToken && headers['authorization'] !== undefined
      ? [`${id}: a token for nothing`]
      : []),
    ...(headers['accept-version'] === '1' ? [] : [`${id}: no Accept-Version`]),
    ...bodyProblems(id, request, headers['content-type'], body),
  ];
}

function bodyProblems(id: string, schema: Schema | null, type: unknown, body: string): string[] {
  if (schema === null) return body === '' ? [] : [`${id}: a body`];
  if (type !== 'application/json') return [`${id}: its body is ${String(type)}`];
  return problems(`${id} request`, schema, JSON.parse(body));
}

/** What in an answer of the stand-in is not as the API is described. */
export function answerProblems({ method, url }: Asked, { status, headers, body }: Answered): string[] {
  const found = operationOf(method, new URL(url, 'http://stand-in').pathname);
  if (found === undefined) return [];
  const { id, answers } = found.operation;
  const schema = answers[String(status)];
  if (schema === undefined) return [`${id}: it never answers ${status}`];
  if (schema === null) {
    const isEmpty = body === '' && headers['Content-Type'] === undefined;
    return isEmpty ? [] : [`${id}: an answer ${status} has no body`];
  }
  if (headers['Content-Type'] !== 'application/json') return [`${id}: its answer is no JSON`];
  return problems(`${id} ${status}`, schema, JSON.parse(body));
}
