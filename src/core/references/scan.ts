// The result of a scan of one text.

/** A Nextflow script (`.nf`), or a Nextflow config. */
export type SourceLanguage = 'script' | 'config';

/** A range of a text. Lines and columns count from 1, columns and offsets in UTF-16 units; ends are exclusive. */
export interface SourceSpan {
  readonly offset: number;
  readonly endOffset: number;
  readonly line: number;
  readonly column: number;
  /** Column in the same line: a span covers no end of a line. */
  readonly endColumn: number;
}

/** A condition on code: it runs only if a secret is set, or only if it is not. */
export interface SecretGuard {
  readonly name: string;
  readonly set: boolean;
}

/** A use of a secret in code. Its span covers the bare name. */
export interface SourceReference extends SourceSpan {
  readonly name: string;
  /** `directive`: a task gets it in its environment. `property`: Nextflow itself reads `secrets.NAME`. */
  readonly kind: 'directive' | 'property';
  /** True if the code works without the secret: the use is a test of it, or is guarded by one. */
  readonly optional: boolean;
  /** True if the code only tests whether the secret is set, and does not use its value. */
  readonly tested: boolean;
  /** The process that it is in; in a config the selector, such as `withName:ALIGN`; else null. */
  readonly process: string | null;
  /** The profile that it belongs to, in a config. */
  readonly profile: string | null;
  /** The tests of secrets under which this code runs, nearest first. */
  readonly guards: readonly SecretGuard[];
  /**
   * True if Nextflow ignores it. It ignores a directive of a process that it runs itself (`exec:`), because such a
   * process has no task. In the code of a launch it also ignores a directive that a config replaces.
   */
  readonly ignored: boolean;
}

/** A use of a secret. Only the running pipeline knows the name of the secret. */
export interface DynamicReference extends SourceSpan {
  /** The code that gives the name. */
  readonly text: string;
  readonly process: string | null;
  readonly profile: string | null;
}

/** A mistake that the scan of one text finds. The scan of a pipeline finds more of them, see `diagnostics.ts`. */
export interface SourceDiagnostic extends SourceSpan {
  readonly code:
    | 'config-string'
    | 'directive-string'
    | 'in-script'
    | 'in-params'
    | 'printed'
    | 'in-config'
    | 'lineage'
    | 'invalid-name'
    | 'dynamic-name'
    | 'no-effect'
    | 'literal-secret';
  /** The secret that it is about, or null if its name is unknown. */
  readonly name: string | null;
  /** The setting or directive that has the value, such as `docker.runOptions`. */
  readonly setting?: string | undefined;
  /** The destination of the value, if it is neither output nor log. */
  readonly into?: 'file' | 'mail' | 'command' | undefined;
  /** The variable that has the value here. */
  readonly through?: string | undefined;
}

/** A named thing that a script defines, with the span of its name. */
export interface SourceDefinition extends SourceSpan {
  readonly name: string;
}

/** A process, with the labels that configs select it by. */
export interface SourceProcess extends SourceDefinition {
  /** The labels that it has in every run. */
  readonly labels: readonly string[];
  /** True if it may have other labels. */
  readonly hasOtherLabels: boolean;
  /** True if the process itself asks for secrets, in every run. */
  readonly hasSecrets: boolean;
  /** True if Nextflow runs it itself (`exec:`). */
  readonly isNative: boolean;
}

/** A config's `secret = …`. The offsets are those of its value; the end is exclusive. */
export interface SourceSecretSetting {
  readonly offset: number;
  readonly endOffset: number;
  /** Selector such as `withName:ALIGN`; null for all processes. */
  readonly selector: string | null;
  readonly profile: string | null;
  /** True if it certainly replaces the secrets that were set before. */
  readonly replaces: boolean;
}

/** A selector in a config (`withName:ALIGN`), with any settings or none. */
export interface SourceSelector extends SourceDefinition {
  readonly profile: string | null;
}

/** An `include … from PATH` or `includeConfig PATH`, with the span of the path. */
export interface SourceInclude extends SourceSpan {
  /** As it is written, interpolations included; null if it is an expression. */
  readonly path: string | null;
  /** The other names that a script gives to what it includes. */
  readonly aliases: readonly string[];
  /** True if a run may skip the line. */
  readonly isConditional: boolean;
  /** The profile that the line is in, in a config. */
  readonly profile: string | null;
  /** The blocks that the line is in, in a config: the settings of the included file belong to them. */
  readonly within: readonly string[];
}

/** A file in `templates/` that is the script of a process, with the span of its path. */
export interface SourceTemplate extends SourceSpan {
  /** As it is written, interpolations included; null if it is an expression. */
  readonly path: string | null;
  readonly process: string;
  /** True if it is after `shell:`: there Nextflow replaces `!{ … }` and not `${ … }`. */
  readonly isShell: boolean;
}

/** A setting of a config with a plain text, word or number as its value; the span is that of the value. */
export interface SourceSetting extends SourceSpan {
  /** Path with the blocks around it, `profiles` and the profile's name among them; selectors as `withName:X`. */
  readonly path: readonly string[];
  readonly value: string;
}

/** The executor of a process in a script, if it is a plain text; the span is that of the text. */
export interface SourceExecutor extends SourceSpan {
  readonly process: string;
  readonly value: string;
}

/** All that one text says about secrets. */
export interface SourceScan {
  readonly references: readonly SourceReference[];
  readonly dynamic: readonly DynamicReference[];
  readonly diagnostics: readonly SourceDiagnostic[];
  readonly processes: readonly SourceProcess[];
  /** The workflow without a name, with which a run starts; its span is the word `workflow`. */
  readonly entryWorkflow: SourceSpan | null;
  readonly includes: readonly SourceInclude[];
  readonly templates: readonly SourceTemplate[];
  /** The names of a config's profiles. */
  readonly profiles: readonly SourceDefinition[];
  /** A config's plain settings, in order. */
  readonly settings: readonly SourceSetting[];
  readonly secretSettings: readonly SourceSecretSetting[];
  readonly selectors: readonly SourceSelector[];
  readonly executors: readonly SourceExecutor[];
  /** The outermost blocks in braces, in order: offsets, ends exclusive. */
  readonly blocks: readonly { readonly offset: number; readonly endOffset: number }[];
}

/** An item of a text, with the file of the text. */
export type InFile<T> = T & { readonly file: string };
