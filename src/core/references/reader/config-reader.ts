import { COMPUTED, enablesLineage, exposedSetting } from '../config-sinks.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import { PARAMS, PRINT, type Sink, TASK, TASK_SETTINGS } from './scope.ts';
import { StatementReader } from './statement-reader.ts';

/** Nextflow's own settings for keys and passwords (nextflow.io/docs/latest/reference/config.html). */
const KEY_SETTINGS = new Set([
  'agent.apiKey',
  'aws.client.proxyPassword',
  'aws.secretKey',
  'azure.activeDirectory.servicePrincipalSecret',
  'azure.batch.accountKey',
  'azure.registry.password',
  'azure.storage.accountKey',
  'azure.storage.sasToken',
  'k8s.client.token',
  'mail.smtp.password',
  'registry.apiKey',
  'tower.accessToken',
]);

/** Finds the last words of these settings: a config without any of the words has none of the settings. */
export const KEY_SETTING_WORDS = new RegExp(
  [...KEY_SETTINGS].map((path) => path.slice(path.lastIndexOf('.') + 1)).join('|'),
);

/** Texts that people write instead of a key. */
const PLACEHOLDER = /your|xxx|placeholder|change.?me|[<>*]|\s/i;
const MIN_KEY_LENGTH = 8;

/** Largest depth of a path: deep blocks would copy long paths, and no setting that matters is deeper. */
const MAX_BLOCKS = 8;

const isSelector = (name: string): boolean => /^(withName|withLabel):/.test(name);

/** Tokens that make the word `includeConfig` before them a name. */
const NO_PATH = isKindOf(T.assign, T.assignWith, T.dot, T.colon);

const IS_PLAIN_VALUE = isKindOf(T.string, T.word, T.number);

/** Reads a Nextflow config: settings, in blocks and by paths, and selectors. */
export class ConfigReader extends StatementReader {
  protected ownKeyword(word: string, next: T): boolean {
    if (word !== 'includeConfig' || NO_PATH(next)) return false;
    this.at += 1;
    this.scoped({ sink: exposes(['includeConfig']) }, () => {
      if (this.kind() === T.openParen && this.isLastOfStatement()) {
        this.within(this.at, () => {
          this.includedPath();
        });
      } else {
        this.includedPath();
      }
    });
    return true;
  }

  protected override otherStatement(): void {
    if (this.scope.isClosure || !this.#setting()) super.otherStatement();
  }

  protected override isLabel(): boolean {
    return super.isLabel() && !this.#isSelectorWord();
  }

  #isSelectorWord(): boolean {
    return this.isWord('withName') || this.isWord('withLabel');
  }

