import type { EventPayloadV2 } from '@pagerduty/pdjs/build/src/events';
import type { KnownBlock } from '@slack/types';
import { expect } from 'chai';
import type * as Cards from 'adaptivecards';
import type { Outcome } from '../../../src/base/failure';
import {
  pagerDutyUrlVariable,
  routingKeyVariable,
  slackVariable,
  takeReceivers,
  teamsVariable,
} from '../../../src/notify/receivers';
import { pagerDutyEventOf } from '../../../src/notify/pagerDuty';
import { slackMessageOf } from '../../../src/notify/slack';
import { cutTo } from '../../../src/notify/summary';
import { teamsMessageOf } from '../../../src/notify/teams';
import { tellAll } from '../../../src/notify/tell';
import { Kubernetes } from '../../../src/kubernetes/kubernetes';
import { mask, scrubber } from '../../../src/secrecy/scrubber';
import { packageFolder } from '../../../src/base/packageFolder';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { RunChanges } from './runs';
import { endedRun, refusedRun, stepsWith } from './runs';
import type { TestServer } from './servers';
import { startServer } from './servers';

const secret = 'people-wombat<&>"\'\\ü';
const never = new AbortController().signal;
const held: RunChanges = { outcome: 'held', steps: stepsWith({ 10: 'failed' }) };
const runs: [name: string, run: ReturnType<typeof endedRun>][] = [
  ['done', endedRun()],
  ['held', endedRun({ ...held, message: `Held by ${secret}, <b> & [x](y) *z*.` })],
  ['rolled back', endedRun({ outcome: 'rolled-back' })],
  ['failed before the switch', endedRun({ outcome: 'before-switch' })],
  ['refused', refusedRun('permission', 'A right is missing.')],
  ['with a message without end', endedRun({ ...held, message: 'ü€😀'.repeat(5000) })],
  ['with a message of escapes', endedRun({ ...held, message: '&<'.repeat(2000) })],
];

/** Microsoft's own reader of Adaptive Cards, without its browser's half. */
const { AdaptiveCard, SerializationContext } = createRequire(path.join(packageFolder, 'package.json'))(
  'adaptivecards/dist/adaptivecards.js',
) as typeof Cards;

/** What that reader objects to in a card. */
function objectionsTo(card: object): string[] {
  const context = new SerializationContext();
  const read = new AdaptiveCard();
  read.parse(card, context);
  const parsed = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
  return [...parsed, ...read.validateProperties().validationEvents.map(({ message }) => message)];
}

