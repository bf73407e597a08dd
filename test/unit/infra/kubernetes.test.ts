import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { cronJob } from '../../../infra/kubernetes/cronJob';
import { exampleSettings } from '../../../infra/kubernetes/example';
import { job } from '../../../infra/kubernetes/job';
import { podProblems } from '../../../infra/policy/pods';
import { networkPolicy } from '../../../infra/kubernetes/networkPolicy';
import { rotationPodSpec } from '../../../infra/kubernetes/pod';
import type { Rule } from '../../../infra/kubernetes/role';
import { canaryRules, neededRules, optionalRules, role, roleBinding } from '../../../infra/kubernetes/role';
import { serviceAccount } from '../../../infra/kubernetes/serviceAccount';
import { persistentVolume, persistentVolumeClaim } from '../../../infra/kubernetes/storage';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { environmentOnly } from '../../../src/settings/environmentOnly';
import { readSettings } from '../../../src/settings/settings';
import { leaseRights } from '../../../src/kubernetes/lease';
import { canaryRights } from '../../../src/kubernetes/rights';
import { neededRights } from '../../../src/kubernetes/kubernetes';
import { workloadRights } from '../../../src/steps/10-renewal/secretReaders';
import { repositoryText } from '../docs/readme';

const settings = exampleSettings;
const pod = rotationPodSpec(settings);
const [container] = pod.containers;

/** The variables of the container as a process has them. */
function variables(): Record<string, string> {
  const plain = container?.env.flatMap((each) => ('value' in each ? [[each.name, each.value] as const] : []));
  return Object.fromEntries(plain ?? []);
}

