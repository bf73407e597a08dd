import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { databases, labWith } from './support/labs';
import { Jobs } from './support/jobs';
import { until } from './support/until';

const image = 'lab/shell:1';

/** A container of this machine's own files, with its shell. */
function shell(script: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name: 'shell', image, args: ['-c', script], ...more };
}

function jobSpec(
  container: Record<string, unknown>,
  pod: Record<string, unknown> = {},
): Record<string, unknown> {
  const spec = { restartPolicy: 'Never', containers: [container], ...pod };
  return { backoffLimit: 0, template: { spec } };
}

const LOOK = `
echo "index=$JOB_COMPLETION_INDEX name=$NAME user=$USER_FROM_SECRET mode=$MODE greeting=$GREETING"
echo "service=$OPENEMR_SERVICE_HOST port=$OPENEMR_PORT api=$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"
echo "id=$(id -u):$(id -g):$(id -G) $(grep CapBnd /proc/self/status | tr -d '\\t') $(grep NoNewPrivs /proc/self/status | tr -d '\\t')"
(touch /stray) 2>/dev/null && echo "root can be written"
touch /scratch/file && echo "pid $$$$ wrote to the emptyDir"
cd /var/run/secrets/kubernetes.io/serviceaccount && cat namespace && echo
"$NODE" -e "$ASK_WHO_I_AM"
`;

/** Asks the API server for its caller's name, with what is mounted. */
const ASK_WHO_I_AM = `
const { readFileSync } = require('node:fs');
const kind = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
const url = 'https://' + process.env.KUBERNETES_SERVICE_HOST + ':' + process.env.KUBERNETES_SERVICE_PORT;
const headers = { authorization: 'Bearer ' + readFileSync('token', 'utf8'), 'content-type': 'application/json' };
const options = { method: 'POST', ca: readFileSync('ca.crt'), headers };
const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
require('node:https').request(url + path, options, (reply) => reply.pipe(process.stdout)).end(JSON.stringify(kind));
`;

for (const database of databases.slice(0, 1)) {
  describe(`the lab's pods of Jobs (${database})`, function () {
    this.timeout(120_000);
    let lab: Lab;
    let site: Site;
    let jobs: Jobs;

    before(async () => {
      lab = await labWith(database);
      site = await lab.createSite();
      jobs = new Jobs(lab, site.namespace);
      lab.addImage(image, { root: '/', entrypoint: ['/bin/sh'] });
      await jobs.createCore('services', {
        metadata: { name: 'openemr' },
        spec: { selector: { app: 'openemr' }, ports: [{ port: 80 }] },
      });
      await jobs.createCore('configmaps', { metadata: { name: 'shell' }, data: { mode: 'quiet' } });
    });
    after(async () => {
      jobs.close();
      await site.remove();
    });

    it('run as containers: variables, volumes, account, user, rights and root as the pod says', async () => {
      const env = [
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        {
          name: 'USER_FROM_SECRET',
          valueFrom: { secretKeyRef: { name: site.kubernetesSecret, key: 'mysql-user' } },
        },
        { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'shell', key: 'mode' } } },
        { name: 'NODE', value: process.execPath },
        { name: 'ASK_WHO_I_AM', value: ASK_WHO_I_AM },
        { name: 'GREETING', value: 'hello $(MODE)' },
      ];
      const securityContext = {
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      };
      const volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }];
      const pod = {
        serviceAccountName: 'credential-rotation-sa',
        securityContext: { runAsUser: 65532, runAsGroup: 65532, runAsNonRoot: true, fsGroup: 1234 },
        volumes: [{ name: 'scratch', emptyDir: {} }],
      };
      const spec = jobSpec(shell(LOOK, { env, securityContext, volumeMounts }), pod);
      await jobs.create('look', { ...spec, completions: 2, parallelism: 2, completionMode: 'Indexed' });
      expect(await jobs.ended('look')).to.equal('Complete');
      expect((await jobs.status('look')).completedIndexes).to.equal('0,1');
      const logs = (await jobs.logs('look')).sort();
      const user = (await site.kubernetesSecretData())['mysql-user'] ?? '';
      for (const [index, log] of logs.entries()) {
        expect(log).to.match(
          new RegExp(
            `^index=${index} name=look-${index}-\\w+ user=${user} mode=quiet greeting=hello quiet$`,
            'm',
          ),
        );
        expect(log).to.match(/^service=\d+(\.\d+){3} port=tcp:\/\/\d+(\.\d+){3}:80 api=\d+(\.\d+){3}:\d+$/m);
        expect(log).to.include('id=65532:65532:65532 1234 CapBnd:0000000000000000 NoNewPrivs:1');
        expect(log).to.include('pid 1 wrote to the emptyDir').and.not.to.include('root can be written');
        expect(log).to.include(`${site.namespace}\n`);
        expect(log).to.include(`"username":"system:serviceaccount:${site.namespace}:credential-rotation-sa"`);
      }
    });

    it('end with the exit code of their container; a restart policy starts it again', async () => {
      const said = shell('echo the reason; exit 3', { terminationMessagePolicy: 'FallbackToLogsOnError' });
      await jobs.create('fails', jobSpec(said));
      const again = shell('test -e /scratch/once || { touch /scratch/once; exit 1; }', {
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      });
      const pod = { restartPolicy: 'OnFailure', volumes: [{ name: 'scratch', emptyDir: {} }] };
      await jobs.create('again', { ...jobSpec(again, pod), backoffLimit: 3 });
      expect(await jobs.ended('fails')).to.equal('Failed');
      const [failed] = await jobs.pods('fails');
      expect(failed?.status.phase).to.equal('Failed');
      expect(failed?.status.containerStatuses?.[0]?.state.terminated).to.include({
        exitCode: 3,
        message: 'the reason\n',
      });
      expect(await jobs.ended('again')).to.equal('Complete');
    });

    it('get SIGTERM when they are deleted, and SIGKILL after their grace', async () => {
      const orderly = shell('trap "echo stopping; exit 8" TERM; echo up; while :; do sleep 0.1; done');
      const deaf = shell('trap "" TERM; echo up; while :; do sleep 0.1; done');
      await jobs.create('orderly', jobSpec(orderly));
      await jobs.create('deaf', jobSpec(deaf, { terminationGracePeriodSeconds: 1 }));
      const pods = [await jobs.runningPod('orderly'), await jobs.runningPod('deaf')];
      for (const pod of pods) await jobs.wrote(pod, 'up');
      expect(await Promise.all(pods.map((pod) => jobs.deletePod(pod)))).to.deep.equal([8, 137]);
      expect(lab.podLogs(site.namespace, pods[0] ?? '')).to.equal('up\nstopping\n');
      expect([await jobs.ended('orderly'), await jobs.ended('deaf')]).to.deep.equal(['Failed', 'Failed']);
    });

    it('wait, with the reason, for what is not there', async () => {
      const volumes = [{ name: 'sites', persistentVolumeClaim: { claimName: 'sites' } }];
      const volumeMounts = [{ name: 'sites', mountPath: '/mnt', readOnly: true }];
      await jobs.create('claims', jobSpec(shell('ls /mnt', { volumeMounts }), { volumes }));
      await until('the pod says what it waits for', async () =>
        /persistentvolumeclaims? "sites" not found/.test(await jobs.waitingFor('claims')),
      );
      lab.setClaim(site.namespace, 'sites', site.sitesRoot);
      expect(await jobs.ended('claims')).to.equal('Complete');
      expect(await jobs.logs('claims')).to.deep.equal(['default\n']);
    });
  });
}
