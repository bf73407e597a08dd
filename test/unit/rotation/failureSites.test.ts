import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { FailureCode } from '../../../src/base/failure';
import { failureCodes } from '../../../src/base/failureCodes';

const sources = globSync('src/**/*.ts').map((file) => ({ file, text: readFileSync(file, 'utf8') }));

/** Where the end of a run may be named: the class itself, policy's callers, and several problems that are one. */
const ends = ['src/base/failure.ts', 'src/run/onFailure.ts', 'src/run/found.ts'];

describe('the failures in src/', () => {
  it('say a code; only the run says an end', () => {
    const others = sources.filter(
      ({ file, text }) =>
        !ends.includes(file) &&
        /new Ended\(|new \w*Failure\([^;]*?\{[^;{}]*\boutcome\b[^;{}]*\}\s*,?\s*\)/.test(text),
    );
    expect(others.map(({ file }) => file)).to.deep.equal([]);
  });

  it('say each code of the table somewhere: none is there for nothing', () => {
    const code = sources.filter(({ file }) => !file.startsWith('src/base/codes/'));
    const unused = (Object.keys(failureCodes) as FailureCode[]).filter(
      (each) => !code.some(({ text }) => text.includes(`'${each}'`)),
    );
    expect(unused).to.deep.equal([]);
  });

  it('are in steps never held by the step itself', () => {
    const steps = sources.filter(({ file }) => file.startsWith('src/steps/'));
    expect(steps.length).to.be.greaterThan(20);
    expect(steps.filter(({ text }) => /'held'/.test(text)).map(({ file }) => file)).to.deep.equal([]);
  });
});
