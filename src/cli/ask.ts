import { StringDecoder } from 'node:string_decoder';
import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { SecretValue } from '../core/secrets/secret-value.ts';

const PASTE_BEGIN = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** Reports that the person pressed Ctrl-C at a question, or said no to a change. */
export class InterruptedError extends Error {}

/** Asks yes or no on the terminal; anything but a yes is a no. */
export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await askUntil(question, '[y/N]', (answer) => answer));
}

/** Asks for one of some words, until one of them or the beginning of one is typed. */
export async function askOneOf<Word extends string>(question: string, words: readonly Word[]): Promise<Word> {
  return askUntil(question, `[${words.join('/')}]`, (answer) => {
    const found = words.filter((word) => answer !== '' && word.startsWith(answer.toLowerCase()));
    return found.length === 1 ? found[0] : undefined;
  });
}

async function askUntil<Answer>(
  question: string,
  answers: string,
  take: (typed: string) => Answer | undefined,
): Promise<Answer> {
  // Most commands ask nothing.
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const interrupted = new Promise<never>((_, reject) => {
      lines.once('SIGINT', () => {
        reject(new InterruptedError());
      });
      lines.once('close', () => {
        reject(new InterruptedError());
      });
    });
    for (;;) {
      const typed = await Promise.race([lines.question(`${question} ${answers} `), interrupted]);
      const answer = take(typed.trim());
      if (answer !== undefined) return answer;
    }
  } finally {
    lines.close();
  }
}

/**
 * Asks for a value on the terminal without showing it. Pasted text may have several lines: the terminal marks a
 * paste, so that a newline in it is not taken for the end (and the rest not typed into the shell).
 */
export async function askHidden(question: string): Promise<SecretValue> {
  const { stdin, stderr } = process;
  // First the mode: text that is typed as soon as the question appears must not be echoed.
  stdin.setRawMode(true);
  stderr.write(`${question} \x1b[?2004h`);
  const input = new HiddenInput();
  const decoder = new StringDecoder('utf8');
  try {
    return await new Promise<SecretValue>((resolve, reject) => {
      stdin.on('data', (bytes: Buffer) => {
        const end = input.feed(decoder.write(bytes));
        if (end === 'done') resolve(new SecretValue(input.text));
        else if (end === 'interrupted') reject(new InterruptedError());
      });
      stdin.once('end', () => {
        reject(new InterruptedError());
      });
      stdin.resume();
    });
  } finally {
    stdin.removeAllListeners('data');
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\x1b[?2004l\n');
  }
}

/** The text typed so far at a hidden prompt. */
export class HiddenInput {
  text = '';
  #pending = '';
  #pasting = false;

  /** @returns `done` after Enter or Ctrl-D, `interrupted` after Ctrl-C. */
  feed(typed: string): 'done' | 'interrupted' | undefined {
    let rest = this.#pending + typed;
    this.#pending = '';
    while (rest !== '') {
      const mark = this.#pasting ? PASTE_END : PASTE_BEGIN;
      if (rest.startsWith(mark)) {
        this.#pasting = !this.#pasting;
        rest = rest.slice(mark.length);
        continue;
      }
      if (mark.startsWith(rest)) {
        // Perhaps the beginning of a mark: its other half comes with the next bytes.
        this.#pending = rest;
        return undefined;
      }
      if (!this.#pasting && rest.startsWith('\x1b')) {
        // Arrow and function keys, see ECMA-48: they move nothing here.
        const key = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^[O])/su.exec(rest)?.[0];
        if (key === undefined) {
          this.#pending = rest;
          return undefined;
        }
        rest = rest.slice(key.length);
        continue;
      }
      const [character = ''] = rest;
      rest = rest.slice(character.length);
      if (this.#pasting) {
        // Terminals send a pasted newline as a carriage return.
        this.text += character === '\r' ? '\n' : character;
        continue;
      }
      const end = this.#type(character);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #type(character: string): 'done' | 'interrupted' | undefined {
    if (character === '\r' || character === '\n' || character === '\x04') return 'done';
    if (character === '\x03') return 'interrupted';
    if (character === '\x7f' || character === '\b') this.text = this.text.replace(/.$/su, '');
    else if (character === '\x15') this.text = '';
    else if (character === '\x17') this.text = this.text.replace(/\S*\s*$/u, '');
    else if (character === '\t' || character >= ' ') this.text += character;
    return undefined;
  }
}

/** @throws HumanError 64 if a terminal would show the typed text, because it does not have the hidden prompt. */
export function refuseToEcho(): void {
  if (!process.stdin.isTTY) return;
  throw new HumanError(
    ExitCode.usage,
    'What you type would be shown, because stderr, where the hidden prompt stands, is not the terminal.',
    'Leave stderr on the terminal, or send the value through a pipe.',
  );
}

/**
 * Reads all of an input.
 *
 * @param what - name of the input, at the beginning of a sentence.
 * @throws HumanError 65 if there are more bytes than `limit`.
 */
export async function readInput(input: NodeJS.ReadableStream, limit: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) {
      throw new HumanError(
        ExitCode.data,
        `${what} has more than ${limit} bytes.`,
        'A secret is a key or a password; keep data elsewhere, and store the key to it.',
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
