import { expect } from 'chai';
import type { Asked } from '../../../../src/openemr/health/ask';
import { PageWatch } from '../../../../src/openemr/health/watch';

const good: Asked = { kind: 'good', page: 'readyz', failing: [] };
const broken: Asked = { kind: 'bad', wrong: 'answers with HTTP 500', fault: 'broken' };
const gone: Asked = { kind: 'bad', wrong: 'answers with HTTP 503', fault: 'no-answer' };
const other: Asked = { kind: 'bad', wrong: 'answers with HTTP 404', fault: 'wrong-page' };

describe('PageWatch', () => {
  /** Watches a page on a clock of its own for so long; gives when it found it broken, and what it said. */
  async function watch(
    answer: (at: number, asked: number) => Asked,
    { forMs = 120_000, away = () => false }: { forMs?: number; away?: (at: number) => boolean } = {},
  ): Promise<{ at: number | undefined; asked: number; message?: string }> {
    let at = 0;
    let asked = 0;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const page = {
      url: 'http://openemr/meta/health/readyz?token=wombat',
      replicas: 2,
      selfSigned: null,
      databaseIsAway: async () => away(at),
    };
    const found = new PageWatch(
      page,
      async () => {
        asked += 1;
        return answer(at, asked);
      },
      () => at,
      async (ms, signal) => {
        at += ms;
        if (at < forMs && watching().failure === undefined) return;
        end();
        if (watching().failure !== undefined) return;
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    );
    const watching = (): PageWatch => found;
    await ended;
    await found.stop();
    const { failure } = found;
    return failure ? { at, asked, message: failure.message } : { at: undefined, asked };
  }

  it('a page that says broken from the switch on ends the wait within five seconds', async () => {
    const { at, message } = await watch(() => broken);
    expect(at).to.be.at.least(3000).and.at.most(5000);
    expect(message)
      .to.match(/readyz answers with HTTP 500 in \d+ answers in a row since sqlconf\.php names the new login/)
      .and.not.include('wombat');
  });

  it('one that breaks in the middle of the rollout, five seconds after that', async () => {
    const { at } = await watch((now) => (now < 60_000 ? good : broken));
    expect(at).to.be.at.least(63_000).and.at.most(65_000);
  });

  it('old pods that are good, and new ones that are not, do not end it', async () => {
    expect((await watch((_at, asked) => (asked % 2 === 0 ? good : broken))).at).to.equal(undefined);
  });

  it('no answer, and another page, do not end it: no pod may be ready', async () => {
    expect((await watch(() => gone)).at).to.equal(undefined);
    expect((await watch(() => other)).at).to.equal(undefined);
    expect((await watch((_at, asked) => (asked % 9 === 0 ? gone : broken))).at).to.equal(undefined);
  });

  it('while the database is away, broken may pass', async () => {
    const { at } = await watch(() => broken, { away: (now) => now < 30_000 });
    expect(at).to.be.at.least(30_000).and.at.most(31_000);
  });

  it('asks a good page once a second', async () => {
    expect((await watch(() => good, { forMs: 60_000 })).asked).to.equal(60);
  });
});
