import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { exitCodes, Failure } from '../../../src/base/failure';
import { takeReceivers, webhookVariable } from '../../../src/notify/receivers';
import type { CloudEvent } from '../../../src/notify/cloudEvent';
import { cloudEventOf } from '../../../src/notify/cloudEvent';
import { eventOf, tellKubernetes } from '../../../src/notify/kubernetesEvent';
import { within } from '../../../src/notify/limit';
import { tellPushgateway } from '../../../src/notify/pushgateway';
import type { Listeners, Sources } from '../../../src/notify/tell';
import { tellAll } from '../../../src/notify/tell';
import { tellWebhook } from '../../../src/notify/webhook';
import { mask, scrubber } from '../../../src/secrecy/scrubber';
import { Kubernetes } from '../../../src/kubernetes/kubernetes';
import type { RunChanges } from './runs';
import { endedRun, refusedRun, stepsWith } from './runs';
import type { TestServer } from './servers';
import { startServer } from './servers';

const secret = 'notify-wombat"\'\\ü';
const never = new AbortController().signal;
const held: RunChanges = { outcome: 'held', steps: stepsWith({ 10: 'failed' }) };

/** A Kubernetes that counts, in the place of an API server: the lab's test has a real one. */
function kubernetesWith(
  changes: Partial<Pick<Kubernetes, 'missingRights' | 'deployment' | 'createEvent'>>,
): Kubernetes {
  const kubernetes = new Kubernetes({ namespace: 'openemr', deployment: 'web', secret: 'db' });
  return Object.assign(kubernetes, { missingRights: async (rights: unknown) => rights }, changes);
}

/** Whence reports take what a run does not know; nothing is known of the passwords. */
function sourcesWith(kubernetes = kubernetesWith({})): Sources {
  return { kubernetes, passwordAges: async () => ({}) };
}

