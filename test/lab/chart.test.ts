import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { imageUser } from '../../image/layout';
import { InputProblems, readInputs } from '../../infra/inputs/read';
import { objectsOf } from '../../infra/render/manifests';
import type { Lab, Site } from '../../lab';
import { rotationImage } from '../../lab/image';
import { toolPaths } from '../../lab/setup/tools';
import { repositoryFile } from '../unit/docs/readme';
import { clusterOnly } from '../unit/infra/inputs';
import type { Named } from './support/chart/byName';
import { byName } from './support/chart/byName';
import { cases } from './support/chart/cases';
import { chart, checkedVersions, expectFits, Helm, kubeconform } from './support/chart/helm';
import { documentedCommands } from './support/documented';
import { Jobs } from './support/jobs';
import { databases, labWith } from './support/labs';
import { Operator } from './support/operator';
import { giveFiles, rotationImageName, settingsFor } from './support/rotationPods';
import { expectHealthy } from './support/world';

const create = { once: true };

describe('the Helm chart', function () {
  this.timeout(120_000);
  let folder = '';
  let helm: Helm;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'chart-'));
    helm = new Helm(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is in order for helm lint with each file of inputs, and without inputs names what is missing', async () => {
    for (const file of ['infra/example.yaml', 'infra/takeover.yaml']) {
      const { code, stdout } = await helm.run('lint', '--strict', chart, '-f', repositoryFile(file));
      expect(code, stdout).to.equal(0);
    }
    const { code, stdout, stderr } = await helm.run('lint', chart);
    expect(code).to.equal(1);
    expect(stdout + stderr)
      .to.include("missing property 'region'")
      .and.include("'slotSecret'");
  });

  it('makes the objects of the plain manifests, one by one', async () => {
    for (const { what, inputs } of cases()) {
      const wanted = Object.values(objectsOf(readInputs(inputs))).flat();
      const { objects } = await helm.template({ ...inputs, create });
      expect(byName(objects), what).to.deep.equal(byName(wanted));
    }
  });

  it('leaves out the one-off Job, and the NetworkPolicy where it is not wanted', async () => {
    const kinds = async (values: object): Promise<string[]> =>
      (await helm.template({ ...clusterOnly, ...values })).objects.map((each) => (each as Named).kind).sort();
    const usual = ['CronJob', 'NetworkPolicy', 'Role', 'RoleBinding', 'ServiceAccount'];
    expect(await kinds({})).to.deep.equal(usual);
    expect(await kinds({ create: { networkPolicy: false } })).to.deep.equal(
      usual.filter((each) => each !== 'NetworkPolicy'),
    );
  });

  it("takes the release's namespace where the values name none", async () => {
    const { namespace, ...rest } = clusterOnly;
    const { objects } = await helm.template({ ...rest, create }, '--namespace', namespace);
    const wanted = Object.values(objectsOf(readInputs(clusterOnly))).flat();
    expect(byName(objects)).to.deep.equal(byName(wanted));
  });

  const { kubernetes } = clusterOnly;
  for (const [what, values] of [
    ['an unknown value', { kubernetes: { ...kubernetes, sitee: 'x' } }],
    ['the tag latest', { kubernetes: { ...kubernetes, image: 'registry.example/image:latest' } }],
    ['no CPU', { kubernetes: { ...kubernetes, resources: { cpu: '0' } } }],
    ['a limit out of bounds', { kubernetes: { ...kubernetes, limits: { idleSeconds: 1 } } }],
    ['a claim without a user', { kubernetes: { ...kubernetes, user: undefined } }],
    ['two places of the files', { sites: { claim: 'a', fileSystem: 'fs-01234567' } }],
    ['no place of the files', { sites: {} }],
    [
      'a passphrase that no Secret has',
      { existing: { ...clusterOnly.existing, secretsProvider: 'passphrase' } },
    ],
    ['no range of the database', { kubernetes: { ...kubernetes, network: { databaseCidrs: [] } } }],
    ['a way to nowhere', { kubernetes: { ...kubernetes, network: { more: [{ port: 1 }] } } }],
    ['a variable of the chart', { kubernetes: { ...kubernetes, environment: { HOME: '/' } } }],
    ['a secret in plain text', { kubernetes: { ...kubernetes, environment: { SMTP_PASSWORD: 'x' } } }],
  ] as const)
    it(`refuses ${what}, as the inputs do`, async () => {
      const given = { ...clusterOnly, ...values };
      expect(() => readInputs(given)).to.throw(InputProblems);
      const said = await helm.template(given).catch((error: Error) => error.message);
      expect(said).to.include("values don't meet the specifications of the schema");
    });

  it('fits the schemas of Kubernetes 1.29 to 1.34, which know each field', async () => {
    const [, ...others] = cases();
    const texts = await Promise.all(
      others.slice(4, 10).map(async ({ inputs }) => (await helm.template({ ...inputs, create })).text),
    );
    const file = path.join(folder, 'objects.yaml');
    writeFileSync(file, texts.join('---\n'));
    expect(readdirSync(toolPaths().kubernetesSchemas).sort()).to.deep.equal(
      checkedVersions.map((each) => `v${each}`),
    );
    await expectFits(file);
    writeFileSync(file, texts.join('---\n').replaceAll('enableServiceLinks', 'enableServiceLink'));
    expect((await kubeconform('1.34.0', file)).stdout).to.match(/Invalid: [1-9]/);
  });
});

