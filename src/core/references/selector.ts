/** Beyond these a match could take long, and nothing real is longer. */
const MAX_NAME_LENGTH = 64;
const MAX_WILDCARDS = 4;

/**
 * Whether a config's selector (`withName:ALIGN.*`) is certain to choose a process by the name that it is defined with,
 * whatever it is included as. As in `nextflow.script.ProcessConfig`, the pattern is one for all of the name, and a `!`
 * before it turns it round.
 */
export function selectsProcess(selector: string, process: string): boolean {
  const [, negation = '', pattern] = /^withName:(!?)([\w.*|:()]+)$/.exec(selector) ?? [];
  if (pattern === undefined || process.length > MAX_NAME_LENGTH || pattern.includes(')*')) return false;
  if ((pattern.match(/\*/g) ?? []).length > MAX_WILDCARDS) return false;
  try {
    return new RegExp(`^(?:${pattern})$`).test(process) === (negation === '');
  } catch {
    return false;
  }
}
