import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Failure } from '../../../src/failure';
import { judgeAnswer, proveHealth } from '../../../src/world/health';

const json = (value: unknown): string => JSON.stringify(value);
const ready = { status: 'ready', checks: { installed: true, database: true, filesystem: true } };

const healthy: [string, string][] = [
  ["OpenEMR's readyz", json(ready)],
  ['a status alone', json({ status: 'ok' })],
  ['a status in capitals', json({ status: 'UP' })],
  ['the health+json draft', json({ status: 'pass' })],
  ['with space around', ` ${json({ status: 'healthy' })}\n`],
  ['a check with a text', json({ status: 'ready', checks: { version: '7.0.3' } })],
  ['checks that are null', json({ status: 'ready', checks: null })],
];

const loginPage = '<!DOCTYPE html>\n<html><head><title>OpenEMR Login</title></head><body>ok</body></html>';

const sick: [name: string, status: number, body: string, wrong: RegExp][] = [
  ['a redirect to the login page', 302, '', /^answers with HTTP 302$/],
  ['a good body with 201', 201, json(ready), /^answers with HTTP 201$/],
  ['no content', 204, '', /^answers with HTTP 204$/],
  ['not found', 404, json(ready), /^answers with HTTP 404$/],
  ['too many requests', 429, json(ready), /^answers with HTTP 429$/],
  ['an internal error', 500, json(ready), /^answers with HTTP 500$/],
  ['a proxy without a backend', 502, '', /^answers with HTTP 502$/],
  ['not ready', 503, json({ status: 'error' }), /^answers with HTTP 503$/],
  ['a login page with 200', 200, loginPage, /^answers 200 but not with JSON/],
  ['an empty body', 200, '', /^answers 200 but not with JSON/],
  ['a plain OK', 200, 'OK', /^answers 200 but not with JSON/],
  ["PHP's warning before the JSON", 200, `Warning: mysqli\n${json(ready)}`, /^answers 200 but not with JSON/],
  ['half of the JSON', 200, json(ready).slice(0, -2), /^answers 200 but not with JSON/],
  ['null', 200, 'null', /JSON that is no object/],
  ['a text', 200, '"ok"', /JSON that is no object/],
  ['a number', 200, '200', /JSON that is no object/],
  ['an array', 200, '["ok"]', /^says status ""$/],
  ['no status', 200, json({ checks: { database: true } }), /^says status ""$/],
  ['a status that is true', 200, json({ status: true }), /^says status ""$/],
  ['a sick status', 200, json({ ...ready, status: 'error' }), /^says status "error"$/],
  ['setup still to do', 200, json({ ...ready, status: 'setup_required' }), /^says status "setup_required"$/],
  [
    'a status that only begins well',
    200,
    json({ ...ready, status: 'ready soon' }),
    /^says status "ready soon"$/,
  ],
  [
    'a failed database check',
    200,
    json({ ...ready, checks: { installed: true, database: false } }),
    /^says that these checks fail: database$/,
  ],
  ['two failed checks', 200, json({ status: 'ok', checks: { a: false, b: true, c: false } }), /fail: a, c$/],
];

describe('judgeAnswer', () => {
  for (const [name, body] of healthy)
    it(`takes ${name} for healthy`, () => expect(judgeAnswer(200, body)).to.equal(undefined));

  for (const [name, status, body, wrong] of sick)
    it(`says what is wrong with ${name}`, () => expect(judgeAnswer(status, body)).to.match(wrong));

  it('keeps what it quotes short', () => {
    const long = 'x'.repeat(5000);
    expect(judgeAnswer(200, json({ status: long }))).to.have.length.below(60);
    expect(judgeAnswer(200, json({ status: 'ok', checks: { [long]: false } }))).to.have.length.below(130);
  });
});

describe('proveHealth', () => {
  type Answer = { status: number; body: string; headers?: Record<string, string> };
  const good: Answer = { status: 200, body: json(ready) };

  /** Proves health on a page that gives these answers, the last one for ever; returns how often it was asked. */
  async function prove(
    answers: Answer[],
    check: { answersInARow: number; limitMs: number },
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
      await proveHealth({ ...check, url: `http://127.0.0.1:${port}/readyz?token=canary` });
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
    expect(error.message).not.to.include('canary');
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
    const url = 'http://127.0.0.1:1/readyz?token=canary';
    const failure = await failureOf(proveHealth({ url, answersInARow: 1, limitMs: 50 }));
    expect(failure.message).to.match(/^The health page http:\/\/127\.0\.0\.1:1\/readyz cannot be reached/);
  });

  it('a host name that does not resolve is not healthy', async () => {
    const url = 'http://no-such-host.invalid/readyz';
    await failureOf(proveHealth({ url, answersInARow: 1, limitMs: 50 }));
  });

  it('a page that takes the request and never answers ends with the limit of the proof', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/readyz`;
    const failure = await failureOf(proveHealth({ url, answersInARow: 1, limitMs: 100 }));
    server.closeAllConnections();
    server.close();
    expect(failure.message).to.match(/readyz does not answer in time; it was not good/);
  });
});
