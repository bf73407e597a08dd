import { expect } from 'chai';
import { selectingNothing } from '../../../src/engine/process';

describe('calls of the engine', () => {
  it('select no stack in its home, which may be read-only', () => {
    const made = ['stack', 'init', 'prod', '--secrets-provider', 'passphrase'];
    expect(selectingNothing(made)).to.deep.equal([...made, '--no-select']);
    for (const other of [
      ['up', '--yes'],
      ['stack', 'export'],
    ])
      expect(selectingNothing(other)).to.deep.equal(other);
  });
});
