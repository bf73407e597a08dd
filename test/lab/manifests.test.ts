import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { isSchedule } from '../../infra/inputs/schedule';
import { withInput } from '../../infra/render/commandLine';
import { renderManifests } from '../../infra/render/manifests';
import type { KubernetesObject } from '../../infra/render/objects';
import type { Lab } from '../../lab';
import type { KubernetesClient } from '../../lab/kubernetes-client';
import { codeLines, repositoryFile, repositoryText } from '../unit/docs/readme';
import { adminClient, createNamespace } from './support/jobs';
import { databases, labWith } from './support/labs';
import { Operator } from './support/operator';
import { until } from './support/until';

/** The names of kinds in addresses. */
const resources: Record<string, string> = {
  ConfigMap: 'configmaps',
  CronJob: 'cronjobs',
  Job: 'jobs',
  NetworkPolicy: 'networkpolicies',
  PersistentVolume: 'persistentvolumes',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  PodMonitor: 'podmonitors',
  PrometheusRule: 'prometheusrules',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ServiceAccount: 'serviceaccounts',
};

// What the server would refuse, or not know, it tells of; and it makes nothing.
const tried = '?dryRun=All&fieldValidation=Strict';

function documentsOf(file: string): KubernetesObject[] {
  return parseAllDocuments(repositoryText(file)).map((each) => each.toJS() as KubernetesObject);
}

function addressOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const { namespace } = metadata;
  return `${base}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resources[kind]}`;
}

/** Every `kubectl patch` of a document whose patch stands in it or in the repository. */
function patchesIn(file: string): { resource: string; name: string; patch: unknown }[] {
  const commands = [
    ...repositoryText(file).matchAll(
      /kubectl -n openemr patch (\w+) (\S+) (?:-p '(.*)'|--patch-file (infra\/\S+))/g,
    ),
  ];
  return commands.map(([, resource = '', name = '', inline, patchFile = '']) => ({
    resource: `${resource}s`,
    name,
    patch: (inline === undefined ? parse(repositoryText(patchFile)) : JSON.parse(inline)) as unknown,
  }));
}

