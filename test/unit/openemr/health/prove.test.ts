import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Failure } from '../../../../src/base/failure';
import type { HealthCheck } from '../../../../src/openemr/health/prove';
import { proveHealth } from '../../../../src/openemr/health/prove';

const json = (value: unknown): string => JSON.stringify(value);
const ready = { status: 'ready', checks: { installed: true, database: true, filesystem: true } };

describe('proveHealth', () => {
  type Answer = { status: number; body: string; headers?: Record<string, string> };
  const around: Pick<HealthCheck, 'kind' | 'replicas' | 'databaseIsAway'> = {
    kind: 'rotation',
    replicas: 2,
    databaseIsAway: async () => false,
  };
  const good: Answer = { status: 200, body: json(ready) };

  /** Proves health on a page that gives these answers, the last one for ever; returns how often it was asked. */
  async function prove(
    answers: Answer[],
    check: { answersInARow: number; limitMs: number } & Partial<HealthCheck>,
  ): Promise<number> {
    let asked = 0;
    const server = createServer((request, response) => {
      const answer = answers[Math.min(asked, answers.length - 1)] ?? good;
      if (request.url?.startsWith('/readyz')) asked += 1;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await proveHealth({ ...around, ...check, url: `http://127.0.0.1:${port}/readyz?token=wombat` });
      return asked;
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  async function failureOf(proof: Promise<unknown>): Promise<Failure> {
    const error: unknown = await proof.catch((reason: unknown) => reason);
    if (!(error instanceof Failure)) throw new Error('the page was taken for healthy');
    expect(error.outcome).to.equal('before-switch');
    expect(error.message).not.to.include('wombat');
    return error;
  }

  it('a page that flaps starts the count anew', async () => {
    const answers = [good, { status: 500, body: '' }, good, good];
    expect(await prove(answers, { answersInARow: 2, limitMs: 30_000 })).to.equal(4);
  });

  it('a redirect is not followed', async () => {
    const redirect = { status: 302, body: '', headers: { location: '/healthy' } };
    const failure = await failureOf(prove([redirect, good], { answersInARow: 9, limitMs: 150 }));
    expect(failure.message).to.match(/readyz answers with HTTP 302; it was not good 9 times in a row/);
  });

  it('a page that cannot be reached is not healthy', async () => {
    const url = 'http://127.0.0.1:1/readyz?token=wombat';
    const failure = await failureOf(proveHealth({ ...around, url, answersInARow: 1, limitMs: 50 }));
    expect(failure.message).to.match(/^The health page http:\/\/127\.0\.0\.1:1\/readyz cannot be reached/);
  });

  it('a host name that does not resolve is not healthy', async () => {
    const url = 'http://no-such-host.invalid/readyz';
    await failureOf(proveHealth({ ...around, url, answersInARow: 1, limitMs: 50 }));
  });

  it('a page that takes the request and never answers ends with the limit of the proof', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/readyz`;
    const failure = await failureOf(proveHealth({ ...around, url, answersInARow: 1, limitMs: 100 }));
    server.closeAllConnections();
    server.close();
    expect(failure.message).to.match(/readyz does not answer in time; it was not good/);
  });

  it('answers that all say "broken" end the proof long before its time is over', async () => {
    const sick = { status: 200, body: json({ status: 'error', message: 'x' }) };
    const failure = await failureOf(
      prove([good, sick], { answersInARow: 3, limitMs: 3_600_000, replicas: 10 }),
    );
    expect(failure.message).to.match(/says status "error" in \d+ answers in a row/);
  });

  it('while one of the answers is good, and while the database lets nobody in, it goes on', async () => {
    const sick = { status: 500, body: '' };
    const mixed = Array.from({ length: 150 }, (_, index) => (index % 5 === 4 ? good : sick));
    const check = { answersInARow: 3, limitMs: 60_000, replicas: 2 };
    const down = Array.from({ length: 150 }, () => sick);
    // Both last longer than the two seconds after which "broken" ends the proof.
    const started = performance.now();
    const lasts = async (proof: Promise<unknown>): Promise<number> =>
      proof.then(() => performance.now() - started);
    for (const ms of await Promise.all([
      lasts(prove([...mixed, good], check)),
      lasts(prove([...down, good], { ...check, databaseIsAway: async () => true })),
    ]))
      expect(ms).to.be.greaterThan(2500);
  });

  it('a page that was no health page before does not stop what comes after', async () => {
    const before = { url: '', fault: 'wrong-page' as const, failing: [] };
    const page = { status: 404, body: '' };
    const server = createServer((_request, response) => response.writeHead(page.status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/nothing`;
    const said = await proveHealth({
      ...around,
      url,
      answersInARow: 3,
      limitMs: 9000,
      before: { ...before, url },
    });
    server.closeAllConnections();
    server.close();
    expect(said).to.match(/answers with HTTP 404; it proves nothing, and did not before$/);
  });
});
