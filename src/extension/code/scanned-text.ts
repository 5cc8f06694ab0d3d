import type { Uri } from 'vscode';
import { KEY_LOOK } from '../../core/diagnostics/key-signs.ts';
import { NOTHING_FOUND, type ScanKeeper } from '../../core/references/scan-keeper.ts';
import { scanSource } from '../../core/references/scan-source.ts';
import { SCAN_WORDS, sourceLanguage } from '../../core/pipeline/source-file.ts';
import { SourceReader } from '../../core/pipeline/source-reader.ts';
import type { CodeText } from './read-code.ts';
import type { IndexedFile } from './uses.ts';

/** Words without which a scan has nothing to keep. Most modules have none of them; many have `workflow.` */
const WORDS = { script: 'secret|workflow(?![.\\w])', config: `${SCAN_WORDS.config}|profiles` };
const MATTERS = { script: new RegExp(WORDS.script), config: new RegExp(WORDS.config) };

/** A file's text, empty if it has nothing to tell or is not read, and the parts of its scan that are kept. */
export type ScannedText = Pick<IndexedFile, 'scan' | 'problem'> & { readonly text: string };

/** A reader of the files that the index keeps something of. */
export const indexReader = (): SourceReader =>
  new SourceReader({ script: [WORDS.script], config: [WORDS.config] }, { look: KEY_LOOK });

/** Scans a text if it has something to tell. */
export function scannedText({ path }: Uri, read: CodeText, keeper: ScanKeeper): ScannedText {
  if ('problem' in read) return { text: '', scan: NOTHING_FOUND, problem: read.problem };
  const { text } = read;
  const language = sourceLanguage(path);
  const matters = MATTERS[language].test(text);
  return {
    text,
    scan: matters ? keeper.keep(scanSource(text, language)) : NOTHING_FOUND,
    problem: undefined,
  };
}
