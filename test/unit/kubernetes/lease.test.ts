import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { Kubernetes, Lease } from '../../../src/kubernetes/kubernetes';
import { takeLease } from '../../../src/kubernetes/lease';

const holder = 'this-pod/1/aaaa';

/** A Lease of somebody else that `renew` may change at each look; gives what was written, and when. */
function leaseOf(renew: (look: number) => string): { kubernetes: Kubernetes; written: Lease[] } {
  const written: Lease[] = [];
  let look = 0;
  const kubernetes = {
    target: { namespace: 'n', deployment: 'openemr', secret: 's' },
    lease: async (): Promise<Lease> => ({
      spec: { holderIdentity: 'other-pod/1/bbbb', leaseDurationSeconds: 2, renewTime: renew((look += 1)) },
    }),
    answered: (_verb: string, _what: string, action: () => Promise<unknown>) => action(),
    replaceLease: async (_name: string, body: Lease) => void written.push(body),
  };
  return { kubernetes: kubernetes as unknown as Kubernetes, written };
}

/** The wall clock jumps by so much half a second after the action begins; the monotonic one goes on as ever. */
async function withClockJump<T>(ms: number, action: () => Promise<T>): Promise<T> {
  const RealDate = Date;
  const started = performance.now();
  class MovedDate extends RealDate {
    constructor(...given: unknown[]) {
      super(given.length === 0 ? MovedDate.now() : (given[0] as number));
    }
    static override now(): number {
      return RealDate.now() + (performance.now() - started > 500 ? ms : 0);
    }
  }
  globalThis.Date = MovedDate as DateConstructor;
  return action().finally(() => (globalThis.Date = RealDate));
}

describe('a Lease and a clock that jumps', function () {
  this.timeout(10_000);

  for (const days of [1, -1]) {
    it(`by ${days} day: the Lease of a holder that renews is not taken`, async () => {
      const { kubernetes, written } = leaseOf((look) => `2026-03-01T00:00:0${look}.000000Z`);
      const failure = await withClockJump(days * 86_400_000, () =>
        takeLease(kubernetes, holder).catch((error: unknown) => error),
      );
      expect(failure).to.be.instanceOf(Failure).and.include({ outcome: 'locked' });
      expect((failure as Failure).message).to.include('other-pod/1/bbbb');
      expect(written).to.deep.equal([]);
    });

    it(`by ${days} day: that of a dead one is taken after its duration, and no earlier`, async () => {
      const { kubernetes, written } = leaseOf(() => '2020-01-01T00:00:00.000000Z');
      const started = performance.now();
      await withClockJump(days * 86_400_000, () => takeLease(kubernetes, holder));
      expect(performance.now() - started).to.be.at.least(2000);
      expect(written.map(({ spec }) => spec?.holderIdentity)).to.deep.equal([holder]);
    });
  }
});
