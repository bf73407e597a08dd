import { expect } from 'chai';
import { parse } from 'yaml';
import { PodFaults } from '../../../lab/kubelet/faults';
import type { Pod } from '../../../lab/kubelet/pod';
import { nodeAddresses, NODES } from '../../../lab/node/addresses';
import {
  containerdConfiguration,
  kubeletConfiguration,
  networkConfiguration,
} from '../../../lab/node/configuration';
import { fullName, imageConfig } from '../../../lab/node/imageArchive';
import { plainLog } from '../../../lab/node/podLogs';
import { claimObjects, realPod } from '../../../lab/node/podTemplate';

describe("the lab's node", () => {
  const plan = {
    addresses: nodeAddresses(7),
    folder: '/labs/one/node',
    controlGroup: 'openemr-lab-12-1',
    runtime: '/cache/pod-runtime',
  };

  it('has addresses of its own for each number, with a name of a link that the kernel takes', () => {
    expect(plan.addresses).to.deep.equal({
      link: 'openemrlab7',
      host: '198.18.7.1',
      node: '198.18.7.2',
      pods: '198.18.7.128/25',
      podGateway: '198.18.7.129',
      services: '198.19.7.0/24',
      apiServer: '198.19.7.1',
    });
    const { link, pods } = nodeAddresses(NODES);
    expect(link.length).to.be.at.most(15);
    expect(pods).to.equal('198.18.250.128/25');
  });

  it('gives the kubelet its own folders, control group and address, and nobody but the API server a say', () => {
    const certificates = {
      caFile: '/ca.pem',
      serverCertificate: '/server.pem',
      serverKey: '/server.key',
      serviceAccountKey: '/service-account.key',
    };
    expect(parse(kubeletConfiguration(plan, certificates))).to.deep.include({
      address: '198.18.7.2',
      cgroupRoot: '/openemr-lab-12-1',
      podLogsDir: '/labs/one/node/logs',
      makeIPTablesUtilChains: false,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: false },
        x509: { clientCAFile: '/ca.pem' },
      },
    });
  });

  it('tells containerd where its parts are, and the bridge which addresses it has', () => {
    const text = containerdConfiguration(plan);
    expect(text).to.include('root = "/labs/one/node/containerd"');
    expect(text).to.include('BinaryName = "/cache/pod-runtime/usr/sbin/runc"');
    expect(text).to.include('conf_dir = "/labs/one/node/cni"');
    const { plugins } = JSON.parse(networkConfiguration(plan.addresses)) as {
      plugins: { ipam: { ranges: unknown } }[];
    };
    expect(plugins[0]?.ipam.ranges).to.deep.equal([[{ subnet: '198.18.7.128/25', gateway: '198.18.7.129' }]]);
  });

  it('takes the sites of a pod from the claim, and leaves all else of the pod as it is', () => {
    const probe = { httpGet: { path: '/', port: 80 } };
    const env = [
      { name: 'MYSQL_PORT', value: '1' },
      { name: 'OPENEMR_SITES', value: '/labs/one/sites' },
    ];
    const pod = realPod(
      { dnsPolicy: 'Default', containers: [{ name: 'openemr', readinessProbe: probe, env }] },
      '/faults',
    );
    expect(pod['dnsPolicy']).to.equal('Default');
    expect(pod.containers[0]?.['readinessProbe']).to.equal(probe);
    expect(pod.containers[0]?.env.slice(0, 2)).to.deep.equal([
      { name: 'MYSQL_PORT', value: '1' },
      { name: 'OPENEMR_SITES', value: '/var/www/localhost/htdocs/openemr/sites' },
    ]);
    // What the pages do otherwise lies where a container can see it: a process looks beside its sites' folder.
    const folder = pod.containers[0]?.env.find(({ name }) => name === 'LAB_TOLD')?.['value'];
    expect(pod.containers[0]?.['volumeMounts']).to.deep.include({
      name: 'faults',
      mountPath: folder,
      readOnly: true,
    });
    expect(pod['volumes']).to.deep.equal([
      { name: 'sites', persistentVolumeClaim: { claimName: 'openemr-sites-pvc' } },
      { name: 'faults', hostPath: { path: '/faults', type: 'DirectoryOrCreate' } },
    ]);
  });

  it('binds a volume and its claim to each other alone', () => {
    const { volume, claim } = claimObjects('space', 'sites', '/folder');
    expect(volume['spec']).to.deep.include({
      hostPath: { path: '/folder' },
      claimRef: { namespace: 'space', name: 'sites' },
    });
    expect(claim['spec']).to.include({ volumeName: 'space-sites', storageClassName: '' });
  });

  it('names images as containerd looks them up', () => {
    expect(fullName('openemr/openemr:lab')).to.equal('docker.io/openemr/openemr:lab');
    expect(fullName('busybox')).to.equal('docker.io/library/busybox:latest');
    expect(fullName('registry.lab/pause:1')).to.equal('registry.lab/pause:1');
    expect(fullName('localhost/one')).to.equal('localhost/one:latest');
  });

  it('writes into an image what its Dockerfile would say', () => {
    const image = {
      entrypoint: ['/run'],
      environment: { A: 'b' },
      user: 5,
      group: 6,
      stopSignal: 'SIGWINCH',
    };
    expect(imageConfig(image, ['00'])).to.deep.include({
      config: { User: '5:6', Env: ['A=b'], Entrypoint: ['/run'], StopSignal: 'SIGWINCH' },
      rootfs: { type: 'layers', diff_ids: ['sha256:00'] },
    });
  });

  it('reads the log of a container as it was written, lines in parts too', () => {
    const time = '2026-11-29T16:59:37.224762302Z';
    const text = `${time} stdout F one two\n${time} stderr P half \n${time} stderr F a line\n${time} stdout F \n`;
    expect(plainLog(text)).to.equal('one two\nhalf a line\n\n');
  });

  it('gives a fault for one rollout to the pods of the next new template alone', () => {
    const faults = new PodFaults();
    const pod = (hash: string): Pod => ({
      metadata: { name: hash, namespace: 'space', uid: hash, labels: { 'pod-template-hash': hash } },
      spec: { containers: [] },
    });
    faults.remember(pod('old'));
    faults.set('space', 'crash', true);
    expect(['old', 'new', 'later', 'new'].map((hash) => faults.of(pod(hash)))).to.deep.equal([
      'none',
      'crash',
      'none',
      'crash',
    ]);
    faults.set('space', 'none', false);
    expect(faults.of(pod('new'))).to.equal('none');
  });
});