describe('telling people', () => {
  before(() => scrubber.register(secret));

  describe('by Slack', () => {
    for (const [name, run] of runs)
      it(`a run that is ${name}: blocks of Slack's own types, within its limits`, () => {
        const { text, blocks } = slackMessageOf(run);
        const known: KnownBlock[] = blocks;
        const [header, section] = blocks;
        expect(known.map(({ type }) => type)).to.deep.equal(['header', 'section']);
        expect(header.text.text.length).to.be.at.most(150);
        expect(section.text.text.length).to.be.within(1, 3000);
        expect(section.fields.length).to.be.within(1, 10);
        for (const field of section.fields) expect(field.text.length).to.be.at.most(2000);
        expect(text).to.include('openemr/web');
      });

    it('says what became of which OpenEMR, and nothing that Slack reads as its own', () => {
      const { text, blocks } = slackMessageOf(runs[1]?.[1] ?? endedRun());
      expect(blocks[0].text.text).to.equal(
        ':pause_button: Credential rotation held: run it again to finish: openemr/web',
      );
      expect(blocks[1].text.text).to.equal(`Held by ${mask}, &lt;b&gt; &amp; [x](y) *z*.`);
      expect(text).to.not.include('wombat');
      expect(blocks[1].fields.map(({ text: field }) => field)).to.deep.equal([
        '*Rotation*\nrun-1 (rotate)',
        '*Slots*\nA → B',
        '*Exit code*\n12 (held)',
        '*Stack*\nprod',
        '*Duration*\n31 s',
      ]);
    });
  });

  describe('by Teams', () => {
    for (const [name, run] of runs)
      it(`a run that is ${name}: a card that Microsoft's reader takes, at most 28 KB`, () => {
        const message = teamsMessageOf(run);
        expect(objectionsTo(message.attachments[0].content)).to.deep.equal([]);
        expect(Buffer.byteLength(JSON.stringify(message))).to.be.below(28_000);
      });

    it('that reader objects to what is no card', () => {
      const { content } = teamsMessageOf(endedRun()).attachments[0];
      const wrong = { ...content, body: [{ ...content.body[0], color: 'Pink' }, { type: 'Nothing' }] };
      expect(objectionsTo(wrong)).to.have.length(2);
    });

    it('shows the message as it is, in colour by its end', () => {
      const { type, attachments } = teamsMessageOf(runs[1]?.[1] ?? endedRun());
      const { body } = attachments[0].content;
      expect([type, attachments[0].contentType]).to.deep.equal([
        'message',
        'application/vnd.microsoft.card.adaptive',
      ]);
      expect(body[0]).to.include({
        color: 'Attention',
        text: 'Credential rotation held: run it again to finish: openemr/web',
      });
      expect(body[1].inlines[0].text).to.equal(`Held by ${mask}, <b> & [x](y) *z*.`);
      expect(teamsMessageOf(endedRun()).attachments[0].content.body[0].color).to.equal('Good');
    });
  });

  describe('by PagerDuty', () => {
    const severities: [Outcome, string | undefined][] = [
      ['held', 'critical'],
      ['rolled-back', 'error'],
      ['before-switch', 'warning'],
      ['permission', 'warning'],
      ['locked', undefined],
      ['cancelled', undefined],
    ];
    for (const [outcome, severity] of severities)
      it(`${outcome}: ${severity ?? 'wakes nobody'}`, () => {
        const event = pagerDutyEventOf(endedRun({ outcome, message: `It was ${secret}.` }));
        if (event === undefined || event.event_action === 'resolve') {
          expect(event).to.equal(severity);
          return;
        }
        const known: EventPayloadV2 = { ...event, routing_key: 'R'.repeat(32) };
        expect(known.payload).to.include({ severity, source: 'openemr/web', group: 'prod' });
        expect(known.payload.summary).to.match(
          /^Credential rotation .*: openemr\/web\. It was \[secret\]\.$/,
        );
        expect(known.payload.timestamp).to.equal('2026-03-01T12:00:30.500Z');
      });

    it('a success resolves what the same OpenEMR triggered, and no other', () => {
      const key = (changes: RunChanges): string | undefined => pagerDutyEventOf(endedRun(changes))?.dedup_key;
      expect(pagerDutyEventOf(endedRun())).to.deep.equal({
        event_action: 'resolve',
        dedup_key: 'credential-rotation/prod/openemr/web',
      });
      expect(key(held)).to.equal(key({}));
      expect(key({ deployment: 'other' })).to.not.equal(key({}));
    });

    it('keeps to the limits of texts', () => {
      const event = pagerDutyEventOf(endedRun({ ...held, message: 'ü€😀'.repeat(2000) }));
      if (event?.event_action !== 'trigger') throw new Error('it triggers nothing');
      expect(Array.from(event.payload.summary)).to.have.length(1024);
    });
  });

  it('a text is cut between characters, and says so', () => {
    expect([cutTo('😀😀😀', 3), cutTo('😀😀😀', 2), cutTo('', 5)]).to.deep.equal(['😀😀😀', '😀…', '']);
  });

  describe('over the wire', () => {
    const servers: TestServer[] = [];
    const start = async (answer: Parameters<typeof startServer>[0]): Promise<TestServer> => {
      const server = await startServer(answer);
      servers.push(server);
      return server;
    };
    const kubernetes = Object.assign(
      new Kubernetes({ namespace: 'openemr', deployment: 'web', secret: 'db' }),
      { missingRights: async (rights: unknown) => rights },
    );
    const sources = { kubernetes, passwordAges: async () => ({}) };
    const routingKey = 'K3yOfPagerDutyK3yOfPagerDutyK3yO';
    afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

    it('each gets its own, PagerDuty with its key, and what answers "too many requests" is asked once more', async () => {
      let tries = 0;
      const server = await start((response, { url }) => {
        response.statusCode = url === '/slack' && (tries += 1) === 1 ? 429 : 202;
        response.end();
      });
      const environment = {
        [slackVariable]: `${server.url}/slack`,
        [teamsVariable]: `${server.url}/teams`,
        [routingKeyVariable]: routingKey,
        [pagerDutyUrlVariable]: `${server.url}/v2/enqueue`,
      };
      const receivers = takeReceivers(environment);
      expect(environment).to.deep.equal({});
      const run = endedRun({ ...held, message: `It was ${secret}, ${routingKey}.` });
      expect(await tellAll(run, receivers, sources, never)).to.deep.equal([]);
      expect(server.received.map(({ url }) => url).sort()).to.deep.equal([
        '/slack',
        '/slack',
        '/teams',
        '/v2/enqueue',
      ]);
      for (const { url, body, headers } of server.received) {
        expect(headers['content-type']).to.equal('application/json; charset=utf-8');
        expect(body).to.include(mask).and.not.include('wombat');
        const key = (JSON.parse(body) as { routing_key?: string }).routing_key;
        expect(key).to.equal(url === '/v2/enqueue' ? routingKey : undefined);
        expect(body.split(routingKey)).to.have.length(url === '/v2/enqueue' ? 2 : 1);
      }
    });

    it('who refuses is a note without address and key', async () => {
      const server = await start((response) => {
        response.statusCode = 403;
        response.end();
      });
      const receivers = {
        slackUrl: `${server.url}/slack-wombat`,
        teamsUrl: `${server.url}/teams-wombat`,
        pagerDuty: { url: `${server.url}/pd-wombat`, routingKey },
      };
      expect(await tellAll(endedRun(held), receivers, sources, never)).to.deep.equal([
        'Slack could not be notified: HTTP 403',
        'Teams could not be notified: HTTP 403',
        'PagerDuty could not be notified: HTTP 403',
      ]);
    });
  });

  for (const [variable, value] of [
    [slackVariable, 'wombat'],
    [teamsVariable, 'ftp://wombat'],
    [pagerDutyUrlVariable, 'https://user:wombat@host'],
    [routingKeyVariable, 'wombat'],
  ] as const)
    it(`${variable} is refused without its text`, () => {
      expect(() => takeReceivers({ [variable]: value }))
        .to.throw(new RegExp(`^Settings: ${variable} must be`))
        .that.satisfies(({ message }: Error) => !message.includes('wombat'));
    });
});
