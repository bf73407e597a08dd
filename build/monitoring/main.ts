/* `npm run monitoring`: writes the rules and the dashboard of infra/monitoring anew. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { monitoringFiles } from './files';

for (const [file, text] of Object.entries(monitoringFiles()))
  writeFileSync(path.resolve(__dirname, '..', '..', '..', file), text);
