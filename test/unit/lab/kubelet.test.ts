import { expect } from 'chai';
import { expand } from '../../../lab/kubelet/environment';
import type { Pod } from '../../../lab/kubelet/pod';
import { runtimeSpec } from '../../../lab/kubelet/runtimeSpec';
import { apiServerService, serviceVariables } from '../../../lab/kubelet/serviceVariables';

describe("the lab's kubelet", () => {
  it('makes the variables of Services as Kubernetes documents them', () => {
    const redis = {
      metadata: { name: 'redis-primary' },
      spec: { clusterIP: '10.0.0.11', ports: [{ name: 'main-port', port: 6379, protocol: 'TCP' }] },
    };
    const headless = { metadata: { name: 'none' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] } };
    expect(serviceVariables([redis, headless])).to.deep.equal({
      REDIS_PRIMARY_SERVICE_HOST: '10.0.0.11',
      REDIS_PRIMARY_SERVICE_PORT: '6379',
      REDIS_PRIMARY_SERVICE_PORT_MAIN_PORT: '6379',
      REDIS_PRIMARY_PORT: 'tcp://10.0.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP: 'tcp://10.0.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PRIMARY_PORT_6379_TCP_PORT: '6379',
      REDIS_PRIMARY_PORT_6379_TCP_ADDR: '10.0.0.11',
    });
    const variables = serviceVariables([apiServerService('https://127.0.0.1:16443')]);
    expect(variables).to.include({
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: '16443',
      KUBERNETES_SERVICE_PORT_HTTPS: '16443',
    });
  });

  it('expands $(NAME), keeps what it does not know, and takes $$ for $', () => {
    const environment = { NAME: 'value' };
    expect(expand('a $(NAME) b', environment)).to.equal('a value b');
    expect(expand('$(OTHER) $NAME', environment)).to.equal('$(OTHER) $NAME');
    expect(expand('$$(NAME) $$', environment)).to.equal('$(NAME) $');
  });

  /** The part of a container's configuration that says who it is and what it may. */
  function processOf(securityContext: object, user?: number): Record<string, unknown> {
    const container = { name: 'one', image: 'one', args: ['$(A)'], securityContext };
    const pod: Pod = {
      metadata: { name: 'pod', namespace: 'space', uid: '1' },
      spec: { containers: [container] },
    };
    const image = { root: '/', entrypoint: ['/run'], ...(user === undefined ? {} : { user }) };
    const spec = runtimeSpec({ pod, container, image, environment: { A: 'b' }, volumes: new Map() });
    return spec['process'] as Record<string, unknown>;
  }

  it('gives a container the user of its pod, else of its image, and the arguments of its pod', () => {
    expect(processOf({ runAsUser: 7 }, 5)).to.deep.include({
      user: { uid: 7, gid: 0, additionalGids: [] },
      args: ['/run', 'b'],
    });
    expect(processOf({}, 5)['user']).to.include({ uid: 5 });
    expect(() => processOf({ runAsNonRoot: true })).to.throw('will run as root');
  });

  it('gives root the usual capabilities, another user none, and nobody what the pod drops', () => {
    const of = (securityContext: object): Record<string, string[]> =>
      processOf(securityContext)['capabilities'] as Record<string, string[]>;
    expect(of({})['effective']).to.include('CAP_CHOWN').and.not.to.include('CAP_SYS_ADMIN');
    expect(of({ runAsUser: 7 })).to.deep.include({ effective: [], permitted: [], inheritable: [] });
    expect(of({ runAsUser: 7 })['bounding']).to.include('CAP_CHOWN');
    const some = { capabilities: { drop: ['ALL'], add: ['FOWNER'] } };
    expect(of(some)).to.deep.include({ bounding: ['CAP_FOWNER'], effective: ['CAP_FOWNER'] });
  });
});
