import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../../lab/package';

const text = (file: string): string => readFileSync(path.join(packageRoot(), file), 'utf8');

/** The rows of the table: what the aws plugin does, from where that is known, and the tests that the last cell names. */
function facts(): { behaviour: string; source: string; tests: [file: string, name: string][] }[] {
  const rows = text('lab/plugins/README.md')
    .split('\n')
    .filter((line) => /^\| (?!behaviour)/.test(line));
  return rows.map((row) => {
    const [behaviour = '', source = '', cell = ''] = row.slice(2, -2).split(' | ');
    let file = 'test/unit/lab/secretVersion.test.ts';
    const tests: [string, string][] = [];
    for (const [, named, quoted] of cell.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
      if (named !== undefined) file = named;
      if (quoted !== undefined) tests.push([file, quoted]);
    }
    return { behaviour, source, tests };
  });
}

describe('the facts of the aws stand-in', () => {
  it('are a table of some length', () => expect(facts().length).to.be.greaterThan(12));

  for (const { behaviour, source, tests } of facts())
    it(`${behaviour.slice(0, 60)}: has a source, and tests by name that are there`, () => {
      expect(source).to.match(/\w{4}/);
      expect(tests).to.not.be.empty;
      for (const [file, name] of tests) {
        expect(existsSync(path.join(packageRoot(), file)), file).to.equal(true);
        expect(text(file), file).to.include(name);
      }
    });
});