describe('telling others', () => {
  const servers: TestServer[] = [];
  const start = async (answer: Parameters<typeof startServer>[0]): Promise<TestServer> => {
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };
  before(() => scrubber.register(secret));
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  describe('by a Kubernetes Event', () => {
    const cases: [RunChanges, string, string][] = [
      [{}, 'Normal', 'CredentialsRotated'],
      [{ plan: { kind: 'switch-back' } }, 'Normal', 'CredentialsRotated'],
      [{ outcome: 'rolled-back' }, 'Warning', 'CredentialRotationRolledBack'],
      [{ plan: { kind: 'rollback' } }, 'Warning', 'CredentialRotationRolledBack'],
      [held, 'Warning', 'CredentialRotationHeld'],
      [{ outcome: 'before-switch' }, 'Warning', 'CredentialRotationFailed'],
      [{ outcome: 'cancelled' }, 'Warning', 'CredentialRotationFailed'],
      // Stopped behind the begin of the switch: somebody has to finish it.
      [{ outcome: 'cancelled', steps: stepsWith({ 7: 'failed' }) }, 'Warning', 'CredentialRotationHeld'],
    ];
    for (const [changes, type, reason] of cases) {
      it(`${changes.outcome ?? 'done'} of ${changes.plan?.kind ?? 'rotate'}: ${reason}`, () => {
        const event = eventOf(endedRun(changes), 'uid-1');
        expect(event).to.deep.include({ type, reason, reportingComponent: 'credential-rotation' });
        expect(event.involvedObject).to.deep.equal({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          namespace: 'openemr',
          name: 'web',
          uid: 'uid-1',
        });
      });
    }

    it('has a message of at most 1024 bytes without passwords, cut between characters', () => {
      const { message = '' } = eventOf(endedRun({ message: `Failed with ${secret}.` }), 'u');
      expect(message).to.equal(`Failed with ${mask}. Rotation run-1 (rotate, from A to B), exit code 0.`);
      for (const length of [340, 341, 342, 2000]) {
        const long = eventOf(endedRun({ message: `${'ü€'.repeat(length)}${secret}` }), 'u').message ?? '';
        expect(Buffer.byteLength(long)).to.be.at.most(1024).and.greaterThan(1018);
        expect(long).to.match(/^(ü€)+ü?…$/u);
      }
    });

    for (const outcome of ['configuration', 'permission', 'locked', 'unexpected'] as const)
      it(`of a run that was refused with ${outcome}: CredentialRotationFailed, without a rotation`, () => {
        const event = eventOf(refusedRun(outcome, 'It was refused.'), 'uid-1');
        expect(event).to.include({
          type: 'Warning',
          reason: 'CredentialRotationFailed',
          message: `It was refused. Exit code ${exitCodes[outcome]}.`,
        });
      });

    it('is not made without the right, and no note says so', async () => {
      const kubernetes = kubernetesWith({ createEvent: () => Promise.reject(new Error('called')) });
      await tellKubernetes(endedRun(), kubernetes);
      expect(await tellAll(endedRun(), {}, sourcesWith(kubernetes), never)).to.deep.equal([]);
    });
  });

  describe('by the Pushgateway', () => {
    it('goes on from what it has, and posts to the group of this Deployment', async () => {
      let stored = '';
      const server = await start((response, { method, body }) => {
        if (method === 'POST') stored = body;
        response.end(method === 'POST' ? '' : stored);
      });
      await tellPushgateway(endedRun(held), `${server.url}/`, never);
      await tellPushgateway(endedRun({ ...held, message: secret }), server.url, never);
      expect(stored).to.match(/credential_rotation_failures_total\{[^}]*code="12"\} 2\n/);
      expect(stored).not.to.include('wombat');
      const posts = server.received.filter(({ method }) => method === 'POST');
      expect(posts.map(({ url }) => url)).to.deep.equal(
        Array(2).fill('/metrics/job/credential_rotation/stack/prod/namespace/openemr/deployment/web'),
      );
      expect(posts[0]?.headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    });

    it('is told also where it may not be read', async () => {
      const server = await start((response, { method }) => {
        response.statusCode = method === 'POST' ? 202 : 403;
        response.end('forbidden');
      });
      await tellPushgateway(endedRun(held), server.url, never);
      expect(server.received.at(-1)?.body).to.match(/code="12"\} 1\n/);
    });
  });

  describe('by the webhook', () => {
    it('posts a CloudEvent in structured mode, without passwords', async () => {
      const server = await start((response) => response.end());
      const run = endedRun({ ...held, message: `Failed with ${secret}.` });
      await tellWebhook(run, `${server.url}/hook/token?x=1`, never);
      const [request] = server.received;
      expect(request).to.include({ method: 'POST', url: '/hook/token?x=1' });
      expect(request?.headers['content-type']).to.match(/^application\/cloudevents\+json/);
      const event = JSON.parse(request?.body ?? '') as CloudEvent;
      const { data, ...attributes } = event;
      expect(attributes).to.deep.equal({
        specversion: '1.0',
        id: 'run-1-held-1772366430500',
        source: '/namespaces/openemr/deployments/web',
        type: 'org.open-emr.credential-rotation.held',
        time: '2026-03-01T12:00:30.500Z',
        datacontenttype: 'application/json',
      });
      expect(data).to.deep.include({
        outcome: 'held',
        exitCode: 12,
        message: `Failed with ${mask}.`,
        rotation: 'run-1',
        kind: 'rotate',
        from: 'A',
        to: 'B',
        stack: 'prod',
      });
      expect(data.steps).to.have.lengthOf(11);
      expect(data.steps[9]).to.deep.equal({
        number: 10,
        status: 'failed',
        ms: 100,
        title: "renew the old slot's password",
      });
      expect(request?.body).not.to.include('wombat');
    });

    const types = { done: 'rotated', 'rolled-back': 'rolled-back', held: 'held' } as const;
    for (const [outcome, type] of Object.entries(types)) {
      it(`is told of ${outcome} as ${type}`, () => {
        const event = cloudEventOf(endedRun({ outcome: outcome as keyof typeof types }));
        expect(event?.type).to.equal(`org.open-emr.credential-rotation.${type}`);
      });
    }

    it('is told of nothing else', async () => {
      const server = await start((response) => response.end());
      for (const outcome of ['before-switch', 'cancelled', 'permission', 'locked', 'unexpected'] as const)
        await tellWebhook(endedRun({ outcome }), server.url, never);
      await tellWebhook(refusedRun('locked', 'It was refused.'), server.url, never);
      expect(server.received).to.deep.equal([]);
    });

    it('tries once more after a server error, with the same id', async () => {
      const server = await start((response, _request, count) => {
        response.statusCode = count === 1 ? 503 : 204;
        response.end();
      });
      await tellWebhook(endedRun(), server.url, never);
      expect(server.received).to.have.lengthOf(2);
      expect(server.received[0]?.body).to.equal(server.received[1]?.body);
    });

    it('tries once more when the connection breaks', async () => {
      const server = await start((response, _request, count) => {
        if (count === 1) response.destroy();
        else response.end();
      });
      await tellWebhook(endedRun(), server.url, never);
      expect(server.received).to.have.lengthOf(2);
    });

    for (const [status, times] of [
      [500, 2],
      [404, 1],
      [302, 1],
    ] as const) {
      it(`HTTP ${status}: a note without the URL, after ${times} try(s)`, async () => {
        const server = await start((response) => {
          response.writeHead(status, { location: '/elsewhere' });
          response.end('an answer');
        });
        const listeners = { webhookUrl: `${server.url}/wombat-token` };
        const notes = await tellAll(endedRun(), listeners, sourcesWith(), never);
        expect(notes).to.deep.equal([`the webhook could not be notified: HTTP ${status}`]);
        expect(server.received).to.have.lengthOf(times);
      });
    }
  });

  describe('that fails', () => {
    it('is one note for each, with a reason and no address, and throws nothing', async () => {
      const closed = await startServer((response) => response.end());
      await closed.close();
      const folder = mkdtempSync(path.join(tmpdir(), 'tell-'));
      rmSync(folder, { recursive: true });
      const listeners = {
        metricsFile: path.join(folder, 'x.prom'),
        pushgatewayUrl: closed.url,
        webhookUrl: `${closed.url}/wombat`,
      };
      const notes = await tellAll(
        endedRun(),
        listeners,
        sourcesWith(
          kubernetesWith({
            missingRights: () =>
              Promise.reject(new Failure('database-unreachable', 'The API server does not answer.')),
          }),
        ),
        never,
      );
      expect(notes).to.deep.equal([
        'Kubernetes could not be notified: The API server does not answer',
        'the metrics file could not be notified: ENOENT',
        'the Pushgateway could not be notified: ECONNREFUSED',
        'the webhook could not be notified: ECONNREFUSED',
      ]);
    });

    it('by an error of the API names its status only', async () => {
      const refused = Object.assign(new Error(`body ${secret}`), { code: 409 });
      const kubernetes = kubernetesWith({
        missingRights: () => Promise.resolve([]),
        deployment: () => Promise.reject(refused),
      });
      expect(await tellAll(endedRun(), {}, sourcesWith(kubernetes), never)).to.deep.equal([
        'Kubernetes could not be notified: HTTP 409',
      ]);
    });

    it('by never ending is given up, and so is everything at a signal', async () => {
      const forever = (): Promise<never> => new Promise(() => undefined);
      const failed = (action: Promise<unknown>): Promise<string> =>
        action.then(
          () => 'no error',
          (error: Error) => error.message,
        );
      expect(await failed(within(20, never, forever))).to.equal('no answer within 0.02 s');
      expect(await failed(within(60_000, AbortSignal.abort(), forever))).to.equal('stopped by a signal');
      const server = await start(() => undefined);
      const controller = new AbortController();
      const listeners = { webhookUrl: server.url, pushgatewayUrl: server.url };
      const telling = tellAll(endedRun(), listeners, sourcesWith(), controller.signal);
      setTimeout(() => controller.abort(), 100);
      expect(await telling).to.deep.equal([
        'the Pushgateway could not be notified: stopped by a signal',
        'the webhook could not be notified: stopped by a signal',
      ]);
    });
  });

  it('takes the ages of passwords for metrics alone, and tells without them when they cannot be had', async () => {
    let stored = '';
    const server = await start((response, { method, body }) => {
      if (method === 'POST') stored = body;
      response.end();
    });
    let asked = 0;
    const since = new Date('2026-01-01T00:00:00Z');
    const passwordAges: Sources['passwordAges'] = async () => {
      asked += 1;
      return { B: { since, exact: true } };
    };
    const tell = (listeners: Listeners, sources = { ...sourcesWith(), passwordAges }): Promise<string[]> =>
      tellAll(endedRun(), listeners, sources, never);
    expect(await tell({ webhookUrl: server.url })).to.deep.equal([]);
    expect(asked).to.equal(0);
    expect(await tell({ pushgatewayUrl: server.url })).to.deep.equal([]);
    expect(stored)
      .to.match(new RegExp(`account="B"\\} ${since.getTime() / 1000}\n`))
      .and.to.match(/"admin"/);
    const failing = { ...sourcesWith(), passwordAges: () => Promise.reject(new Error('denied')) };
    expect(await tell({ pushgatewayUrl: server.url }, failing)).to.deep.equal([]);
    expect(stored)
      .to.match(/account="A"/)
      .and.not.to.match(/account="B"/);
  });

  it('tells nobody of a sync, which rotates nothing', async () => {
    const server = await start((response) => response.end());
    const listeners = { webhookUrl: server.url, pushgatewayUrl: server.url };
    const kubernetes = kubernetesWith({ missingRights: () => Promise.reject(new Error('called')) });
    for (const run of [endedRun({ plan: { kind: 'sync' } }), refusedRun('locked', 'No.', 'sync')])
      expect(await tellAll(run, listeners, sourcesWith(kubernetes), never)).to.deep.equal([]);
    expect(server.received).to.deep.equal([]);
  });

  describe("the webhook's URL", () => {
    it('is taken out of the environment and masked everywhere', () => {
      const url = 'https://hooks.example/services/T0-wombat-token?k=v';
      const environment: NodeJS.ProcessEnv = { [webhookVariable]: url, PATH: '/bin' };
      expect(takeReceivers(environment)).to.deep.equal({ webhookUrl: url });
      expect(environment).to.deep.equal({ PATH: '/bin' });
      expect(scrubber.scrub(`${url} /services/T0-wombat-token?k=v`)).to.equal(`${mask} ${mask}`);
      expect(takeReceivers(environment)).to.deep.equal({});
      expect(takeReceivers({ [webhookVariable]: '' })).to.deep.equal({});
    });

    for (const wrong of [
      'wombat.example',
      'ftp://wombat',
      'http://',
      'https://user:wombat@host/',
      'https://wombat@h/',
    ]) {
      it(`is refused without its text: ${wrong}`, () => {
        expect(() => takeReceivers({ [webhookVariable]: wrong }))
          .to.throw(Failure, /^Settings: CREDENTIAL_ROTATION_WEBHOOK_URL must be/)
          .that.satisfies(
            (error: Failure) => error.outcome === 'configuration' && !/wombat|ftp/.test(error.message),
          );
      });
    }
  });
});
