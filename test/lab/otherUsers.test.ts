import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import { defaultWaits } from '../../lab/shortWaits';
import type { Check } from '../../src/inspect/verify/check';
import { run } from './support/command';
import { adminClient } from './support/jobs';
import { databases, labWith } from './support/labs';
import { LoginClient } from './support/loginClient';
import { grantOptionalRights } from './support/optionalRights';
import { expectCode, expectHealthy } from './support/world';

/** The product's own grace and window. It gives up soon after them: what is seen here does not depend on its patience. */
const asInTheField = { ...defaultWaits, CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS: '32' };

for (const database of databases.slice(0, 1)) {
  describe(`a second Deployment that reads the same Secret (${database})`, function () {
    this.timeout(360_000);
    let lab: Lab;
    let site: Site;
    let client: KubernetesClient;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      client = adminClient(lab);
      await client.create(`/apis/apps/v1/namespaces/${site.namespace}/deployments`, reports(site));
    });
    after(async () => {
      client.close();
      await site.remove();
    });

    /** The process of the second Deployment: it has the login from its variables, read when it started. */
    async function started(): Promise<LoginClient> {
      const data = await site.kubernetesSecretData();
      const login = { username: data['mysql-user'] ?? '', password: data['mysql-password'] ?? '' };
      return new LoginClient(lab, login);
    }

    it('is named by dry run and verify, where RBAC lets it be seen; else they say that it was not looked for', async () => {
      const { namespace, kubernetesSecret } = site;
      const blind = await run(site, ['--dry-run']);
      expectCode(blind, 0);
      expect(blind.stderr).to.include(`what else reads Secret ${namespace}/${kubernetesSecret} (no right to`);
      expect(blind.stderr).to.not.include('reports');
      await grantOptionalRights(lab, site);
      const [dryRun, verified] = await Promise.all([
        run(site, ['--dry-run']),
        run(site, ['verify', '--json']),
      ]);
      expectCode(dryRun, 0);
      expect(dryRun.stderr).to.match(named(site)).and.to.not.include('no right to list');
      expectCode(verified, 0);
      const { checks } = JSON.parse(verified.stdout) as { checks: Check[] };
      const [found] = checks.filter(({ detail }) => named(site).test(detail ?? ''));
      expect(found?.state).to.equal('optional');
    });

    it('is not cut off with the default grace and window: named, held; after its restart the next run ends', async () => {
      const old = await started();
      const held = await run(site, [], asInTheField);
      const { refused, logins } = await old.stop();
      expectCode(held, 12);
      expect(held.stderr).to.match(named(site));
      expect(held.stderr).to.match(/is still in use from .*; its password was not renewed/);
      expect({ refused, some: logins > 100 }, `${logins} logins`).to.deep.equal({ refused: 0, some: true });
      const restarted = await started();
      const finished = await run(site, [], asInTheField);
      expect((await restarted.stop()).refused).to.equal(0);
      expectCode(finished, 0);
      await expectHealthy(site, 'B');
    });
  });
}

function named({ namespace, kubernetesSecret }: Site): RegExp {
  const secret = `${namespace}/${kubernetesSecret}`;
  return new RegExp(
    `Deployment ${namespace}/reports also reads Secret ${secret}: its pods keep the old login`,
  );
}

/** Its pods belong to a node that is not the lab's: what they would do, {@link LoginClient} does. */
function reports({ kubernetesSecret }: Site): object {
  const labels = { app: 'reports' };
  const env = [
    { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: kubernetesSecret, key: 'mysql-password' } } },
  ];
  const spec = { nodeName: 'elsewhere', containers: [{ name: 'reports', image: 'reports', env }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'reports' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
