import { expect } from 'chai';
import { fileError } from '../../../../src/openemr/file/errors';

/** What the operating system says, and the outcome with the advice that an operator sees. Not all can be made here. */
const answers: [code: string, outcome: string, advice: RegExp][] = [
  ['EACCES', 'permission', /give this process the right/],
  ['EPERM', 'permission', /give this process the right/],
  ['EROFS', 'permission', /mount it with write access/],
  ['ENOSPC', 'before-switch', /free some space/],
  ['EDQUOT', 'before-switch', /quota is used up; free some space/],
  ['ESTALE', 'before-switch', /stale; mount the volume again/],
  ['EBUSY', 'before-switch', /mount its folder instead/],
  ['EIO', 'before-switch', /the file system answered EIO/],
];

describe('errors of the file system', () => {
  for (const [code, outcome, advice] of answers) {
    it(`${code}: ${outcome}, in one sentence without the system's own text`, () => {
      const cause = Object.assign(new Error('canary text'), { code });
      const error = fileError(cause, 'replace', '/sites/default/sqlconf.php');
      expect(error.outcome).to.equal(outcome);
      expect(error.message)
        .to.match(/^Cannot replace \/sites\/default\/sqlconf\.php: [^\n]+\.$/)
        .and.match(advice)
        .and.not.include('canary');
    });
  }

  it('one of ours stays as it is', () => {
    const error = fileError(new Error('x'), 'read', '/a');
    expect(fileError(error, 'write', '/b')).to.equal(error);
  });
});
