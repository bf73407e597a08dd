import { expect } from 'chai';
import type { Right } from '../../../../src/kubernetes/kubernetes';
import { withCanary } from '../../../../src/steps/04-canary/preflight';
import { plannedIn } from '../../rotation/planned';
import { worldOn } from '../../rotation/simulatedWorld';

const target = { namespace: 'openemr', deployment: 'openemr', secret: 'openemr-db' };
const asked: Right[] = [];
const cluster = (denied?: string) => ({
  target,
  missingRights: async (rights: readonly Right[]): Promise<Right[]> => {
    asked.push(...rights);
    return rights.filter(({ verb }) => verb === denied);
  },
});
const planned = (canary: 'auto' | 'require' | 'off') => plannedIn(worldOn('A'), 'rotate', { canary });

describe('the canary before anything is done', () => {
  beforeEach(() => void asked.splice(0));

  it('is in the plan where this identity may make its pods, which RBAC can name', async () => {
    const look = await withCanary(planned('require'), cluster(), undefined);
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
      const look = await withCanary(planned('auto'), cluster(verb), undefined);
      expect(look.planned.plan).not.to.have.property('canary');
      expect(look.notice).to.match(
        new RegExp(`RBAC does not allow "${verb}" on pods; infra/kubernetes/role-canary.yaml grants it`),
      );
      const { problem, notice } = await withCanary(planned('require'), cluster(verb), undefined);
      expect([problem?.code, problem?.outcome, notice]).to.deep.equal([
        'canary-unproved',
        'before-switch',
        undefined,
      ]);
    }
  });

  it('nothing is asked where the plan has none; a saved plan keeps what it had', async () => {
    const none = planned('off');
    expect(await withCanary(none, cluster('create'), undefined)).to.deep.equal({ planned: none });
    const saved = (canary?: 'auto') => ({
      formatVersion: 1 as const,
      plan: { ...none.plan, ...(canary === undefined ? {} : { canary }) },
    });
    const kept = await withCanary(none, cluster('create'), saved('auto'));
    expect(kept.planned.plan.canary).to.equal('auto');
    const left = await withCanary(planned('auto'), cluster(), saved());
    expect(left.planned.plan).not.to.have.property('canary');
    expect(asked).to.deep.equal([]);
  });
});
