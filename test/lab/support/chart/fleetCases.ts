import { parse, stringify } from 'yaml';
import { threeDeployments, usualDefaults } from '../../../unit/fleet/fileText';

/** A fleet file as the values of the chart. */
export type FleetValues = Record<string, unknown> & {
  job: Record<string, unknown>;
  defaults: Record<string, unknown>;
  deployments: Record<string, unknown>[];
};

const small = `
name: clinics
job: { namespace: rotation, image: registry.example/rotation:1, sitesClaim: openemr-sites }
defaults:
${usualDefaults}${threeDeployments}`;

/** The smallest fleet file for pods that has two OpenEMRs in one namespace. */
export const smallFleet = (): FleetValues => parse(small) as FleetValues;

function changed(change: (values: FleetValues) => void): FleetValues {
  const values = smallFleet();
  change(values);
  return values;
}

const jobs: Record<string, unknown>[] = [
  { serviceAccount: 'theirs', imagePullSecret: 'registry', schedule: 'H 3 * * 0', timeZone: 'Europe/Berlin' },
  { roleArn: 'arn:aws:iam::111122223333:role/rotation', uid: 0, gid: 0, retries: 0 },
  { uid: '1000', gid: 33, retries: 7, cpu: '1', memory: '1Gi', memoryLimit: '2Gi', schedule: '5 4 * * *' },
  { uid: 4_294_967_294, databaseCaConfigMap: 'ca', healthCaConfigMap: 'page-ca', healthCaKey: 'x.pem' },
  { optionalRights: [] },
  { optionalRights: ['pods', 'canary'], schedule: 'H 3 * * 0' },
  { optionalRights: ['lease', 'events', 'workloads', 'pods', 'canary'], priorityClass: 'high' },
  {
    databasePort: 3307,
    databaseCidrs: ['10.1.0.0/16', '10.2.0.0/16'],
    apiServerPort: 6443,
    healthPort: 8443,
  },
  { apiServerPort: '443', nodeSelector: { 'karpenter.sh/nodepool': 'jobs', on: 'true' } },
  { tolerations: [{ operator: 'Exists' }, { key: 'only', value: 'jobs', effect: 'NoExecute' }] },
  {
    egress: [
      { port: 9091, namespace: 'monitoring' },
      { port: '514', protocol: 'UDP', cidr: '10.9.0.0/24' },
    ],
    httpsProxy: 'http://proxy.corp:3128',
    httpProxy: 'http://proxy.corp:3128',
    noProxy: '.svc, 10.100.0.0/16',
  },
];

/** Fleet files of which the chart and `fleet manifest` make the same objects. */
export function fleetCases(): { what: string; values: FleetValues }[] {
  const pages = changed((values) => {
    values.deployments.forEach((each, index) => {
      each['healthUrl'] =
        `http${index === 0 ? 's' : ''}://openemr.example${index === 1 ? ':8080' : ''}/readyz`;
    });
    values['concurrency'] = 2;
    values['onFailure'] = 'continue';
    values['ifOlderThan'] = '30d';
  });
  const limits = changed((values) => {
    values.defaults['idleLimitSeconds'] = 1200;
    values.defaults['healthLimitSeconds'] = 12.5;
    Object.assign(values.deployments[1] ?? {}, { idleLimitSeconds: 0, rolloutTimeoutSeconds: 7200 });
    Object.assign(values.deployments[2] ?? {}, { canaryLimitSeconds: 900, acceptDowntime: true });
    values.job['optionalRights'] = ['canary'];
  });
  const long = changed((values) => {
    values.deployments = [{ ...values.deployments[0], deployment: `${'long-name.'.repeat(6)}end` }];
    values.job['optionalRights'] = ['canary', 'lease'];
    values['stagger'] = 5;
  });
  const ofJob = jobs.map((job) => changed((values) => Object.assign(values.job, job)));
  return [smallFleet(), pages, limits, long, ...ofJob].map((values) => ({
    what: stringify(values.job) + stringify(values.deployments),
    values,
  }));
}
