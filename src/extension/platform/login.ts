import { type Disposable, EventEmitter, type ExtensionContext } from 'vscode';
import { SecretValue } from '../../core/secrets/secret-value.ts';
import { type Endpoint, endpointOf } from '../../core/platform/endpoint.ts';
import { DisposableStore } from '../disposables.ts';

/** Key in the secret storage of VS Code. */
const KEY = 'platform.login';

/** A person at a Platform. The token goes nowhere but to the address that it was given for. */
export interface Login {
  readonly endpoint: Endpoint;
  readonly token: SecretValue;
  readonly userId: string;
  readonly userName: string;
}

/**
 * The login of this person, in the secret storage of VS Code and nowhere else: settings of a folder decide neither the
 * address nor the person. Other windows follow.
 */
export class PlatformLogin implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;

  constructor(private readonly secrets: ExtensionContext['secrets']) {
    this.#store.add(
      secrets.onDidChange(({ key }) => {
        if (key === KEY) this.#changed.fire();
      }),
    );
  }

  /** @returns undefined if nobody has signed in. */
  async read(): Promise<Login | undefined> {
    const kept = await this.secrets.get(KEY);
    return kept === undefined ? undefined : loginOf(kept);
  }

  async keep({ endpoint, token, userId, userName }: Login): Promise<void> {
    await this.secrets.store(
      KEY,
      JSON.stringify({ url: endpoint.url, token: token.reveal(), userId, userName }),
    );
  }

  async forget(): Promise<void> {
    await this.secrets.delete(KEY);
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** @returns undefined for what another version of the extension may have kept. */
function loginOf(kept: string): Login | undefined {
  try {
    const { url, token, userId, userName } = JSON.parse(kept) as Record<string, unknown>;
    if (typeof url !== 'string' || typeof token !== 'string' || typeof userId !== 'string') return undefined;
    return {
      endpoint: endpointOf(url),
      token: new SecretValue(token),
      userId,
      userName: typeof userName === 'string' ? userName : '',
    };
  } catch {
    return undefined;
  }
}
