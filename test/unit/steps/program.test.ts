import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { canary } from '../rotation/simulatedWorld';
import type { Ran, Registered } from './programs';

/** Runs the programs under Pulumi's mocks, which are for a whole process, in one of its own. */
function runPrograms(...words: string[]): Record<string, Ran> {
  const child = spawnSync(process.execPath, [path.join(__dirname, 'programs.js'), ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(child.stdout, child.stderr).not.to.equal('');
  return JSON.parse(child.stdout) as Record<string, Ran>;
}

const own = 'pulumi-nodejs:dynamic/credential-rotation';
const secretMark = '4dabf18193072939515e22adb298388d';

/** Types by what the lists below call them. They stand in states of every OpenEMR: none may ever change. */
const types = {
  plan: `${own}:PlanRecord`,
  canary: `${own}:CanaryProof`,
  admin: `${own}:AdminCheck`,
  password: 'random:index/randomPassword:RandomPassword',
  version: 'aws:secretsmanager/secretVersion:SecretVersion',
  user: `${own}:DatabaseUser`,
  file: `${own}:Sqlconf`,
  secret: 'kubernetes:core/v1:SecretPatch',
  deployment: 'kubernetes:apps/v1:DeploymentPatch',
  rollout: `${own}:RolloutProof`,
  health: `${own}:HealthProof`,
  promotion: `${own}:Promotion`,
  idle: `${own}:IdleProof`,
  renewed: `${own}:AdminPassword`,
} as const;

type Line = [type: keyof typeof types, name: string];

const begin: Line[] = [
  ['plan', 'plan'],
  ['admin', 'admin-credentials-run-1'],
];
const flipVersion: Line = ['version', 'slots-flipped-run-1'];
const stored: Line[] = [flipVersion, ['version', 'slots-renewed-run-1']];
const moved: Line[] = [
  ['file', 'sqlconf'],
  ['secret', 'kubernetes-secret'],
  ['deployment', 'restart'],
  ['rollout', 'rollout-run-1'],
  ['health', 'health-run-1'],
];
const flip: Line = ['promotion', 'flip-run-1'];
const renewed = (slot: string): Line[] => [
  ['idle', 'idle-run-1'],
  ['user', `user-${slot}`],
  ['promotion', 'renewal-run-1'],
];
const end: Line = ['renewed', 'admin-password-run-1'];
const [mintedA, mintedB]: [Line, Line] = [
  ['password', 'password-a-run-1'],
  ['password', 'password-b-run-1'],
];
const [userA, userB]: [Line, Line] = [
  ['user', 'user-a'],
  ['user', 'user-b'],
];

/** What each kind of plan registers, in its order. */
const golden: Record<string, Line[]> = {
  rotate: [...begin, mintedA, ...stored, userB, ...moved, flip, ...renewed('a'), end],
  'rotate with an empty standby': [
    ...begin,
    mintedB,
    mintedA,
    ...stored,
    userB,
    ...moved,
    flip,
    ...renewed('a'),
    end,
  ],
  'rotate with a canary': [
    ...begin,
    mintedA,
    ...stored,
    userB,
    ['canary', 'canary-run-1'],
    ...moved,
    flip,
    ...renewed('a'),
    end,
  ],
  reconcile: [...begin, mintedA, ...stored, userB, ...moved, flip, ...renewed('a'), end],
  bootstrap: [...begin, mintedA, mintedB, flipVersion, userA, userB, ...moved, flip, end],
  sync: [...begin, userA, userB],
  'switch-back': [...begin, flipVersion, userA, ...moved, flip],
  rollback: [['plan', 'plan'], ...moved],
  again: [
    ...begin,
    ['password', 'password-b-2-run-1'],
    ['password', 'password-a-2-run-1'],
    ['version', 'slots-flipped-2-run-1'],
    ['version', 'slots-renewed-3-run-1'],
    userB,
    ...moved,
    ['promotion', 'flip-2-run-1'],
    ['idle', 'idle-run-1'],
    userA,
    ['promotion', 'renewal-2-run-1'],
    end,
  ],
};

const urnOf = ([type, name]: Line): string =>
  `urn:pulumi:prod::openemr-credential-rotation::${types[type]}::${name}`;
const nameOf = ({ urn }: Registered): string => urn.split('::').at(-1) ?? '';

/** A value without what is secret in it. */
function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== 'object' || value === null) return value;
  if (secretMark in value) return 'secret';
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, open(each)]));
}

