import { expect } from 'chai';
import { neededRules, role, roleBinding } from '../../infra/kubernetes/role';
import { serviceAccount } from '../../infra/kubernetes/serviceAccount';
import type { RotationSettings } from '../../infra/kubernetes/settings';
import { objectNames } from '../../infra/kubernetes/settings';
import type { Lab, Site } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import type { Check } from '../../src/inspect/verify/check';
import { run } from './support/command';
import { adminClient } from './support/jobs';
import { databases, labWith } from './support/labs';
import type { Granted } from './support/roleVerbs';
import { title, verbsOf, without } from './support/roleVerbs';
import { createAccess, kubeconfigOf, settingsFor } from './support/rotationPods';
import { expectCode, expectHealthy } from './support/world';

/** The Role as infra/ renders it, enforced by the API server: what it grants is what a rotation asks for. */
for (const database of databases.slice(0, 1)) {
  describe(`the Role of the rotation's account (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let client: KubernetesClient;
    let settings: RotationSettings;

    before(async () => {
      lab = await labWith(database);
      // A pod that crashes repeatedly is told from its own state, and ends the wait before the deadline.
      site = await lab.createSite();
      client = adminClient(lab);
      const optionalRights = { lease: true, events: true, pods: true, workloads: true };
      settings = await settingsFor(lab, site, { optionalRights });
      await createAccess(client, settings);
    });
    after(async () => {
      client.close();
      await site.remove();
    });

    it('grants all that a rotation, and one that is stuck and rolled back, ask for, and nothing else', async () => {
      const from = lab.kubernetes.requests().length;
      const KUBECONFIG = await kubeconfigOf(lab, site, client, objectNames(settings).serviceAccount);
      expectCode(await run(site, [], { KUBECONFIG }), 0);
      await expectHealthy(site, 'B');
      await site.podFault('crash', { rollouts: 1 });
      expectCode(await run(site, [], { KUBECONFIG }), 13);
      await site.podFault('none');
      await expectHealthy(site, 'B');
      // What every account may is not among them: discovery, and questions about itself.
      const requests = lab.kubernetes
        .requests()
        .slice(from)
        .filter(({ namespace }) => namespace === site.namespace);
      const refused = requests.filter(({ status }) => status === 403);
      // Pulumi's plugin would show the Events of what it patches; without the right it does without.
      expect([...new Set(refused.map(({ verb, resource }) => `${verb} ${resource}`))]).to.deep.equal([
        'list events',
      ]);
      const asked = requests
        .filter(({ status }) => status !== 403)
        .map(({ verb, resource, subresource }) => [verb, resource, subresource].filter(Boolean).join(' '));
      const granted = verbsOf(role(settings).rules).map(
        ({ verb, resource }) => `${verb} ${resource.replace('/', ' ')}`,
      );
      expect([...new Set(asked)].sort()).to.deep.equal([...new Set(granted)].sort());
    });

    /** An account with all rights but one; gives its kubeconfig. */
    async function accountWithout(granted: Granted, name: string): Promise<string> {
      const reduced = { ...settings, name };
      const base = `/apis/rbac.authorization.k8s.io/v1/namespaces/${site.namespace}`;
      await client.create(`/api/v1/namespaces/${site.namespace}/serviceaccounts`, serviceAccount(reduced));
      const rules = without(role(reduced).rules, granted);
      await client.create(`${base}/roles`, { ...role(reduced), rules });
      await client.create(`${base}/rolebindings`, roleBinding(reduced));
      return kubeconfigOf(lab, site, client, objectNames(reduced).serviceAccount);
    }

    it('each verb that is taken away is named by verify, and by the dry run where it cannot do without @long', async () => {
      const needed = verbsOf(neededRules(settings)).map(title);
      for (const [index, granted] of verbsOf(role(settings).rules).entries()) {
        const KUBECONFIG = await accountWithout(granted, `without-${index}`);
        const isNeeded = needed.includes(title(granted));
        const [verified, dryRun] = await Promise.all([
          run(site, ['verify', '--json'], { KUBECONFIG }),
          isNeeded ? run(site, ['--dry-run'], { KUBECONFIG }) : undefined,
        ]);
        expectCode(verified, isNeeded ? 3 : 0);
        const { checks } = JSON.parse(verified.stdout) as { checks: Check[] };
        const lacking = checks.filter(({ title: each, state }) => each.startsWith('may ') && state !== 'ok');
        expect(lacking.map(({ title: each, state }) => [each, state])).to.deep.equal([
          [title(granted), isNeeded ? 'missing' : 'optional'],
        ]);
        if (!dryRun) continue;
        expectCode(dryRun, 3);
        const kind = `(${granted.resource}|Secret|Deployment)`;
        const text = new RegExp(`"${granted.verb}" on ${kind} ${site.namespace}/${granted.name}`);
        expect(dryRun.stdout + dryRun.stderr, title(granted)).to.match(text);
      }
    });
  });
}
