import type { Agent as AnyAgent } from 'node:http';
import { type AgentOptions, Agent as DirectAgent } from 'node:https';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

/**
 * TLS connections through `HTTPS_PROXY`, except to hosts of `NO_PROXY`: Node.js 20 and the SDK of AWS follow neither.
 * The agent decides for each host when the host is known: variables and profiles of the SDK name hosts too.
 */
export class ProxyAgent extends Agent {
  readonly #options: AgentOptions;
  readonly #direct: DirectAgent;
  readonly #byProxy = new Map<string, HttpsProxyAgent<string>>();

  /** @param maxSockets - most connections to a host. */
  constructor(maxSockets: number) {
    super();
    this.#options = { keepAlive: true, maxSockets };
    this.#direct = new DirectAgent(this.#options);
  }

  override connect(_request: unknown, { host, port }: AgentConnectOpts): AnyAgent {
    const proxy = getProxyForUrl(`https://${host ?? ''}:${port}`);
    if (proxy === '') return this.#direct;
    const known = this.#byProxy.get(proxy);
    if (known !== undefined) return known;
    const agent = new HttpsProxyAgent(proxy, this.#options);
    this.#byProxy.set(proxy, agent);
    return agent;
  }

  override destroy(): void {
    this.#direct.destroy();
    for (const agent of this.#byProxy.values()) agent.destroy();
    super.destroy();
  }
}
