import type { ReaderRule } from './rule.ts';

/** A name that only the running pipeline knows. */
export const dynamicName: ReaderRule = {
  code: 'dynamic-name',
  severity: 'info',
  message: (_, { dynamic }) =>
    `Which secret ${dynamic} names is known only when the pipeline runs. ` +
    'A launch sends it with --secret NAME or --all.',
};
