import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import type { UpdateRequest } from '../../../src/engine/update';
import type { RunRequest } from '../../../src/run/request';
import { updateOf } from '../../../src/run/rotate';
import type { Resumed } from './resumes';

describe('a run that was killed and run again, from state and world', function () {
  this.timeout(240_000);
  let all: Resumed[] = [];

  // Pulumi's mocks are for a whole process.
  before(() => {
    const program = path.join(__dirname, 'resumes.js');
    const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 230_000 });
    expect(stdout, stderr).not.to.equal('');
    all = JSON.parse(stdout) as Resumed[];
  });

  /** Kills by where they were; the first is the run that nobody killed. */
  function expectWell(start: string, points: readonly string[]): void {
    const found = all.filter((each) => each.start === start);
    expect(found.map(({ point }) => point)).to.deep.equal(['', ...points]);
    for (const { point, problems } of found) expect(problems, `killed before ${point}`).to.deep.equal([]);
  }

  const file = ['file: write beside', 'file: rename'];
  const pods = ['engine: SecretPatch', 'engine: DeploymentPatch'];
  const flipped = 'engine: SecretVersion version-of-slots-flipped-run-1';
  const flip = 'slot secret: flip active_slot';

  it('a rotation: at each of its writes it is taken up, ends as if nothing had been, and nobody was locked out', () =>
    expectWell('rotate', [
      flipped,
      'engine: SecretVersion version-of-slots-renewed-run-1',
      ...file,
      ...pods,
      flip,
      'database: ALTER USER of slot A',
      'slot secret: promote the renewal',
      'admin secret: create AWSPENDING',
      'database: ALTER USER of the admin',
      'admin secret: AWSCURRENT to the new version',
      'database: discard the old password of the admin',
      'admin secret: remove the label of the pending version',
    ]));

  it('a bootstrap, too, while its users are made with the passwords that are stored', () => {
    const users = ['A', 'B'].flatMap((slot) => [
      `database: CREATE USER of slot ${slot}`,
      `database: GRANT to slot ${slot}`,
    ]);
    expectWell('bootstrap', users);
  });

  it('a rollback, too: OpenEMR is on the slot from before', () => expectWell('rollback', [...file, ...pods]));
});

describe('what a run asks of the engine', () => {
  const savedPlan = { formatVersion: 1 };
  const ask = (resumed: boolean): UpdateRequest =>
    updateOf({ savedPlan } as unknown as RunRequest, {} as unknown as UpdateRequest, resumed);

  it('the first run of a plan keeps to its saved plan, and is named by the plan itself', () => {
    expect(ask(false)).to.deep.equal({ savedPlan });
  });

  it('one that takes a plan up makes its proofs anew: it has a name of its own, and no saved plan', () => {
    const [first, second] = [ask(true), ask(true)];
    expect(first).to.have.all.keys('run').and.not.deep.equal(second);
  });
});
