import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { parseFleet } from '../../../src/fleet/fleetFile';
import type { FleetFile } from '../../../src/fleet/fleetFile';
import { fleetOf } from './made';

const defaults = `defaults:
  awsRegion: us-east-1
  deployment: openemr
  kubernetesSecret: openemr-db-credentials
`;

function entry(name: string, more: Record<string, string> = {}): string {
  const values = {
    slotSecretId: `${name}/slots`,
    adminSecretId: `${name}/admin`,
    sitesRoot: `/mnt/${name}`,
    namespace: name,
    ...more,
  };
  const lines = Object.entries(values).map(([key, value]) => `    ${key}: ${value}\n`);
  return `  - name: ${name}\n${lines.join('')}`;
}

const read = (text: string): Promise<FleetFile> => parseFleet(text, 'fleet.yaml', { given: {} });

async function faultsOf(text: string): Promise<string> {
  const failure: unknown = await read(text).catch((error: unknown) => error);
  if (!(failure instanceof Failure)) throw new Error('taken');
  expect(failure.outcome).to.equal('configuration');
  expect(failure.message).to.match(/^Fleet file fleet\.yaml: [^\n]+\.$/);
  return failure.message;
}

describe('parseFleet', () => {
  it('reads a fleet; every scalar is a text', async () => {
    const text = `name: clinics\nconcurrency: 8\nstagger: 2.5\nonFailure: continue\nifOlderThan: 30d\n${defaults}deployments:\n${entry('a', { namespace: '007' })}`;
    expect(await read(text)).to.deep.equal({
      ...{ name: 'clinics', concurrency: 8, staggerSeconds: 2.5, onFailure: 'continue', ifOlderThan: '30d' },
      defaults: { awsRegion: 'us-east-1', deployment: 'openemr', kubernetesSecret: 'openemr-db-credentials' },
      deployments: [
        {
          name: 'a',
          own: { slotSecretId: 'a/slots', adminSecretId: 'a/admin', sitesRoot: '/mnt/a', namespace: '007' },
        },
      ],
    });
  });

  it('offers what a mistyped key probably meant', async () => {
    const text = `concurency: 2
defaults:
  helthUrl: http://x
job:
  memoryLimits: 1Gi
deployments:
  - name: a
    kuberneteSecret: geheim
    kubeconfg: /k
`;
    const message = await faultsOf(text);
    for (const expected of [
      'concurency is not known (did you mean concurrency?) (line 1)',
      'defaults.helthUrl is not known (did you mean healthUrl?) (line 3)',
      'job.memoryLimits is not known (did you mean memoryLimit?) (line 5)',
      'deployments[0].kuberneteSecret is not known (did you mean kubernetesSecret?) (line 8)',
      'deployments[0].kubeconfg is not known (did you mean kubeconfig?) (line 9)',
    ])
      expect(message).to.include(expected);
    expect(message).not.to.include('geheim');
  });

  it('names every fault at once, with its path and its line, and no value', async () => {
    const text = `concurrency: 0
stagger: -1
onFailure: halt
colour: red
${defaults}  sitesRoot: relative
  stack: prod
  metricsFile: /metrics/all.prom
deployments:
  - name: ../up
    adminPassword: geheim-1234
    namespace: Not_A_Name
  - just a text
`;
    const message = await faultsOf(text);
    const expected = [
      'concurrency must be a whole number from 1 to 100 (line 1)',
      'stagger must be a number of seconds up to 86400 (line 2)',
      'onFailure must be stop or continue (line 3)',
      'colour is not known (line 4)',
      'defaults.sitesRoot must be an absolute path (line 9)',
      'defaults.stack is not known here: the name of a deployment is its stack (line 10)',
      'defaults.metricsFile cannot be shared: give each deployment a file of its own (line 11)',
      'deployments[0].name must be a Pulumi stack name (line 13)',
      'deployments[0].adminPassword is not known; no secret belongs in a fleet file (line 14)',
      'deployments[0].namespace must be a Kubernetes name (line 15)',
      'deployments[0].slotSecretId is missing: ARN or name of the slot secret (line 13)',
      'deployments[1] must be settings with a name (line 16)',
    ];
    for (const fault of expected) expect(message).to.include(fault);
    expect(message).not.to.include('geheim');
  });

  it('names a file that is no YAML or no fleet', async () => {
    expect(await faultsOf('a: 1\na: 2\n')).to.include('line 2: Map keys must be unique');
    expect(await faultsOf('deployments: [\n')).to.include('line ');
    expect(await faultsOf('')).to.include('the file must be a fleet');
    expect(await faultsOf('deployments: 7\n')).to.include('deployments must be a list (line 1)');
    expect(await faultsOf('deployments: []\n')).to.include('deployments must name at least one deployment');
  });

  it('does not ask for what flags or the environment give', async () => {
    const text = `defaults: { deployment: openemr, kubernetesSecret: s }\ndeployments:\n${entry('a')}`;
    expect(await faultsOf(text)).to.include('deployments[0].awsRegion is missing');
    const given = await parseFleet(text, 'fleet.yaml', { given: { awsRegion: 'us-east-1' } });
    expect(given.deployments).to.have.lengthOf(1);
  });
});

