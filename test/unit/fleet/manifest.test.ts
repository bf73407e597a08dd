import { expect } from 'chai';
import { fleetObjects } from '../../../infra/kubernetes/fleetJob';
import { Failure } from '../../../src/base/failure';
import { parseFleet } from '../../../src/fleet/fleetFile';
import { fleetJobSettings } from '../../../src/fleet/jobSettings';
import type { ManifestRequest } from '../../../src/fleet/jobSettings';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { threeDeployments, usualDefaults } from './fileText';

const text = `name: clinics
job:
  namespace: rotation
  image: registry.example/rotation:1
  sitesClaim: openemr-sites
  databaseCaConfigMap: database-ca
defaults:
${usualDefaults}  databaseCaFile: /etc/credential-rotation/database-ca/ca.pem
  idleLimitSeconds: 1200
${threeDeployments}`;

interface Rendered {
  kind: string;
  metadata: { name: string; namespace: string };
  [key: string]: unknown;
}

async function requestOf(file: string, changes: Partial<ManifestRequest> = {}): Promise<ManifestRequest> {
  return {
    file: await parseFleet(file, 'fleet.yaml', { given: {} }),
    text: file,
    limits: { concurrency: 2, staggerMs: 0, onFailure: 'continue' },
    image: undefined,
    schedule: undefined,
    now: new Date('2026-01-31T03:00:00Z'),
    ...changes,
  };
}

async function rendered(changes: Partial<ManifestRequest> = {}, file = text): Promise<Rendered[]> {
  return fleetObjects(fleetJobSettings(await requestOf(file, changes))) as Rendered[];
}

const ofKind = (objects: Rendered[], kind: string): Rendered =>
  objects.find((each) => each.kind === kind) as Rendered;

