import { expect } from 'chai';
import { proxyNotices, proxyProblems } from '../../../../src/steps/10-renewal/rdsProxy';

const proxy = { host: 'openemr.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com' };
const readOnlyEndpoint = { host: 'reader.endpoint.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com' };
const cluster = { host: 'openemr.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com' };

describe('an RDS Proxy', () => {
  it('in the admin secret is refused: the direct endpoint is asked for', () => {
    for (const { host } of [proxy, readOnlyEndpoint]) {
      const [problem, ...more] = proxyProblems({ host });
      expect(more).to.deep.equal([]);
      expect(problem?.outcome).to.equal('configuration');
      expect(problem?.message)
        .to.include(host)
        .and.include('name the endpoint of the cluster or instance itself');
    }
    expect(proxyProblems(cluster)).to.deep.equal([]);
  });

  it('that OpenEMR logs in through is told, with what the idle proof does not see then', () => {
    const [notice, ...more] = proxyNotices(proxy);
    expect(more).to.deep.equal([]);
    expect(notice).to.include('the idle proof sees the sessions that its pool keeps, not those of OpenEMR');
    expect(proxyNotices(cluster)).to.deep.equal([]);
  });
});
