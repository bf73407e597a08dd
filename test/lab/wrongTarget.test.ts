import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, snapshot } from './support/world';
import { Writes } from './support/writes';

// Another server is in databaseFaults.test.ts; the kind of database does not matter here.
for (const database of databases.slice(0, 1)) {
  describe(`the parts of two OpenEMRs on one server (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let cluster: Cluster;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      cluster = new Cluster(lab, site);
    });
    after(async () => {
      cluster.close();
      await site.remove();
    });

    async function expectRefused(...parts: string[]): Promise<void> {
      const [before, writes] = [await snapshot(site), new Writes(lab, site)];
      for (const args of [['--dry-run'], []]) {
        const result = await run(site, args);
        expectCode(result, 2);
        for (const part of ['Wrong target', ...parts])
          expect(`${result.stdout}\n${result.stderr}`).to.include(part);
      }
      expect(await writes.found()).to.deep.equal([]);
      expect(await snapshot(site)).to.deep.equal(before);
    }

    /** Lets the containers take their variables from another Secret, or from none. */
    async function takeFrom(secret: string | undefined): Promise<void> {
      const { spec } = (await cluster.deployment()) as unknown as {
        spec: { template: { spec: { containers: { env: Variable[] }[] } } };
      };
      const containers = spec.template.spec.containers.map((container) => ({
        ...container,
        env: container.env.map(({ name, value, valueFrom }) => {
          if (valueFrom === undefined) return { name, value };
          const { key } = valueFrom.secretKeyRef;
          return secret === undefined
            ? { name, value: 'fixed' }
            : { name, valueFrom: { secretKeyRef: { name: secret, key } } };
        }),
      }));
      await cluster.patchDeployment({ spec: { template: { spec: { containers } } } });
    }

    it('the Secret names another schema than sqlconf.php: exit 2, both named, nothing is written', async () => {
      const { 'mysql-database': own = '' } = await site.kubernetesSecretData();
      await cluster.setSecret({ 'mysql-database': 'openemr_staging' });
      await expectRefused('openemr_staging', own, site.kubernetesSecret);
      await cluster.setSecret({ 'mysql-database': own });
    });

    it('the Deployment reads another Secret: exit 2, both named, nothing is written', async () => {
      const stringData = await site.kubernetesSecretData();
      await cluster.create('secrets', { kind: 'Secret', metadata: { name: 'staging-db' }, stringData });
      await takeFrom('staging-db');
      await expectRefused('staging-db', site.kubernetesSecret, site.deployment);
    });

    it('the Deployment reads no Secret: no more than a notice; it is its rollout that stops the run', async () => {
      await takeFrom(undefined);
      const dry = await run(site, ['--dry-run']);
      // The lab's pods do not get ready without a login.
      expectCode(dry, 4);
      expect(dry.stdout + dry.stderr)
        .to.include(`does not use Secret ${site.kubernetesSecret}`)
        .and.match(/still rolling out|is stuck/)
        .and.not.include('Wrong target?');
    });
  });
}

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { key: string } };
}
