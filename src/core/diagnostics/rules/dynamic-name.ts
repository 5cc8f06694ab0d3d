import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A name that only the running pipeline knows. */
export const dynamicName: ReaderRule = {
  code: 'dynamic-name',
  severity: 'info',
  message: (_, { dynamic }) => phrase`Which secret ${dynamic} names is known only when the pipeline runs.`,
  remedy: { do: 'send-secret', lead: phrase`A launch sends it if it is told to` },
};
