import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { renderChart } from './chart';
import { renderFleetChart } from './fleet/chart';

/** `npm run chart`: writes infra/chart and infra/fleet-chart anew. */
const root = path.resolve(__dirname, '..', '..', '..');
const packageFile = z.object({ version: z.string(), description: z.string(), license: z.string() });
const about = packageFile.parse(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));
const charts = { chart: renderChart(about), 'fleet-chart': renderFleetChart(about) };
for (const [chart, files] of Object.entries(charts)) {
  const folder = path.join(root, 'infra', chart);
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
