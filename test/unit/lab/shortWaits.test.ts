import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { shortWaits, shortWaitsEnvironment } from '../../../lab/shortWaits';
import { optionTable } from '../../../src/settings/options';
import { repositoryFile } from '../docs/readme';

const waits = [optionTable.idleGraceSeconds, optionTable.oldLoginSeconds];

/** The lines of a text that give one of the waits a value of their own. */
function settingsIn(text: string): string[] {
  const names = waits.flatMap(({ flag, variable, stackKey }) => [variable, `--${flag}`, `${stackKey}: *\\d`]);
  return text.split('\n').filter((line) => new RegExp(names.join('|')).test(line));
}

/** All TypeScript files below a folder of the repository. */
function sources(folder: string): string[] {
  return readdirSync(repositoryFile(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

describe("the lab's short waits", () => {
  it('are shorter than the defaults, under their variables', () => {
    expect(shortWaits.idleGraceSeconds).to.be.below(Number(optionTable.idleGraceSeconds.default));
    expect(shortWaits.oldLoginSeconds).to.be.below(Number(optionTable.oldLoginSeconds.default));
    expect(Object.keys(shortWaitsEnvironment)).to.deep.equal(
      [...waits, optionTable.canary].map(({ variable }) => variable),
    );
  });

  it('stand in one place: no other file of lab, bench and lab tests names these settings', () => {
    // Unit tests have no lab; they ask what these settings mean.
    const files = ['lab', 'bench', 'test'].flatMap(sources).filter((file) => !file.startsWith('test/unit/'));
    expect(files.length).to.be.above(200);
    const naming = files.filter((file) => settingsIn(readFileSync(repositoryFile(file), 'utf8')).length > 0);
    expect(naming).to.deep.equal(['lab/shortWaits.ts']);
  });

  it('are found in each spelling', () => {
    const spellings = [
      `${optionTable.idleGraceSeconds.variable}: '1',`,
      `run(site, ['--${optionTable.oldLoginSeconds.flag}=0'])`,
      `${optionTable.idleGraceSeconds.stackKey}: 1,`,
    ];
    expect(settingsIn(spellings.join('\n'))).to.deep.equal(spellings);
    expect(settingsIn('...shortWaits,')).to.deep.equal([]);
  });
});
