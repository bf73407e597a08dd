import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { repositoryFile, repositoryText } from '../docs/readme';

const config = repositoryFile('.dependency-cruiser.cjs');

/** What the check says of a tree of files: the names of the rules that are broken. */
function brokenRules(files: Record<string, string>): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'floors-'));
  try {
    writeFileSync(path.join(folder, 'tsconfig.json'), '{"compilerOptions":{"module":"node20"}}');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    const cruiser = repositoryFile('node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
    const args = [cruiser, '--config', config, '--output-type', 'json', 'src'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return summary.violations.map(({ rule }) => rule.name).sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the floors of src/', function () {
  this.timeout(60_000);

  it('has a floor for every room', () => {
    const list = /const floors = \[([^\]]*)\]/.exec(repositoryText('.dependency-cruiser.cjs'))?.[1] ?? '';
    const floors = [...list.matchAll(/'([a-z]+)'/g)].map(([, name]) => name);
    const rooms = readdirSync(repositoryFile('src')).filter((name) => name !== 'providers');
    expect(rooms).to.have.members(floors);
  });

  it('is a stage of npm run lint', () => {
    const { scripts } = JSON.parse(repositoryText('package.json')) as { scripts: Record<string, string> };
    expect(scripts['lint']).to.include('depcruise');
  });

  it('finds an import that runs up, of a type too, a circle, and a step that loads Pulumi', () => {
    expect(
      brokenRules({
        'src/base/low.ts': `import type { High } from '../cli/high';\nexport type Low = High;\n`,
        'src/cli/high.ts': `export interface High { a: 1 }\n`,
        'src/run/one.ts': `import { two } from './two';\nexport const one = (): unknown => two;\n`,
        'src/run/two.ts': `import { one } from './one';\nexport const two = (): unknown => one;\n`,
        'src/steps/05-sqlconf/declare.ts': `export const step = 5;\n`,
        'src/steps/05-sqlconf/apply.ts': `export { step } from './declare';\n`,
        'src/rotation/age.ts': `import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n`,
        'src/attic/new.ts': `export { one } from '../run/one';\n`,
      }),
    ).to.deep.equal(['apply-without-pulumi', 'floor-base', 'known-room', 'no-circle', 'pure-rotation']);
  });
});
