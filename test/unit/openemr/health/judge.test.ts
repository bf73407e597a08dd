import { expect } from 'chai';
import type { HealthBefore } from '../../../../src/rotation/health';
import type { Judgement } from '../../../../src/openemr/health/judge';
import { answersOfAll, judgeAnswer, weigh } from '../../../../src/openemr/health/judge';
import { isInCluster } from '../../../../src/openemr/health/tls';

const json = (value: unknown): string => JSON.stringify(value);
const checks = {
  installed: true,
  database: true,
  filesystem: true,
  session: true,
  oauth_keys: true,
  cache: true,
};
const ready = { status: 'ready', checks };

/** OpenEMR's login form, as far as it is the same in all versions. */
const login =
  '<!DOCTYPE html><title>OpenEMR Login</title><form id="login_form"><input name="authUser"><input type="password" name="clearPass"></form>';

const good: [name: string, body: string, page: string, failing?: string[]][] = [
  ["OpenEMR's readyz", json(ready), 'readyz'],
  [
    'keys of the API that nobody made yet',
    json({ ...ready, checks: { ...checks, oauth_keys: false } }),
    'readyz',
  ],
  [
    'an installed OpenEMR that says setup_required',
    json({ status: 'setup_required', checks: { ...checks, installed: false, oauth_keys: false } }),
    'readyz',
  ],
  [
    'another check that fails',
    json({ ...ready, checks: { ...checks, cache: false, filesystem: false } }),
    'readyz',
    ['filesystem', 'cache'],
  ],
  [
    'an unknown status with a good database',
    json({ ...ready, status: 'degraded' }),
    'readyz',
    ['status degraded'],
  ],
  ['a status alone', json({ status: 'ok' }), 'other'],
  ['a status in capitals', json({ status: 'UP' }), 'other'],
  ['with space around', ` ${json({ status: 'healthy' })}\n`, 'other'],
  ['checks that are null', json({ status: 'ready', checks: null }), 'other'],
  ["OpenEMR's login page", login, 'login'],
];

const bad: [name: string, status: number, body: string, fault: string, wrong: RegExp][] = [
  ['a redirect to the login page', 302, '', 'wrong-page', /^answers with HTTP 302$/],
  ['a good body with 201', 201, json(ready), 'wrong-page', /^answers with HTTP 201$/],
  ['not found', 404, json(ready), 'wrong-page', /^answers with HTTP 404$/],
  ['too many requests', 429, json(ready), 'no-answer', /^answers with HTTP 429$/],
  ['an internal error', 500, json(ready), 'broken', /^answers with HTTP 500$/],
  ['a proxy without a backend', 502, '', 'no-answer', /^answers with HTTP 502$/],
  ['no pod', 503, 'no ready pod', 'no-answer', /^answers with HTTP 503$/],
  [
    'an exception',
    200,
    json({ status: 'error', message: 'Access denied' }),
    'broken',
    /^says status "error"$/,
  ],
  [
    'a refused database',
    200,
    json({ ...ready, checks: { ...checks, database: false } }),
    'broken',
    /database check fails/,
  ],
  [
    'no check of the database',
    200,
    json({ status: 'ready', checks: { installed: true } }),
    'wrong-page',
    /none of the database/,
  ],
  [
    'not installed',
    200,
    json({ status: 'setup_required', checks: { installed: false } }),
    'broken',
    /not installed/,
  ],
  ['not installed, without checks', 200, json({ status: 'setup_required' }), 'broken', /not installed/],
  ['livez', 200, json({ status: 'alive' }), 'wrong-page', /is livez/],
  [
    'a failed connection',
    200,
    '<h1>Unable to connect</h1> mysqli_connect(): (HY000/2002)',
    'broken',
    /error of the database/,
  ],
  [
    'a login page with an error of the database',
    200,
    `Access denied for user 'x'@'y' ${login}`,
    'broken',
    /error of the database/,
  ],
  [
    'another login page',
    200,
    '<form><input name="username"></form>',
    'wrong-page',
    /not OpenEMR's login page/,
  ],
  ['an empty body', 200, '', 'wrong-page', /not with JSON/],
  ['a plain OK', 200, 'OK', 'wrong-page', /not with JSON/],
  ['half of the JSON', 200, json(ready).slice(0, -2), 'wrong-page', /not with JSON/],
  ['null', 200, 'null', 'wrong-page', /JSON that is no object/],
  ['an array', 200, '["ok"]', 'wrong-page', /JSON that is no object/],
  ['a status that is true', 200, json({ status: true }), 'broken', /^says status ""$/],
  [
    'a status that only begins well',
    200,
    json({ status: 'ready soon' }),
    'broken',
    /^says status "ready soon"$/,
  ],
];

