import { expect } from 'chai';
import { restartAnnotation, rotationAnnotation } from '../../../src/rotation/annotations';
import { readJournal } from '../../../src/engine/state';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';

const { plan, material } = plannedIn(worldOn('A'));
const record = {
  type: 'pulumi-nodejs:dynamic/credential-rotation:PlanRecord',
  outputs: {
    plan: JSON.stringify(plan),
    material: {
      '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
      plaintext: JSON.stringify(material),
    },
  },
};
const stackResource = (rotation: string): object => ({ type: 'pulumi:pulumi:Stack', outputs: { rotation } });
const version = (versionId: string): object => ({
  type: 'aws:secretsmanager/secretVersion:SecretVersion',
  outputs: { versionId },
});

describe('readJournal', () => {
  it('finds the plan, its secret half and its versions', () => {
    const found = readJournal({ resources: [stackResource('run-0'), record, version('v1'), version('v2')] });
    const recorded = { secret: false, restart: false };
    expect(found).to.deep.equal({ plan, material, recorded, finished: false, versionIds: ['v1', 'v2'] });
  });

  it('says what this plan has done in Kubernetes, by its own annotations', () => {
    const secret = (id: string): object => ({
      type: 'kubernetes:core/v1:SecretPatch',
      inputs: { metadata: { annotations: { [rotationAnnotation]: id } } },
    });
    const metadata = { annotations: { [restartAnnotation]: plan.restartToken } };
    const restart = {
      type: 'kubernetes:apps/v1:DeploymentPatch',
      inputs: { spec: { template: { metadata } } },
    };
    const recorded = (...resources: object[]): unknown =>
      readJournal({ resources: [record, ...resources] })?.recorded;
    expect(recorded(secret(plan.id))).to.deep.equal({ secret: true, restart: false });
    expect(recorded(secret('an-earlier-one'), restart)).to.deep.equal({ secret: false, restart: true });
  });

  it('is finished when the stack’s outputs are of this rotation', () => {
    expect(readJournal({ resources: [stackResource(plan.id), record] })?.finished).to.equal(true);
    expect(readJournal({ resources: [{ type: 'pulumi:pulumi:Stack' }, record] })?.finished).to.equal(false);
  });

  const none: [string, unknown][] = [
    ['no resources', []],
    ['resources that are none', undefined],
    ['resources of another shape', {}],
    ['no record', [stackResource(plan.id), version('v1')]],
    ['a record without outputs', [{ type: record.type }]],
    [
      'a plan of another format',
      [{ ...record, outputs: { ...record.outputs, plan: '{"formatVersion":2,"id":"x"}' } }],
    ],
    ['a record without its secret half', [{ ...record, outputs: { plan: record.outputs.plan } }]],
  ];
  for (const [name, resources] of none) {
    it(`finds none in ${name}`, () => expect(readJournal({ resources })).to.equal(undefined));
  }

  for (const deployment of [undefined, null, 'text', {}, []]) {
    it(`finds none in ${JSON.stringify(deployment) ?? 'nothing'}`, () =>
      expect(readJournal(deployment)).to.equal(undefined));
  }
});
