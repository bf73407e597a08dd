import type { V1PodTemplateSpec } from '@kubernetes/client-node';
import { expect } from 'chai';
import { canaryNames } from '../../../../src/rotation/canary';
import { fileMounts } from '../../../../src/steps/04-canary/mounts';
import { mainContainers, podPages } from '../../../../src/steps/04-canary/page';
import { canaryPod } from '../../../../src/steps/04-canary/pod';

const sites = '/var/www/localhost/htdocs/openemr/sites';
const claim = { name: 'sites', persistentVolumeClaim: { claimName: 'openemr-sites-pvc' } };

/** A template as openemr-on-eks has it, and more. */
const template: V1PodTemplateSpec = {
  metadata: {
    labels: { app: 'openemr', 'pod-template-hash': 'x' },
    annotations: {
      'credential-rotation/restartedAt': 'token',
      'kubectl.kubernetes.io/restartedAt': 'yesterday',
      'linkerd.io/inject': 'enabled',
    },
  },
  spec: {
    serviceAccountName: 'openemr-sa',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 60,
    hostNetwork: true,
    subdomain: 'openemr',
    readinessGates: [{ conditionType: 'target-health.elbv2.k8s.aws/x' }],
    schedulingGates: [{ name: 'wait' }],
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'taint', operator: 'Exists' }],
    imagePullSecrets: [{ name: 'pull' }],
    securityContext: { fsGroup: 101 },
    initContainers: [
      { name: 'wait', image: 'busybox', command: ['sh'], env: [{ name: 'X', value: '1' }] },
      {
        name: 'sidecar',
        image: 'proxy',
        restartPolicy: 'Always',
        startupProbe: { tcpSocket: { port: 1 } },
        livenessProbe: { tcpSocket: { port: 1 } },
        volumeMounts: [{ name: 'sites', mountPath: '/mnt/sites/', readOnly: true }],
      },
    ],
    containers: [
      {
        name: 'openemr',
        image: 'openemr/openemr:7.0.4',
        ports: [{ name: 'https', containerPort: 443, hostPort: 443, hostIP: '0.0.0.0' }],
        resources: { requests: { cpu: '500m' } },
        securityContext: { runAsUser: 0 },
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
        env: [
          { name: 'MANUAL_SETUP', value: 'no' },
          { name: 'MYSQL_USER', valueFrom: { secretKeyRef: { name: 'openemr-db', key: 'mysql-user' } } },
          { name: 'OTHER', valueFrom: { secretKeyRef: { name: 'other', key: 'x' } } },
        ],
        envFrom: [{ secretRef: { name: 'openemr-db' }, prefix: 'DB_' }, { configMapRef: { name: 'c' } }],
        livenessProbe: { httpGet: { port: 'https' } },
        readinessProbe: {
          httpGet: { port: 'https', path: '/readyz', scheme: 'HTTPS' },
          initialDelaySeconds: 300,
        },
        lifecycle: { preStop: { sleep: { seconds: 30 } }, postStart: { exec: { command: ['x'] } } },
        volumeMounts: [
          { name: 'ssl', mountPath: '/etc/ssl' },
          { name: 'sites', mountPath: sites, subPath: 'prod/sites' },
        ],
      },
      { name: 'logs', image: 'fluent-bit', volumeMounts: [{ name: 'secret', mountPath: '/secret' }] },
    ],
    volumes: [
      claim,
      { name: 'ssl', persistentVolumeClaim: { claimName: 'openemr-ssl-pvc' } },
      { name: 'secret', secret: { secretName: 'openemr-db' } },
      {
        name: 'both',
        projected: { sources: [{ secret: { name: 'openemr-db' } }, { secret: { name: 'other' } }] },
      },
    ],
  },
};
const spec = template.spec ?? { containers: [] };
const files = fileMounts(spec, 'default');
const parts = { name: 'c', namespace: 'openemr', rotation: 'run-1', deadlineSeconds: 360, files };
const hidden = '.credential-rotation-canary-0123456789abcdef';
const made = { ...parts, hidden, secret: { of: 'openemr-db', by: 'own' } };

