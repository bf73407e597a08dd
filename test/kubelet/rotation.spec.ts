import { expect } from 'chai';
import type { Lab } from '../../lab';
import { startLab } from '../../lab';
import { canaryLeft } from '../faults/sweep';
import { run } from '../lab/support/command';

describe('a rotation of pods on the real kubelet', function () {
  this.timeout(400_000);
  let lab: Lab;

  before(async () => {
    lab = await startLab({ database: 'mysql', kubelet: 'real', log: console.log });
  });

  after(() => lab?.stop());

  it('ends 0 under load, with no failed request and on the other slot', async () => {
    const site = await lab.createSite();
    const load = site.load();
    const canary = site.canary();
    const begin = performance.now();
    const result = await run(site);
    console.log(`rotation: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    const { requests, failed, examples } = await load.stop();
    console.log(requests, failed, examples);
    await canary.stop();
    expect(result.code, result.stdout + result.stderr).to.equal(0);
    expect(requests).to.be.greaterThan(100);
    expect(failed, examples.join('\n')).to.equal(0);
    expect((await site.sqlconf()).login).to.equal(site.users.B);
    await site.remove();
  });

  it('with a canary: the kubelet lays the copy over the file, the pod logs in from its own address, and is gone before the switch', async () => {
    const site = await lab.createSite({ canary: true });
    const load = site.load();
    const result = await run(site, ['--canary', 'require']);
    const { requests, failed, examples } = await load.stop();
    console.log(requests, failed, examples);
    expect(result.code, result.stdout + result.stderr).to.equal(0);
    expect(failed, examples.join('\n')).to.equal(0);
    expect((await site.sqlconf()).login).to.equal(site.users.B);
    expect(await canaryLeft(lab, site)).to.deep.equal([]);
    await site.remove();
  });
});
