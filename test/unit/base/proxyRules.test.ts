import { expect } from 'chai';
import { proxyFor, proxySecrets, proxyText } from '../../../src/base/proxy/fromEnvironment';

const proxy = 'http://proxy.example:3128';

/** NO_PROXY, a URL, and whether it goes through the proxy: as Go's x/net/http/httpproxy decides. */
const cases: [noProxy: string, target: string, proxied: boolean][] = [
  ['', 'https://secretsmanager.us-east-1.amazonaws.com', true],
  ['', 'https://localhost:6443', false],
  ['', 'https://127.0.0.1:6443', false],
  ['', 'https://127.1.2.3', false],
  ['', 'https://[::1]:6443', false],
  ['', 'https://localhost.example', true],
  ['*', 'https://a.example', false],
  ['a.example', 'https://a.example', false],
  ['a.example', 'https://b.a.example', false],
  ['a.example', 'https://ba.example', true],
  ['.a.example', 'https://a.example', true],
  ['.a.example', 'https://b.a.example', false],
  ['*.a.example', 'https://b.a.example', false],
  ['*.a.example', 'https://a.example', true],
  [' .SVC , .cluster.local ', 'https://openemr.ns.svc/meta/health/readyz', false],
  ['.svc,.cluster.local', 'https://openemr.ns.svc.cluster.local', false],
  ['.svc', 'https://openemr', true],
  ['10.100.0.0/16', 'https://10.100.0.1', false],
  ['10.100.0.0/16', 'https://10.101.0.1', true],
  ['10.100.0.0/99', 'https://10.100.0.1', true],
  ['10.100.0.1', 'https://10.100.0.1', false],
  ['10.100.0.1:443', 'https://10.100.0.1', false],
  ['10.100.0.1:443', 'https://10.100.0.1:8443', true],
  ['a.example:8443', 'https://a.example', true],
  ['a.example:8443', 'https://a.example:8443', false],
  ['fd00::/8', 'https://[fd00::1]', false],
  ['[fd00::1]:443', 'https://[fd00::1]', false],
  [',,:443', 'https://a.example', true],
];

describe('the proxy of the environment', () => {
  for (const [noProxy, target, proxied] of cases)
    it(`${target} with NO_PROXY=${noProxy} goes ${proxied ? 'through it' : 'straight'}`, () => {
      const found = proxyFor(target, { HTTPS_PROXY: proxy, NO_PROXY: noProxy });
      expect(found === undefined ? undefined : proxyText(found)).to.equal(proxied ? proxy : undefined);
    });

  it('HTTPS_PROXY is for https alone, HTTP_PROXY for http; capitals first; a scheme is not needed', () => {
    expect(proxyFor('http://a.example', { HTTPS_PROXY: proxy })).to.equal(undefined);
    expect(proxyFor('https://a.example', { HTTP_PROXY: proxy })).to.equal(undefined);
    expect(proxyFor('http://a.example', { HTTP_PROXY: 'p:1', http_proxy: 'q:2' })?.host).to.equal('p:1');
    expect(proxyFor('https://a.example', { HTTPS_PROXY: '', https_proxy: 'q:2' })?.href).to.equal(
      'http://q:2/',
    );
  });

  it('its login is a secret, in each form, and never shown', () => {
    const url = 'http://user:p%40ss-word@proxy:3128';
    expect(proxySecrets({ HTTPS_PROXY: url })).to.deep.equal([
      'p%40ss-word',
      'p@ss-word',
      Buffer.from('user:p@ss-word').toString('base64'),
    ]);
    expect(proxySecrets({ HTTPS_PROXY: proxy })).to.deep.equal([]);
    expect(proxyText(new URL(url))).to.equal('http://proxy:3128');
  });
});
