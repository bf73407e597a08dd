import { expect } from 'chai';
import { passwordAges, versionsToRead } from '../../../src/inspect/status/passwordAge';

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));
const version = (number: number, A: string, B: string) => ({ createdAt: day(number), passwords: { A, B } });

describe('the age of a password', () => {
  it('counts from the oldest version that has it', () => {
    const ages = passwordAges(version(9, 'a2', 'b2'), [
      version(8, 'a2', 'b1'),
      version(5, 'a2', 'b1'),
      version(3, 'a1', 'b1'),
    ]);
    expect(ages).to.deep.equal({ A: { since: day(5), exact: true }, B: { since: day(9), exact: true } });
  });

  it('is a lower bound when no version without it can be seen', () => {
    const ages = passwordAges(version(9, 'a2', 'b1'), [version(8, 'a1', 'b1')]);
    expect(ages).to.deep.equal({ A: { since: day(9), exact: true }, B: { since: day(8), exact: false } });
    expect(passwordAges(version(9, 'a', 'b'), [])['A']).to.deep.equal({ since: day(9), exact: false });
  });

  it('is exact when both versions of a rotation were made within the same second', () => {
    const ages = passwordAges(version(9, 'a2', 'b1'), [version(9, 'a1', 'b1')]);
    expect(ages['A']).to.deep.equal({ since: day(9), exact: true });
  });

  it('is not known for an account without a password', () => {
    expect(passwordAges({ createdAt: day(1), passwords: { A: undefined } }, [])).to.deep.equal({});
  });

  it('is read from the newest versions beside the current one, eight at most', () => {
    const known = Array.from({ length: 12 }, (_each, index) => ({
      versionId: `v${index}`,
      createdAt: day(index + 1),
      stages: [],
    }));
    expect(versionsToRead('v11', known)).to.deep.equal(['v10', 'v9', 'v8', 'v7', 'v6', 'v5', 'v4', 'v3']);
  });
});
