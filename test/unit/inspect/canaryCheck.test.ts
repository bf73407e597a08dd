import { expect } from 'chai';
import { canaryChecks } from '../../../src/inspect/verify/canaryCheck';
import type { Right } from '../../../src/kubernetes/kubernetes';

const target = { namespace: 'openemr', deployment: 'openemr', secret: 'openemr-db' };
const states = async (canary: 'auto' | 'require' | 'off', denied: string[] = []): Promise<unknown[]> => {
  const missingRights = async (rights: readonly Right[]): Promise<Right[]> =>
    rights.filter(({ resource }) => denied.includes(resource));
  return (await canaryChecks({ target, missingRights }, { canary })).map(({ state, outcome }) => [
    state,
    outcome,
  ]);
};

describe('verify: the canary', () => {
  it('is one line, which says whether it may be tried; without the right it is missing only where it is required', async () => {
    expect(await states('off', ['pods'])).to.deep.equal([]);
    expect(await states('auto')).to.deep.equal([['ok', null]]);
    expect(await states('auto', ['secrets'])).to.deep.equal([['ok', null]]);
    expect(await states('auto', ['pods'])).to.deep.equal([['optional', null]]);
    expect(await states('require', ['pods'])).to.deep.equal([['missing', 'before-switch']]);
  });

  it('is not checked where the API server gives no answer', async () => {
    const missingRights = (): Promise<Right[]> => Promise.reject(new Error('away'));
    const [check] = await canaryChecks({ target, missingRights }, { canary: 'auto' });
    expect(check?.state).to.equal('not-checked');
  });
});
