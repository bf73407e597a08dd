import { expect } from 'chai';
import { adminLabel, adminPendingId } from '../../../src/aws/adminPendingId';
import { SecretsManager } from '../../../src/aws/secretsManager';
import type { Failure } from '../../../src/base/failure';
import { openAdmin } from '../../../src/mysql/adminCredentials';
import type { HandMadeWorld } from '../handMade/world';
import { openWorld } from '../handMade/world';

describe('the admin login, where no version of the secret has the password of the database', () => {
  let world: HandMadeWorld;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  /** How a login ends when these many rotations left a version of theirs beside the current one. */
  async function refusal(leftBehind: number): Promise<Failure> {
    const wrong = (number: number): string => JSON.stringify(world.login('admin', `Wrong-${number}`));
    world.admin.put(wrong(0), ['AWSCURRENT'], 'v1');
    for (let number = 1; number <= leftBehind; number += 1) {
      const id = adminPendingId(`20260301-02030${number}-c0ffee`, 0);
      world.admin.put(wrong(number), [adminLabel(id)], id);
    }
    const { region, adminSecretId, trust } = world.context;
    return openAdmin(new SecretsManager(region), adminSecretId, trust, undefined).then(
      () => expect.fail('it logged in'),
      (error: unknown) => error as Failure,
    );
  }

  it('goes back to no other user than the one that the secret names now', async () => {
    world.admin.labels.set('AWSPREVIOUS', 'v0');
    world.admin.put(JSON.stringify(world.login('rotator', 'Not-made-yet')), ['AWSCURRENT'], 'v1');
    const { region, adminSecretId, trust } = world.context;
    const opened = openAdmin(new SecretsManager(region), adminSecretId, trust, undefined);
    const failure = await opened.then(
      () => expect.fail('it took the user before'),
      (error: unknown) => error as Failure,
    );
    expect(failure).to.include({ code: 'admin-login-refused' });
    expect(failure.message).to.include('refuses rotator with');
    expect(world.log).not.to.include('login admin');
  });

  for (const leftBehind of [0, 1, 3])
    it(`names the user and the way out, with ${leftBehind} versions of other rotations`, async () => {
      const { code, message, outcome } = await refusal(leftBehind);
      expect([code, outcome]).to.deep.equal([
        'admin-login-refused',
        // What could not be tried is tried by the next run.
        leftBehind < 3 ? 'permission' : 'before-switch',
      ]);
      expect(message).to.match(
        leftBehind < 3
          ? /^The database refuses admin with every password in the admin secret \S+ \(.*; set the password of admin in the database to the secret's current one and run again\.$/
          : /that this run could try; run again, which tries the others, or set the password of admin in the database to the secret's current one\.$/,
      );
    });
});
