// What a scan of one text gives.

/** A Nextflow script (`.nf`), or a Nextflow config. */
export type SourceLanguage = 'script' | 'config';

/** A place in a text. Lines and columns count from 1, columns and offsets in UTF-16 units; ends are exclusive. */
export interface SourceSpan {
  readonly offset: number;
  readonly endOffset: number;
  readonly line: number;
  readonly column: number;
  /** In the same line: spans cover no line's end. */
  readonly endColumn: number;
}

/** Something that holds only while a secret is set, or only while it is not. */
export interface SecretGuard {
  readonly name: string;
  readonly set: boolean;
}

/** A place that uses a secret. Its span covers the bare name. */
export interface SourceReference extends SourceSpan {
  readonly name: string;
  /** `directive`: a task gets it in its environment. `property`: Nextflow itself reads `secrets.NAME`. */
  readonly kind: 'directive' | 'property';
  /** Whether the code works without the secret: the use is a test of it, or is guarded by one. */
  readonly optional: boolean;
  /** Whether the code only looks whether the secret is set, and does not use its value. */
  readonly tested: boolean;
  /** The process that it stands in; in a config the selector, such as `withName:ALIGN`; else null. */
  readonly process: string | null;
  /** In a config the profile that it belongs to. */
  readonly profile: string | null;
  /** The tests of secrets under which this code runs, nearest first. */
  readonly guards: readonly SecretGuard[];
  /**
   * Whether Nextflow ignores it: a directive of a process that it runs itself (`exec:`), which no task belongs to, or,
   * in the code of a launch, one that a config replaces.
   */
  readonly ignored: boolean;
}

/** A use of secrets whose name only the running pipeline knows. */
export interface DynamicReference extends SourceSpan {
  /** The code that gives the name. */
  readonly text: string;
  readonly process: string | null;
  readonly profile: string | null;
}

/** What a scan of one text finds wrong. The scan of a pipeline adds what only it can know, see `diagnostics.ts`. */
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
  /** The secret that it is about, if its name is known. */
  readonly name: string | null;
  /** The setting or directive that has the value, such as `docker.runOptions`. */
  readonly setting?: string | undefined;
  /** What else than output and log the value is put into. */
  readonly into?: 'file' | 'mail' | 'command' | undefined;
  /** The variable that has the value at this place. */
  readonly through?: string | undefined;
}

/** A named thing that a script defines, with the span of its name. */
export interface SourceDefinition extends SourceSpan {
  readonly name: string;
}

/** A process, and what configs choose it by. */
export interface SourceProcess extends SourceDefinition {
  /** Those that it has in every run. */
  readonly labels: readonly string[];
  /** Whether it may have others. */
  readonly hasOtherLabels: boolean;
  /** Whether it asks for secrets itself, in every run. */
  readonly hasSecrets: boolean;
  /** Whether Nextflow runs it itself (`exec:`). */
  readonly isNative: boolean;
}

/** A config's `secret = …`. The offsets are those of what it sets, the end is exclusive. */
export interface SourceSecretSetting {
  readonly offset: number;
  readonly endOffset: number;
  /** Such as `withName:ALIGN`; null for all processes. */
  readonly selector: string | null;
  readonly profile: string | null;
  /** Whether what was set before is certainly gone. */
  readonly replaces: boolean;
}

/** A place where a config has a selector (`withName:ALIGN`), whatever it sets there. */
export interface SourceSelector extends SourceDefinition {
  readonly profile: string | null;
}

/** An `include … from PATH` or `includeConfig PATH`, with the span of the path. */
export interface SourceInclude extends SourceSpan {
  /** As it is written, interpolations included; null if it is an expression. */
  readonly path: string | null;
  /** The other names that a script gives to what it includes. */
  readonly aliases: readonly string[];
  /** Whether the line may be passed over. */
  readonly isConditional: boolean;
  /** The profile that the line stands in, in a config. */
  readonly profile: string | null;
  /** The blocks that the line stands in, in a config: what is included belongs there. */
  readonly within: readonly string[];
}

/** A file in `templates/` that is the script of a process, with the span of its path. */
export interface SourceTemplate extends SourceSpan {
  /** As it is written, interpolations included; null if it is an expression. */
  readonly path: string | null;
  readonly process: string;
  /** Whether it stands behind `shell:`, where Nextflow replaces `!{ … }` and not `${ … }`. */
  readonly isShell: boolean;
}

/** A setting of a config whose value is a plain text, word or number; the span is that of the value. */
export interface SourceSetting extends SourceSpan {
  /** With the blocks it stands in, `profiles` and the profile's name among them; selectors as `withName:X`. */
  readonly path: readonly string[];
  readonly value: string;
}

/** The executor that a process of a script names in a plain text; the span is that of the text. */
export interface SourceExecutor extends SourceSpan {
  readonly process: string;
  readonly value: string;
}

/** What one text says about secrets. */
export interface SourceScan {
  readonly references: readonly SourceReference[];
  readonly dynamic: readonly DynamicReference[];
  readonly diagnostics: readonly SourceDiagnostic[];
  readonly processes: readonly SourceProcess[];
  /** The workflow without a name, which a run starts with; its span is the word `workflow`. */
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

/** Something of a text, with the file that the text is in. */
export type InFile<T> = T & { readonly file: string };
