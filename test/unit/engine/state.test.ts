import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { restartAnnotation, rotationAnnotation } from '../../../src/rotation/annotations';
import { pastStepsOf, reachedIn } from '../../../src/engine/pastSteps';
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

describe('how far the state says that a rotation has come', () => {
  const made = (type: string, name: string, modified = '2026-03-02T00:00:00Z'): object => ({
    ...{ type, modified, urn: `urn:pulumi:site1::credential-rotation::${type}::${name}` },
    outputs: {},
  });
  // Ids of rotations end so; that of these tests is shorter.
  const id = '20260301-020304-abcdef';
  const begun = {
    ...record,
    outputs: {
      ...record.outputs,
      plan: JSON.stringify({ ...plan, id, startedAt: '2026-03-01T02:03:04.000Z' }),
    },
  };
  const idle = made('x:IdleProof', `idle-${id}`);
  const user = made('x:DatabaseUser', 'user-a');
  const renewal = made('x:Promotion', `renewal-${id}`);
  const endOfTen = (...resources: object[]): unknown =>
    pastStepsOf({ resources: [begun, ...resources] })?.ends.find(({ step }) => step === 10)?.at;

  it('the password of step 10 is renewed by its last act: neither by the proof before it nor by the change alone', () => {
    expect(endOfTen(idle)).to.equal(undefined);
    expect(endOfTen(idle, user)).to.equal(undefined);
    expect(endOfTen(idle, user, renewal)).to.equal('2026-03-02T00:00:00.000Z');
  });

  it('the user that step 10 renews may be of another run: only what has the id of the rotation counts from step 9 on', () => {
    expect(reachedIn({ resources: [begun, user] })).to.equal(undefined);
    expect(reachedIn({ resources: [begun, made('x:Sqlconf', 'sqlconf'), user] })).to.equal(5);
    expect(reachedIn({ resources: [begun, made('x:Promotion', `flip-${id}`), user] })).to.equal(9);
    expect(reachedIn({ resources: [begun, idle] })).to.equal(10);
  });
});
