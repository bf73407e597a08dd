import { expect } from 'chai';
import { ApiException } from '@kubernetes/client-node';
import { answerFailure, NoAnswer, statusOf } from '../../../src/kubernetes/errors';

const about = { verb: 'get', what: 'Deployment web', server: 'https://api.example' };

/** What the time limit of a request ends it with. */
async function timeout(): Promise<unknown> {
  const signal = AbortSignal.timeout(1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return signal.reason;
}

describe('what an error of the Kubernetes client means', () => {
  it('a time-out is no answer in time, and passes; the number in a DOMException is no status', async () => {
    const limit = await timeout();
    expect(limit).to.include({ name: 'TimeoutError', code: 23 });
    for (const error of [limit, new TypeError('fetch failed', { cause: limit })]) {
      expect(statusOf(error)).to.equal(undefined);
      const found = answerFailure(error, about);
      expect(found).to.be.instanceOf(NoAnswer).and.include({ passing: true });
      expect(found.message).to.include('(no answer in time)').and.not.include('23');
    }
    expect(answerFailure(new DOMException('gone', 'AbortError'), about).message).to.include('(no answer)');
  });

  it('an answer goes by its status, a broken connection by its code', () => {
    expect(statusOf(new ApiException(503, 'busy', '', {}))).to.equal(503);
    expect(answerFailure(new ApiException(503, 'busy', '', {}), about).message).to.include('(503)');
    const refused = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    });
    expect(answerFailure(refused, about).message).to.include('(ECONNREFUSED)');
  });
});
