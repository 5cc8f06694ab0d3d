import { createHmac, randomBytes } from 'node:crypto';
import { type Disposable, env } from 'vscode';
import type { SecretValue } from '../../core/secrets/secret-value.ts';

/**
 * Clears a copied value from the clipboard again. It keeps a keyed digest of the value, not the value itself. It
 * leaves a text alone that the person has copied since.
 */
export class ClipboardGuard implements Disposable {
  readonly #key = randomBytes(32);
  #pending: { readonly digest: string; readonly timer: NodeJS.Timeout } | undefined;

  /** @param seconds - 0: the value stays. */
  async copy(value: SecretValue, seconds: number): Promise<void> {
    clearTimeout(this.#pending?.timer);
    this.#pending = undefined;
    await env.clipboard.writeText(value.reveal());
    if (seconds === 0) return;
    const timer = setTimeout(() => void this.clear(), seconds * 1000);
    this.#pending = { digest: this.#digest(value.reveal()), timer };
  }

  /** Clears now, if the value is still there. */
  async clear(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    clearTimeout(pending.timer);
    if (this.#digest(await env.clipboard.readText()) === pending.digest) await env.clipboard.writeText('');
  }

  dispose(): void {
    void this.clear();
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }
}