// Which database it is does not matter: none is asked.
for (const database of databases.slice(0, 1)) {
  describe('the plain manifests, on a real API server', function () {
    this.timeout(120_000);
    let lab: Lab;
    let client: KubernetesClient;
    const files = [
      ...readdirSync(repositoryFile('infra/manifests')).map((name) => `infra/manifests/${name}`),
      ...['role.yaml', 'role-optional.yaml', 'role-canary.yaml', 'role-launcher.yaml'].map(
        (name) => `infra/kubernetes/${name}`,
      ),
    ];

    before(async () => {
      lab = await labWith(database);
      client = adminClient(lab);
      await createNamespace(client, 'openemr');
      // What is patched must be there: suspended, neither starts anything.
      const [cronJob] = documentsOf('infra/manifests/cron-job.yaml') as (KubernetesObject & {
        spec: object;
      })[];
      if (!cronJob) throw new Error('no CronJob');
      await client.create(addressOf(cronJob), { ...cronJob, spec: { ...cronJob.spec, suspend: true } });
      for (const job of documentsOf('infra/manifests/job.yaml')) await client.create(addressOf(job), job);
    });
    after(async () => {
      await client.delete('/api/v1/namespaces/openemr');
      client.close();
    });

    for (const file of files)
      it(`${file}: each object is taken, and no field is unknown`, async () => {
        const objects = documentsOf(file);
        expect(objects).not.to.have.length(0);
        for (const object of objects) {
          // Those that are there already must not collide.
          const metadata = { ...object.metadata, name: `${object.metadata.name}-tried` };
          await client.create(`${addressOf(object)}${tried}`, { ...object, metadata });
        }
      });

    it('an unknown field would be told of', async () => {
      const [job] = documentsOf('infra/manifests/job.yaml') as (KubernetesObject & { spec: object })[];
      if (!job) throw new Error('no Job');
      const wrong = { ...job, spec: { ...job.spec, suspended: true } };
      const ended = client.create(`${addressOf(job)}${tried}`, wrong);
      expect(await ended.catch((error: Error) => error.message)).to.include('unknown field "spec.suspended"');
    });

    it("monitoring.yaml: both objects are taken by the Prometheus Operator's own definitions, and no field is unknown", async () => {
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const made: string[] = [];
      try {
        for (const kind of ['podmonitors', 'prometheusrules']) {
          const definition = parse(
            repositoryText('test', 'lab', 'support', 'crds', `${kind}.yaml`),
          ) as object;
          await client.create(definitions, definition);
          made.push(`${definitions}/${kind}.monitoring.coreos.com`);
          const address = `/apis/monitoring.coreos.com/v1/namespaces/openemr/${kind}`;
          await until(`${kind} are served`, async () => (await client.raw('GET', address)).status === 200);
        }
        const example = parse(repositoryText('infra/example.yaml')) as unknown;
        const pushgateway = { url: 'http://gateway.monitoring.svc:9091', namespace: 'monitoring' };
        const input = withInput(example, ['kubernetes', 'monitoring'], {
          pushgateway,
          labels: { release: 'x' },
        });
        const text = renderManifests(input).get('monitoring.yaml') ?? '';
        const objects = parseAllDocuments(text).map((each) => each.toJS() as KubernetesObject);
        expect(objects.map(({ kind }) => kind)).to.have.members(['PodMonitor', 'PrometheusRule']);
        for (const object of objects) {
          const taken = await client.raw('POST', `${addressOf(object)}${tried}`, object);
          expect(taken.status, taken.text).to.equal(201);
          const { spec } = JSON.parse(taken.text) as { spec: unknown };
          expect(spec).to.deep.equal((object as { spec?: unknown }).spec);
        }
        // What is wrong would be told of: a field that is unknown, a value that is none of its kind.
        const odd = [
          text.replace('honorLabels:', 'honourLabels:'),
          text.replace('action: keep', 'action: keeps'),
          text.replace('interval: 1m', 'interval: often'),
        ];
        for (const each of odd) {
          expect(each).not.to.equal(text);
          const answers = await Promise.all(
            parseAllDocuments(each).map((document) => {
              const object = document.toJS() as KubernetesObject;
              return client.raw('POST', `${addressOf(object)}${tried}`, object);
            }),
          );
          expect(answers.map(({ status }) => status === 201)).to.have.members([true, false]);
        }
      } finally {
        for (const definition of made) await client.delete(definition);
      }
    });

    const documents = ['docs/platform.md', 'docs/migration.md'];
    for (const document of documents)
      for (const { resource, name, patch } of patchesIn(document))
        it(`${document}: the patch of ${resource} ${name} is taken, and suspends or starts it`, async () => {
          const address = `/apis/batch/v1/namespaces/openemr/${resource}/${name}`;
          const type = 'application/strategic-merge-patch+json';
          const { status, text } = await client.raw('PATCH', `${address}${tried}`, patch, type);
          expect(status, text).to.equal(200);
          expect(JSON.parse(text))
            .to.have.property('spec')
            .that.includes((patch as { spec: object }).spec);
        });

    it('the documents have such patches', () => {
      for (const document of documents) expect(patchesIn(document), document).to.have.length(1);
    });

    it('docs/production.md and docs/platform.md: kubectl makes all of it, and starts the Job', async () => {
      const lines = [
        ...codeLines('sh', repositoryText('docs/production.md')),
        ...codeLines('sh', repositoryText('docs/platform.md')),
      ].filter((line) => line.startsWith('kubectl'));
      expect(lines).to.have.members([
        'kubectl apply -f infra/kubernetes/role.yaml',
        'kubectl apply -f infra/manifests',
        'kubectl -n openemr patch job credential-rotation-once --patch-file infra/start.yaml',
        'kubectl -n openemr get cronjobs,jobs,pods',
      ]);
      const folder = path.join(lab.folder, 'platform');
      cpSync(repositoryFile('infra'), path.join(folder, 'infra'), { recursive: true });
      const operator = new Operator(lab, { environment: {} }, folder);
      const said: string[] = [];
      for (const line of lines) said.push(await operator.runLine(line, []));
      for (const object of [
        'role',
        'rolebinding',
        'serviceaccount',
        'cronjob',
        'job',
        'persistentvolumeclaim',
      ])
        expect(said.join('\n')).to.match(new RegExp(`^${object}\\S*/\\S+ (created|configured)$`, 'm'));
      expect(said[2]).to.include('credential-rotation-once patched');
      const job = '/apis/batch/v1/namespaces/openemr/jobs/credential-rotation-once';
      expect((await client.get<{ spec: { suspend: boolean } }>(job)).spec.suspend).to.equal(false);
      expect(said[3])
        .to.match(/^cronjob\S+credential-rotation /m)
        .and.match(/^job\S+credential-rotation-once /m);
      await client.delete('/api/v1/persistentvolumes/openemr-sites').catch(() => undefined);
    });

    it('a schedule is taken by the server just when the inputs take it', async () => {
      const [cronJob] = documentsOf('infra/manifests/cron-job.yaml') as (KubernetesObject & {
        spec: object;
      })[];
      if (!cronJob) throw new Error('no CronJob');
      const metadata = { ...cronJob.metadata, name: 'scheduled' };
      for (const schedule of [
        ...['17 3 * * *', '*/5 0-23/2 1,15 JAN-jun MON', '0 0 ? * 0,6', '5/15 * * * *', '0 0 30 2 1'],
        ...[
          '99 99 * * *',
          '60 * * * *',
          '* * 0 * *',
          '* * * * 7',
          '* * * * mo',
          '5-1 * * * *',
          '*/0 * * * *',
        ],
        ...['1.5 * * * *', '* * * *', '0 * * * * *', '-1 * * * *'],
      ]) {
        const spec = { ...cronJob.spec, schedule };
        const address = `${addressOf(cronJob)}${tried}`;
        const { status, text } = await client.raw('POST', address, { ...cronJob, metadata, spec });
        expect(status === 201, `${schedule}: ${text}`).to.equal(isSchedule(schedule));
      }
    });
  });
}
