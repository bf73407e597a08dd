import { writeFileSync } from 'node:fs';
import { schemaFile, schemaText } from './ownSchema';

/** `npm run docs`: writes infra/package/schema.json anew. */
writeFileSync(schemaFile, schemaText());
