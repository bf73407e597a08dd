import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { createConnection } from 'mysql2/promise';
import { startLab, STARTING_POINTS } from '../../lab';
import type { Lab, Site } from '../../lab';
import { KubernetesClient } from '../../lab/kubernetes-client';
import { awsTests } from './labAws';
import { kubernetesTests } from './labKubernetes';
import { tested } from './support/labs';
import { letPass, until } from './support/until';

/** Pids of everything that belongs to the lab in this folder: its children by their environment, its reaper. */
function processesOf(folder: string): string[] {
  const read = (file: string): string[] => {
    try {
      return readFileSync(file, 'utf8').split('\0');
    } catch {
      return [];
    }
  };
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    const reaper = read(`/proc/${pid}/cmdline`);
    return (
      read(`/proc/${pid}/environ`).includes(`LAB_FOLDER=${folder}`) ||
      (reaper.includes(folder) && reaper.some((argument) => argument.endsWith('reaper.js')))
    );
  });
}

/** A client with the rights of a kubeconfig that the lab wrote. */
function clientOf(lab: Lab, kubeconfig = lab.kubernetes.adminKubeconfig): KubernetesClient {
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { users: { user: { token: string } }[] };
  return new KubernetesClient(lab.kubernetes.server, lab.database.caFile, config.users[0]?.user.token ?? '');
}

interface PodView {
  metadata: { name: string };
  status: {
    containerStatuses?: { ready: boolean; restartCount: number; state: { waiting?: { reason: string } } }[];
  };
}

async function podsOf(lab: Lab, site: Site): Promise<PodView[]> {
  const client = clientOf(lab);
  const { items } = await client.get<{ items: PodView[] }>(`/api/v1/namespaces/${site.namespace}/pods`);
  client.close();
  return items;
}