describe('deployments of one fleet', () => {
  const arn = (account: string, name: string): string =>
    `arn:aws:secretsmanager:us-east-1:${account}:secret:${name}`;

  const refused: [
    what: string,
    first: Record<string, string>,
    second: Record<string, string>,
    fault: string,
  ][] = [
    [
      'slot secret',
      { slotSecretId: 'x/y' },
      { slotSecretId: 'x/y' },
      'slotSecretId names the same slot secret',
    ],
    [
      'slot secret, once by its ARN',
      { slotSecretId: arn('111122223333', 'x/y-AbCdEf') },
      { slotSecretId: 'x/y' },
      'slotSecretId names the same slot secret',
    ],
    [
      'namespace and Deployment',
      { namespace: 'n' },
      { namespace: 'n', kubernetesSecret: 'other' },
      'deployment names the same namespace and Deployment',
    ],
    [
      'Kubernetes Secret',
      { namespace: 'n' },
      { namespace: 'n', deployment: 'other' },
      'kubernetesSecret names the same Kubernetes Secret',
    ],
    [
      'sqlconf.php',
      { sitesRoot: '/mnt/s' },
      { sitesRoot: '/mnt/x/../s/' },
      'sitesRoot names the same sqlconf.php',
    ],
    ['home', { home: '/h' }, { home: '/h' }, 'home names the same home'],
    [
      'metrics file',
      { metricsFile: '/m.prom' },
      { metricsFile: '/m.prom' },
      'metricsFile names the same metrics file',
    ],
  ];
  for (const [what, first, second, fault] of refused)
    it(`are refused when two name the same ${what}`, async () => {
      const text = `${defaults}deployments:\n${entry('a', first)}${entry('b', second)}`;
      expect(await faultsOf(text)).to.include(`deployments[1].${fault} as deployments[0]`);
    });

  it('are refused when two have the same name', async () => {
    const message = await faultsOf(`${defaults}deployments:\n${entry('a')}${entry('a')}`);
    expect(message).to.include('deployments[1].name names the same name as deployments[0]');
  });

  const taken: [what: string, first: Record<string, string>, second: Record<string, string>][] = [
    [
      'accounts',
      { slotSecretId: arn('111122223333', 'x/y-AbCdEf') },
      { slotSecretId: arn('444455556666', 'x/y-GhIjKl') },
    ],
    ['regions', { slotSecretId: 'x/y' }, { slotSecretId: 'x/y', awsRegion: 'eu-west-1' }],
    ['profiles', { slotSecretId: 'x/y' }, { slotSecretId: 'x/y', awsProfile: 'other' }],
    ['clusters', { namespace: 'n' }, { namespace: 'n', kubeconfig: '/etc/other' }],
    ['sites of one folder', { sitesRoot: '/mnt/s' }, { sitesRoot: '/mnt/s', site: 'second' }],
    ['namespaces for one admin secret', { adminSecretId: 'x' }, { adminSecretId: 'x' }],
  ];
  for (const [what, first, second] of taken)
    it(`are taken when they are in two ${what}`, async () => {
      const text = `${defaults}deployments:\n${entry('a', first)}${entry('b', second)}`;
      expect((await read(text)).deployments).to.have.lengthOf(2);
    });

  it('are many hundreds without a wait', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `c${index}`);
    const text = `${defaults}deployments:\n${names.map((name) => entry(name)).join('')}`;
    expect((await read(text)).deployments).to.have.lengthOf(500);
    expect(fleetOf(names).deployments).to.have.lengthOf(500);
  });
});
