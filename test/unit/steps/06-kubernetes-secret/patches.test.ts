import type { V1Deployment, V1ResourceQuota, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { Outcome } from '../../../../src/base/failure';
import type { RestartQuestions, RestartWish } from '../../../../src/steps/07-restart/preflight';
import { kubernetesFindings } from '../../../../src/steps/07-restart/preflight';
import { patchAnswer } from '../../../../src/steps/06-kubernetes-secret/patches';
import { restartAnnotation, rotationAnnotation } from '../../../../src/rotation/annotations';
import { ApiError } from '../../../../src/kubernetes/api';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const data = {
  'mysql-host': base64('db.example'),
  'mysql-user': base64('openemr_a'),
  'mysql-password': base64('Live-password-1'),
  'mysql-database': base64('openemr'),
  'smtp-relay': base64('Other-secret-value'),
};
const secret: V1Secret = { metadata: { name: 's' }, data };
const deployment: V1Deployment = {
  metadata: { generation: 1 },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'openemr' } },
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      spec: { containers: [{ name: 'c', envFrom: [{ secretRef: { name: 's' } }], readinessProbe: {} }] },
    },
  },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
};
const webhookDown = new ApiError(
  500,
  'Internal error occurred: failed calling webhook "guard.example": failed to call webhook: Post "https://guard.ns.svc:443/?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused',
);
const noDryRun = new ApiError(400, 'admission webhook "guard.example" does not support dry run');
const denied = new ApiError(
  422,
  "secrets \"s\" is forbidden: ValidatingAdmissionPolicy 'fixed' with binding 'fixed' denied request: hands off",
);

