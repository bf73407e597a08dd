import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { expect } from 'chai';
import type { OpenedStack } from '../../../src/engine/workspace';
import { openedBesideObserving } from '../../../src/run/found';
import { ownJournal } from '../../../src/rotation/takeUp';
import { plannedIn } from '../rotation/planned';
import { journalOf, observationOf, worldOn } from '../rotation/simulatedWorld';
import type { OpenWorld, RunRequest } from '../../../src/run/request';

describe('the health page before a rotation', () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    response.end('ok');
  });
  let origin = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  /** Opens beside a world that cannot be read; what the page was asked by then comes before the last question. */
  async function pageAsked(request: Pick<RunRequest, 'kind' | 'ifOlderThan'>): Promise<string[]> {
    asked.splice(0);
    const settings = { healthUrl: `${origin}/health`, healthAnswersInARow: 1, context: {} };
    const never = new Promise<OpenedStack>(() => undefined);
    const opening = openedBesideObserving(
      { ...request, settings } as unknown as RunRequest,
      {} as OpenWorld,
      never,
    );
    opening.catch(() => undefined);
    await fetch(`${origin}/last`);
    return asked.filter((path) => path !== '/last');
  }

  it('is asked while the engine starts and the world is read', async () => {
    for (const kind of ['rotate', 'rollback'] as const)
      expect(await pageAsked({ kind }), kind).to.deep.equal(['/health']);
  });

  it('is not asked for a run that may have nothing to do yet, or that does not move OpenEMR', async () => {
    expect(await pageAsked({ kind: 'rotate', ifOlderThan: { ms: 1000 } as never })).to.deep.equal([]);
    expect(await pageAsked({ kind: 'sync' })).to.deep.equal([]);
  });
});

describe('the last run of the state', () => {
  it('counts for its own slot secret alone: another OpenEMR with the same stack has another age', () => {
    const observation = observationOf(worldOn('A'));
    const journal = journalOf(plannedIn(worldOn('A')), true);
    expect(ownJournal(observation, journal)).to.equal(journal);
    expect(ownJournal(observation, undefined)).to.equal(undefined);
    const plan = { ...journal.plan, slotSecretArn: 'arn:of-another' };
    expect(ownJournal(observation, { ...journal, plan })).to.equal(undefined);
  });
});
