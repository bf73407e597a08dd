import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { reasonOf } from '../../../src/notify/limit';
import { proxyFailure } from '../../../src/base/proxy/failure';
import { answerFailure, NoAnswer } from '../../../src/kubernetes/errors';
import { fetchThrough } from '../../../src/base/proxy/fetch';
import { openTunnel, ProxyError } from '../../../src/base/proxy/tunnel';

/** Runs an action with a proxy that answers every CONNECT with a status; gives what it throws. */
async function refusedWith(status: number, action: (proxy: URL) => Promise<unknown>): Promise<unknown> {
  const server = createServer();
  server.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const error = await action(new URL(`http://user:canary@127.0.0.1:${port}`)).catch((each: unknown) => each);
  server.closeAllConnections();
  server.close();
  return error;
}

const cases: [status: number, outcome: string, says: RegExp][] = [
  [407, 'configuration', /requires a login \(HTTP 407\)/],
  [403, 'configuration', /refuses aws\.example:443 \(HTTP 403\); allow it there, or name it in NO_PROXY/],
  [502, 'before-switch', /does not reach aws\.example:443 \(HTTP 502\)/],
];

describe('a proxy that refuses', () => {
  for (const [status, outcome, says] of cases)
    it(`with ${status} is named, without its login`, async () => {
      const error = await refusedWith(status, (proxy) => openTunnel(proxy, 'aws.example:443'));
      expect(error).to.be.instanceOf(ProxyError);
      const failure = proxyFailure('AWS', new Error('outer', { cause: error }));
      expect(failure?.outcome).to.equal(outcome);
      expect(failure?.message)
        .to.match(/^AWS cannot be reached: the proxy http:\/\/127\.0\.0\.1:\d+ of HTTPS_PROXY[^\n]*\.$/)
        .and.match(says)
        .and.not.include('canary');
    });

  it('is told where the webhook could not be, which is not named', async () => {
    const error = await refusedWith(407, async (proxy) => {
      process.env['HTTPS_PROXY'] = proxy.href;
      await fetchThrough('https://hooks.example/secret', { method: 'POST', body: '{}' }).finally(
        () => delete process.env['HTTPS_PROXY'],
      );
    });
    expect(reasonOf(error))
      .to.match(/^the proxy http:\/\/127\.0\.0\.1:\d+ answered HTTP 407$/)
      .and.not.match(/hooks|secret|canary/);
  });

  it('before the API server, is named by its variable, whatever the client says', () => {
    const server = 'https://api.example:6443';
    const refused = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    });
    process.env['HTTPS_PROXY'] = 'http://user:canary@proxy.example:3128';
    const failure = answerFailure(refused, { verb: 'get', what: 'Secret a', server });
    delete process.env['HTTPS_PROXY'];
    expect(failure).to.be.instanceOf(NoAnswer);
    expect(failure.message).to.equal(
      'The API server (get on Secret a) cannot be reached: the proxy http://proxy.example:3128 of HTTPS_PROXY or HTTP_PROXY takes no connection (ECONNREFUSED); start it, correct its address, or name api.example:6443 in NO_PROXY.',
    );
    expect(answerFailure(refused, { verb: 'get', what: 'Secret a', server }).message).to.match(
      /does not answer/,
    );
  });

  it('another error is not the proxy', () => {
    expect(proxyFailure('AWS', new Error('anything'), 'https://aws.example')).to.equal(undefined);
  });
});
