import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { failureCodesText } from '../report/failureCodesText';
import { referenceText } from './reference';

/** `npm run docs`: writes docs/reference.md and docs/failure-codes.md anew. */
const folder = path.resolve(__dirname, '..', '..', '..', 'docs');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'reference.md'), referenceText());
writeFileSync(path.join(folder, 'failure-codes.md'), failureCodesText());
