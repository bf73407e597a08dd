import { expect } from 'chai';
import { withStopSignals } from '../../../src/cli/signals';

/** What a run that waits for its end is told, when these signals come. */
async function told(...signals: NodeJS.Signals[]): Promise<{ stopping: string[]; aborted: boolean }> {
  const stopping: string[] = [];
  const aborted = await withStopSignals(
    async (signal) => {
      // To the listeners alone: no signal is sent, so nothing but the run could be ended.
      for (const each of signals) process.emit(each, each);
      return Promise.resolve(signal.aborted);
    },
    (signal) => stopping.push(signal),
  );
  return { stopping, aborted };
}

describe('a signal', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`stops a run in order: ${signal}`, async () => {
      const before = process.listenerCount(signal);
      expect(await told(signal)).to.deep.equal({ stopping: [signal], aborted: true });
      expect(process.listenerCount(signal), 'listeners that are left').to.equal(before);
    });

  it('of a terminal that is gone comes twice, from the kernel and from the shell: the run still ends in order', async () => {
    expect(await told('SIGHUP', 'SIGHUP')).to.deep.equal({ stopping: ['SIGHUP'], aborted: true });
    expect(await told('SIGTERM', 'SIGHUP')).to.deep.equal({ stopping: ['SIGTERM'], aborted: true });
  });
});
