import { expect, use } from 'chai';
import chaiAsPromised from 'chai-as-promised';
import { writeComment } from '../../../src/action/pullRequest';
import type { PullRequest } from '../../../src/action/pullRequest';
import { FakeGitHub } from './fakeGitHub';

use(chaiAsPromised);

describe('the comment on a pull request', () => {
  let github: FakeGitHub;
  let target: PullRequest;

  beforeEach(async () => {
    github = await FakeGitHub.start('ghs_token');
    target = { apiUrl: github.url, repository: 'acme/openemr', number: 7, token: 'ghs_token' };
  });
  afterEach(() => github.close());

  it('is new where there is none, and replaces the one of the same stack', async () => {
    await writeComment(target, '<!-- a -->\none', '<!-- a -->');
    await writeComment(target, '<!-- b -->\ntwo', '<!-- b -->');
    await writeComment(target, '<!-- a -->\nthree', '<!-- a -->');
    expect(github.bodies(7)).to.deep.equal(['<!-- a -->\nthree', '<!-- b -->\ntwo']);
  });

  it('is found on a later page', async () => {
    for (let count = 0; count < 130; count += 1)
      github.comments.push({ id: count, issue: 7, body: `comment ${count}` });
    github.comments.push({ id: 500, issue: 7, body: '<!-- a -->\nold' });
    await writeComment(target, '<!-- a -->\nnew', '<!-- a -->');
    expect(github.bodies(7).at(-1)).to.equal('<!-- a -->\nnew');
    expect(github.bodies(7)).to.have.length(131);
  });

  it('is always new without a marker', async () => {
    await writeComment(target, 'one', undefined);
    await writeComment(target, 'one', undefined);
    expect(github.bodies(7)).to.have.length(2);
  });

  it('that GitHub refuses: what it answered and which right is needed, without the token', async () => {
    const refused = writeComment({ ...target, token: 'ghs_other' }, 'one', undefined);
    await expect(refused).to.be.rejectedWith(
      /answered 403 to POST issues\/7\/comments; .*pull-requests: write/,
    );
    await refused.catch((error: Error) => expect(error.message).to.not.include('ghs_'));
  });
});
