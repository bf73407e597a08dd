import { expect } from 'chai';
import { didYouMean, nearest } from '../../../src/base/nearest';

const known = ['dry-run', 'json', 'log-json', 'stack', 'since', 'site', 'sites-root', 'yes'];

describe('the word that was probably meant', () => {
  const found: [typed: string, meant: string | undefined][] = [
    ['dry-runn', 'dry-run'],
    ['dry-rum', 'dry-run'],
    ['dryrun', 'dry-run'],
    ['dryRun', 'dry-run'],
    ['dyr-run', 'dry-run'],
    ['dry', 'dry-run'],
    ['jsno', 'json'],
    ['json', 'json'],
    ['JSON', 'json'],
    ['yess', 'yes'],
    ['sit', 'site'],
    ['sites', 'sites-root'],
    ['passphrase', undefined],
    ['x', undefined],
    ['', undefined],
    ['constructor', undefined],
    ['run-dry', undefined],
  ];
  for (const [typed, meant] of found)
    it(`${JSON.stringify(typed)} meant ${meant ?? 'none of them'}`, () => {
      expect(nearest(typed, known)).to.equal(meant);
    });

  it('is offered in a sentence, or not at all', () => {
    expect(didYouMean('jsno', known, '--')).to.equal(' Did you mean --json?');
    expect(didYouMean('passphrase', known, '--')).to.equal('');
    expect(nearest('a', [])).to.equal(undefined);
  });
});