describe("the canary's pod", () => {
  it('has no label but its own, so that nothing of OpenEMR selects it, and belongs to nobody', () => {
    expect(canaryPod(template, made).metadata).to.deep.equal({
      name: 'c',
      namespace: 'openemr',
      labels: { 'credential-rotation/canary': 'run-1' },
      annotations: { 'linkerd.io/inject': 'enabled' },
    });
  });

  it("keeps the template's image, account, scheduling, resources and security, and leaves the template alone", () => {
    const before = JSON.stringify(template);
    const { spec: pod } = canaryPod(template, made);
    for (const key of [
      'serviceAccountName',
      'nodeSelector',
      'tolerations',
      'imagePullSecrets',
      'securityContext',
    ] as const)
      expect(pod?.[key], key).to.deep.equal(spec[key]);
    const [openemr, logs] = pod?.containers ?? [];
    for (const key of ['image', 'resources', 'securityContext'] as const)
      expect(openemr?.[key], key).to.deep.equal(spec.containers[0]?.[key]);
    expect(logs?.image).to.equal('fluent-bit');
    expect(pod?.initContainers?.map(({ name }) => name)).to.deep.equal(['wait', 'sidecar']);
    expect(JSON.stringify(template)).to.equal(before);
  });

  it('never restarts, ends by itself, and has nothing that ends it early, that nobody lifts, or that the running pods have', () => {
    const { spec: pod } = canaryPod(template, made);
    expect(pod).to.include({
      restartPolicy: 'Never',
      activeDeadlineSeconds: 360,
      terminationGracePeriodSeconds: 5,
    });
    expect(pod).not.to.have.any.keys(
      'readinessGates',
      'schedulingGates',
      'hostNetwork',
      'hostname',
      'subdomain',
    );
    const [openemr] = pod?.containers ?? [];
    expect(openemr).not.to.have.any.keys('livenessProbe', 'readinessProbe', 'startupProbe', 'resizePolicy');
    expect(openemr?.ports).to.deep.equal([{ name: 'https', containerPort: 443 }]);
    expect(openemr?.lifecycle).to.deep.equal({ postStart: { exec: { command: ['x'] } } });
    const sidecar = pod?.initContainers?.[1];
    expect(sidecar).to.have.property('startupProbe');
    expect(sidecar).not.to.have.property('livenessProbe');
    expect(sidecar?.restartPolicy).to.equal('Always');
  });

  it('sees the copy in place of the file in each container that has it, and asks the image for no set-up there', () => {
    const { spec: pod } = canaryPod(template, made);
    const [openemr, logs] = pod?.containers ?? [];
    expect(openemr?.volumeMounts?.slice(0, 2)).to.deep.equal(spec.containers[0]?.volumeMounts);
    expect(openemr?.volumeMounts?.[2]).to.deep.equal({
      name: 'sites',
      mountPath: `${sites}/default/sqlconf.php`,
      subPath: `prod/sites/default/${hidden}/sqlconf.php`,
    });
    expect(pod?.initContainers?.[1]?.volumeMounts?.[1]).to.deep.equal({
      name: 'sites',
      mountPath: '/mnt/sites/default/sqlconf.php',
      readOnly: true,
      subPath: `default/${hidden}/sqlconf.php`,
    });
    expect(openemr?.env?.filter(({ name }) => name === 'MANUAL_SETUP')).to.deep.equal([
      { name: 'MANUAL_SETUP', value: 'yes' },
    ]);
    expect(logs?.volumeMounts).to.deep.equal(spec.containers[1]?.volumeMounts);
    expect(logs).not.to.have.property('env');
  });

  it("takes each reference to OpenEMR's Secret from its own, others stay, and no value stands in it", () => {
    const text = JSON.stringify(canaryPod(template, made));
    expect(text).not.to.include('"openemr-db"').and.not.to.include('"stringData"');
    expect(text.match(/"own"/g)).to.have.lengthOf(4);
    expect(text.match(/"other"/g)).to.have.lengthOf(2);
    const same = JSON.stringify(canaryPod(template, { ...parts, hidden }));
    expect(same.match(/"openemr-db"/g), 'without the right to make one').to.have.lengthOf(4);
  });

  it('as a control it is the same on the real file', () => {
    const { spec: pod } = canaryPod(template, parts);
    expect(pod?.containers[0]?.volumeMounts).to.deep.equal(spec.containers[0]?.volumeMounts);
    expect(pod?.containers[0]?.env?.at(-1)).to.deep.equal({ name: 'MANUAL_SETUP', value: 'yes' });
  });
});

describe('where a container has sqlconf.php', () => {
  type Mount = { mountPath: string; name?: string; subPath?: string; subPathExpr?: string };
  const found = (mounts: Mount[], site = 'default', more: object[] = []): unknown => {
    const volumeMounts = mounts.map((mount) => ({ name: 'sites', ...mount }));
    const pod = { containers: [{ name: 'openemr', volumeMounts }], volumes: [claim, ...more] };
    const [file] = fileMounts(pod as never, site);
    return file && [file.path, file.folder];
  };

  it('by the folder of all sites, of one site, of the application, or the file itself', () => {
    const path = '/srv/openemr/sites/default/sqlconf.php';
    expect(found([{ mountPath: '/srv/openemr/sites/' }])).to.deep.equal([path, 'default']);
    expect(found([{ mountPath: '/srv/openemr/sites/default' }])).to.deep.equal([path, '']);
    expect(found([{ mountPath: '/srv/openemr/sites/default', subPath: 'a/b/' }])).to.deep.equal([
      path,
      'a/b',
    ]);
    expect(found([{ mountPath: '/srv/openemr' }])).to.deep.equal([path, 'sites/default']);
    expect(found([{ mountPath: path, subPath: 'x/sqlconf.php' }])).to.deep.equal([path, 'x']);
    expect(found([{ mountPath: '/sites', subPathExpr: '$(NAME)' }], 'b')).to.deep.equal([
      '/sites/b/sqlconf.php',
      '$(NAME)/b',
    ]);
  });

  it('by the deepest mount, and only on a volume that others share', () => {
    const other = { name: 'other', nfs: { server: 'x', path: '/' } };
    const deep = [{ mountPath: '/o/sites' }, { mountPath: '/o/sites/default', name: 'other', subPath: 'd' }];
    expect(found(deep, 'default', [other])).to.deep.equal(['/o/sites/default/sqlconf.php', 'd']);
    const empty = { name: 'other', emptyDir: {} };
    expect(found(deep, 'default', [empty])).to.equal(undefined);
    expect(found([{ mountPath: '/o/sites/other' }])).to.equal(undefined);
    expect(found([{ mountPath: '/data' }])).to.equal(undefined);
    expect(found([])).to.equal(undefined);
  });

  it('a mount of the file itself gives way, for a path is mounted once', () => {
    const path = '/o/sites/default/sqlconf.php';
    const volumeMounts = [{ name: 'sites', mountPath: path, subPath: 'd/sqlconf.php' }];
    const pod = { containers: [{ name: 'openemr', volumeMounts }], volumes: [claim] };
    const built = canaryPod({ spec: pod }, { ...made, files: fileMounts(pod, 'default') });
    expect(built.spec?.containers[0]?.volumeMounts).to.deep.equal([
      { name: 'sites', mountPath: path, subPath: `d/${hidden}/sqlconf.php` },
    ]);
  });
});

