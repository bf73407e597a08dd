import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { StatusReport } from '../../src/inspect/status/report';
import { Cluster } from './support/cluster';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode } from './support/world';

// The other problems are in test/unit/inspect/statusRefused.test.ts; neither needs a certain database.
for (const database of databases.slice(0, 1)) {
  describe(`status says what a run would be refused for (${database})`, function () {
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

    /** Each problem is told by the dry run and by status in one and the same sentence, and status tells no other. */
    async function expectBoth(code: number, ...problems: RegExp[]): Promise<void> {
      const writes = lab.kubernetes.requests().length;
      const status = await run(site, ['status', '--json']);
      const { next, refused, advice } = JSON.parse(status.stdout) as StatusReport;
      expect(refused.length, refused.join('\n')).to.equal(problems.length);
      problems.forEach((problem, index) => expect(refused[index]).to.match(problem));
      expect(next).to.equal(null);
      expect(advice).to.include(refused.join(' '));
      const wrote = lab.kubernetes
        .requests()
        .slice(writes)
        .filter(({ verb }) => verb === 'patch');
      expect(wrote, 'status tried a patch').to.deep.equal([]);
      const dry = await run(site, ['--dry-run']);
      expectCode(dry, code);
      const said = `${dry.stdout}\n${dry.stderr}`.replace(/\s+/g, ' ');
      for (const sentence of refused) expect(said).to.include(sentence);
    }

    it('nothing: then next is what the run does', async () => {
      const status = await run(site, ['status', '--json']);
      const { next, refused } = JSON.parse(status.stdout) as StatusReport;
      expect(refused).to.deep.equal([]);
      expect(next).to.deep.equal({ kind: 'rotate', from: 'A', to: 'B', renew: 'A', resumes: false });
    });

    it('a Deployment that is paused, and a Secret that Argo CD writes', async () => {
      const { 'mysql-user': user = '' } = await site.kubernetesSecretData();
      await cluster.patchDeployment({ spec: { paused: true } });
      await cluster.setSecret({ 'mysql-user': `${user}x` }, 'argocd-controller');
      await cluster.setSecret({ 'mysql-user': user }, 'argocd-controller');
      await expectBoth(2, /is paused/, /has mysql-user written by Argo CD/);
      await cluster.patchDeployment({ spec: { paused: false } });
    });

    it('a Secret that is immutable', async () => {
      const data = await site.kubernetesSecretData();
      await cluster.deleteSecret();
      await cluster.createSecret(data, { immutable: true });
      await expectBoth(2, /is immutable/);
      await cluster.deleteSecret();
      await cluster.createSecret(data);
    });

    it('a secret that RDS manages', async () => {
      const { adminSecretId: secretId } = site;
      const managed = lab.aws.fault({
        action: 'DescribeSecret',
        secretId,
        when: 'after',
        rewrite: (body) => ({ ...body, OwningService: 'rds' }),
      });
      await expectBoth(2, /is managed by rds/);
      managed();
    });

    it('a right that the Role lacks', async () => {
      const rules = await cluster.rules();
      const without = rules.map((rule) =>
        rule.resources[0] === 'deployments'
          ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'patch') }
          : rule,
      );
      await cluster.setRules(without);
      await expectBoth(3, /RBAC does not allow "patch" on deployments/);
      await cluster.setRules(rules);
    });

    it('another site that names the account', async () => {
      const neighbour = path.join(site.sitesRoot, 'clinic', 'sqlconf.php');
      mkdirSync(path.dirname(neighbour));
      writeFileSync(neighbour, readFileSync(site.sqlconfFile));
      await expectBoth(2, /clinic/);
      rmSync(path.dirname(neighbour), { recursive: true });
    });
  });
}