for (const database of tested.wholly) {
  describe(`the lab on ${database}`, function () {
    this.timeout(60_000);
    let lab: Lab;
    let site: Site;

    before(async () => {
      lab = await startLab({ database });
      site = await lab.createSite({ name: 'first' });
    });

    after(async () => {
      await lab.stop();
      await lab.stop();
      expect(processesOf(lab.folder)).to.deep.equal([]);
      expect(existsSync(lab.folder)).to.equal(false);
    });

    it('lets an account in over checked TLS only', async () => {
      const { login, pass } = await site.sqlconf();
      expect(login).to.equal(site.users.A);
      expect(await site.canLogin(login, pass)).to.equal(true);
      expect(await site.canLogin(login, `${pass}x`)).to.equal(false);
      const { host, port } = lab.database;
      const plain = createConnection({ host, port, user: login, password: pass });
      expect(
        await plain.then(
          () => 'in',
          (error: Error) => error.message,
        ),
      ).to.match(/denied/);
      const unchecked = createConnection({ host, port, user: login, password: pass, ssl: {} });
      expect(
        await unchecked.then(
          () => 'in',
          (error: Error) => error.message,
        ),
      ).to.match(/certificate/);
    });

    it('makes every starting point', async () => {
      for (const start of STARTING_POINTS) {
        const made = await lab.createSite({ start, replicas: 1 });
        const [{ login, pass, dbase }, slots, data] = await Promise.all([
          made.sqlconf(),
          made.slotDocument(),
          made.kubernetesSecretData(),
        ]);
        const expected = {
          'a-active': made.users.A,
          'b-active': made.users.B,
          reconcile: made.users.B,
          bootstrap: `openemr_${made.name}`,
          'empty-standby': made.users.A,
          'empty-secret': made.users.admin,
        }[start];
        expect([login, dbase], start).to.deep.equal([expected, made.schema]);
        expect(data).to.include({ 'mysql-user': login, 'mysql-password': pass, 'mysql-database': dbase });
        expect(data).to.have.property('openemr-admin-password');
        expect(slots['active_slot']).to.equal(start === 'b-active' ? 'B' : 'A');
        expect(slots).to.have.property('lab_owner');
        expect(await made.canLogin(login, pass), start).to.equal(true);
        const health = await fetch(made.healthUrl);
        expect(await health.json()).to.deep.equal({
          status: 'setup_required',
          checks: {
            ...{ installed: false, database: true, filesystem: true, session: true },
            ...{ oauth_keys: false, cache: true },
          },
        });
        await made.remove();
      }
      const left = await lab.database.root("SELECT User FROM mysql.user WHERE User LIKE '%\\_site%'");
      expect(left).to.deep.equal([]);
    });

    for (const phpMode of ['request', 'cached'] as const) {
      it(`restarts pods without a failed request, PHP reading its settings per ${phpMode}`, async () => {
        const made = await lab.createSite({ name: `rolling-${phpMode}`, phpMode });
        const [load, canary] = [made.load(), made.canary()];
        await letPass(300, 'requests and logins before the restarts');
        await made.restart();
        await made.restart();
        await letPass(300, 'none may fail after them either');
        const [requests, logins] = await Promise.all([load.stop(), canary.stop()]);
        expect(requests.failed, requests.examples.join('\n')).to.equal(0);
        expect(requests.requests).to.be.greaterThan(20);
        expect(logins.failed, logins.failures.join('\n')).to.equal(0);
        expect(logins.logins).to.be.greaterThan(3);
        await made.remove();
      });
    }

    it('counts failed requests and logins when the password changes under OpenEMR', async () => {
      const made = await lab.createSite({ name: 'broken', replicas: 1 });
      const [load, canary] = [made.load(), made.canary()];
      await letPass(200, 'requests and logins that are good');
      await lab.database.root("ALTER USER ?@'%' IDENTIFIED BY 'another'", [made.users.A]);
      await letPass(500, 'requests and logins that fail');
      const [requests, logins] = await Promise.all([load.stop(), canary.stop()]);
      expect(requests.failed).to.be.greaterThan(0);
      expect(Object.keys(requests.failures).every((kind) => ['http-500', 'no-pod'].includes(kind))).to.equal(
        true,
      );
      expect(logins.failed).to.be.greaterThan(0);
      expect([...requests.examples, ...logins.failures].join()).not.to.contain('Cn');
      await made.remove();
    });

    it('holds a rollout whose pods never get ready, while the old pods serve', async () => {
      const made = await lab.createSite({ name: 'stuck', replicas: 1, progressDeadlineSeconds: 2 });
      await made.podFault('never-ready', { rollouts: 1 });
      const load = made.load();
      const admin = clientOf(lab);
      const deployment = `/apis/apps/v1/namespaces/${made.namespace}/deployments/openemr`;
      await admin.patch(deployment, { spec: { template: { metadata: { annotations: { try: '1' } } } } });
      await until('the deadline is exceeded', async () => {
        const { status } = await admin.get<{ status: { conditions: { reason: string }[] } }>(deployment);
        return status.conditions.some(({ reason }) => reason === 'ProgressDeadlineExceeded');
      });
      await made.restart();
      const { failed, examples } = await load.stop();
      expect(failed, examples.join('\n')).to.equal(0);
      admin.close();
      await made.remove();
    });

    it('starts a crashed container repeatedly, with back-off', async () => {
      const made = await lab.createSite({ name: 'crashing', replicas: 1 });
      await made.podFault('crash');
      const restarting = made.restart().catch(() => undefined);
      await until('a pod is in back-off', async () =>
        (await podsOf(lab, made)).some(({ status }) =>
          status.containerStatuses?.some(
            ({ restartCount, state }) => restartCount > 1 && state.waiting?.reason === 'CrashLoopBackOff',
          ),
        ),
      );
      await made.podFault('none');
      await restarting;
      await made.remove();
    });

    it('shows a fault on the health path alone', async () => {
      for (const [fault, status, body] of [
        ['health-500', 500, /fault/],
        ['login-page', 200, /<title>Sign in/],
        ['health-404', 404, /Not Found/],
        ['health-error', 200, /"status":"error"/],
        ['page-ready', 200, /"status":"ready"/],
      ] as const) {
        await site.podFault(fault, { rollouts: 1 });
        await site.restart();
        const answer = await fetch(site.healthUrl);
        expect(answer.status).to.equal(status);
        expect(await answer.text()).to.match(body);
      }
      await site.restart();
      expect((await fetch(site.healthUrl)).status).to.equal(200);
      await site.podFault('none');
    });

    awsTests(
      () => lab,
      () => site,
    );

    kubernetesTests(
      () => lab,
      () => site,
    );

    it('gives the rotation the rights of its Role and no others, and writes down what it does', async () => {
      const client = clientOf(lab, site.environment['KUBECONFIG']);
      const secret = `/api/v1/namespaces/${site.namespace}/secrets/${site.kubernetesSecret}`;
      const deployment = `/apis/apps/v1/namespaces/${site.namespace}/deployments/${site.deployment}`;
      expect((await client.raw('GET', secret)).status).to.equal(200);
      expect((await client.raw('GET', deployment)).status).to.equal(200);
      const merge = 'application/merge-patch+json';
      expect((await client.raw('PATCH', `${secret}?dryRun=All`, {}, merge)).status).to.equal(200);
      expect((await client.raw('GET', `/api/v1/namespaces/${site.namespace}/pods`)).status).to.equal(403);
      expect((await client.raw('DELETE', secret)).status).to.equal(403);
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { namespace: site.namespace, verb: 'list', resource: 'pods' } },
      };
      const answer = await client.create<{ status: { allowed: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        review,
      );
      expect(answer.status.allowed).to.equal(false);
      client.close();
      const audit = readFileSync(lab.kubernetes.auditLogFile, 'utf8');
      expect(audit).to.contain(`"requestURI":"${secret}?dryRun=All"`);
    });

    it('leaves nothing behind when it is killed', async () => {
      const script = `require(${JSON.stringify(path.resolve(__dirname, '../../lab'))})
        .startLab({ database: '${database}' })
        .then((lab) => lab.createSite().then(() => console.log(lab.folder)))`;
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const folder = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
        child.once('exit', () => reject(new Error('the lab did not start')));
      });
      expect(processesOf(folder).length).to.be.greaterThan(8);
      child.kill('SIGKILL');
      await until('all its processes are gone', async () => processesOf(folder).length === 0);
      expect(existsSync(folder)).to.equal(false);
      expect(execFileSync('ps', ['-eo', 'args']).toString()).not.to.contain(folder);
    });
  });
}
