import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Stack } from '@pulumi/pulumi/automation';
import { expect } from 'chai';
import { parse } from 'yaml';
import { imageUser } from '../../image/layout';
import { CredentialRotation } from '../../infra/component/credentialRotation';
import type { RotationInputs } from '../../infra/inputs/inputs';
import { renderManifests } from '../../infra/render/manifests';
import type { Lab, Site } from '../../lab';
import { rotationImage } from '../../lab/image';
import { shortWaitsEnvironment } from '../../lab/shortWaits';
import { codeLines, repositoryText } from '../unit/docs/readme';
import { makeBucket, makeKey, s3Backend } from './support/backends';
import { Jobs } from './support/jobs';
import { databases, labWith } from './support/labs';
import { exampleNames, Operator } from './support/operator';
import { platformStack } from './support/platformStack';
import { giveFiles, rotationImageName } from './support/rotationPods';
import { expectHealthy } from './support/world';

const account = 'credential-rotation-sa';
const roleArn = 'arn:aws:iam::111122223333:role/credential-rotation';

interface Found {
  metadata: { uid: string; annotations?: Record<string, string> };
  spec: { suspend: boolean; jobTemplate: { spec: { template: { spec: object } } } };
  rules: { resources: string[]; verbs: string[] }[];
}

/**
 * docs/migration.md, command by command, over the objects of the Python tool: ServiceAccount, Role and binding of the
 * lab's namespaces have the names that they have there, and its CronJob and Job come on top.
 */