/** Verb, group, resource and name of every rule, one line each. */
function grants(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name}`.trim())),
      ),
    ),
  );
}

describe('the pod of a rotation', () => {
  it('runs as nobody in particular, can change nothing of its image, and needs no capability', () => {
    expect(pod.securityContext).to.deep.equal({
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container?.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('as root it gets what the write of another’s file takes, and no more; the policy pack takes that, and no other root', () => {
    const asRoot = rotationPodSpec({ ...settings, user: { uid: 0, gid: 0 } });
    expect(asRoot.securityContext).to.include({ runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 });
    expect(asRoot.containers[0]?.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['CHOWN', 'FOWNER', 'DAC_OVERRIDE'] },
    });
    const problems = (add: string[]): string[] => {
      const [first] = asRoot.containers;
      const securityContext = { ...first?.securityContext, capabilities: { drop: ['ALL'], add } };
      const spec = { ...asRoot, containers: [{ ...first, securityContext }] };
      return podProblems('kubernetes:core/v1:Pod', { spec });
    };
    expect(problems(['CHOWN', 'FOWNER', 'DAC_OVERRIDE'])).to.deep.equal([]);
    expect(problems(['CHOWN', 'SYS_ADMIN'])[0]).to.match(/add none but CHOWN, FOWNER, DAC_OVERRIDE/);
  });

  it('runs on the nodes that are asked for, and before whom', () => {
    const placement = {
      nodeSelector: { 'karpenter.sh/nodepool': 'system' },
      tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' as const }],
      priorityClass: 'high',
    };
    expect(rotationPodSpec({ ...settings, placement })).to.deep.include({
      nodeSelector: placement.nodeSelector,
      tolerations: placement.tolerations,
      priorityClassName: 'high',
    });
    for (const key of ['nodeSelector', 'tolerations', 'priorityClassName'])
      expect(pod).to.not.have.property(key);
  });

  it('is tried once, without the variables of Services', () => {
    expect(pod.restartPolicy).to.equal('Never');
    expect(pod.enableServiceLinks).to.equal(false);
  });

  it('gives the command settings that it takes', () => {
    const read = readSettings({}, variables(), '/nowhere');
    expect(read).to.deep.include({ stack: 'prod', home: '/var/lib/credential-rotation' });
    expect(read.program.context.kubernetes).to.deep.equal({
      namespace: 'openemr',
      deployment: 'openemr',
      secret: 'openemr-db-credentials',
    });
    expect(read.program).to.include({
      rolloutTimeoutSeconds: 3600,
      healthLimitSeconds: 60,
      idleLimitSeconds: 300,
    });
  });

  it('sets only variables that the command knows', () => {
    const known = [
      ...optionNames.map((name) => definitionOf(name).variable),
      ...Object.keys(environmentOnly),
    ];
    const unknown = Object.keys(variables()).filter((name) => !known.includes(name));
    expect(unknown).to.have.members(['HOME', 'USER', 'TMPDIR']);
  });

  it('writes only into volumes, and every mount has one', () => {
    const mounts = container?.volumeMounts.map(({ name }) => name);
    expect(mounts).to.deep.equal(pod.volumes.map(({ name }) => name));
    expect(container?.volumeMounts.map(({ mountPath }) => mountPath)).to.include.members([
      variables()['HOME'],
      variables()['TMPDIR'],
      variables()['OPENEMR_SITES_MOUNT_ROOT'],
    ]);
  });

  it('takes secrets from Secrets, and a CA from a ConfigMap', () => {
    const more = rotationPodSpec({
      ...settings,
      databaseCa: { configMap: 'ca', key: 'ca.pem' },
      healthCa: { configMap: 'page', key: 'page.pem' },
      secretEnvironment: { CREDENTIAL_ROTATION_WEBHOOK_URL: { secret: 'hooks', key: 'url' } },
    });
    expect(more.containers[0]?.env).to.deep.include({
      name: 'CREDENTIAL_ROTATION_WEBHOOK_URL',
      valueFrom: { secretKeyRef: { name: 'hooks', key: 'url' } },
    });
    expect(more.containers[0]?.env).to.deep.include({
      name: 'DATABASE_CA_FILE',
      value: '/etc/credential-rotation/database-ca/ca.pem',
    });
    expect(more.volumes).to.deep.include({ name: 'database-ca', configMap: { name: 'ca' } });
    expect(more.containers[0]?.env).to.deep.include({
      name: 'OPENEMR_HEALTHCHECK_CA_FILE',
      value: '/etc/credential-rotation/health-ca/page.pem',
    });
    expect(more.volumes).to.deep.include({ name: 'health-ca', configMap: { name: 'page' } });
  });
});

describe('the Jobs of a rotation', () => {
  const { spec } = cronJob(settings);

  it('never run two at a time, and are never tried again', () => {
    expect(spec.concurrencyPolicy).to.equal('Forbid');
    expect(spec.jobTemplate.spec).to.include({ backoffLimit: 0, completions: 1, parallelism: 1 });
  });

  it('start often and rotate seldom', () => {
    expect(spec.jobTemplate.spec.template.spec.containers[0]?.args).to.deep.equal([
      '--log-json',
      '--if-older-than',
      '30d',
    ]);
    expect(job(settings).spec.template.spec.containers[0]?.args).to.deep.equal(['--log-json']);
    expect(job(settings).spec.suspend).to.equal(true);
  });
});

describe('the rights of a rotation', () => {
  const wanted = { lease: true, events: true, pods: true, workloads: true };

  it("are a part of the Python tool's in infra/kubernetes/role.yaml, and those of role-optional.yaml", () => {
    const rulesOf = (file: string): Rule[] => {
      const [first] = parseAllDocuments(repositoryText(`infra/kubernetes/${file}`));
      return (first?.toJS() as { rules: Rule[] }).rules;
    };
    expect(grants(rulesOf('role.yaml'))).to.include.members(grants(neededRules(settings)));
    expect(rulesOf('role-optional.yaml')).to.deep.equal(optionalRules(settings, wanted));
    expect(rulesOf('role-canary.yaml')).to.deep.equal(canaryRules(settings));
  });

  it('hold every right that the command asks for, and name every object that RBAC can name', () => {
    const target = { namespace: 'openemr', deployment: 'openemr', secret: 'openemr-db-credentials' };
    const given = grants(role({ ...settings, optionalRights: wanted }).rules);
    for (const { verb, group, resource, name } of [
      ...neededRights(target),
      ...leaseRights(target),
      ...workloadRights,
    ])
      expect(given).to.include(`${verb} ${group}/${resource} ${name}`.trim());
    const unnamed = role(settings).rules.filter(({ resourceNames }) => resourceNames === undefined);
    const listed = workloadRights.map(({ group, resource }) => `list ${group}/${resource}`);
    expect(grants(unnamed)).to.deep.equal([
      ...['create coordination.k8s.io/leases', 'create /events'],
      ...listed,
    ]);
  });

  it('hold what a canary needs, where it is wanted, and the run has time for it', () => {
    const canary = { ...wanted, canary: true };
    const given = grants(role({ ...settings, optionalRights: canary }).rules);
    const { pods, secrets } = canaryRights({ deployment: 'openemr' });
    for (const { verb, resource, name } of [...pods, ...secrets])
      expect(given).to.include(`${verb} /${resource} ${name}`.trim());
    const withoutPage = { ...settings, healthUrl: undefined, optionalRights: canary };
    expect(JSON.stringify(networkPolicy(withoutPage).spec.egress)).to.include('"podSelector":{}');
  });

  it('leave out the comfort that is not wanted', () => {
    const none = { lease: false, events: false, pods: false, workloads: false };
    expect(role({ ...settings, optionalRights: none }).rules).to.deep.equal(neededRules(settings));
  });

  it('are bound to the ServiceAccount, whose token only its pods mount', () => {
    const account = serviceAccount(settings);
    expect(roleBinding(settings).subjects).to.deep.equal([
      { kind: 'ServiceAccount', name: account.metadata.name, namespace: 'openemr' },
    ]);
    expect(account.automountServiceAccountToken).to.equal(false);
    expect(pod).to.include({ automountServiceAccountToken: true, serviceAccountName: account.metadata.name });
  });
});

describe('the network of a rotation', () => {
  it('lets nobody in, and the pod out only where a rotation goes', () => {
    const { ingress, egress, policyTypes } = networkPolicy(settings).spec;
    expect(policyTypes).to.deep.equal(['Ingress', 'Egress']);
    expect(ingress).to.deep.equal([]);
    const ways = egress.map(
      ({ to, ports }) => `${JSON.stringify(to[0])} ${ports.map(({ port }) => port).join()}`,
    );
    expect(ways).to.deep.equal([
      '{"namespaceSelector":{}} 53,53',
      '{"ipBlock":{"cidr":"10.0.0.0/8"}} 3306',
      '{"ipBlock":{"cidr":"0.0.0.0/0"}} 443',
      '{"ipBlock":{"cidr":"169.254.170.23/32"}} 80',
      '{"podSelector":{}} 443',
    ]);
  });

  it('asks for names by UDP and TCP whoever answers: a pod, the node, or an address outside', () => {
    const [names] = networkPolicy(settings).spec.egress;
    expect(names?.ports).to.deep.equal([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ]);
    expect(names?.to).to.deep.equal([
      { namespaceSelector: {} },
      { ipBlock: { cidr: '0.0.0.0/0' } },
      { ipBlock: { cidr: '::/0' } },
    ]);
    const network = {
      ...settings.network,
      more: [{ port: 8125, protocol: 'UDP' as const, cidr: '192.0.2.0/24' }],
    };
    expect(networkPolicy({ ...settings, network }).spec.egress.at(-1)?.ports).to.deep.equal([
      { protocol: 'UDP', port: 8125 },
    ]);
  });

  it('knows other ports, and further ways out', () => {
    const network = {
      ...settings.network,
      apiServerPort: 6443,
      more: [
        { port: 9091, namespace: 'monitoring' },
        { port: 8080, cidr: '192.0.2.0/24' },
      ],
    };
    const without = { ...settings, healthUrl: undefined };
    const ways = networkPolicy({ ...without, network }).spec.egress.map((each) => JSON.stringify(each));
    expect(ways.slice(2).filter((way) => way.includes('6443'))).to.have.length(1);
    expect(ways.at(-2)).to.include('"kubernetes.io/metadata.name":"monitoring"').and.to.include('9091');
    expect(ways.at(-1)).to.include('192.0.2.0/24').and.to.include('8080');
    expect(ways.some((way) => way.includes('podSelector'))).to.equal(false);
  });
});

describe('the volume of a rotation', () => {
  it('is for its one claim, and outlives it', () => {
    const [volume, claim] = [persistentVolume(settings, 'fs-1::fsap-1'), persistentVolumeClaim(settings)];
    expect(claim.spec.volumeName).to.equal(volume.metadata.name);
    expect(volume.spec.claimRef).to.include({
      namespace: claim.metadata.namespace,
      name: claim.metadata.name,
    });
    expect(volume.spec).to.include({ persistentVolumeReclaimPolicy: 'Retain', storageClassName: '' });
    expect(settings.sitesClaim).to.equal(claim.metadata.name);
  });
});

describe('the example', () => {
  it('is what infra/example.yaml and the defaults come to', async () => {
    const { readInputs } = await import('../../../infra/inputs/read.js');
    const { settingsOf } = await import('../../../infra/settingsOf.js');
    const inputs = readInputs(parse(repositoryText('infra/example.yaml')));
    if (!inputs.kubernetes || !inputs.existing) throw new Error('the example lacks a half');
    const read: unknown = JSON.parse(JSON.stringify(settingsOf(inputs, inputs.kubernetes, inputs.existing)));
    expect(read).to.deep.equal(JSON.parse(JSON.stringify(exampleSettings)));
  });
});