for (const database of databases.slice(0, 1))
  describe(`the Helm chart, installed (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let jobs: Jobs;
    let helm: Helm;
    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      jobs = new Jobs(lab, site.namespace);
      helm = new Helm(site.folder, lab.kubernetes.adminKubeconfig);
      lab.addImage(rotationImageName, await rotationImage(lab.folder));
    });
    after(async () => {
      jobs.close();
      await site.remove();
    });

    /** The values for the site; the AWS keys, which EKS would give, in a Secret. */
    async function valuesFor(): Promise<object> {
      const settings = await settingsFor(lab, site);
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...environment } = settings.environment;
      await jobs.createCore('secrets', {
        metadata: { name: 'aws' },
        stringData: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      });
      const data = { 'ca.pem': readFileSync(lab.database.caFile, 'utf8') };
      await jobs.createCore('configmaps', { metadata: { name: 'database-ca' }, data });
      lab.setClaim(site.namespace, settings.sitesClaim, site.sitesRoot);
      giveFiles(site.sitesRoot);
      const key = (name: string) => ({ secret: 'aws', key: name });
      return {
        name: settings.name,
        region: settings.awsRegion,
        stack: settings.stack,
        existing: {
          slotSecret: settings.slotSecretId,
          adminSecret: settings.adminSecretId,
          backendUrl: settings.backendUrl,
          secretsProvider: settings.secretsProvider,
        },
        sites: { claim: settings.sitesClaim },
        kubernetes: {
          deployment: settings.deployment,
          secret: settings.kubernetesSecret,
          image: settings.image,
          healthUrl: settings.healthUrl,
          databaseCa: settings.databaseCa,
          user: { uid: imageUser, gid: imageUser },
          limits: settings.limits,
          environment,
          secretEnvironment: {
            AWS_ACCESS_KEY_ID: key('AWS_ACCESS_KEY_ID'),
            AWS_SECRET_ACCESS_KEY: key('AWS_SECRET_ACCESS_KEY'),
          },
        },
      };
    }

    /** What a Job wrote that has come to its end. */
    async function logOf(job: string): Promise<string> {
      const ended = await jobs.ended(job, 180_000);
      const log = (await jobs.logs(job)).join('\n');
      expect(ended, log).to.equal('Complete');
      return log;
    }

    /** What is left of a release in the namespace. */
    async function left(): Promise<string[]> {
      const { namespace } = site;
      const places = [
        ...['serviceaccounts', 'persistentvolumeclaims', 'pods', 'configmaps', 'secrets'].map(
          (each) => `/api/v1/namespaces/${namespace}/${each}`,
        ),
        ...['roles', 'rolebindings'].map(
          (each) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/${each}`,
        ),
        ...['jobs', 'cronjobs'].map((each) => `/apis/batch/v1/namespaces/${namespace}/${each}`),
        `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
      ];
      const lists = await Promise.all(
        places.map((place) => jobs.client.get<{ items: { metadata: { name: string } }[] }>(place)),
      );
      return lists.flatMap(({ items }, index) =>
        items.map(({ metadata }) => `${places[index]?.split('/').at(-1)} ${metadata.name}`),
      );
    }

    it('docs/helm.md: the example is linted, installed and uninstalled', async () => {
      const commands = documentedCommands('docs/helm.md', 'helm').map(({ words }) => words.slice(1));
      expect(commands.map(([name]) => name)).to.deep.equal(['lint', 'upgrade', 'uninstall']);
      for (const words of commands) {
        const { code, stderr } = await helm.run(
          ...words,
          ...(words[0] === 'upgrade' ? ['--create-namespace'] : []),
        );
        expect(code, stderr).to.equal(0);
      }
      await jobs.client.delete('/api/v1/namespaces/openemr');
    });

    it('packed and in an empty folder: starts a Job as its notes say, is upgraded, rotates by its CronJob and at once, and leaves nothing when it is uninstalled', async () => {
      const values = helm.valuesFile(await valuesFor());
      const first = await left();
      const flags = ['-n', site.namespace, '-f', values];
      const empty = mkdtempSync(path.join(site.folder, 'empty-'));
      const packed = await helm.run('package', chart, '--destination', empty);
      expect(packed.code, packed.stderr).to.equal(0);
      const [archive = ''] = readdirSync(empty);
      const installed = await helm.runIn(empty, 'install', 'rotation', archive, ...flags);
      expect(installed.code, installed.stderr).to.equal(0);
      const [line = ''] = /kubectl .* create job .*/.exec(installed.stdout) ?? [];
      const operator = new Operator(lab, site, site.folder);
      expect(await operator.runLine(line, [])).to.include('job.batch/rotation-now created');
      expect(await logOf('rotation-now')).to.include('nothing to do yet');

      // The passwords are new: of any age they are old enough now.
      const changes = 'kubernetes.suspended=true,create.once=true,kubernetes.ifOlderThan=0m';
      const upgraded = await helm.runIn(empty, 'upgrade', 'rotation', archive, ...flags, '--set', changes);
      expect(upgraded.code, upgraded.stderr).to.equal(0);
      const cronJob = `/apis/batch/v1/namespaces/${site.namespace}/cronjobs/rotation`;
      expect(await jobs.client.get(cronJob)).to.have.nested.property('spec.suspend', true);
      await operator.runLine(`${line.trimEnd()}-again`, []);
      const last = (await logOf('rotation-now-again')).trimEnd().split('\n').at(-1) ?? '';
      expect(JSON.parse(last)).to.include({ outcome: 'done', exitCode: 0 });
      await expectHealthy(site, 'B');
      await jobs.resume('rotation-once');
      await logOf('rotation-once');
      await expectHealthy(site, 'A');

      const removed = await helm.run(
        'uninstall',
        'rotation',
        '-n',
        site.namespace,
        '--wait',
        '--cascade',
        'foreground',
      );
      expect(removed.code, removed.stderr).to.equal(0);
      const of = (list: string[]): string[] => list.filter((each) => !each.startsWith('pods openemr')).sort();
      expect(of(await left())).to.deep.equal(of(first));
    });
  });