  /** Reads `a.b { … }`, `withName: X { … }`, `a.b = …`. @returns false if the statement is something else. */
  #setting(): boolean {
    const start = this.at;
    const isSelected = this.#isSelectorWord() && this.kind(start + 1) === T.colon;
    const key = isSelected ? this.#selectorKey() : this.#key();
    if (key === undefined) return false;
    const { names, behind } = key;
    const next = this.kind(behind);
    if (next === T.openBrace || next === T.assign || next === T.assignWith) this.#noteSelectors(names, start);
    if (next === T.openBrace) {
      this.#noteProfile(names, start);
      this.#block(behind, names);
      return true;
    }
    if (next !== T.assign && next !== T.assignWith) return false;
    this.at = behind + 1;
    this.skipNewLines();
    this.scoped({ path: [...this.scope.path, ...names] }, () => {
      this.#value(next === T.assign);
    });
    return true;
  }

  /** Notes selectors, with any settings in them: their order matters. */
  #noteSelectors(names: readonly string[], token: number): void {
    for (const name of names.filter(isSelector)) {
      this.found.selectors.push({ name, profile: this.profile(), ...this.place(token) });
    }
  }

  /** Reads the key `withName: 'A'`. */
  #selectorKey(): { readonly names: readonly string[]; readonly behind: number } {
    const selected = this.behindNewLines(this.at + 2);
    const kind = this.kind(selected);
    const last = kind === T.openText || kind === T.openParen ? this.tokens.partner(selected) : selected;
    const text =
      kind === T.string
        ? this.tokens.constant(selected)
        : this.tokens.text.slice(this.tokens.start(selected), this.tokens.end(last));
    return { names: [`${this.tokens.source(this.at)}:${text}`], behind: last + 1 };
  }

  /** Reads a key: `a.b`, `process.'withName:A'`. */
  #key(): { readonly names: readonly string[]; readonly behind: number } | undefined {
    const names: string[] = [];
    for (let index = this.at; ; index += 2) {
      const kind = this.kind(index);
      if (kind === T.word) names.push(this.tokens.source(index));
      else if (kind === T.string) names.push(this.tokens.constant(index));
      else return undefined;
      if (this.kind(index + 1) !== T.dot) return { names, behind: index + 1 };
    }
  }

  #block(brace: number, names: readonly string[]): void {
    const { path } = this.scope;
    this.scoped({ path: path.length < MAX_BLOCKS ? [...path, ...names] : path }, () => {
      this.scoped({ process: this.#selector() }, () => {
        const [first] = this.#settingPath();
        if (first === 'params') this.scope.sink = PARAMS;
        else if (first === 'plugins') this.scope.sink = exposes(['plugins']);
        this.within(brace, this.readStatements);
      });
    });
  }

  /** Notes a profile: `profiles { NAME { … } }`, `profiles.NAME { … }`. */
  #noteProfile(names: readonly string[], token: number): void {
    const [first, second] = [...this.scope.path, ...names];
    const isWhole = this.scope.path.length === 0 ? names.length > 1 : names.length === 1;
    if (first !== 'profiles' || second === undefined || this.scope.path.length > 1 || !isWhole) return;
    const place = this.kind(token) === T.string ? this.tokens.content(token) : this.place(token);
    this.found.profiles.push({ name: second, ...place });
  }

  /** The path of the setting that is read, without its profile. */
  #settingPath(): readonly string[] {
    const { path } = this.scope;
    return path[0] === 'profiles' ? path.slice(2) : path;
  }

  #selector(): string | null {
    const path = this.#settingPath();
    if (path[0] !== 'process') return null;
    return path.findLast(isSelector) ?? null;
  }

  #value(replaces: boolean): void {
    const path = this.#settingPath();
    if (this.isLastOfStatement()) this.#noteValue();
    if (path.join('.') === 'lineage.enabled') this.#noteLineage();
    const isProcess = path[0] === 'process';
    this.scoped({ process: this.#selector() }, () => {
      if (isProcess && path.at(-1) === 'secret' && path.slice(1, -1).every(isSelector)) {
        this.#secretSetting(path, replaces);
        return;
      }
      this.scope.sink = sinkOf(path) ?? this.scope.sink;
      const mark = this.flow.mark();
      this.expressionStatement();
      this.flow.assign(path[0] ?? '', path[1], mark);
    });
  }

  /** Notes `secret = …`. @param replaces - true if it replaces the secrets set before, and does not add to them. */
  #secretSetting(path: readonly string[], replaces: boolean): void {
    const { start } = this.place(this.at);
    this.names(
      () => {
        this.expressionStatement();
      },
      ({ token }) => (token < 0 ? undefined : 'config-string'),
    );
    const isCertain = !this.scope.isConditional && path.length <= 3;
    this.found.secretSettings.push({
      selector: this.#selector(),
      profile: this.profile(),
      replaces: replaces && isCertain,
      start,
      end: this.tokens.end(this.at - 1),
    });
  }

  /** Notes `lineage.enabled`. A computed value may turn it on, too. */
  #noteLineage(): void {
    const path = this.#settingPath();
    const place = this.place(this.at);
    const isPlain = this.isLastOfStatement() && IS_PLAIN_VALUE(this.kind());
    if (!isPlain) this.found.settings.push({ path: this.scope.path, value: COMPUTED, ...place });
    const value = isPlain ? (this.found.settings.at(-1)?.value ?? '') : COMPUTED;
    if (enablesLineage(path, value)) this.found.diagnostics.push({ code: 'lineage', name: null, ...place });
  }

  /** Notes a setting with a plain text, word or number as its value. */
  #noteValue(): void {
    const kind = this.kind();
    if (!IS_PLAIN_VALUE(kind)) return;
    const value = kind === T.string ? this.tokens.constant(this.at) : this.tokens.source(this.at);
    // `executor = e`: a variable, and no name of an executor.
    if (kind === T.word && this.scope.path.at(-1) === 'executor') return;
    this.found.settings.push({ path: this.scope.path, value, ...this.place(this.at) });
    const isKey = kind === T.string && KEY_SETTINGS.has(this.#settingPath().join('.'));
    if (isKey && value.length >= MIN_KEY_LENGTH && !PLACEHOLDER.test(value)) {
      this.found.diagnostics.push({ code: 'literal-secret', name: null, ...this.tokens.content(this.at) });
    }
  }
}

/** The wrong destination of the value of a setting, if there is one. @param path - without its profile. */
function sinkOf(path: readonly string[]): Sink | undefined {
  if (path[0] === 'params') return PARAMS;
  if (path[0] === 'env') return TASK;
  const names = path.filter((name) => !isSelector(name));
  if (path[0] !== 'process') return exposes(names);
  if (names.some((name) => TASK_SETTINGS.has(name))) return TASK;
  return names[1] === 'tag' ? PRINT : exposes(names);
}

function exposes(path: readonly string[]): Sink | undefined {
  const setting = exposedSetting(path);
  return setting === undefined ? undefined : { code: 'in-config', setting };
}
