import type { NextflowCommand } from './nextflow-command.ts';

/** Options of a run that leave files, or would end the preview. For each: does it have a value? */
const LEFT_OUT: Readonly<Record<string, 'always' | 'maybe' | 'never'>> = {
  '-log': 'always',
  '-q': 'never',
  '-quiet': 'never',
  '-ansi-log': 'always',
  '-name': 'always',
  '-cache': 'always',
  '-preview': 'never',
  '-N': 'always',
  '-with-notification': 'maybe',
  '-with-report': 'maybe',
  '-with-timeline': 'maybe',
  '-with-trace': 'maybe',
  '-with-dag': 'maybe',
  '-with-weblog': 'maybe',
  '-with-tower': 'maybe',
  '-with-cloudcache': 'maybe',
  '-dump-channels': 'maybe',
  '-dump-hashes': 'maybe',
};

/** Makes the arguments of a preview of the same run. */
export function previewArguments(
  { args, pipeline }: Pick<NextflowCommand, 'args' | 'pipeline'>,
  logFile: string,
  configFile: string,
): string[] {
  const kept: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    if (word === '--') {
      kept.push(...args.slice(index));
      break;
    }
    const value = LEFT_OUT[word];
    if (value === undefined) {
      kept.push(word);
      continue;
    }
    const next = args[index + 1];
    // `-resume last` has a value, `-resume main.nf` none.
    const hasValue = value === 'maybe' && next?.startsWith('-') === false && next !== pipeline;
    if (value === 'always' || hasValue) index += 1;
  }
  const run = kept.indexOf('run');
  kept.splice(run + 1, 0, '-preview', '-ansi-log', 'false');
  return ['-q', '-log', logFile, ...withLastConfig(kept, configFile)];
}

/**
 * Adds a config that wins over all others to a run's arguments. `-C FILE` makes Nextflow read nothing else: beside it
 * Nextflow ignores a `-c`, but not another `-C`.
 */
export function withLastConfig(args: readonly string[], file: string): string[] {
  const only = args.lastIndexOf('-C');
  if (only >= 0) return args.toSpliced(only + 2, 0, '-C', file);
  const dashes = args.indexOf('--');
  return args.toSpliced(dashes < 0 ? args.length : dashes, 0, '-c', file);
}
