import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAnswer } from '../../src/core/platform/answer-json.ts';
import { type Answered, answerProblems, type Asked, operationOf, requestProblems } from './contract.ts';
import { type Answer, answerTo, EMPTY_403, type Question } from './stand-in-answers.ts';
import { StandInState } from './stand-in-state.ts';

/** What happens to requests of one kind instead of, before or after their answer. */
export interface Fault {
  /** `CreatePipelineSecret`, …, as the API is described; any if absent. */
  readonly operation?: string;
  /** Only so many of them. */
  readonly times?: number;
  /** Milliseconds before anything else. */
  readonly delay?: number;
  /** An answer instead of the right one. */
  readonly answer?: {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Record<string, string>;
  };
  /** The right answer is given another body: fields that are not described yet, say. */
  readonly changed?: (answer: Record<string, unknown>) => object;
  /** The connection ends without an answer: before the request is done, or after it. */
  readonly cut?: 'before' | 'after';
  /** An answer instead of the right one, after the request was done. */
  readonly afterwards?: { readonly status: number; readonly body?: string };
  /** Called when the request has come, before it is done. */
  readonly before?: () => void | Promise<void>;
}

/** A request that came, without its token. */
export interface Came {
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  readonly hasToken: boolean;
  readonly at: number;
}

/**
 * A stand-in for Seqera Platform over HTTP, with people, workspaces, secrets, pipelines and runs. Each request and each
 * answer is compared with the description of the API; `stop` fails if one is not as described.
 */
export class PlatformStandIn {
  readonly state = new StandInState();
  readonly #server: Server;
  #prefix = '';
  #faults: { readonly fault: Fault; seen: number }[] = [];
  /** All requests since the last reset, in order. */
  requests: Came[] = [];
  /** What was not as the API is described. */
  readonly violations: string[] = [];
  /** Most requests in a second; none are refused if undefined. */
  limit: number | undefined;
  /** Requests that were refused because there were too many. */
  tooMany = 0;

  private constructor() {
    this.#server = createServer((incoming, outgoing) => {
      this.#handle(incoming, outgoing).catch((error: unknown) => {
        this.violations.push(String(error));
        incoming.socket.destroy();
      });
    });
  }

  /** @param prefix - of all paths: `/api` of Seqera Platform Enterprise. */
  static async start({ prefix = '' }: { readonly prefix?: string } = {}): Promise<PlatformStandIn> {
    const platform = new PlatformStandIn();
    platform.#prefix = prefix;
    platform.#server.listen(0, '127.0.0.1');
    await once(platform.#server, 'listening');
    return platform;
  }

  /** Address of its API. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#prefix}`;
  }

  /** Forgets all that was made in it, its faults and requests. */
  reset(): void {
    this.state.reset();
    this.#faults = [];
    this.requests = [];
    this.limit = undefined;
    this.tooMany = 0;
  }

  fail(...faults: readonly Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ fault, seen: 0 })));
  }

  /** How often an operation was asked for. */
  count(operation: string): number {
    return this.requests.filter((one) => one.operation === operation).length;
  }

  /** @throws Error if a request or an answer was not as the API is described. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    if (this.violations.length > 0) throw new Error(this.violations.join('\n'));
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { method = '', headers } = incoming;
    const url = (incoming.url ?? '').replace(this.#prefix, '');
    const asked: Asked = { method, url, headers, body: Buffer.concat(parts).toString('utf8') };
    const found = operationOf(method, new URL(url, 'http://stand-in').pathname);
    const operation = found?.operation.id ?? 'none';
    this.requests.push({
      ...{ operation, method, url, at: Date.now() },
      hasToken: headers.authorization !== undefined,
    });
    if (found !== undefined) this.violations.push(...requestProblems(asked));
    const fault = this.#faultFor(operation);
    await sleep(fault.delay ?? 0);
    await fault.before?.();
    if (fault.cut === 'before') {
      incoming.socket.destroy();
      return;
    }
    const busy = this.#tooMany();
    if (busy || fault.answer !== undefined) {
      send(outgoing, fault.answer ?? { status: 429, body: '{"message":"Too many requests"}' });
      return;
    }
    const question: Question = { asked, found, state: this.state };
    const given = await this.#answer(question);
    if (fault.cut === 'after') {
      incoming.socket.destroy();
      return;
    }
    send(outgoing, fault.afterwards ?? changed(given, fault));
  }

  async #answer(question: Question): Promise<Answered> {
    const answered = inJson((await answerTo(question)) ?? EMPTY_403);
    this.violations.push(...answerProblems(question.asked, answered));
    return answered;
  }

  #tooMany(): boolean {
    if (this.limit === undefined) return false;
    const now = Date.now();
    const isOver = this.requests.filter(({ at }) => at > now - 1000).length > this.limit;
    if (isOver) this.tooMany += 1;
    return isOver;
  }

  #faultFor(operation: string): Fault {
    const found = this.#faults.find(
      ({ fault, seen }) =>
        (fault.operation ?? operation) === operation && seen < (fault.times ?? Number.POSITIVE_INFINITY),
    );
    if (found === undefined) return {};
    found.seen += 1;
    return found.fault;
  }
}

const MARK = '\u0001';

/** Writes JSON in which whole numbers of any size are numbers. */
function inJson({ status, body }: Answer): Answered {
  if (body === undefined) return { status, headers: {}, body: '' };
  const text = JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'bigint' ? `${MARK}${value}` : value,
  );
  const json = text.replace(/"\\u0001(-?\d+)"/g, '$1');
  return { status, headers: { 'Content-Type': 'application/json' }, body: json };
}

function changed(answered: Answered, { changed: change }: Fault): Answered {
  if (change === undefined) return answered;
  return {
    ...answered,
    body: JSON.stringify(change(parseAnswer(answered.body) as Record<string, unknown>)),
  };
}

function send(
  outgoing: ServerResponse,
  { status, headers = {}, body = '' }: { status: number; headers?: Record<string, string>; body?: string },
): void {
  outgoing.writeHead(status, headers).end(body);
}
