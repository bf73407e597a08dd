import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { KubernetesObject } from '../../lab/kubernetes-client';
import { KubernetesClient } from '../../lab/kubernetes-client';
import { until } from './support/until';

/** A client as the tool under test has it: with the rights of its Role, through the lab's proxy. */
function clientOf(lab: Lab, site: Site): KubernetesClient {
  const config = JSON.parse(readFileSync(site.environment['KUBECONFIG'] ?? '', 'utf8')) as {
    clusters: { cluster: { server: string } }[];
    users: { user: { token: string } }[];
  };
  const server = config.clusters[0]?.cluster.server ?? '';
  expect(server).not.to.equal(lab.kubernetes.server);
  return new KubernetesClient(server, lab.database.caFile, config.users[0]?.user.token ?? '');
}

/** The tests of the proxy before the API server, for a lab and a site that are made before they run. */
export function kubernetesTests(lab: () => Lab, siteOf: () => Site): void {
  it('records what reaches the API server, and makes it fail before and after the deed', async () => {
    const [{ kubernetes }, site] = [lab(), siteOf()];
    const client = clientOf(lab(), site);
    const { namespace, kubernetesSecret: name } = site;
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
    const rule = { verb: 'patch', resource: 'secrets', namespace, name } as const;
    const patch = (value: string, query = ''): Promise<unknown> =>
      client.patch(`${path}?fieldManager=me${query}`, { stringData: { lab: value } }).then(
        () => 'done',
        (error: Error) => error.message,
      );
    const value = async (): Promise<unknown> => (await site.kubernetesSecretData())['lab'];
    const from = kubernetes.requests().length;
    kubernetes.fault({ ...rule, when: 'before', skip: 1, times: 1 });
    kubernetes.fault({ ...rule, when: 'after', times: 1 });
    expect(await patch('1'), 'the first is let through by the first rule').to.match(/hang up|RESET/);
    expect(await value()).to.equal('1');
    expect(await patch('2')).to.match(/hang up|RESET/);
    expect(await value()).to.equal('1');
    const respond = { status: 429, reason: 'TooManyRequests', message: 'slow down' };
    const clear = kubernetes.fault({ ...rule, when: 'before', respond });
    expect(await patch('3')).to.match(/429 slow down/);
    clear();
    expect(await patch('4', '&dryRun=All')).to.equal('done');
    expect(await patch('5')).to.equal('done');
    const seen = kubernetes.requests().slice(from);
    expect(seen.map(({ status, write }) => [status, write])).to.deep.equal([
      [0, true],
      [0, true],
      [429, true],
      [200, false],
      [200, true],
    ]);
    expect(seen[0]).to.include({ verb: 'patch', resource: 'secrets', namespace, name, fieldManager: 'me' });
    client.close();
  });

  it('passes a watch on as it comes', async () => {
    const [{ kubernetes }, site] = [lab(), siteOf()];
    const { namespace } = site;
    const config = JSON.parse(readFileSync(kubernetes.adminKubeconfig, 'utf8')) as {
      users: { user: { token: string } }[];
    };
    const direct = new KubernetesClient(
      kubernetes.server,
      lab().database.caFile,
      config.users[0]?.user.token ?? '',
    );
    // The proxy passes each client's own token on: the site's may not watch.
    const client = clientOf(lab(), site);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    expect((await client.raw('GET', `${path}?watch=1`)).status).to.equal(403);
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'watcher' } };
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }];
    await direct.create(`${rbac}/roles`, { ...role, rules });
    await direct.create(`${rbac}/rolebindings`, {
      ...role,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'watcher' },
      subjects: [{ kind: 'ServiceAccount', name: 'credential-rotation-sa', namespace }],
    });
    const ending = new AbortController();
    const told: string[] = [];
    const watching = client.watch<KubernetesObject>(path, ending.signal, ({ object }) => {
      told.push(object.metadata.name);
      if (object.metadata.name === 'late') ending.abort();
    });
    const listed = (): boolean =>
      kubernetes.requests().some((each) => each.verb === 'watch' && each.status === 200);
    await until('the watch has begun', listed);
    await direct.create(path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } });
    await watching;
    expect(told).to.include('late');
    client.close();
    direct.close();
  });
}
