import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { allDifferences, changedText, goldenFile } from './files';
import { stableThings } from './stable';

/**
 * `npm run golden`: records what is new among the stable things. What changes or takes away one of them is for the next
 * major version: it is refused without the word `breaking`.
 */
const { changed, added } = allDifferences();
if (changed.length > 0 && !process.argv.includes('breaking')) {
  console.error(changedText(changed));
  console.error(
    'Nothing was written. Keep it as it was (docs/stability.md), or for a new major version: node dist/test/golden/write.js breaking',
  );
  process.exitCode = 1;
} else {
  mkdirSync(path.dirname(goldenFile('x')), { recursive: true });
  for (const [name, now] of Object.entries(stableThings()))
    writeFileSync(goldenFile(name), `${JSON.stringify(now, undefined, 2)}\n`);
  console.log([...changed, ...added, `${changed.length} changed, ${added.length} new`].join('\n'));
}
