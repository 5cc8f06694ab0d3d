import { ANY_QUEUE } from './preview.ts';
import { groovyLiteral } from './groovy-literal.ts';
import { optionValue } from './nextflow-command.ts';
import config from './preview.groovy' with { type: 'text' };
import type { World } from '../system/world.ts';

/**
 * Makes the config that makes a preview answer. It has to be the last config.
 *
 * @param marker - the beginning of the line with the answer.
 * @param cache - the directory of the run's own cache, in which the run would lock its session.
 */
export function previewConfig(marker: string, cache: string): string {
  const values: Readonly<Record<string, string>> = { MARKER: marker, CACHE: cache, ANY_QUEUE };
  return config.replace(/\b__([A-Z]+(?:_[A-Z]+)*)__\b/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`preview.groovy: nothing is called ${name}`);
    return groovyLiteral(value);
  });
}

/**
 * Makes lines for a config beside others: the strict parser of 25.04 needs every profile in use in each file. With
 * these lines the other parser would no longer find a misspelled profile.
 */
export function sharedProfiles(args: readonly string[], { env }: World): string {
  if (env['NXF_SYNTAX_PARSER'] !== 'v2') return '';
  const names = (optionValue(args, '-profile') ?? '').split(',').filter((name) => /^\w+$/.test(name));
  return names.map((name) => `profiles { ${name} { } }\n`).join('');
}
