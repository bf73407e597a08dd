import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { fleetObjects } from '../../infra/kubernetes/fleetJob';
import { parseFleet } from '../../src/fleet/fleetFile';
import { fleetJobSettings } from '../../src/fleet/jobSettings';
import { repositoryText } from '../unit/docs/readme';
import { byName } from './support/chart/byName';
import type { FleetValues } from './support/chart/fleetCases';
import { fleetCases, smallFleet } from './support/chart/fleetCases';
import { expectFits, fleetChart, Helm } from './support/chart/helm';

const since = '2026-01-31T03:00:00Z';

/** What only the chart has: one run where there is no schedule, and the Job that reports. */
const withRun = (values: FleetValues): object => ({
  ...values,
  ...(values.job['schedule'] === undefined ? { since } : {}),
  report: true,
});

/** The objects that `fleet manifest` prints for a file of this text. */
async function manifestOf(text: string): Promise<object[]> {
  const file = await parseFleet(text, 'fleet.yaml', { given: {} });
  const { concurrency = 0, onFailure = 'stop' } = file;
  const limits = { concurrency, staggerMs: 0, onFailure };
  return fleetObjects(
    fleetJobSettings({ file, text, limits, image: undefined, schedule: undefined, now: new Date(since) }),
  );
}

interface Config {
  kind: string;
  data: Record<string, string>;
}

describe("the fleet's Helm chart", function () {
  this.timeout(120_000);
  let folder = '';
  let helm: Helm;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'fleet-chart-'));
    helm = new Helm(folder, undefined, fleetChart);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is in order for helm lint, and without values names what is missing', async () => {
    const good = await helm.run('lint', '--strict', fleetChart, '-f', helm.valuesFile(withRun(smallFleet())));
    expect(good.code, good.stdout).to.equal(0);
    const { code, stdout, stderr } = await helm.run('lint', fleetChart);
    expect(code).to.equal(1);
    expect(stdout + stderr).to.include("missing property 'deployments'");
  });

  it('makes the objects of fleet manifest, one by one, and the pods read the values as their file', async () => {
    for (const { what, values } of fleetCases()) {
      const { objects } = await helm.template(withRun(values));
      const { data } = objects.find((each) => (each as Config).kind === 'ConfigMap') as Config;
      const text = data['fleet.yaml'] ?? '';
      expect(byName(objects), what).to.deep.equal(byName(await manifestOf(text)));
      // The file of the pods says what the given one says; the chart adds what it may leave out.
      const [given, read] = [stringify(values), text].map((each) => parseFleet(each, 'f', { given: {} }));
      const { job, ...rest } = (await given) ?? {};
      expect(await read, what).to.deep.include(rest);
      expect((await read)?.job).to.deep.include(job);
    }
  });

  it('leaves out the report where it is not wanted, and takes an unquoted time', async () => {
    const file = path.join(folder, 'fleet.yaml');
    writeFileSync(file, `${stringify(smallFleet())}since: ${since}\n`);
    const { code, stdout, stderr } = await helm.run('template', 'release', fleetChart, '-f', file);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include('clinics-rotation-20260131-030000"').and.not.include('-report');
  });

  const deployment = (change: object) => (values: FleetValues) => {
    Object.assign(values.deployments[0] ?? {}, change);
  };
  for (const [what, change] of [
    ['neither a run nor a schedule', (values) => Object.assign(values, { since: undefined })],
    ['a run beside a schedule', (values) => Object.assign(values.job, { schedule: '0 3 * * 0' })],
    ['an unknown key', (values) => Object.assign(values.job, { imagee: 'x' })],
    ['an unknown setting', deployment({ slotSecret: 'x' })],
    ['a namespace that YAML takes for a number', deployment({ namespace: 7 })],
    ['a kubeconfig', deployment({ kubeconfig: '/k' })],
    ['a profile', deployment({ awsProfile: 'p' })],
    ['sites outside of the claim', deployment({ sitesRoot: '/srv/a' })],
    ['sites that leave the claim', deployment({ sitesRoot: '/mnt/openemr-sites/../a' })],
    ['a CA that is not mounted', deployment({ databaseCaFile: '/etc/ssl/ca.pem' })],
    [
      'a CA without its ConfigMap',
      deployment({ databaseCaFile: '/etc/credential-rotation/database-ca/ca.pem' }),
    ],
    ['a home that cannot be written', deployment({ home: '/var/tmp' })],
    ['a folder as backend', deployment({ backendUrl: 'file:///state' })],
    ['a passphrase', deployment({ secretsProvider: 'passphrase' })],
    ['no slot secret', deployment({ slotSecretId: undefined })],
    ['a way to nowhere', (values) => Object.assign(values.job, { egress: [{ port: 1 }] })],
    ['no range of the database', (values) => Object.assign(values.job, { databaseCidrs: [] })],
    ['a name too long for a Job', (values) => Object.assign(values, { name: 'c'.repeat(31) })],
  ] as [string, (values: FleetValues) => void][])
    it(`refuses ${what}, as fleet manifest does`, async () => {
      const values = { ...smallFleet(), since };
      change(values);
      const said = await helm.template(values).catch((error: Error) => error.message);
      expect(said).to.include("values don't meet the specifications of the schema");
    });

  it('refuses a shared admin secret as soon as two may run at a time', async () => {
    const values: FleetValues = { ...smallFleet(), since };
    Object.assign(values.deployments[2] ?? {}, { adminSecretId: 'b/admin' });
    const said = await helm.template(values).catch((error: Error) => error.message);
    expect(said).to.include('b, b2 share an admin secret, so that only one may rotate at a time');
    await helm.template({ ...values, concurrency: 1 });
  });

  it('fits the schemas of Kubernetes 1.29 to 1.34, which know each field', async () => {
    const made = await Promise.all(
      fleetCases().map(async ({ values }) => (await helm.template(withRun(values))).text),
    );
    const file = path.join(folder, 'objects.yaml');
    writeFileSync(file, made.join('---\n'));
    await expectFits(file);
  });

  it('docs/fleet.md: its file serves as values', async () => {
    const [, text = ''] =
      /```yaml\n(name: clinics {2}[\s\S]*?)```/.exec(repositoryText('docs/fleet.md')) ?? [];
    const file = path.join(folder, 'documented.yaml');
    writeFileSync(file, text);
    const { code, stderr } = await helm.run(
      'template',
      'x',
      fleetChart,
      '-f',
      file,
      '--set-string',
      `since=${since}`,
    );
    expect(code, stderr).to.equal(0);
  });
});
