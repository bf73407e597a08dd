import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { awaitRollout } from '../../lab/site/kubernetes';
import type { Run } from './support/command';
import { environmentOf, runWith } from './support/command';
import { Jobs } from './support/jobs';
import { databases, labWith } from './support/labs';
import { grantLauncherRights } from './support/launcherRights';
import { expectCode, expectNoSecret } from './support/world';
import { Writes } from './support/writes';

const sitesPath = '/var/www/localhost/htdocs/openemr/sites';

/** The lab's OpenEMR with what openemr-on-eks has around it: the claim on sites/, and the Service of a load balancer. */
for (const database of databases.slice(0, 1)) {
  describe(`init (${database})`, function () {
    this.timeout(240_000);
    let lab: Lab;
    let site: Site;
    let jobs: Jobs;
    let folder: string;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite({ replicas: 1 });
      jobs = new Jobs(lab, site.namespace);
      folder = path.join(site.folder, 'new');
      mkdirSync(folder);
      await grantLauncherRights(jobs.client, site.namespace, 'credential-rotation-sa');
      await mountClaim();
      await makeService();
    });
    after(async () => {
      jobs.close();
      await site.remove();
    });

    async function mountClaim(): Promise<void> {
      const resource = `/apis/apps/v1/namespaces/${site.namespace}/deployments/${site.deployment}`;
      const { spec } = await jobs.client.get<{ spec: { template: { spec: { containers: object[] } } } }>(
        resource,
      );
      const [container] = spec.template.spec.containers;
      const volumeMounts = [{ name: 'sites', mountPath: sitesPath }];
      const volumes = [{ name: 'sites', persistentVolumeClaim: { claimName: 'openemr-sites-pvc' } }];
      const pod = { containers: [{ ...container, volumeMounts }], volumes };
      await jobs.client.patch(resource, { spec: { template: { spec: pod } } });
      await awaitRollout(jobs.client, site.namespace);
    }

    /** The lab's front in the place of a load balancer. */
    async function makeService(): Promise<void> {
      const { hostname: ip, port } = new URL(site.healthUrl);
      const ports = [{ name: 'http', port: Number(port), targetPort: 80 }];
      const spec = { type: 'LoadBalancer', selector: { app: 'openemr' }, ports };
      await jobs.createCore('services', { metadata: { name: 'openemr-service' }, spec });
      const status = { loadBalancer: { ingress: [{ ip }] } };
      await jobs.client.patch(`/api/v1/namespaces/${site.namespace}/services/openemr-service/status`, {
        status,
      });
    }

    /** Nothing is set but what no cluster can tell: where the state is, and whose credentials these are. */
    async function init(args: string[]): Promise<Run> {
      const environment = environmentOf(site);
      const told = /^(RDS_|K8S_|OPENEMR_|DATABASE_CA_FILE)/;
      const rest = Object.fromEntries(Object.entries(environment).filter(([name]) => !told.test(name)));
      const result = await runWith({ ...rest, HOME: folder }, args);
      expectNoSecret(site.canaries(), { stdout: result.stdout, stderr: result.stderr });
      return result;
    }

    const file = (): string => path.join(folder, `Pulumi.${site.name}.yaml`);

    it('says what it cannot find, and how to set it; writes what it found, and no more', async () => {
      const writes = new Writes(lab, site);
      const result = await init(['init']);
      expectCode(result, 2);
      for (const line of [
        /^ {2}✓ K8S_DEPLOYMENT_NAME +openemr {2}\(Deployment \S+\/openemr, by its image openemr\/openemr:lab\)$/m,
        /^ {2}✓ K8S_SECRET_NAME +openemr-db-credentials {2}\(MYSQL_USER, MYSQL_PASS of Deployment /m,
        /^ {2}✓ RDS_SLOT_SECRET_ID +arn:\S+ {2}\(Secrets Manager, by its name lab\/\S+\/slots\)$/m,
        /^ {2}✓ OPENEMR_HEALTHCHECK_URL +http:\S+\/meta\/health\/readyz {2}\(load balancer of Service \S+\/openemr-service\)$/m,
        /^ {2}✗ OPENEMR_SITES_MOUNT_ROOT was not found: .* claim \S+\/openemr-sites-pvc at \S+\/openemr\/sites: .*--sites-root/m,
      ])
        expect(result.stdout).to.match(line);
      expect(result.stderr).to.include('OPENEMR_SITES_MOUNT_ROOT (or --sites-root) is missing');
      expect(await writes.found()).to.deep.equal([]);
      expect(readFileSync(file(), 'utf8')).not.to.include('sitesRoot');
    });

    it('makes a stack file with which verify and a dry run end with 0; the second time it changes nothing', async () => {
      writeFileSync(file(), `# kept\nencryptionsalt: v1:kept\n${readFileSync(file(), 'utf8')}`);
      const first = await init(['init', '--sites-root', site.sitesRoot]);
      expectCode(first, 0);
      expect(first.stdout).to.include('✓ A rotation has everything that it needs.');
      const text = readFileSync(file(), 'utf8');
      expect(text).to.match(/^# kept\nencryptionsalt: v1:kept\nconfig:\n/);
      expect(text).to.include(`openemr-credential-rotation:sitesRoot: ${site.sitesRoot}\n`);
      expectNoSecret(site.canaries(), { file: text });
      expectCode(await init(['--dry-run']), 0);
      const again = await init(['init', '--json']);
      expectCode(again, 0);
      const report = JSON.parse(again.stdout) as {
        file: object;
        open: unknown[];
        checks: { state: string }[];
      };
      expect(report.file).to.include({ name: `Pulumi.${site.name}.yaml`, written: false });
      expect(report.open).to.deep.equal([]);
      expect(report.checks.map(({ state }) => state))
        .to.include('ok')
        .and.not.include('missing');
      expect(readFileSync(file(), 'utf8')).to.equal(text);
    });

    it('takes Terraform outputs, replaces nothing without --force, and asks which of two Deployments it is', async () => {
      const outputs = path.join(folder, 'outputs.json');
      const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:openemr/slots-AbCdEf';
      const password = { sensitive: true, type: 'string', value: 'CanaryTerraform1' };
      writeFileSync(
        outputs,
        JSON.stringify({ rds_slot_secret_arn: { value: arn }, aurora_password: password }),
      );
      const args = ['init', '--dry-run', '--terraform-outputs', outputs];
      const kept = await init(args);
      expect(kept.stdout).to.include(
        `RDS_SLOT_SECRET_ID: output rds_slot_secret_arn of ${outputs} says ${arn}`,
      );
      const forced = await init([...args, '--force', '--sites-root', site.sitesRoot]);
      expectCode(forced, 0);
      expect(forced.stdout)
        .to.include(`openemr-credential-rotation:slotSecretId: ${arn}\n`)
        .and.not.include('Canary');
      const template = {
        metadata: { labels: { app: 'other' } },
        spec: { containers: [{ name: 'a', image: 'openemr/openemr:7.0.4' }] },
      };
      await jobs.client.create(`/apis/apps/v1/namespaces/${site.namespace}/deployments`, {
        metadata: { name: 'staging' },
        spec: { replicas: 0, selector: { matchLabels: { app: 'other' } }, template },
      });
      const several = await init(['init', '--dry-run', '--force']);
      expectCode(several, 2);
      expect(several.stderr).to.match(
        /There are 2 Deployments .*\/openemr \(by .*\/staging \(by .*--deployment/,
      );
    });
  });
}
