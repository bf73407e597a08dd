import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../../lab/package';

const text = (file: string): string => readFileSync(path.join(packageRoot(), file), 'utf8');

/** The rows of the table: what the aws plugin does, from where that is known, and the tests that the last cell names. */
function facts(): { behaviour: string; source: string; tests: [file: string, name: string | undefined][] }[] {
  const rows = text('lab/plugins/README.md')
    .split('\n')
    .filter((line) => /^\| (?!behaviour)/.test(line));
  return rows.map((row) => {
    const [behaviour = '', source = '', cell = ''] = row.slice(2, -2).split(' | ');
    let file = 'test/unit/lab/secretVersion.test.ts';
    const tests: [string, string | undefined][] = [];
    for (const [, named, quoted] of cell.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
      if (named !== undefined) file = named;
      if (quoted !== undefined || !cell.includes('"', cell.indexOf(file))) tests.push([file, quoted]);
    }
    return { behaviour, source, tests };
  });
}

describe('the facts of the aws stand-in', () => {
  it('are a table of some length', () => expect(facts().length).to.be.greaterThan(12));

  for (const { behaviour, source, tests } of facts())
    it(`${behaviour.slice(0, 60)}: has a source, and tests that are there`, () => {
      expect(source).to.match(/\w{4}/);
      expect(tests).to.not.be.empty;
      for (const [file, name] of tests.filter(([each]) => each.startsWith('test/'))) {
        expect(existsSync(path.join(packageRoot(), file)), file).to.equal(true);
        if (name !== undefined) expect(text(file), file).to.include(name);
      }
    });
});
