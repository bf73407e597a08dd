import { expect } from 'chai';
import { packedEntries, resultsOf, writtenResults } from '../../faults/results';

describe('test/faults/RESULTS.md', () => {
  it('says what the ledger says: npm run faults -- --write-results', () => {
    expect(writtenResults()).to.equal(resultsOf(packedEntries()));
  });

  it('each case says with which database, which plugins and which commit it was run', () => {
    for (const { name, database, plugins, commit } of packedEntries())
      expect([database, plugins, commit], name).to.not.include(undefined);
  });
});