describe('judgeAnswer', () => {
  for (const [name, body, page, failing = []] of good)
    it(`takes ${name} for healthy`, () =>
      expect(judgeAnswer(200, body)).to.deep.equal({ kind: 'good', page, failing }));

  for (const [name, status, body, fault, wrong] of bad)
    it(`says what is wrong with ${name}`, () => {
      const judged = judgeAnswer(status, body);
      expect(judged).to.include({ kind: 'bad', fault });
      expect(judged.kind === 'bad' && judged.wrong).to.match(wrong);
    });

  it('keeps what it quotes short', () => {
    const long = 'x'.repeat(5000);
    for (const body of [{ status: long }, { ...ready, checks: { ...checks, [long]: false } }])
      expect(json(judgeAnswer(200, json(body)))).to.have.length.below(200);
  });
});

describe('weigh', () => {
  const before = (more: Partial<HealthBefore> = {}): HealthBefore => ({
    url: 'http://x/',
    failing: [],
    ...more,
  });
  const sound: Judgement = { kind: 'good', page: 'readyz', failing: [] };
  const noCache: Judgement = { ...sound, failing: ['cache'] };
  const sick: Judgement = { kind: 'bad', wrong: 'says so', fault: 'broken' };
  const gone: Judgement = { kind: 'bad', wrong: 'is gone', fault: 'no-answer' };
  const cases: [string, Judgement, Parameters<typeof weigh>[1], HealthBefore | undefined, string][] = [
    ['good as before', sound, 'rotation', before(), 'good'],
    ['a check that failed before', noCache, 'rotation', before({ failing: ['cache'] }), 'good'],
    ['a check that did not fail before', noCache, 'rotation', before(), 'bad'],
    ['a failed check, and nothing is known of before', noCache, 'rotation', undefined, 'good'],
    ['a failed check after a rollback', noCache, 'rollback', before(), 'good'],
    ['broken since the switch', sick, 'rotation', before(), 'bad'],
    ['broken before, in a rotation', sick, 'rotation', before({ fault: 'broken' }), 'bad'],
    [
      'broken before, moved back by the operator',
      sick,
      'switch-back',
      before({ fault: 'broken' }),
      'as-before',
    ],
    ['broken before, rolled back', sick, 'rollback', before({ fault: 'broken' }), 'as-before'],
    ['sound before, rolled back and broken', sick, 'rollback', before(), 'bad'],
    ['sound before, rolled back and gone', gone, 'rollback', before(), 'bad'],
    ['gone before', gone, 'rotation', before({ fault: 'wrong-page' }), 'as-before'],
    ['gone, and nothing is known of before', gone, 'rotation', undefined, 'bad'],
    ['gone after a rollback, and nothing is known of before', gone, 'rollback', undefined, 'as-before'],
    ['broken after a rollback, and nothing is known of before', sick, 'rollback', undefined, 'bad'],
  ];
  for (const [name, now, kind, was, expected] of cases)
    it(`${name}: ${expected}`, () => expect(weigh(now, kind, was).kind).to.equal(expected));
});

it('answersOfAll: enough answers that a sound pod among broken ones is seen in 99 of 100 cases', () => {
  for (let pods = 1; pods <= 10; pods += 1)
    expect((1 - 1 / pods) ** answersOfAll(pods), String(pods)).to.be.below(0.01);
  expect(answersOfAll(100)).to.equal(50);
});

describe('isInCluster', () => {
  for (const name of [
    ...[
      'openemr.openemr.svc',
      'openemr.openemr.svc.cluster.local',
      'openemr.openemr.svc.cluster.local.',
      'openemr',
    ],
    ...['10.0.3.4', '172.20.0.10', '192.168.1.1', '100.64.0.1', '127.0.0.1', '[::1]', '[fd00::1]'],
  ])
    it(`${name} means something inside alone`, () => expect(isInCluster(name)).to.equal(true));
  for (const name of [
    'openemr.example.org',
    'svc.example.org',
    'x.svc.cluster.local.example.org',
    'localhost',
    '8.8.8.8',
    '[2001:db8::1]',
  ])
    it(`${name} does not`, () => expect(isInCluster(name)).to.equal(false));
});