describe('fleet manifest', () => {
  it('is one account, its rights in each namespace, the file, and one index for each deployment', async () => {
    const objects = await rendered();
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).to.deep.equal([
      'ServiceAccount rotation',
      'Role a',
      'RoleBinding a',
      'Role b',
      'RoleBinding b',
      'NetworkPolicy rotation',
      'ConfigMap rotation',
      'Job rotation',
      'Job rotation',
    ]);
    expect(ofKind(objects, 'Job')['spec']).to.deep.include({
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 2,
      backoffLimitPerIndex: 2,
      maxFailedIndexes: 3,
    });
    expect(ofKind(objects, 'ConfigMap')['data']).to.deep.equal({ 'fleet.yaml': text });
  });

  /** The rules of the Role of a namespace, as `resources of names: verbs`. */
  function rulesOf(objects: Rendered[], namespace: string): string[] {
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.namespace === namespace);
    const rules = role?.['rules'] as { resources: string[]; resourceNames?: string[]; verbs: string[] }[];
    return rules.map(
      ({ resources, resourceNames = [], verbs }) =>
        `${resources.join()} of ${resourceNames.join()}: ${verbs.join()}`,
    );
  }

  it('gives each namespace the rights of its own rotations, Lease and Events with them, each once', async () => {
    const needed = ['secrets of openemr-db-credentials: get,patch', 'deployments of openemr: get,patch'];
    const lease = ['leases of : create', 'leases of credential-rotation-openemr: get,update'];
    const workloads = ['deployments,statefulsets,daemonsets of : list', 'cronjobs,jobs of : list'];
    const objects = await rendered();
    expect(rulesOf(objects, 'a')).to.deep.equal([...needed, ...lease, 'events of : create', ...workloads]);
    expect(rulesOf(objects, 'b')).to.deep.equal([
      'secrets of openemr-db-credentials,second: get,patch',
      'deployments of openemr,second: get,patch',
      'leases of : create',
      'leases of credential-rotation-openemr,credential-rotation-second: get,update',
      'events of : create',
      ...workloads,
    ]);
    const pods = await rendered({}, text.replace('job:\n', 'job:\n  optionalRights: [pods]\n'));
    expect(rulesOf(pods, 'a')).to.deep.equal([...needed, 'pods,resourcequotas of : list']);
    const none = await rendered({}, text.replace('job:\n', 'job:\n  optionalRights: []\n'));
    expect(rulesOf(none, 'a')).to.deep.equal(needed);
  });

  interface Policy {
    podSelector: { matchLabels: Record<string, string> };
    ingress: unknown[];
    egress: { to: object[]; ports: { port: number }[] }[];
  }
  /** The ways out of the pods, as `to: port`. */
  const waysOut = ({ egress }: Policy): string[] =>
    egress.flatMap(({ to, ports }) =>
      to.flatMap((each) => ports.map(({ port }) => `${JSON.stringify(each)}: ${port}`)),
    );
  const policyOf = (objects: Rendered[]): Policy =>
    (ofKind(objects, 'NetworkPolicy') as unknown as { spec: Policy }).spec;
  const inNamespace = (name: string): string =>
    `{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"${name}"}}}`;

  it('lets its pods connect to nothing but what rotations need, each health page in its own namespace', async () => {
    const page = (host: string): string =>
      `healthUrl: "http://openemr.${host}:8080/meta/health/readyz", sitesRoot`;
    const file = text
      .replace('namespace: a, sitesRoot', `namespace: a, ${page('a')}`)
      .replace('namespace: b, sitesRoot', `namespace: b, ${page('b')}`);
    const objects = await rendered({}, file);
    const policy = policyOf(objects);
    expect(policy.ingress).to.deep.equal([]);
    const { template } = ofKind(objects, 'Job')['spec'] as { template: { metadata: { labels: object } } };
    expect(template.metadata.labels).to.include(policy.podSelector.matchLabels);
    const pages = waysOut(policy).filter((way) => way.endsWith(': 8080'));
    expect(pages).to.deep.equal([`${inNamespace('a')}: 8080`, `${inNamespace('b')}: 8080`]);
    expect(waysOut(policy)).to.include('{"ipBlock":{"cidr":"10.0.0.0/8"}}: 3306');
    expect(waysOut(policyOf(await rendered())).join('\n')).not.to.include('metadata.name');
  });

  it('takes ports, ranges and further ways out from the file', async () => {
    const network =
      'job:\n  databasePort: 3307\n  databaseCidrs: [10.1.0.0/16]\n  healthPort: 80\n  egress:\n    - { port: 9091, namespace: monitoring }\n';
    const file = text
      .replace('job:\n', network)
      .replace('namespace: a, sitesRoot', 'namespace: a, healthUrl: "https://openemr.a/readyz", sitesRoot');
    const ways = waysOut(policyOf(await rendered({}, file)));
    expect(ways).to.include.members([
      '{"ipBlock":{"cidr":"10.1.0.0/16"}}: 3307',
      `${inNamespace('monitoring')}: 9091`,
      `${inNamespace('a')}: 80`,
    ]);
    expect(ways.filter((way) => way.endsWith(': 3307'))).to.have.lengthOf(1);
  });

  it('tells its pods their proxy; one with a login does not go into the file', async () => {
    const job = 'job:\n  httpsProxy: http://proxy.corp:3128\n  noProxy: ".svc, 10.100.0.0/16"\n';
    const { template } = ofKind(await rendered({}, text.replace('job:\n', job)), 'Job')['spec'] as {
      template: { spec: { containers: { env: { name: string; value?: string }[] }[] } };
    };
    const env = template.spec.containers[0]?.env ?? [];
    expect(env.filter(({ name }) => /PROXY/.test(name))).to.deep.equal([
      { name: 'HTTPS_PROXY', value: 'http://proxy.corp:3128' },
      { name: 'NO_PROXY', value: '.svc, 10.100.0.0/16' },
    ]);
    const withLogin = text.replace('job:\n', 'job:\n  httpsProxy: http://user:canary@proxy.corp:3128\n');
    const error = await rendered({}, withLogin).catch((reason: unknown) => String(reason));
    expect(error)
      .to.match(/httpsProxy.* must be an http\(s\) URL without a user/)
      .and.not.include('canary');
  });

  it('a suspended Job beside it reports the run, from the same file and as the same account', async () => {
    const reportOf = (objects: Rendered[]): Rendered =>
      objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name.endsWith('-report')) as Rendered;
    const objects = await rendered();
    const report = reportOf(objects);
    expect(report.metadata.name).to.equal('clinics-rotation-20260131-030000-report');
    const spec = report['spec'] as {
      suspend: boolean;
      template: { spec: { serviceAccountName: string; containers: { args: string[] }[] } };
    };
    expect(spec.suspend).to.equal(true);
    expect(spec.template.spec.serviceAccountName).to.equal('clinics-rotation-sa');
    expect(spec.template.spec.containers[0]?.args.join(' ')).to.equal(
      'fleet status --fleet /etc/credential-rotation/fleet/fleet.yaml --json --concurrency 2 --since 2026-01-31T03:00:00.000Z',
    );
    const scheduled = reportOf(await rendered({ schedule: '0 3 * * 0' }));
    expect(scheduled.metadata.name).to.match(/^clinics-rotation-[0-9a-f]{10}-report$/);
  });

  it('refuses a name of which Kubernetes can make no Job', async () => {
    const longest = 'c'.repeat(30);
    const objects = await rendered({}, text.replace('name: clinics', `name: ${longest}`));
    for (const { metadata } of objects) expect(metadata.name.length).to.be.lessThan(64);
    const request = await requestOf(text.replace('name: clinics', `name: ${longest}c`));
    expect(() => fleetJobSettings(request)).to.throw(Failure, 'at most 30 characters');
  });

  it('exit codes that a person must see to fail their index at once; a drained node counts for nothing', async () => {
    const { podFailurePolicy } = ofKind(await rendered(), 'Job')['spec'] as { podFailurePolicy: object };
    expect(podFailurePolicy).to.deep.equal({
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        {
          action: 'FailIndex',
          onExitCodes: { containerName: 'credential-rotation', operator: 'In', values: [2, 3, 10, 13] },
        },
      ],
    });
  });

  it('its pods carry out their index of that very file, and no variable names an OpenEMR', async () => {
    const objects = await rendered();
    const { template } = ofKind(objects, 'Job')['spec'] as {
      template: {
        spec: {
          activeDeadlineSeconds: number;
          containers: { args: string[]; env: { name: string }[]; volumeMounts: { name: string }[] }[];
          volumes: { name: string; configMap?: { name: string } }[];
        };
      };
    };
    const [container] = template.spec.containers;
    expect(container?.args.join(' ')).to.equal(
      'fleet run --fleet /etc/credential-rotation/fleet/fleet.yaml --log-json --since 2026-01-31T03:00:00.000Z',
    );
    const settings = optionNames.map((name) => definitionOf(name).variable);
    const set = (container?.env ?? []).map(({ name }) => name);
    expect(set.filter((name) => settings.includes(name))).to.deep.equal(['CREDENTIAL_ROTATION_HOME']);
    const config = ofKind(objects, 'ConfigMap').metadata.name;
    expect(template.spec.volumes).to.deep.include({ name: 'fleet', configMap: { name: config } });
    expect(template.spec.activeDeadlineSeconds).to.be.greaterThan(1200);
  });

  it('another file has another ConfigMap, and another time another Job', async () => {
    const [first, second] = [await rendered(), await rendered({ now: new Date('2026-01-31T04:00:00Z') })];
    const [other] = [await rendered({}, text.replace('name: b2', 'name: b3'))];
    const name = (objects: Rendered[], kind: string): string => ofKind(objects, kind).metadata.name;
    expect(name(first, 'ConfigMap')).to.equal(name(second, 'ConfigMap'));
    expect(name(first, 'ConfigMap')).not.to.equal(name(other, 'ConfigMap'));
    expect(name(first, 'Job')).to.equal('clinics-rotation-20260131-030000');
    expect(name(second, 'Job')).not.to.equal(name(first, 'Job'));
  });

  it('stop on failure ends the Job at the first failed index; a schedule makes a CronJob without a begin', async () => {
    const limits = { concurrency: 2, staggerMs: 0, onFailure: 'stop' } as const;
    expect(ofKind(await rendered({ limits }), 'Job')['spec']).to.include({ maxFailedIndexes: 0 });
    const cron = ofKind(await rendered({ schedule: '0 3 * * 0' }), 'CronJob');
    expect(cron['spec']).to.include({ schedule: '0 3 * * 0', concurrencyPolicy: 'Forbid' });
    expect(JSON.stringify(cron)).not.to.include('--since');
    const own = ofKind(await rendered({ schedule: 'H 3 * * 0' }), 'CronJob');
    expect(own['spec'], 'a minute of its own')
      .to.have.property('schedule')
      .that.matches(/^[0-5]?\d 3 \* \* 0$/);
  });

  it('names everything that a pod could not use, at once', async () => {
    const bad = text
      .replace('backendUrl: s3://state?region=us-east-1', 'home: /var/tmp')
      .replace('secretsProvider: awskms://alias/rotation?region=us-east-1', 'secretsProvider: passphrase')
      .replace('ca/ca.pem', 'other.pem')
      .replace('{ name: a, namespace: a,', '{ name: a, healthCaFile: /etc/ssl/page.pem, namespace: a,')
      .replace('sitesRoot: /mnt/openemr-sites/a,', 'sitesRoot: /srv/a, kubeconfig: /k, awsProfile: p,')
      .replace('adminSecretId: b2/admin', 'adminSecretId: b/admin');
    const request = await requestOf(bad);
    const expected = [
      'a, kubeconfig',
      'a, awsProfile',
      'a, sitesRoot',
      'a, healthCaFile',
      'b, databaseCaFile',
      'b, home',
      'b, backendUrl',
      'b, secretsProvider',
      'b, b2 share an admin secret',
    ];
    for (const part of expected) expect(() => fleetJobSettings(request)).to.throw(Failure, part);
    const limits = { ...request.limits, concurrency: 1 };
    expect(() => fleetJobSettings({ ...request, limits }))
      .to.throw(Failure)
      .with.property('message')
      .not.include('share');
    const without = await requestOf(text.replace(/job:\n( {2}\w+: .*\n)+/, ''));
    expect(() => fleetJobSettings(without)).to.throw(Failure, 'has no job');
  });
});
