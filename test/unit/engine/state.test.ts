import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
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
const version = (versionId: string, name = `slots-flipped-${plan.id}`): object => ({
  type: 'aws:secretsmanager/secretVersion:SecretVersion',
  urn: `urn:pulumi:site1::credential-rotation::aws:secretsmanager/secretVersion:SecretVersion::${name}`,
  outputs: { versionId },
});

describe('readJournal', () => {
  it('finds the plan, its secret half and its versions', () => {
    const earlier = version('v0', 'slots-flipped-20260101-030000-abcd');
    const resources = [stackResource('run-0'), record, earlier, version('v1'), version('v2')];
    const recorded = { secret: false, restart: false };
    const found = { plan, material, recorded, finished: false, versionIds: ['v1', 'v2'], passwords: {} };
    expect(readJournal({ resources })).to.deep.equal(found);
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
    ['no record', [stackResource(plan.id), version('v1')]],
    ['a record without outputs', [{ type: record.type }]],
    ['a record without its secret half', [{ ...record, outputs: { plan: record.outputs.plan } }]],
  ];
  for (const [name, resources] of none) {
    it(`finds none in ${name}`, () => expect(readJournal({ resources })).to.equal(undefined));
  }

  for (const deployment of [undefined, null, {}]) {
    it(`finds none in ${JSON.stringify(deployment) ?? 'nothing'}`, () =>
      expect(readJournal(deployment)).to.equal(undefined));
  }

  const damaged: [string, unknown, string][] = [
    ['a text', 'text', 'it is of another form: expected object, received string'],
    ['resources that are no list', { resources: {} }, 'it is of another form: resources: expected array'],
    [
      'a plan of another format',
      { resources: [{ ...record, outputs: { ...record.outputs, plan: '{"formatVersion":2,"id":"x"}' } }] },
      'the plan in it: formatVersion: expected 1',
    ],
    [
      'half a plan',
      { resources: [{ ...record, outputs: { ...record.outputs, plan: '{"formatVersion":1' } }] },
      'the plan in it: it is not JSON',
    ],
    [
      'a secret half of another form',
      { resources: [{ ...record, outputs: { ...record.outputs, material: { plaintext: '{}' } } }] },
      'the secret half of its plan: slotDocument: expected string, received undefined',
    ],
    [
      'a secret half that is damaged',
      {
        resources: [
          {
            ...record,
            outputs: {
              ...record.outputs,
              material: { plaintext: JSON.stringify({ ...material, logins: { A: material.logins.A } }) },
            },
          },
        ],
      },
      'the secret half of its plan: logins.B: expected object, received undefined',
    ],
  ];
  for (const [name, deployment, problem] of damaged)
    it(`refuses ${name}: it may hold a rotation that is not finished`, () => {
      const read = (): unknown => readJournal(deployment);
      expect(read)
        .to.throw(Failure, `The state of the stack cannot be read (${problem}`)
        .with.property('outcome', 'configuration');
      expect(read).to.throw(
        /; run the version of this tool that wrote it, or bring back an older copy of the state\.$/,
      );
    });
});
