import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { evidenceSchemaText } from '../evidence/schemaText';
import { failureCodesText } from '../report/failureCodesText';
import { referenceText } from './reference';

/** `npm run docs`: writes docs/reference.md, docs/failure-codes.md and docs/evidence.schema.json anew. */
const folder = path.resolve(__dirname, '..', '..', '..', 'docs');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'reference.md'), referenceText());
writeFileSync(path.join(folder, 'failure-codes.md'), failureCodesText());
writeFileSync(path.join(folder, 'evidence.schema.json'), evidenceSchemaText());
