import type { V1Deployment, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { expect } from 'chai';
import { Failure } from '../../../../src/base/failure';
import { ApiError } from '../../../../src/kubernetes/api';
import type { Right } from '../../../../src/kubernetes/kubernetes';
import { withCanary } from '../../../../src/steps/04-canary/preflight';
import { plannedIn } from '../../rotation/planned';
import { worldOn } from '../../rotation/simulatedWorld';

const target = { namespace: 'openemr', deployment: 'openemr', secret: 'openemr-db' };
const asked: Right[] = [];
const sites = '/var/www/localhost/htdocs/openemr/sites';
const volumes = [{ name: 'sites', persistentVolumeClaim: { claimName: 'sites' } }];
const spec = (mountPath = sites, more: V1PodSpec['volumes'] = []): V1PodSpec => ({
  containers: [{ name: 'openemr', image: 'openemr', volumeMounts: [{ name: 'sites', mountPath }] }],
  volumes: [...more, ...volumes],
});
/** What the API server says to the dry run of a pod. */
let says: Error | undefined;
let template: V1PodSpec;
const tried: unknown[] = [];
const where = { site: 'default', limitSeconds: 300 };
const cluster = (denied?: string) => ({
  target,
  deployment: async (): Promise<V1Deployment> => ({
    spec: { selector: {}, template: { spec: template } },
  }),
  createOwn: async (...given: unknown[]): Promise<void> => {
    tried.push(given);
    if (says) throw says;
  },
  missingRights: async (rights: readonly Right[]): Promise<Right[]> => {
    asked.push(...rights);
    return rights.filter(({ verb }) => verb === denied);
  },
});
const planned = (canary: 'auto' | 'require' | 'off') => plannedIn(worldOn('A'), 'rotate', { canary });

describe('the canary before anything is done', () => {
  beforeEach(() => {
    [asked, tried].forEach((each) => void each.splice(0));
    [says, template] = [undefined, spec()];
  });

  it('is in the plan where this identity may make its pods, which RBAC can name', async () => {
    const look = await withCanary(planned('require'), cluster(), undefined, where);
    expect([look.planned.plan.canary, look.problem, look.notice]).to.deep.equal([
      'require',
      undefined,
      undefined,
    ]);
    expect(asked.map(({ verb, name }) => `${verb} ${name}`.trim())).to.deep.equal([
      'create',
      'get credential-rotation-canary-openemr',
      'delete credential-rotation-canary-openemr',
      'get credential-rotation-control-openemr',
      'delete credential-rotation-control-openemr',
    ]);
  });

  it('without the right there is one notice and none in the plan, or a refusal where it is required', async () => {
    for (const verb of ['create', 'get', 'delete']) {
      const look = await withCanary(planned('auto'), cluster(verb), undefined, where);
      expect(look.planned.plan).not.to.have.property('canary');
      expect(look.notice).to.match(
        new RegExp(`RBAC does not allow "${verb}" on pods; infra/kubernetes/role-canary.yaml grants it`),
      );
      const { problem, notice } = await withCanary(planned('require'), cluster(verb), undefined, where);
      expect([problem?.code, problem?.outcome, notice]).to.deep.equal([
        'canary-unproved',
        'before-switch',
        undefined,
      ]);
    }
  });

  it('nothing is asked where the plan has none; a saved plan keeps what it had', async () => {
    const none = planned('off');
    expect(await withCanary(none, cluster('create'), undefined, where)).to.deep.equal({ planned: none });
    const saved = (canary?: 'auto') => ({
      formatVersion: 1 as const,
      plan: { ...none.plan, ...(canary === undefined ? {} : { canary }) },
    });
    const kept = await withCanary(none, cluster('create'), saved('auto'), where);
    expect(kept.planned.plan.canary).to.equal('auto');
    const left = await withCanary(planned('auto'), cluster(), saved(), where);
    expect(left.planned.plan).not.to.have.property('canary');
    expect(asked).to.deep.equal([]);
  });

  /** A notice and no canary in the plan, or a refusal where it is required. */
  async function expectNone(why: RegExp): Promise<void> {
    const { planned: found, notice } = await withCanary(planned('auto'), cluster(), undefined, where);
    expect(found.plan).not.to.have.property('canary');
    expect(notice)
      .to.match(why)
      .and.to.match(/The rotation goes on without it/);
    const { problem } = await withCanary(planned('require'), cluster(), undefined, where);
    expect([problem?.code, problem?.outcome]).to.deep.equal(['canary-unproved', 'before-switch']);
    expect(problem?.message).to.match(why);
  }

  it('the API server is asked by a dry run whether it takes the pod: a quota, a policy or a webhook says so before anything is done', async () => {
    for (const [code, said] of [
      [
        403,
        'pods "credential-rotation-canary-openemr" is forbidden: exceeded quota: no-jobs, limited: pods=0.',
      ],
      [403, 'violates PodSecurity "restricted:latest"'],
      [400, 'admission webhook "guard.example" denied the request: not so'],
      [422, 'Pod is invalid'],
      [500, 'failed calling webhook "guard.example": no endpoints'],
    ] as const) {
      says = new ApiError(code, said);
      await expectNone(new RegExp(`the API server refused it \\(${code}: ${said.slice(0, 20)}`));
    }
    const [[resource, pod, query] = []] = tried as [string, V1Pod, object][];
    expect([resource, query]).to.deep.equal(['pods', { dryRun: 'All' }]);
    expect(pod?.metadata?.name).to.equal('credential-rotation-canary-openemr');
    expect(pod?.spec).to.include({ restartPolicy: 'Never', activeDeadlineSeconds: 360 });
  });

  it('what says nothing of the pod is left to step 4: a busy server, a pod that is left, a webhook that takes no dry run', async () => {
    for (const error of [
      new ApiError(409, 'already exists'),
      new ApiError(429, 'too many requests'),
      new ApiError(503, 'etcd'),
      new ApiError(400, 'admission webhook "guard.example" does not support dry run'),
      new Failure('kubernetes-unreachable', 'It is away.'),
    ]) {
      says = error;
      const look = await withCanary(planned('require'), cluster(), undefined, where);
      expect([look.planned.plan.canary, look.problem, look.notice], error.message).to.deep.equal([
        'require',
        undefined,
        undefined,
      ]);
    }
  });

  it('where sqlconf.php is on no shared volume, it is said from where it comes', async () => {
    const mounts = template.containers[0]?.volumeMounts ?? [];
    mounts.push({ name: 'file', mountPath: `${sites}/default/sqlconf.php`, subPath: 'sqlconf.php' });
    template.volumes?.unshift({ name: 'file', secret: { secretName: 'openemr-sqlconf' } });
    await expectNone(
      /container openemr has sqlconf\.php from its volume file \(secret\), and not from a shared one/,
    );
    template = spec(sites, [{ name: 'sites', emptyDir: {} }]);
    await expectNone(/from its volume sites \(emptyDir\)/);
    template = spec('/data');
    await expectNone(
      /no container of the Deployment mounts a volume at a path that ends in \/sites, \/sites\/default or \/openemr/,
    );
    expect(tried).to.deep.equal([]);
  });
});
