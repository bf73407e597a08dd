import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { StatusReport } from '../../src/inspect/status/report';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy, replaceLogin } from './support/world';

// The folder's name does not matter to the database.
for (const database of databases.slice(0, 1)) {
  describe(`a site that is not the default one (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let neighbour: string;
    const settings = (): Record<string, string | undefined> => ({ OPENEMR_SITE: 'other' });

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ openemrSite: 'other' });
      neighbour = path.join(site.sitesRoot, 'default', 'sqlconf.php');
      mkdirSync(path.dirname(neighbour));
      const login = { username: 'somebody_else', password: 'Not-of-this-site-1' };
      writeFileSync(neighbour, replaceLogin(readFileSync(site.sqlconfFile, 'utf8'), login));
    });
    after(() => site.remove());

    it('rotates there and back under load, with no failed request; the default site is left alone', async () => {
      expect(path.basename(path.dirname(site.sqlconfFile))).to.equal('other');
      expect(site.environment['OPENEMR_SITE']).to.equal('other');
      const before = readFileSync(neighbour, 'utf8');
      const load = site.load();
      expectCode(await run(site, [], settings()), 0);
      await expectHealthy(site, 'B');
      const status = await run(site, ['status', '--json'], settings());
      const { live, exitCode } = JSON.parse(status.stdout) as StatusReport;
      expect([live?.name, live?.slot, exitCode]).to.deep.equal([site.sqlconfFile, 'B', 0]);
      expectCode(await run(site, ['verify'], settings()), 0);
      expectCode(await run(site, [], settings()), 0);
      await expectHealthy(site, 'A');
      const { failed, requests } = await load.stop();
      expect(requests).to.be.greaterThan(0);
      expect(failed).to.equal(0);
      expect(readFileSync(neighbour, 'utf8')).to.equal(before);
    });

    it('a wrong name, and the default site of another OpenEMR: refused, nothing changed', async () => {
      const missing = await run(site, ['--dry-run'], { OPENEMR_SITE: 'nowhere' });
      expect(missing.code).to.not.equal(0);
      expect(missing.stderr).to.include('nowhere');
      expect((await run(site, [], { OPENEMR_SITE: 'default' })).code).to.not.equal(0);
      await expectHealthy(site, 'A');
    });
  });
}
