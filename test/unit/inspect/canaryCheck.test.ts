import type { V1Deployment } from '@kubernetes/client-node';
import { expect } from 'chai';
import { canaryProblem } from '../../../src/inspect/status/readAll';
import { planOf } from '../../../src/inspect/status/next';
import { canaryChecks } from '../../../src/inspect/verify/canaryCheck';
import type { Check } from '../../../src/inspect/verify/check';
import { ApiError } from '../../../src/kubernetes/api';
import type { Right } from '../../../src/kubernetes/kubernetes';
import type { CanaryMode } from '../../../src/rotation/canary';
import type { PlannedRotation } from '../../../src/rotation/rotationPlan';
import type { CanaryQuestions } from '../../../src/steps/04-canary/preflight';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';
import { factsOf } from './facts';

const target = { namespace: 'openemr', deployment: 'openemr', secret: 'openemr-db' };
const context = {
  ...{ region: 'r', adminSecretId: 'admin', slotSecretId: 'slots', sitesRoot: '/sites', site: 'default' },
  ...{ kubernetes: target, trust: {} },
};

/** A cluster, as far as a canary is concerned. */
interface Cluster {
  /** Resources that this identity may do nothing with. */
  denied?: string[];
  mountPath?: string;
  /** What the API server says to the dry run of a pod. */
  says?: ApiError;
}

/** The cluster, and what was sent to it. */
function clusterOf({ denied = [], mountPath = '/var/www/localhost/htdocs/openemr/sites', says }: Cluster): {
  kubernetes: CanaryQuestions;
  sent: unknown[];
} {
  const sent: unknown[] = [];
  const volumes = [{ name: 'sites', persistentVolumeClaim: { claimName: 'sites' } }];
  const containers = [{ name: 'openemr', volumeMounts: [{ name: 'sites', mountPath }] }];
  const deployment: V1Deployment = {
    spec: { selector: {}, template: { spec: { containers, volumes } } },
  };
  const kubernetes: CanaryQuestions = {
    target,
    missingRights: async (rights: readonly Right[]) =>
      rights.filter(({ resource }) => denied.includes(resource)),
    deployment: async () => deployment,
    createOwn: async (_resource: unknown, _object: unknown, query: unknown) => {
      sent.push(query);
      if (says) throw says;
    },
  };
  return { kubernetes, sent };
}

const planned = (canary: CanaryMode): PlannedRotation => plannedIn(worldOn('A'), 'rotate', { canary });

async function checksOf(
  canary: CanaryMode,
  cluster: Cluster = {},
  { plan = planned(canary), isDown = false }: { plan?: PlannedRotation | 'none'; isDown?: boolean } = {},
): Promise<Check[]> {
  return canaryChecks(clusterOf(cluster).kubernetes, {
    settings: { context, canary },
    around: { isDown },
    planned: plan === 'none' ? undefined : plan,
  });
}
const statesOf = (checks: readonly Check[]): unknown[] =>
  checks.map(({ state, outcome }) => [state, outcome]);

describe('verify: the canary', () => {
  it('is one line, which says whether it may be tried; without the right it is missing only where it is required', async () => {
    for (const options of [{}, { plan: 'none' as const }]) {
      const states = async (canary: CanaryMode, denied: string[] = []): Promise<unknown[]> =>
        statesOf(await checksOf(canary, { denied }, options));
      expect(await states('off', ['pods'])).to.deep.equal([]);
      expect(await states('auto')).to.deep.equal([['ok', null]]);
      expect(await states('auto', ['secrets'])).to.deep.equal([['ok', null]]);
      expect(await states('auto', ['pods'])).to.deep.equal([['optional', null]]);
      expect(await states('require')).to.deep.equal([['ok', null]]);
      expect(await states('require', ['pods'])).to.deep.equal([['missing', 'before-switch']]);
    }
  });

  it('that is required and cannot be had is missing, as the run says it; one that may be had is left out', async () => {
    const refused = new ApiError(403, 'pods "x" is forbidden: exceeded quota: small');
    const cases: [Cluster, RegExp][] = [
      [{ mountPath: '/data' }, /mounts a volume at a path that ends in \/sites/],
      [{ says: refused }, /exceeded quota: small/],
    ];
    for (const [cluster, why] of cases) {
      const required = await checksOf('require', cluster);
      expect(statesOf(required)).to.deep.equal([['missing', 'before-switch']]);
      expect(required[0]?.detail).to.match(why);
      const wished = await checksOf('auto', cluster);
      expect(statesOf(wished)).to.deep.equal([['optional', null]]);
      expect(wished[0]?.detail)
        .to.match(why)
        .and.match(/^No canary pod .*\.$/);
    }
  });

  it('is tried by a dry run of its pod alone', async () => {
    const { kubernetes, sent } = clusterOf({});
    const wish = { settings: { context }, around: { isDown: false }, planned: planned('require') };
    await canaryChecks(kubernetes, { ...wish, settings: { context, canary: 'require' } });
    expect(sent).to.deep.equal([{ dryRun: 'All' }]);
  });

  it('stops nothing where the plan has none, or OpenEMR is down', async () => {
    for (const cluster of [{ denied: ['pods'] }, { mountPath: '/data' }]) {
      const without = await checksOf('require', cluster, { plan: planned('off') });
      const down = await checksOf('require', cluster, { isDown: true });
      expect([...without, ...down].map(({ state }) => state)).not.to.include('missing');
    }
  });

  it('is not checked where the API server gives no answer', async () => {
    const missingRights = (): Promise<Right[]> => Promise.reject(new Error('away'));
    const [check] = await canaryChecks(
      { ...clusterOf({}).kubernetes, missingRights },
      { settings: { context, canary: 'auto' }, around: { isDown: false }, planned: planned('auto') },
    );
    expect(check?.state).to.equal('not-checked');
  });
});

describe('status: the canary', () => {
  it('that is required stops a run where rights or template forbid it; no pod is sent, not even as a dry run', async () => {
    const problem = async (cluster: Cluster, canary: CanaryMode, isDown = false): Promise<unknown> => {
      const { kubernetes, sent } = clusterOf(cluster);
      const found = await canaryProblem({ context }, kubernetes, planned(canary), { isDown });
      expect(sent).to.deep.equal([]);
      return found?.code;
    };
    expect(await problem({ mountPath: '/data' }, 'require')).to.equal('canary-unproved');
    expect(await problem({ denied: ['pods'] }, 'require')).to.equal('canary-unproved');
    expect(await problem({ denied: ['pods'] }, 'require', true)).to.equal(undefined);
    expect(await problem({ denied: ['pods'] }, 'auto')).to.equal(undefined);
    expect(await problem({}, 'require')).to.equal(undefined);
  });

  it('is none where the API server gives no answer: that is told by itself', async () => {
    const missingRights = (): Promise<Right[]> => Promise.reject(new Error('away'));
    const away = { ...clusterOf({}).kubernetes, missingRights };
    expect(await canaryProblem({ context }, away, planned('require'), { isDown: false })).to.equal(undefined);
  });

  it('is in the plan that is judged as in the plan of the run', () => {
    const canaryIn = (mode?: CanaryMode): unknown => {
      const plan = planOf(factsOf(worldOn('A')), mode);
      return plan?.kind === 'planned' ? plan.planned.plan.canary : 'no plan';
    };
    expect([canaryIn('require'), canaryIn('off'), canaryIn()]).to.deep.equal([
      'require',
      undefined,
      undefined,
    ]);
  });
});
