import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { repositoryFile, repositoryText } from './readme';

const lines = repositoryText('test/faults/CASES.md')
  .split('\n')
  .filter((line) => /^- \d+ /.test(line));

describe('the list of fault cases', () => {
  it('has each number from 1 to 77 once', () => {
    const numbers = lines.map((line) => Number(/^- (\d+) /.exec(line)?.[1]));
    expect(numbers).to.deep.equal(Array.from({ length: 77 }, (_each, index) => index + 1));
  });

  for (const line of lines) {
    const number = /^- (\d+) /.exec(line)?.[1];
    it(`names tests that are there, or a reason: ${number}`, () => {
      const tests = [...line.matchAll(/`(test\/[^`]+\.test\.ts)`(?:: "([^"]+)")?/g)];
      if (tests.length === 0) expect(line, 'a reason').to.match(/not here|npm run faults/);
      for (const [, file = '', title = ''] of tests) {
        expect(existsSync(repositoryFile(file)), file).to.equal(true);
        expect(repositoryText(file).includes(title), `${file} has no "${title}"`).to.equal(true);
      }
    });
  }
});