describe('what the API server says to a dry run of a patch', () => {
  const asked = { what: 'Secret ns/s', server: 'https://k', secret };
  const cases: [string, unknown, Outcome | 'notice', RegExp][] = [
    [
      'a webhook that is down: named, with the way out',
      webhookDown,
      'before-switch',
      /^The patch of Secret ns\/s would be refused because the admission webhook guard\.example gives no answer \(Internal error.*connection refused\); repair the webhook, or delete/,
    ],
    [
      'a webhook that does not take dry runs: only a notice',
      noDryRun,
      'notice',
      /^Whether Secret ns\/s can be patched shows at the patch only: admission webhook "guard\.example"/,
    ],
    [
      'a policy that denies it',
      denied,
      'permission',
      /would be refused \(422: .*'fixed' denied request: hands off\); let that rule allow .* credential-rotation/,
    ],
    [
      'a webhook that denies it',
      new ApiError(403, 'admission webhook "guard.example" denied the request: not at night'),
      'permission',
      /\(403: admission webhook .*not at night\)/,
    ],
    ['a conflict', new ApiError(409, 'the object has been modified'), 'before-switch', /\(409: the object/],
    ['another error of the server', new ApiError(500, 'etcd is unwell'), 'before-switch', /\(500: etcd/],
    ['a busy server', new ApiError(503, 'busy'), 'before-switch', /does not answer "patch" on Secret ns\/s/],
    ['an identity that has run out', new ApiError(401, 'Unauthorized'), 'permission', /\(401\)/],
    ['a refusal without words', new ApiError(403), 'permission', /refuses "patch" on Secret ns\/s \(403\)/],
    [
      'no answer at all',
      Object.assign(new Error('x'), { code: 'ECONNRESET' }),
      'before-switch',
      /ECONNRESET/,
    ],
  ];
  for (const [name, error, outcome, message] of cases)
    it(name, () => {
      const answer = patchAnswer(error, asked);
      if (outcome === 'notice') {
        expect(answer).to.have.property('notice').that.matches(message);
        return;
      }
      if (!('problem' in answer)) throw new Error('It is a problem.');
      expect(answer.problem.outcome).to.equal(outcome);
      expect(answer.problem.message).to.match(message);
    });

  it('shows no value of the Secret, in no spelling, and not more than a few lines', () => {
    const quoted = `denied: {"password":"Live-password-1","b64":"${data['mysql-password']}","x":"Other-secret-value","y":"${data['smtp-relay']}"}\n${'x'.repeat(900)}`;
    const answer = patchAnswer(new ApiError(422, quoted), asked);
    const text = 'problem' in answer ? answer.problem.message : '';
    for (const value of ['Live-password-1', 'Other-secret-value', data['mysql-password'], data['smtp-relay']])
      expect(text).not.to.include(value);
    expect(text).to.include('denied').and.not.to.include('\n');
    expect(text.length).to.be.lessThan(600);
  });
});

describe('what stands in the way of a restart', () => {
  const quota: V1ResourceQuota = {
    metadata: { name: 'small' },
    spec: {},
    status: { hard: { pods: '2' }, used: { pods: '2' } },
  };
  const gaveUp = {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'Late.',
  };
  const wish: RestartWish = {
    tokens: { secret: 'id-1', restart: 'restart-1' },
    acceptDowntime: false,
    mayMend: false,
  };

  interface World {
    secret?: V1Secret;
    deployment?: V1Deployment;
    quotas?: V1ResourceQuota[];
    refuses?: { Secret?: Error; Deployment?: Error };
  }

  function cluster(world: World = {}): RestartQuestions & { tried: [string, Record<string, unknown>][] } {
    const tried: [string, Record<string, unknown>][] = [];
    return {
      tried,
      target: { namespace: 'ns', deployment: 'openemr', secret: 's' },
      missingRights: async () => [],
      deployment: async () => world.deployment ?? deployment,
      secret: async () => world.secret ?? secret,
      pods: async () => undefined,
      quotas: async () => world.quotas,
      server: async () => 'https://k',
      tryPatch: async (kind, body) => {
        tried.push([kind, body]);
        const error = world.refuses?.[kind];
        if (error) throw error;
      },
    };
  }

  async function outcomes(world: World, changes: Partial<RestartWish> = {}): Promise<[Outcome[], number]> {
    const { problems, notices } = await kubernetesFindings(cluster(world), { ...wish, ...changes });
    return [problems.map(({ outcome }) => outcome), notices.length];
  }

  it('nothing does: both patches are tried as they will be, but for the password', async () => {
    const world = cluster();
    expect(await kubernetesFindings(world, wish)).to.deep.equal({
      problems: [],
      notices: [],
      unseen: undefined,
    });
    const [[kind, patch] = ['', {}], restart] = world.tried;
    expect(kind).to.equal('Secret');
    const sent = patch as unknown as V1Secret;
    expect(sent.metadata?.annotations).to.deep.equal({ [rotationAnnotation]: 'id-1' });
    const { 'mysql-password': password = '', ...others } = sent.data ?? {};
    expect(others).to.deep.equal({
      'mysql-host': data['mysql-host'],
      'mysql-user': data['mysql-user'],
      'mysql-database': data['mysql-database'],
    });
    expect(password).not.to.equal(data['mysql-password']);
    expect(Buffer.from(password, 'base64').toString()).to.have.length(32);
    const annotations = { [restartAnnotation]: 'restart-1' };
    expect(restart).to.deep.equal(['Deployment', { spec: { template: { metadata: { annotations } } } }]);
  });

  it('each refusal of a patch does, whatever the run is to mend', async () => {
    for (const mayMend of [false, true]) {
      expect(await outcomes({ refuses: { Secret: webhookDown } }, { mayMend })).to.deep.equal([
        ['before-switch'],
        0,
      ]);
      expect(await outcomes({ refuses: { Deployment: denied } }, { mayMend })).to.deep.equal([
        ['permission'],
        0,
      ]);
    }
  });

  it('a webhook without dry runs is a notice, and is said to be unseen', async () => {
    const found = await kubernetesFindings(cluster({ refuses: { Secret: noDryRun } }), wish);
    expect(found.problems).to.deep.equal([]);
    expect(found.notices).to.deep.equal([found.unseen]);
  });

  it('a patch that stands already is not tried: a run that is resumed is refused for nothing that is done', async () => {
    const metadata = { name: 's', annotations: { [rotationAnnotation]: 'id-1' } };
    const template = {
      ...deployment.spec?.template,
      metadata: { annotations: { [restartAnnotation]: 'restart-1' } },
    };
    const spec = { ...deployment.spec, selector: {}, template };
    const world = cluster({ secret: { ...secret, metadata }, deployment: { ...deployment, spec } });
    await kubernetesFindings(world, wish);
    expect(world.tried).to.deep.equal([]);
  });

  const standing: [string, World, Partial<RestartWish>, Outcome][] = [
    [
      'a rollout that is stuck',
      { deployment: { ...deployment, status: { ...deployment.status, conditions: [gaveUp] } } },
      {},
      'before-switch',
    ],
    ['a quota without room', { quotas: [quota] }, {}, 'before-switch'],
    [
      'pods that are too slow for the limit',
      {
        deployment: {
          ...deployment,
          spec: { ...deployment.spec, selector: {}, template: {}, minReadySeconds: 40 },
        },
      },
      { limitSeconds: 60 },
      'configuration',
    ],
  ];
  for (const [name, world, changes, outcome] of standing)
    it(`${name}: refused, but only told where the run may be the cure`, async () => {
      const [problems, notices] = await outcomes(world, changes);
      expect(problems).to.deep.equal([outcome]);
      expect(await outcomes(world, { ...changes, mayMend: true })).to.deep.equal([[], notices + 1]);
    });
});
