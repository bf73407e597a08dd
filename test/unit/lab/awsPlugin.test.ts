import { expect } from 'chai';
import { failure } from '../../../lab/plugins/aws/errors';
import { pauseBefore, PluginRetries } from '../../../lab/plugins/aws/retries';
import { awsProviderConfig } from '../../../src/steps/awsProvider';
import { awsFailureFromText } from '../../../src/aws/awsFailure';

/** All pauses of a request that never works, in seconds, at worst. */
function pauses(attempts: number, throttled: boolean): number {
  const each = Array.from({ length: attempts - 1 }, (_, attempt) => pauseBefore(attempt, throttled, 1));
  return each.reduce((sum, ms) => sum + ms, 0) / 1000;
}

describe('the aws plugin’s retries', () => {
  const attempts = Number(awsProviderConfig['aws:maxRetries']);

  it('by default take the better part of an hour', () => expect(pauses(25, false)).to.be.within(3000, 4500));

  it('as this program configures them end well within a minute', () => {
    expect(pauses(attempts, false)).to.be.lessThan(5);
    expect(pauses(attempts, true)).to.be.lessThan(40);
  });

  it('end at once when the update is cancelled, and for a refusal', async () => {
    const stop = new AbortController();
    const retries = new PluginRetries(25, stop.signal);
    const late = { getRetryCount: () => 10, getRetryDelay: () => 0 };
    const waiting = retries.refreshRetryTokenForRetry(late, { errorType: 'THROTTLING' });
    setTimeout(() => stop.abort(), 20);
    expect(await waiting.catch((error: Error) => error.name)).to.equal('AbortError');
    const first = await retries.acquireInitialRetryToken();
    const refused = await retries
      .refreshRetryTokenForRetry(first, { errorType: 'CLIENT_ERROR' })
      .catch((error: Error) => error.message);
    expect(refused).to.equal('no more attempts');
  });

  it('say it in words that the product understands', () => {
    const cut = Object.assign(new Error('socket hang up'), { name: 'Error', $metadata: { attempts: 6 } });
    const { message } = failure('putting Secrets Manager Secret (team/slots) value', 'PutSecretValue', cut);
    expect(message).to.match(
      /exceeded maximum number of attempts, 6, .*RequestID: , request send failed, Post ".*": EOF/,
    );
    expect(awsFailureFromText(message, 'us-east-1', cut)?.message).to.include(
      'does not answer PutSecretValue',
    );
  });
});
