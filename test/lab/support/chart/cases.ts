import fc from 'fast-check';
import { parse } from 'yaml';
import type { RotationInputs } from '../../../../infra/inputs/inputs';
import { repositoryText } from '../../../unit/docs/readme';
import { clusterOnly, there } from '../../../unit/infra/inputs';

type Kubernetes = NonNullable<RotationInputs['kubernetes']>;

/** Inputs of the cluster's half, each of which the chart and the plain manifests make the same objects of. */
export interface Case {
  what: string;
  inputs: RotationInputs;
}

/** What the inputs may have beside what they must have; each in the half kubernetes. */
const more: Partial<Kubernetes>[] = [
  { imagePullSecret: 'registry' },
  { site: 'clinic_b' },
  { healthUrl: 'http://openemr:8080/readyz' },
  { healthUrl: 'http://openemr/readyz' },
  { healthUrl: 'https://[fd00::1]/readyz' },
  { healthCa: { configMap: 'health-ca', key: 'ca.pem' } },
  { databaseCa: { configMap: 'database-ca', key: 'ca.pem' } },
  { acceptDowntime: true },
  { user: { uid: 0, gid: 0 } },
  { user: { uid: 4_294_967_294, gid: 33 } },
  { placement: { nodeSelector: { 'karpenter.sh/nodepool': 'jobs', on: 'true' } } },
  { placement: { tolerations: [{ operator: 'Exists' }, { key: 'only', value: '', effect: 'NoExecute' }] } },
  { placement: { priorityClass: 'high', nodeSelector: { a: '1' } } },
  { serviceAccount: { adopt: 'theirs' } },
  { schedule: '*/5 0-23/2 1,15 * MON' },
  { timeZone: 'Europe/Berlin', suspended: true },
  { ifOlderThan: '25h' },
  { ifOlderThan: '0090m' },
  { limits: { rolloutSeconds: 14_400, healthSeconds: 3600, idleSeconds: 30 } },
  { limits: { rolloutSeconds: 30, idleSeconds: 7200 } },
  { limits: { rolloutSeconds: 31, healthSeconds: 5, idleSeconds: 5 }, optionalRights: { canary: true } },
  { resources: { cpu: '1.5', memory: '100M', memoryLimit: '2Gi' } },
  { optionalRights: { lease: false, events: false, workloads: false, pods: true } },
  { optionalRights: { canary: true, pods: true } },
  { deployment: `${'long-name.'.repeat(6)}end`, optionalRights: { canary: true } },
  { network: { apiServerPort: 6443, databaseCidrs: ['10.1.0.0/16', 'fd12::/48'], databasePort: 3307 } },
  {
    network: {
      healthPort: 8443,
      more: [
        { port: 514, protocol: 'UDP', namespace: 'logs' },
        { port: 8080, cidr: '10.9.0.0/24' },
      ],
    },
  },
  { monitoring: { pushgateway: { url: 'http://push.monitoring:9091', namespace: 'monitoring' } } },
  {
    monitoring: {
      pushgateway: { url: 'http://push:1', namespace: 'm', port: 1, labels: { app: 'push', on: 'yes' } },
      labels: { release: 'prometheus' },
      passwordDays: 365,
      notRunDays: 3,
    },
    ifOlderThan: '12345m',
  },
  { environment: { HTTPS_PROXY: 'http://{{ proxy }}:3128', NO_PROXY: 'a,"b"\\n%s', EMPTY: '', YES: 'yes' } },
  { secretEnvironment: { CREDENTIAL_ROTATION_WEBHOOK_URL: { secret: 'chat', key: 'url' } } },
];

const volume = { fileSystem: 'fs-0123456789abcdef0', accessPoint: 'fsap-0123456789abcdef0' };

/** What stands outside of the half kubernetes. */
const frames: Partial<RotationInputs>[] = [
  {},
  { name: 'clinic-b', namespace: 'clinic-b', stack: 'clinic.b_1' },
  { sites: volume },
  { existing: { ...clusterOnly.existing, role: there.role } },
];

function withAll(frame: Partial<RotationInputs>, parts: readonly Partial<Kubernetes>[]): RotationInputs {
  const base: Kubernetes = clusterOnly.kubernetes;
  return {
    ...clusterOnly,
    ...frame,
    kubernetes: parts.reduce<Kubernetes>((all, part) => ({ ...all, ...part }), base),
  };
}

/** The files of inputs of this repository, the frames, and parts together by chance: each part is in several of them. */
export function cases(): Case[] {
  const files = ['infra/example.yaml', 'infra/takeover.yaml'];
  const together = fc.record({
    frame: fc.constantFrom(...frames),
    parts: fc.shuffledSubarray(more, { minLength: 4, maxLength: 16 }),
  });
  return [
    ...files.map((what) => ({ what, inputs: parse(repositoryText(what)) as RotationInputs })),
    ...frames.map((frame, index) => ({ what: `frame ${index}`, inputs: withAll(frame, []) })),
    ...fc.sample(together, { numRuns: 16, seed: 18 }).map(({ frame, parts }, index) => ({
      what: `parts ${index}: ${JSON.stringify(parts)}`,
      inputs: withAll(frame, parts),
    })),
  ];
}