for (const database of databases.slice(0, 1)) {
  describe(`taking over the Python tool's schedule (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let jobs: Jobs;
    let stack: Stack | undefined;

    before(async () => {
      lab = await labWith(database);
      lab.addImage(rotationImageName, await rotationImage(lab.folder));
    });
    beforeEach(async () => {
      site = await lab.createSite({ replicas: 1 });
      jobs = new Jobs(lab, site.namespace);
      giveFiles(site.sitesRoot);
      lab.setClaim(site.namespace, 'openemr-sites-pvc', site.sitesRoot);
      await makeOldObjects();
    });
    afterEach(async () => {
      await stack?.destroy();
      stack = undefined;
      jobs.close();
      await site.remove();
    });

    async function makeOldObjects(): Promise<void> {
      const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = site.environment;
      const data = { 'ca.pem': readFileSync(lab.database.caFile, 'utf8') };
      await jobs.createCore('configmaps', { metadata: { name: 'database-ca' }, data });
      await jobs.createCore('secrets', {
        metadata: { name: 'aws' },
        stringData: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      });
      const annotations = { 'eks.amazonaws.com/role-arn': roleArn };
      await jobs.client.patch(`/api/v1/namespaces/${site.namespace}/serviceaccounts/${account}`, {
        metadata: { annotations },
      });
      const container = {
        name: 'rotation',
        image: 'openemr-credential-rotation:latest',
        args: ['--log-json'],
      };
      const spec = { restartPolicy: 'Never', serviceAccountName: account, containers: [container] };
      await jobs.schedule({
        ...{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'credential-rotation' } },
        spec: { schedule: '0 3 1 * *', jobTemplate: { spec: { template: { spec } } } },
      } as { metadata: object });
    }

    /** The inputs of infra/takeover.yaml, with what the lab has in the place of what the document names. */
    async function inputs(): Promise<RotationInputs> {
      const example = parse(repositoryText('infra', 'takeover.yaml')) as RotationInputs;
      const bucket = `state-of-${site.name}`;
      await makeBucket(lab, bucket);
      const key = (name: string): object => ({ secret: 'aws', key: name });
      return {
        ...example,
        namespace: site.namespace,
        stack: site.name,
        existing: {
          slotSecret: site.slotSecretId,
          adminSecret: site.adminSecretId,
          backendUrl: `s3://${bucket}?${s3Backend(lab)}`,
          secretsProvider: `awskms://${await makeKey(lab)}?region=us-east-1`,
        },
        kubernetes: {
          ...example.kubernetes,
          deployment: site.deployment,
          secret: site.kubernetesSecret,
          image: rotationImageName,
          healthUrl: site.healthUrl,
          user: { uid: imageUser, gid: imageUser },
          databaseCa: { configMap: 'database-ca', key: 'ca.pem' },
          limits: { rolloutSeconds: 60, healthSeconds: 8, idleSeconds: 60 },
          environment: {
            AWS_ENDPOINT_URL: lab.aws.endpoint,
            AWS_EC2_METADATA_DISABLED: 'true',
            ...shortWaitsEnvironment,
          },
          secretEnvironment: {
            AWS_ACCESS_KEY_ID: key('AWS_ACCESS_KEY_ID'),
            AWS_SECRET_ACCESS_KEY: key('AWS_SECRET_ACCESS_KEY'),
          },
        } as NonNullable<RotationInputs['kubernetes']>,
      };
    }

    /** Carries out a command of the guide in the site's namespace; gives what it prints. */
    const byHand = (line: string): Promise<string> =>
      new Operator(lab, site, site.folder).runLine(line, exampleNames(site));

    /** Carries out the guide's commands for the cluster in their order; `makes` is the way to the new schedule. */
    async function follow(makes: RegExp, make: () => Promise<unknown>): Promise<void> {
      const lines = codeLines('sh', repositoryText('docs', 'migration.md'));
      const last = lines.findLastIndex((line) => makes.test(line));
      expect(last).to.be.greaterThan(0);
      for (const [at, line] of lines.entries()) {
        if (at === last) await make();
        else if (line.startsWith('kubectl') && !line.startsWith('kubectl apply')) await byHand(line);
      }
    }

    const get = (api: string, resource: string): Promise<Found> =>
      jobs.client.get<Found>(`/${api}/namespaces/${site.namespace}/${resource}`);
    const schedule = (): Promise<Found> => get('apis/batch/v1', 'cronjobs/credential-rotation');
    const identity = (): Promise<Found> => get('api/v1', `serviceaccounts/${account}`);

    /** The new schedule is there, is ours and not suspended; the account is the old one; the Role is ours. */
    async function expectTakenOver(old: { schedule: Found; identity: Found }): Promise<void> {
      const { metadata, spec } = await schedule();
      expect(metadata.uid).not.to.equal(old.schedule.metadata.uid);
      expect(spec.suspend).to.equal(false);
      const pod = JSON.stringify(spec.jobTemplate.spec.template.spec);
      expect(pod)
        .to.include(`"image":"${rotationImageName}"`)
        .and.include(`"serviceAccountName":"${account}"`);
      expect(pod).not.to.include('openemr-credential-rotation:latest');
      const now = await identity();
      expect(now.metadata.uid).to.equal(old.identity.metadata.uid);
      expect(now.metadata.annotations).to.include({ 'eks.amazonaws.com/role-arn': roleArn });
      const { rules } = await get('apis/rbac.authorization.k8s.io/v1', 'roles/credential-rotation-role');
      expect(rules.flatMap(({ verbs }) => verbs)).to.include('create');
      // It lists who else may read the Secret, and no Secret.
      const listed = rules
        .filter(({ verbs }) => verbs.includes('list'))
        .flatMap(({ resources }) => resources);
      expect(listed).to.include('statefulsets').and.not.include('secrets');
    }

    /** With the adopted account and the new Role a rotation runs, in the very pod of the schedule's Job. */
    async function expectRotates(): Promise<void> {
      await jobs.resume('credential-rotation-once');
      const end = await jobs.ended('credential-rotation-once');
      expect(end, (await jobs.logs('credential-rotation-once')).join('\n')).to.equal('Complete');
      await expectHealthy(site, 'B');
    }

    it('by plain manifests: ends with the new schedule, which rotates as the old account', async () => {
      const old = { schedule: await schedule(), identity: await identity() };
      const files = renderManifests(await inputs());
      const folder = path.join(site.folder, 'infra', 'manifests');
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of files) writeFileSync(path.join(folder, path.basename(name)), text);
      await follow(/^kubectl apply -f infra\/manifests$/, () => byHand('kubectl apply -f infra/manifests'));
      await expectTakenOver(old);
      await expectRotates();
    });

    it('by infra/: ends with the new schedule, and a second update changes nothing', async () => {
      const old = { schedule: await schedule(), identity: await identity() };
      const given = await inputs();
      const program = async (): Promise<void> => void new CredentialRotation('credential-rotation', given);
      const made = (stack = await platformStack(lab, path.join(site.folder, 'platform'), program));
      await follow(/^pulumi -C infra up$/, () => made.up({ color: 'never' }));
      await expectTakenOver(old);
      await made.up({ color: 'never', expectNoChanges: true, refresh: true });
      await expectRotates();
    });
  });
}
