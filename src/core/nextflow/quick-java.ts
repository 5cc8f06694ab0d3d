// A Nextflow that only answers a question lives for seconds. The official launcher starts `nextflow run` with both
// compilers of Java, of which the second one pays off after minutes: half of the time of the processors.

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables with options for Java that the launcher or Java itself reads. */
export const JAVA_OPTIONS = [
  'NXF_OPTS',
  'NXF_JVM_ARGS',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
] as const;

/** Options of a Java that is about to end soon. Java ignores one that it does not know. */
const QUICK = ['-XX:+IgnoreUnrecognizedVMOptions', '-XX:TieredStopAtLevel=1'];
const QUICK_COLLECTOR = '-XX:+UseSerialGC';
/** Options that name a garbage collector, or a file that may do so: Java refuses to start with two of them. */
const COLLECTOR = /-XX:[+-]Use\w*GC\b|-XX:(?:Flags|VMOptionsFile)=|(?:^|\s)@/;

/**
 * Makes the variables for a Nextflow that only answers a question. Its answer is the same. `NXF_JVM_ARGS` goes to
 * Nextflow's own Java alone; `NXF_OPTS` goes also to the Java that looks for the class path, and comes later, so a
 * person's choice there wins.
 */
export function quickStart(env: Environment): Record<string, string> {
  const given = JAVA_OPTIONS.map((name) => env[name] ?? '');
  const options = given.some((text) => COLLECTOR.test(text)) ? QUICK : [...QUICK, QUICK_COLLECTOR];
  return {
    NXF_JVM_ARGS: [env['NXF_JVM_ARGS'] ?? '', ...options].filter((text) => text !== '').join(' '),
    // The launcher would ask its home for a newer version; the run does so, too.
    NXF_DISABLE_CHECK_LATEST: 'true',
  };
}

/** Tells whether Java has not started, because it does not take its options. */
export const isRefusedByJava = (output: string): boolean =>
  /^Error: Could not create the Java Virtual Machine|^Error occurred during initialization of VM/m.test(
    output,
  );
