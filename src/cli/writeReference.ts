import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { referenceText } from './reference';

/** `npm run docs`: writes docs/reference.md anew. */
const folder = path.resolve(__dirname, '..', '..', '..', 'docs');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'reference.md'), referenceText());