describe("where a pod's page is", () => {
  const main = mainContainers(spec, files);
  const page = (given: object, healthUrl?: string): unknown =>
    podPages({ containers: [{ name: 'openemr', ...given }] }, '10.0.0.9', {
      healthUrl,
      main: ['openemr'],
    })[0];

  it("has path and host of the health URL, port and scheme of the template's probe", () => {
    expect(main).to.deep.equal(['openemr']);
    expect(
      podPages(spec, '10.0.0.9', { healthUrl: 'http://emr.example:8080/meta/health/readyz?x=1', main })[0],
    ).to.deep.equal({
      url: 'https://emr.example:8080/meta/health/readyz?x=1',
      port: 443,
    });
    expect(podPages(spec, 'fd00::9', { main })[0]).to.deep.equal({
      url: 'https://[fd00::9]/readyz',
      port: 443,
    });
  });

  it('a port of the health URL that the containers have is the second place: a NetworkPolicy may let through no other', () => {
    const readinessProbe = { httpGet: { port: 80, path: '/ready' } };
    const url = 'https://emr/meta/health/readyz';
    const places = (...ports: number[]): unknown => {
      const listed = ports.map((containerPort) => ({ containerPort }));
      const containers = [{ name: 'openemr', readinessProbe, ports: listed }];
      return podPages({ containers }, '10.0.0.9', { healthUrl: url, main: ['openemr'] });
    };
    const probed = { url: 'http://emr/meta/health/readyz', port: 80 };
    expect(places(80, 443)).to.deep.equal([probed, { url, port: 443 }]);
    expect(places(80)).to.deep.equal([probed]);
  });

  it('without a probe those of the ports, and without those the usual ones', () => {
    const ports = [
      { containerPort: 80 },
      { containerPort: 443 },
      { name: 'https', containerPort: 53, protocol: 'UDP' },
    ];
    expect(page({ ports })).to.deep.equal({ url: 'https://10.0.0.9/meta/health/readyz', port: 443 });
    expect(page({ ports }, 'http://emr/x')).to.deep.equal({ url: 'http://emr/x', port: 80 });
    expect(page({ ports: [{ containerPort: 8080 }] }, 'https://emr/x')).to.deep.equal({
      url: 'http://emr/x',
      port: 8080,
    });
    expect(page({ ports: [{ containerPort: 9000 }] }, 'https://emr/x')).to.deep.equal({
      url: 'https://emr/x',
      port: 9000,
    });
    expect(page({}, 'https://emr/x')).to.deep.equal({ url: 'https://emr/x', port: 443 });
  });

  it("a probe's own host is taken where there is no health URL", () => {
    const httpGet = { port: 80, path: 'ready', httpHeaders: [{ name: 'Host', value: 'emr.local' }] };
    expect(page({ startupProbe: { httpGet } })).to.deep.equal({ url: 'http://emr.local/ready', port: 80 });
    expect(
      page({ readinessProbe: { httpGet: { port: 'none' } }, ports: [{ containerPort: 80 }] }),
    ).to.include({ port: 80 });
  });
});

describe('the names of a canary', () => {
  it('are always the same for a Deployment, and never too long', () => {
    expect(canaryNames('openemr')).to.deep.equal({
      pod: 'credential-rotation-canary-openemr',
      control: 'credential-rotation-control-openemr',
      secret: 'credential-rotation-canary-openemr',
    });
    const names = ['a', 'b'].map((last) => canaryNames(`${'long.'.repeat(30)}${last}`).pod);
    expect(new Set(names).size).to.equal(2);
    for (const name of names) expect(name).to.match(/^[a-z0-9][-a-z0-9.]{0,61}[a-z0-9]$/);
  });
});
