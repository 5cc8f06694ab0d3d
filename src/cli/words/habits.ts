/** Words that people type from habit, from other tools, for each of our commands. */
const HABITS: Readonly<Record<string, string>> = {
  list: 'ls ll dir names secrets keys',
  get: 'show cat print read view reveal value',
  set: 'add put create new store save write edit update change',
  delete: 'rm del remove unset destroy erase',
  rename: 'mv',
  copy: 'cp',
  scan: 'check lint validate find grep',
  launch: 'run start nextflow submit',
  exec: 'env shell with',
  runs: 'ps jobs history',
  logs: 'tail output',
  stop: 'kill cancel abort',
  sweep: 'clean cleanup prune purge gc',
  identity: 'init whoami keygen key',
  member: 'members user users team share invite role roles',
  grant: 'allow grants',
  import: 'load',
  export: 'dump',
};

/** Returns the command that does what a word means in other tools: `list` for `ls`. */
export const commandByHabit = (typed: string): string | undefined =>
  Object.entries(HABITS).find(([, words]) => words.split(' ').includes(typed.toLowerCase()))?.[0];