/** A secret input in clear. */
function clear(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

describe('the program', function () {
  this.timeout(60_000);
  let all: Record<string, Ran>;
  before(() => (all = runPrograms()));

  const ran = (name: string): Ran => all[name] ?? { registered: [], order: [], outputs: {} };
  const inputsOf = (name: string, resource: string): Record<string, unknown> =>
    ran(name).registered.find((each) => nameOf(each) === resource)?.inputs ?? {};

  for (const [name, lines] of Object.entries(golden)) {
    it(`${name}: exactly these resources, in this order, under the names that states of all versions have`, () => {
      expect(ran(name).registered.map(({ urn }) => urn)).to.deep.equal(lines.map(urnOf));
    });

    it(`${name}: one chain, in which each waits for the one before; all are retained`, () => {
      const { registered } = ran(name);
      registered.forEach((each, index) => {
        const before = registered[index - 1];
        if (before) expect(each.after, nameOf(each)).to.include(nameOf(before));
        expect(each.retained, nameOf(each)).to.equal(true);
      });
    });

    it(`${name}: a preview shows the same resources in the same chain, and asks for no lock`, () => {
      const shape = ({ registered }: Ran): unknown => registered.map(({ urn, after }) => [urn, after]);
      expect(shape(ran(`${name}, preview`))).to.deep.equal(shape(ran(name)));
      expect(ran(`${name}, preview`).order).not.to.include('guard');
    });

    it(`${name}: no password is an open input, and what is a secret input is a secret output, too`, () => {
      for (const each of [...ran(name).registered, ...ran(`${name}, preview`).registered]) {
        const text = JSON.stringify(open(each.inputs));
        expect(text, nameOf(each)).not.to.include(canary).and.not.to.include('minted by');
        const secret = Object.keys(each.inputs).filter((key) => open(each.inputs[key]) === 'secret');
        expect(each.secretOutputs, nameOf(each)).to.include.members(secret);
      }
    });

    it(`${name}: its outputs are those of the plan, and only once all is done`, () => {
      const to =
        {
          rotate: 'B',
          'rotate with a canary': 'B',
          'rotate with an empty standby': 'B',
          reconcile: 'B',
          again: 'B',
        }[name] ?? 'A';
      expect(ran(name).outputs).to.include({ rotation: 'run-1', activeSlot: to });
      expect(ran(`${name}, preview`).outputs).to.deep.equal({});
    });
  }

  it('the lock is asked for right before each resource of another plugin that writes to the outside', () => {
    const { order, registered } = ran('rotate');
    const foreign = registered.filter(({ urn }) => /::(aws|kubernetes):/.test(urn)).map(nameOf);
    expect(foreign).to.have.lengthOf(4);
    for (const name of foreign) expect(order[order.indexOf(name) - 1], `before ${name}`).to.equal('guard');
  });

  it('the lock lost: the resource is not registered, and nothing after it', () => {
    for (const [at, last] of [
      [1, 'password-a-run-1'],
      [4, 'kubernetes-secret'],
    ] as const) {
      const { registered } = runPrograms(String(at))['rotate'] ?? ran('none');
      expect(registered.map(nameOf).at(-1), `lost at guard ${at}`).to.equal(last);
    }
  });

  it('plugins that a plan needs are started early, and no others', () => {
    const started = (name: string): string[] =>
      ran(name)
        .order.filter((each) => each.endsWith(':index:start'))
        .sort();
    const [aws, kubernetes, random] = ['aws', 'kubernetes', 'random'].map((name) => `${name}:index:start`);
    expect(started('rotate')).to.deep.equal([aws, kubernetes, random]);
    expect(started('switch-back')).to.deep.equal([aws, kubernetes]);
    expect(started('rollback')).to.deep.equal([kubernetes]);
    expect(started('sync')).to.deep.equal([]);
  });

  describe('what each step is given', () => {
    it('step 4 brings up the slot that OpenEMR moves to, and ends an older password of it', () => {
      const user = inputsOf('rotate', 'user-b');
      const expected = {
        slot: 'B',
        username: 'openemr_b',
        like: 'openemr_a',
        repair: false,
        oldPassword: 'end',
      };
      expect(user).to.deep.include(expected);
      expect(user).not.to.have.property('limitSeconds');
      expect(clear(user['password'])).to.equal(`${canary}-openemr_b`);
      expect(inputsOf('sync', 'user-b')).to.include({ repair: true }).and.not.to.have.property('oldPassword');
      expect(inputsOf('bootstrap', 'user-a')).not.to.have.property('like');
    });

    it('the canary is made with the login that OpenEMR moves to, and compared with the one it is on', () => {
      const inputs = inputsOf('rotate with a canary', 'canary-run-1');
      const expected = { mode: 'auto', rotation: 'run-1', username: 'openemr_b', active: 'openemr_a' };
      expect(inputs).to.deep.include({ ...expected, answersInARow: 3, limitSeconds: 300 });
      expect(clear(inputs['password'])).to.equal(`${canary}-openemr_b`);
    });

    it('both documents are stored before the switch, under labels of their own, and a later run leaves them', () => {
      const stored = (name: string): [unknown, Record<string, { password?: string }>] => {
        const { versionStages, secretString } = inputsOf('rotate', name);
        return [
          versionStages,
          JSON.parse(String(clear(secretString))) as Record<string, { password?: string }>,
        ];
      };
      const [flipLabels, flipped] = stored('slots-flipped-run-1');
      const [renewalLabels, renewal] = stored('slots-renewed-run-1');
      expect([flipLabels, renewalLabels]).to.deep.equal([
        ['CREDENTIAL_ROTATION_FLIPPED'],
        ['CREDENTIAL_ROTATION_RENEWED'],
      ]);
      expect([flipped['active_slot'], renewal['active_slot']]).to.deep.equal(['B', 'B']);
      expect(flipped['A']?.password, 'not yet').to.equal(`${canary}-openemr_a`);
      expect(renewal['A']?.password).to.equal('minted by password-a-run-1');
      for (const version of ran('rotate').registered.filter(({ urn }) => urn.includes(types.version)))
        expect(version.ignoreChanges).to.deep.equal(['secretString', 'versionStages']);
    });

    it('steps 5, 6 and 8 are of one login, and step 5 of the file and the Secret that the plan was made from', () => {
      const [file, secret, health] = ['sqlconf', 'kubernetes-secret', 'health-run-1'].map((name) =>
        inputsOf('rotate', name),
      );
      expect(file).to.deep.include({ username: 'openemr_b', replaces: ['openemr_a', 'openemr_b'] });
      expect(clear(file?.['plannedFrom'])).to.equal('sha-of-openemr_a');
      expect(clear(file?.['password'])).to.equal(`${canary}-openemr_b`);
      expect(clear(health?.['password'])).to.equal(`${canary}-openemr_b`);
      const data = clear(secret?.['data']) as Record<string, string>;
      const decoded = Object.entries(data).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString(),
      ]);
      expect(Object.fromEntries(decoded)).to.deep.equal(clear(health?.['kubernetesSecret']));
      expect(Object.fromEntries(decoded)).to.include({
        'mysql-user': 'openemr_b',
        'mysql-password': `${canary}-openemr_b`,
      });
    });

    it('a rollback writes over whatever is there, and the Secret as it was', () => {
      const file = inputsOf('rollback', 'sqlconf');
      expect(file).to.include({ username: 'openemr_a' });
      expect(file).not.to.have.any.keys('plannedFrom', 'secretPlannedFrom');
      expect(clear(inputsOf('rollback', 'health-run-1')['kubernetesSecret'])).to.include({
        'mysql-user': 'openemr_a',
      });
    });

    it('the patches are ours, forced, and are not awaited by the plugin', () => {
      const annotations = (name: string): unknown =>
        (inputsOf('rotate', name)['metadata'] as { annotations: unknown }).annotations;
      const patch = {
        'pulumi.com/patchForce': 'true',
        'pulumi.com/patchFieldManager': 'credential-rotation',
      };
      expect(annotations('kubernetes-secret')).to.deep.equal({
        ...patch,
        'credential-rotation/rotation': 'run-1',
      });
      expect(annotations('restart')).to.deep.equal({ ...patch, 'pulumi.com/skipAwait': 'true' });
    });

    it('step 9 swaps from the version of the plan, and step 10 from that of the flip', () => {
      const [flipped, renewal] = [inputsOf('rotate', 'flip-run-1'), inputsOf('rotate', 'renewal-run-1')];
      const [first, second] = ['version of slots-flipped-run-1', 'version of slots-renewed-run-1'];
      expect(flipped).to.deep.include({ from: 'v0', to: first, later: second, secretArn: 'arn:slots' });
      expect(renewal).to.deep.include({ from: first, to: second, secretArn: 'arn:slots' });
      expect(renewal).not.to.have.property('later');
    });

    it('step 10 proves and renews the slot that OpenEMR has left, and no other', () => {
      for (const name of ['rotate', 'rotate with an empty standby', 'reconcile']) {
        expect(inputsOf(name, 'idle-run-1')).to.include({ username: 'openemr_a', alsoWatch: 'admin' });
        const user = inputsOf(name, 'user-a');
        expect(user).to.include({
          username: 'openemr_a',
          like: 'openemr_b',
          limitSeconds: 300,
          oldPassword: 'end',
        });
        expect(clear(user['password'])).to.equal('minted by password-a-run-1');
      }
    });

    it('step 11 waits for who may read the old login only where OpenEMR leaves the admin user', () => {
      expect(inputsOf('rotate', 'admin-password-run-1')).not.to.have.property('oldLoginSeconds');
      expect(inputsOf('bootstrap', 'admin-password-run-1')).to.include({ oldLoginSeconds: 60 });
    });

    it('a password made again has names of its own, and both swaps begin at what was current then', () => {
      expect(inputsOf('again', 'flip-2-run-1')).to.include({
        from: 'v0-2',
        to: 'version of slots-flipped-2-run-1',
      });
      expect(inputsOf('again', 'renewal-2-run-1')).to.include({
        from: 'v0-2',
        to: 'version of slots-renewed-3-run-1',
      });
      expect(inputsOf('again', 'user-b')).to.include({ deadSecret: true });
    });

    it('a setting that is not given is no input; one that is given is', () => {
      expect(inputsOf('rotate', 'health-run-1')).not.to.have.any.keys('healthUrl', 'healthCaFile', 'before');
      expect(inputsOf('rotate', 'rollout-run-1')).not.to.have.property('timeoutSeconds');
      const [given, second] = ['all settings', 'second run'];
      const url = 'https://openemr.example/meta/health/readyz';
      expect(inputsOf(given, 'health-run-1')).to.include({ healthCaFile: '/ca.pem', run: second });
      // A secret: a query of it may be a token.
      expect(inputsOf(given, 'health-run-1')['healthUrl']).not.to.be.a('string');
      expect(clear(inputsOf(given, 'health-run-1')['healthUrl'])).to.equal(url);
      expect(inputsOf(given, 'rollout-run-1')).to.include({ timeoutSeconds: 900, run: second });
      expect(inputsOf(given, 'user-a')).to.include({ oldPassword: 'keep' });
      expect(inputsOf(given, 'user-b')).to.include({ oldPassword: 'end' });
    });

    it('proofs are of a run; acts are of the rotation alone, so that a later run does not do them again', () => {
      for (const { urn, inputs } of ran('rotate').registered) {
        const isProof = /AdminCheck|RolloutProof|HealthProof|IdleProof/.test(urn);
        expect('run' in inputs, urn).to.equal(isProof);
      }
    });
  });

  it("the text that the engine's provider process runs never changes: it stands in the states", () => {
    const { registered } = ran('rotate');
    const texts = registered.map(
      ({ urn, inputs }) => [urn.split('::')[2] ?? '', inputs['__provider']] as const,
    );
    for (const [type, text] of texts.filter(([each]) => each.startsWith(own))) {
      expect(text).to.include("path.join(found, 'providers', 'registry.js')");
      expect(text).to.include(`.dynamicProvider('${type.slice(own.length + 1)}');`);
    }
  });
});
