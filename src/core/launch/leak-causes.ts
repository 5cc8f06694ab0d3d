import type { InFile, SourceDiagnostic } from '../references/scan.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { Program } from './program.ts';

/** Code that writes the value of a secret down. */
export interface Cause {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly code: SourceDiagnostic['code'] | 'directive';
  readonly setting?: string | undefined;
}

/** Most causes that are told of one name. */
const MOST = 5;

/** Finds the code that writes secrets down, or else the tasks that have them. */
export function causesOf(program: Program, names: ReadonlySet<string>): Cause[] {
  if (program.kind === 'command') return [];
  const { sinks, references } = program.code;
  return [...names].sort().flatMap((name): Cause[] => {
    const written = sinks.filter((sink) => sink.name === name).slice(0, MOST);
    if (written.length > 0) return written.map((sink) => causeOf(sink, name));
    return references
      .filter((one) => one.name === name && one.kind === 'directive' && one.reached && !one.ignored)
      .slice(0, 1)
      .map(({ file, line }) => ({ name, file, line, code: 'directive' }));
  });
}

const causeOf = ({ file, line, code, setting }: InFile<SourceDiagnostic>, name: string): Cause => ({
  ...{ name, file, line, code, setting },
});

/** Words a cause, and how to mend it. */
export function causeLine({ name, file, line, code, setting }: Cause): Phrase {
  const at = `${printable(file)}:${line}`;
  const secret = printable(name);
  if (code === 'in-script' && file.endsWith('.config'))
    return phrase`${at} writes secrets.${secret} into the scripts of tasks, or into their environment; use the directive secret '${secret}'.`;
  if (code === 'in-script')
    return phrase`${at} writes secrets.${secret} into the script; use the directive secret '${secret}'.`;
  if (code === 'in-params')
    return phrase`${at} makes a parameter of secrets.${secret}; read it where it is needed.`;
  if (code === 'in-config')
    return phrase`${at} writes secrets.${secret} into ${printable(setting ?? '')}; Nextflow writes that into files.`;
  if (code === 'directive')
    return phrase`${at} gives ${secret} to a task; a script that prints the variable, or has set -x, writes it down.`;
  return phrase`${at} prints secrets.${secret}, or writes it into a file.`;
}
