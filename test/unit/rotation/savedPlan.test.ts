import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { readPlanFile, writePlanFile } from '../../../src/cli/planFile';
import { Failure } from '../../../src/base/failure';
import type { RotationPlan } from '../../../src/rotation/rotationPlan';
import { parseSavedPlan, planDifferences, renderSavedPlan } from '../../../src/rotation/savedPlan';
import { plannedIn } from './planned';
import { canary, worldOn } from './simulatedWorld';

const planned = plannedIn(worldOn('A'));
const { plan } = planned;

async function failureOf(action: () => unknown): Promise<Failure> {
  try {
    await action();
  } catch (error) {
    expect(error).to.be.instanceOf(Failure);
    return error as Failure;
  }
  throw new Error('it did not fail');
}

describe('planDifferences', () => {
  it('finds none in the same plan, however its fields are ordered', () => {
    const turned = Object.fromEntries(Object.entries(plan).reverse()) as unknown as RotationPlan;
    expect(planDifferences(plan, turned)).to.deep.equal([]);
    expect(planDifferences(plan, JSON.parse(JSON.stringify(plan)) as RotationPlan)).to.deep.equal([]);
  });

  const changes: [Partial<RotationPlan>, string][] = [
    [{ kind: 'reconcile' }, 'another kind of rotation is needed now'],
    [{ from: 'B' }, 'OpenEMR is on another slot'],
    [{ to: 'A' }, 'the rotation would go to another slot'],
    [{ mint: ['B'] }, 'other slots lack a password'],
    [{ slotSecretArn: 'arn:other' }, 'the slot secret is another one'],
    [{ slotSecretVersionId: 'v9' }, 'the slot secret has another current version'],
    [{ adminSecretArn: 'arn:other' }, 'the admin secret is another one'],
    [{ adminUsername: 'root' }, 'the admin is another user'],
    [{ sqlconfStamp: 'file 9' }, 'sqlconf.php was changed'],
    [{ sqlconfSha256: 'ff' }, 'it was made by another version of this tool'],
    [{ rotateAdmin: !plan.rotateAdmin }, 'rotateAdmin differs'],
    [{ patchToken: 'x' }, 'patchToken differs'],
  ];
  for (const [change, text] of changes)
    it(`says "${text}" of ${Object.keys(change).join()}`, () => {
      expect(planDifferences(plan, { ...plan, ...change })).to.deep.equal([text]);
      expect(planDifferences({ ...plan, ...change }, plan), 'the other way round').to.deep.equal([text]);
    });

  it('says everything that differs, each thing once', () => {
    const other: RotationPlan = { ...plan, from: 'B', to: 'A', sqlconfStamp: 'file 9' };
    expect(planDifferences(plan, other)).to.deep.equal([
      'OpenEMR is on another slot',
      'the rotation would go to another slot',
      'sqlconf.php was changed',
    ]);
  });
});

describe('a saved plan', () => {
  let folder: string;
  const file = (name: string): string => path.join(folder, name);
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'plan-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('comes back as it was, with and without a plan of the engine; its file is for its owner alone', async () => {
    for (const enginePlan of [undefined, { resourcePlans: { urn: {} } }]) {
      await writePlanFile(file('plan.json'), { planned, enginePlan });
      expect(statSync(file('plan.json')).mode & 0o777).to.equal(0o600);
      expect(readFileSync(file('plan.json'), 'utf8')).not.to.include(canary);
      const saved = await readPlanFile(file('plan.json'));
      expect(saved).to.deep.equal({
        formatVersion: 1,
        plan,
        ...(enginePlan === undefined ? {} : { engine: enginePlan }),
      });
    }
  });

  const whole = renderSavedPlan(plan, {});
  const malformed: [string, string, string][] = [
    ['an empty file', '', 'it is not JSON'],
    ['no JSON', 'not JSON', 'it is not JSON'],
    ['half a plan', whole.slice(0, whole.length / 2), 'it is not JSON'],
    ['null', 'null', 'expected object, received null'],
    ['a list', '[]', 'expected object, received array'],
    ['a text', '"plan"', 'expected object, received string'],
    ['no plan in it', '{"formatVersion":1}', 'plan: expected object, received undefined'],
    ['a plan that is a text', '{"formatVersion":1,"plan":"x"}', 'plan: expected object, received string'],
    [
      'a plan without an id',
      JSON.stringify({ formatVersion: 1, plan: { ...plan, id: undefined } }),
      'plan.id: expected string, received undefined',
    ],
    [
      'a plan of another format',
      JSON.stringify({ formatVersion: 1, plan: { ...plan, formatVersion: 2 } }),
      'plan.formatVersion: expected 1',
    ],
    [
      'a plan with a step that there is not',
      JSON.stringify({
        formatVersion: 1,
        plan: { ...plan, previous: { id: 'x', ends: [{ step: 12, at: '' }] } },
      }),
      'plan.previous.ends.0.step: expected one of 1|2|3|4|5|6|7|8|9|10|11',
    ],
    ['a file of another format', JSON.stringify({ formatVersion: 2, plan }), 'formatVersion: expected 1'],
    ["the engine's plan alone", '{"manifest":{},"resourcePlans":{}}', 'formatVersion: expected 1'],
  ];
  for (const [name, text, problem] of malformed)
    it(`that is ${name} is refused with its file, what is wrong and what to do`, async () => {
      writeFileSync(file('bad.json'), text);
      const failure = await failureOf(() => readPlanFile(file('bad.json')));
      expect(failure.outcome).to.equal('configuration');
      expect(failure.message).to.equal(
        `${file('bad.json')} is not a plan of this version of the tool (${problem}); make one with --dry-run --plan ${file('bad.json')}.`,
      );
      expect(() => parseSavedPlan(text, 'x')).to.throw(Failure);
    });

  it('that cannot be read, or written, is refused with the reason', async () => {
    const read = await failureOf(() => readPlanFile(file('none.json')));
    expect(read.message).to.match(/^--plan: .*none\.json cannot be read \(ENOENT\); make it with --dry-run/);
    const folderOfNone = path.join(file('none'), 'plan.json');
    const written = await failureOf(() => writePlanFile(folderOfNone, { planned, enginePlan: undefined }));
    expect(written).to.include({ outcome: 'configuration' });
    expect(written.message).to.match(/^--plan: .* cannot be written \(ENOENT\); name a file in a writable/);
  });
});
