import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withInputsTable } from './table';

/** `npm run docs`: writes the table of inputs in docs/platform.md anew. */
const file = path.resolve(__dirname, '..', '..', '..', 'docs', 'platform.md');
writeFileSync(file, withInputsTable(readFileSync(file, 'utf8')));
