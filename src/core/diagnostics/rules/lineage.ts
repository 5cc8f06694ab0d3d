import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** `lineage.enabled = true`. No fault by itself: one file does not tell whether any code of a run reads a value. */
export const lineage: ReaderRule = {
  code: 'lineage',
  severity: 'warning',
  message: () =>
    phrase`With lineage, Nextflow keeps as plain text, for ever, what configs and scripts read by secrets.NAME: the
      config, parameters, and the scripts and inputs of tasks. What tasks get by the directive secret is not kept.`,
};
