#!/usr/bin/env node
// npm run l10n: collects the texts that the extension shows, its own and those of the core, into
// l10n/bundle.l10n.json, which translations start from.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectTexts } from './texts.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const entries = [...collectTexts(project)].sort().map((text) => [text, text]);
const bundle = `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
writeFileSync(join(project, 'l10n', 'bundle.l10n.json'), bundle);
