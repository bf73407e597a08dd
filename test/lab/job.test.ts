import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Lab, Site } from '../../lab';
import type { Run } from './support/command';
import { commandFile, environmentOf, runWith } from './support/command';
import { Jobs } from './support/jobs';
import { databases, labWith } from './support/labs';
import { Operator } from './support/operator';
import { grantLauncherRights } from './support/launcherRights';
import { expectCode } from './support/world';
import { kubeconfigOf } from './support/rotationPods';

const image = 'lab/launched:1';
const labels = {
  'app.kubernetes.io/name': 'credential-rotation',
  'app.kubernetes.io/instance': 'credential-rotation',
};

/** A schedule as infra/ makes it, with a shell in the place of the rotation: what counts here is how its Job is followed. */
function schedule(script: string, name = 'credential-rotation'): { metadata: object } {
  const containers = [{ name: 'credential-rotation', image, args: ['-c', script] }];
  const template = { metadata: { labels }, spec: { restartPolicy: 'Never', containers } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, labels },
    spec: {
      schedule: '17 3 * * *',
      suspend: true,
      jobTemplate: { metadata: { labels }, spec: { backoffLimit: 0, template } },
    },
  } as { metadata: object };
}

for (const database of databases.slice(0, 1)) {
  describe(`job run and job logs (${database})`, function () {
    this.timeout(120_000);
    let lab: Lab;
    let site: Site;
    let jobs: Jobs;
    let kubeconfig: string;

    before(async () => {
      lab = await labWith(database);
      await lab.serveLogs();
      site = await lab.createSite({ replicas: 1 });
      jobs = new Jobs(lab, site.namespace);
      lab.addImage(image, { root: '/', entrypoint: ['/bin/sh'] });
      await jobs.createCore('serviceaccounts', { metadata: { name: 'operator' } });
      kubeconfig = await kubeconfigOf(lab, site, jobs.client, 'operator');
    });
    after(async () => {
      jobs.close();
      await site.remove();
    });

    const environment = (): Record<string, string | undefined> => ({
      ...environmentOf(site),
      KUBECONFIG: kubeconfig,
      K8S_NAMESPACE: undefined,
    });
    const job = (...args: string[]): Promise<Run> => runWith(environment(), ['job', ...args]);
    const cronJobPath = (): string =>
      `/apis/batch/v1/namespaces/${site.namespace}/cronjobs/credential-rotation`;
    const doing = async (script: string): Promise<void> => {
      const { spec } = schedule(script) as unknown as { spec: object };
      await jobs.client.patch(cronJobPath(), { spec });
    };
    const nameIn = ({ stderr }: { stderr: string }): string =>
      /Job [^/ ]+\/(\S+) is made/.exec(stderr)?.[1] ?? '';

    it('needs rights, and names those that are missing', async () => {
      const refused = await job('run');
      expectCode(refused, 3);
      expect(refused.stderr).to.match(
        /may not list cronjobs, list jobs, get jobs, create jobs, list pods, get pods\/log in .*role-launcher\.yaml/,
      );
      await grantLauncherRights(jobs.client, site.namespace, 'operator');
      const none = await job('run');
      expectCode(none, 2);
      expect(none.stderr).to.include('No CronJob of namespace').and.include('--cron-job');
    });

    it('starts the Job as kubectl does, shows its log, and ends with its exit code; a broken stream repeats nothing', async () => {
      await jobs.schedule(schedule('for i in 1 2 3 4 5 6; do echo "line $i"; sleep 0.5; done'));
      const planned = await job('run', '--dry-run');
      expectCode(planned, 0);
      expect(parse(planned.stdout)).to.have.nested.property('metadata.annotations').that.deep.equals({
        'cronjob.kubernetes.io/instantiate': 'manual',
      });
      expect(await jobs.client.get<{ items: unknown[] }>(`/apis/batch/v1/namespaces/${site.namespace}/jobs`))
        .to.have.property('items')
        .with.length(0);
      const dropping = setInterval(() => void lab.dropLogs(), 1100);
      const result = await job('run').finally(() => clearInterval(dropping));
      expectCode(result, 0);
      expect(result.stdout).to.equal('line 1\nline 2\nline 3\nline 4\nline 5\nline 6\n');
      const made = await jobs.client.get<{ metadata: { ownerReferences: object[]; labels: object } }>(
        `/apis/batch/v1/namespaces/${site.namespace}/jobs/${nameIn(result)}`,
      );
      expect(made.metadata.ownerReferences[0]).to.include({
        kind: 'CronJob',
        name: 'credential-rotation',
        controller: true,
      });
      expect(made.metadata.labels).to.include(labels);
      const again = await job('logs');
      expectCode(again, 0);
      expect(again.stdout).to.equal(result.stdout);
    });

    it('hands arguments to the command in the Job, and its exit code through', async () => {
      const failed = await job('run', '--', '-c', 'echo held; exit 12');
      expectCode(failed, 12);
      expect(failed.stdout).to.equal('held\n');
      expect(failed.stderr).to.match(/✗ Job \S+ ended with exit code 12 \(held\)/);
      expectCode(await job('logs', nameIn(failed)), 12);
    });

    /** A `job run` whose Job has written its first line. */
    async function begun(): Promise<{
      child: ChildProcess;
      name: string;
      ended: Promise<{ code: number | null; stderr: string }>;
    }> {
      const given = Object.entries(environment()).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      const child = spawn(process.execPath, [commandFile, 'job', 'run'], {
        env: Object.fromEntries(given),
        cwd: site.folder,
      });
      let stderr = '';
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
        child.once('close', (code) => resolve({ code, stderr })),
      );
      await Promise.race([ended, new Promise((resolve) => child.stdout.once('data', resolve))]);
      return { child, name: nameIn({ stderr }), ended };
    }

    it('a second rotation is refused while one runs; Ctrl-C leaves it, and says how to go on', async () => {
      await doing('echo up; sleep 6; echo over');
      const first = await begun();
      const second = await job('run', '--', '--log-json');
      expectCode(second, 11);
      expect(second.stderr).to.include(`job logs ${first.name}`).and.include('job run -- unlock --yes');
      expectCode(await job('run', '--dry-run'), 0);
      first.child.kill('SIGINT');
      const { code, stderr } = await first.ended;
      expect(code, stderr).to.equal(8);
      expect(stderr).to.include(`Job ${first.name} continues in the cluster; credential-rotation job logs`);
      const rest = await job('logs');
      expectCode(rest, 0);
      expect(rest.stdout).to.equal('up\nover\n');
    });

    it('what ends a run that hangs is started beside its Job', async () => {
      await doing('echo up; while :; do sleep 0.1; done');
      const { child, name, ended } = await begun();
      const unlock = await job('run', '--', 'unlock', '--yes');
      expect(nameIn(unlock), unlock.stderr).not.to.be.oneOf(['', name]);
      // A shell stands in the place of the command, and has no such file.
      expect(unlock.stderr).to.include('ended with exit code').and.not.include('runs already');
      child.kill('SIGINT');
      expect((await ended).code).to.equal(8);
      // The Job goes on all the same: what is said of that lets the next one start.
      const refused = await job('run');
      expectCode(refused, 11);
      const [line = ''] = /kubectl .* delete job [^,]+/.exec(refused.stderr) ?? [];
      expect(await new Operator(lab, site, site.folder).runLine(line, [])).to.include(`"${name}" deleted`);
      await doing('exit 0');
      expectCode(await job('run'), 0);
    });

    it('a pod that is deleted while it runs ends with 8, and says that a run finishes what was begun', async () => {
      await doing('echo up; while :; do sleep 0.1; done');
      const { name, ended } = await begun();
      const [pod] = await jobs.pods(name);
      const path = `/api/v1/namespaces/${site.namespace}/pods/${pod?.metadata.name}`;
      await jobs.client.delete(path, { gracePeriodSeconds: 1 });
      const { code, stderr } = await ended;
      expect(code, stderr).to.equal(8);
      expect(stderr).to.include('it finishes what was begun');
    });
  });
}
