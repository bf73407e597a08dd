import { expect } from 'chai';
import { parse } from 'yaml';
import { mergeStackFile } from '../../../src/find/stackFile';
import { repositoryText } from '../docs/readme';

const key = (name: string): string => `openemr-credential-rotation:${name}`;

describe('the stack file', () => {
  it('is made when there is none; odd values stay what they are', () => {
    const values = { namespace: 'openemr', site: 'true', stack: '12', healthUrl: 'https://a/b: #c' };
    const { text, added } = mergeStackFile('', values, false);
    expect(parse(text)).to.deep.equal({
      config: Object.fromEntries(Object.entries(values).map(([name, value]) => [key(name), value])),
    });
    expect(added).to.deep.equal(Object.keys(values));
  });

  const text = repositoryText('Pulumi.prod.yaml');

  it('keeps every line that it does not set, and every value without force', () => {
    const merged = mergeStackFile(text, { namespace: 'other', site: 'second' }, false);
    expect(merged).to.deep.include({ added: ['site'], replaced: [], kept: ['namespace'] });
    const more = merged.text.split('\n').filter((line) => !text.split('\n').includes(line));
    expect(more).to.deep.equal([`  ${key('site')}: second`]);
    expect(merged.text.replace(`${more[0]}\n`, '')).to.equal(text);
  });

  it('replaces a value with force, on its line, and leaves the comment there', () => {
    const before = `config:\n    ${key('namespace')}: old # why\n    aws:region: x\n\n# end\nencryptionsalt: v1\n`;
    const merged = mergeStackFile(before, { namespace: 'new', deployment: 'd' }, true);
    expect(merged.text).to.equal(
      `config:\n    ${key('namespace')}: new # why\n    aws:region: x\n    ${key('deployment')}: d\n\n# end\nencryptionsalt: v1\n`,
    );
    expect(merged).to.deep.include({ added: ['deployment'], replaced: ['namespace'], kept: [] });
  });

  it('changes nothing when all is said already', () => {
    const once = mergeStackFile(text, { namespace: 'openemr', fileLimitSeconds: '20' }, false).text;
    expect(mergeStackFile(once, { namespace: 'openemr', fileLimitSeconds: '20' }, true).text).to.equal(once);
  });

  for (const start of [
    'config: {}\n',
    'config:\n',
    'encryptionsalt: v1',
    `config: {"a:b": 1}\n`,
    '# nothing\n',
  ])
    it(`takes them also into ${JSON.stringify(start)}`, () => {
      const merged = mergeStackFile(start, { namespace: 'openemr' }, false);
      const was = (parse(start) ?? {}) as { config?: object };
      expect(parse(merged.text)).to.deep.equal({
        ...was,
        config: { ...was.config, [key('namespace')]: 'openemr' },
      });
    });

  it('leaves a value that Pulumi has encrypted', () => {
    const secure = `config:\n  ${key('namespace')}:\n    secure: v1:abc\n`;
    expect(mergeStackFile(secure, { namespace: 'n' }, true)).to.deep.include({
      text: secure,
      kept: ['namespace'],
    });
  });
});
