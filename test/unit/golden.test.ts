import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { differences } from '../golden/differences';
import { allDifferences, changedText } from '../golden/files';
import { stableThings } from '../golden/stable';
import { repositoryFile, repositoryText } from './docs/readme';

describe('what 1.x keeps stable', () => {
  const { changed, added } = allDifferences();

  it('is as it was recorded', () => {
    const advice = 'docs/stability.md says what may change, and when.';
    expect(changed, `${changedText(changed)}\n${advice}`).to.deep.equal([]);
  });

  it('is recorded with what is new', () => {
    expect(added, 'npm run golden records these as stable').to.deep.equal([]);
  });

  it('has a row in docs/stability.md for each golden file, and no file more', () => {
    const names = Object.keys(stableThings());
    const files = readdirSync(repositoryFile('test/golden/files')).map((name) => name.replace('.json', ''));
    expect(files).to.have.members(names);
    const text = repositoryText('docs/stability.md');
    for (const name of names) expect(text).to.include(`| \`${name}\` |`);
  });

  it('tells a change from an addition', () => {
    const before = { held: 12, flags: ['a', 'b'], schema: { required: ['id'], properties: { id: 'text' } } };
    const find = (now: object) => differences('x', before, now);
    expect(find(before)).to.deep.equal({ changed: [], added: [] });
    expect(find({ ...before, held: 14 }).changed).to.deep.equal(['x: held was 12, is 14']);
    expect(find({ ...before, flags: ['c', 'a'] })).to.deep.equal({
      changed: ['x: flags/b (true) is gone'],
      added: ['x: flags/c (true)'],
    });
    expect(find({ ...before, new: 1 })).to.deep.equal({ changed: [], added: ['x: new (1)'] });
    const schema = { required: ['id', 'by'], properties: { id: 'text', by: 'text' } };
    expect(find({ ...before, schema })).to.deep.equal({
      changed: ['x: schema/required/by is needed now, and was not'],
      added: ['x: schema/properties/by ("text")'],
    });
  });
});
