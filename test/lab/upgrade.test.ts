import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { parseSavedPlan } from '../../src/rotation/savedPlan';
import type { Recorded } from '../upgrade/adopt';
import { adopt, recorded } from '../upgrade/adopt';
import { fixtureFolder } from '../upgrade/fixture';
import { repositoryFile } from '../unit/docs/readme';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, expectHealthy } from './support/world';

/** Every version that left something behind; what is in these folders is never changed, and none is taken away. */
const versions = readdirSync(repositoryFile('test/fixtures'));

interface Rotations {
  rotations: { id: string; result: string }[];
}
interface Status {
  active: unknown;
  unfinished?: { kind: string; id: string };
  lastRotation?: { id: string };
}

for (const version of versions) {
  describe(`what ${version} left behind, read by this version`, function () {
    this.timeout(300_000);
    let lab: Lab;
    let site: Site;

    const said = (stage: string, file: string): string =>
      readFileSync(path.join(fixtureFolder(version), stage, file), 'utf8');

    async function siteOf(state: Recorded, name: string): Promise<Site> {
      lab = await labWith(databases[0] ?? 'mysql');
      const made = await lab.createSite({ name, passwords: state.passwords });
      await adopt(lab, made, state);
      return made;
    }
    afterEach(() => site.remove());

    it('a finished rotation: history and status as they were, the next rotation, its rollback', async () => {
      site = await siteOf(await recorded(version, 'rotated'), 'renewed');
      const history = await run(site, ['history', '--json']);
      expectCode(history, 0);
      const before = JSON.parse(said('rotated', 'history.json')) as Rotations;
      const now = JSON.parse(history.stdout) as Rotations;
      // What is added later is no difference.
      expect(now.rotations).to.have.length(before.rotations.length);
      before.rotations.forEach((rotation, at) => expectIncludes(now.rotations[at], rotation));
      expect(now.rotations.map(({ result }) => result)).to.deep.equal(['rotated', 'rolled-back', 'rotated']);
      const status = await run(site, ['status', '--json']);
      expectCode(status, 0);
      const { lastRotation } = JSON.parse(status.stdout) as Status;
      expect(lastRotation?.id).to.equal(before.rotations[0]?.id);
      expectCode(await run(site), 0);
      await expectHealthy(site, 'B');
      expectCode(await run(site, ['rollback', '--yes']), 0);
      await expectHealthy(site, 'A');
    });

    it('an unfinished one: status names it, and the next run finishes it with its own plan and passwords', async () => {
      site = await siteOf(await recorded(version, 'unfinished'), 'resumed');
      const status = await run(site, ['status', '--json']);
      expectCode(status, 10);
      const { unfinished } = JSON.parse(status.stdout) as Status;
      const before = JSON.parse(said('unfinished', 'status.json')) as Status;
      expect(before.unfinished).to.include({ kind: 'rotate' });
      expectIncludes(unfinished, before.unfinished);
      const ended = await run(site);
      expectCode(ended, 0);
      expect(ended.stderr).to.include(before.unfinished?.id);
      await expectHealthy(site, 'B');
    });
  });

  describe(`the saved plan of ${version}`, () => {
    it('is read', () => {
      const file = path.join(fixtureFolder(version), 'rotated', 'plan.json');
      const { plan } = parseSavedPlan(readFileSync(file, 'utf8'), file);
      expect(plan).to.include({ formatVersion: 1, kind: 'rotate', from: 'A', to: 'B' });
    });
  });
}

/** Each value of the one is in the other; that one may hold more. */
function expectIncludes(now: unknown, before: unknown): void {
  if (typeof before !== 'object' || before === null) return void expect(now).to.equal(before);
  for (const [key, value] of Object.entries(before))
    expectIncludes((now as Record<string, unknown> | undefined)?.[key], value);
}
