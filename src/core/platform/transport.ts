import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Agent } from 'node:http';

/** One request over HTTP. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Sends requests. It follows no redirects: they would take the token elsewhere. */
export interface Transport {
  /** @throws TransportError if there is no whole answer. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** A request without a whole answer. */
export class TransportError extends Error {
  /** Code of Node.js (`ECONNREFUSED`, …), or `TIMEOUT`, `TOO_LARGE`. */
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }

  /** True if the server cannot have got the request. */
  get isUnsent(): boolean {
    return UNSENT.test(this.code);
  }

  /** True if the server's certificate is not trusted. */
  get isCertificate(): boolean {
    return CERTIFICATE.test(this.code);
  }
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH/;
const UNSENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO)$|CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|^ERR_(SSL|TLS|INVALID)_/;

/** Longest time for a whole request, in milliseconds. */
const TIMEOUT = 60_000;
/** Most bytes of an answer: lists are not paged, but no workspace has so many secrets. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface TransportOptions {
  /** Agent for https, which knows proxies; Node.js's own if absent. */
  readonly agent?: Agent & { destroy(): void };
  readonly timeout?: number;
  readonly maxBytes?: number;
}

/** Makes a transport over `node:http` and `node:https`, which VS Code adapts to its settings of proxies. */
export function httpTransport({
  agent,
  timeout = TIMEOUT,
  maxBytes = MAX_BYTES,
}: TransportOptions = {}): Transport {
  return {
    send: async ({ method, url, headers, body }) =>
      new Promise((resolve, reject) => {
        const isEncrypted = url.startsWith('https:');
        const bytes = body === undefined ? undefined : Buffer.from(body, 'utf8');
        const sent = (isEncrypted ? httpsRequest : httpRequest)(url, {
          method,
          headers: { ...headers, ...(bytes !== undefined && { 'Content-Length': bytes.length }) },
          ...(isEncrypted && agent !== undefined && { agent }),
        });
        const fail = (code: string): void => {
          clearTimeout(timer);
          reject(new TransportError(code));
          sent.destroy();
        };
        const timer = setTimeout(() => {
          fail('TIMEOUT');
        }, timeout);
        sent.on('error', (error: Error & { code?: string }) => {
          fail(error.code ?? 'ERROR');
        });
        sent.once('response', (answer) => {
          const parts: Buffer[] = [];
          let size = 0;
          answer.on('data', (part: Buffer) => {
            size += part.length;
            if (size > maxBytes) fail('TOO_LARGE');
            else parts.push(part);
          });
          answer.once('aborted', () => {
            fail('ECONNRESET');
          });
          answer.once('error', () => {
            fail('ECONNRESET');
          });
          answer.once('end', () => {
            clearTimeout(timer);
            const { statusCode: status = 0, headers: answered } = answer;
            resolve({ status, headers: answered, body: Buffer.concat(parts).toString('utf8') });
          });
        });
        sent.end(bytes);
      }),
    close: () => {
      agent?.destroy();
    },
  };
}
