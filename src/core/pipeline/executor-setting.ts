/** Tells whether a config's setting, outside of a profile, is the executor of processes, not a parameter so named. */
export const isExecutor = ({ path }: { readonly path: readonly string[] }): boolean =>
  path.join('.') === 'executor.name' || (path[0] === 'process' && path.at(-1) === 'executor');
