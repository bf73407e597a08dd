import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, snapshot } from './support/world';

describe('the aws plugin and AWS that does not answer', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(() => site.remove());

  it('a version that cannot be stored ends the run in a minute, with one sentence; the next run goes on, without STS', async () => {
    const noSts = lab.aws.fault({ action: 'GetCallerIdentity', when: 'before' });
    const cut = lab.aws.fault({
      action: 'PutSecretValue',
      secretId: site.slotSecretId,
      when: 'before',
      skip: 1,
    });
    const before = await snapshot(site);
    try {
      const started = performance.now();
      const stopped = await run(site).finally(cut);
      expect(performance.now() - started).to.be.lessThan(60_000);
      expectCode(stopped, 4);
      expect(stopped.stderr)
        .to.match(/Secrets Manager in \S+ does not answer PutSecretValue on \S+ in time/)
        .and.not.include('urn:pulumi');
      expect((await snapshot(site)).fileHash).to.equal(before.fileHash);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
    } finally {
      noSts();
    }
    expect(lab.aws.requests().some(({ action }) => action === 'GetCallerIdentity')).to.equal(false);
  });
});
