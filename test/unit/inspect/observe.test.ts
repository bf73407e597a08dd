import { expect } from 'chai';
import { observe } from '../../../src/inspect/observe';
import type { Observation } from '../../../src/rotation/observation';
import { kubernetesSecretData } from '../../../src/rotation/observation';
import type { RunRequest } from '../../../src/run/request';
import { openWorld as openOfRun } from '../../../src/run/openWorld';
import type { HandMadeWorld } from '../handMade/world';
import { openWorld, passwords } from '../handMade/world';

describe("observe: the slot secret's password beside that of the Kubernetes Secret", () => {
  let world: HandMadeWorld;
  beforeEach(async () => (world = await openWorld()));
  afterEach(() => world.close());

  /** What was seen, and each login that was tried as a slot's user. */
  async function seen(): Promise<{ secret: Observation['kubernetesSecret']; logins: string[] }> {
    const request = { settings: { context: world.context }, tell: () => undefined } as unknown as RunRequest;
    const opened = await openOfRun(request);
    world.log.length = 0;
    try {
      const { kubernetesSecret: secret } = await observe(world.context, opened, opened.credentials);
      return { secret, logins: world.log.filter((event) => event.startsWith('login openemr_')).sort() };
    } finally {
      await opened.session.close();
    }
  }
  const name = (username: string, password: string): void =>
    void (world.kubernetes.secretData = kubernetesSecretData(world.login(username, password)));

  it('is not asked where file and Secret agree, or the Secret has the password of the slot secret', async () => {
    const same = await seen();
    expect(same.secret).to.not.have.property('slotPasswordWorks');
    expect(same.logins).to.deep.equal(['login openemr_a']);
    name('openemr_b', passwords.B);
    const standby = await seen();
    expect(standby.secret).to.include({ works: true }).and.not.have.property('slotPasswordWorks');
    expect(standby.logins).to.deep.equal(['login openemr_a', 'login openemr_b']);
  });

  it('is not asked of the user that OpenEMR is on, nor where the login of the Secret is refused', async () => {
    Object.assign(world.database.account('openemr_a') ?? {}, { older: 'Before-1' });
    name('openemr_a', 'Before-1');
    expect((await seen()).secret)
      .to.include({ works: true })
      .and.not.have.property('slotPasswordWorks');
    name('openemr_b', 'never');
    const refused = await seen();
    expect(refused.secret).to.include({ works: false }).and.not.have.property('slotPasswordWorks');
    expect(refused.logins).to.deep.equal(['login openemr_a', 'login openemr_b refused']);
  });

  it('is asked where the Secret names the other user with another password that works', async () => {
    Object.assign(world.database.account('openemr_b') ?? {}, { older: 'Before-1' });
    name('openemr_b', 'Before-1');
    const both = await seen();
    expect(both.secret).to.include({ works: true, slotPasswordWorks: true });
    expect(both.logins).to.deep.equal(['login openemr_a', 'login openemr_b', 'login openemr_b']);
    Object.assign(world.database.account('openemr_b') ?? {}, { password: 'Before-1', older: undefined });
    expect((await seen()).secret).to.include({ works: true, slotPasswordWorks: false });
  });

  it('while OpenEMR is down it is asked once, with the other logins of the slots', async () => {
    Object.assign(world.database.account('openemr_b') ?? {}, { older: 'Before-1' });
    name('openemr_b', 'Before-1');
    await world.writeFile(world.login('openemr_a', 'dead'));
    const { secret, logins } = await seen();
    expect(secret).to.include({ works: true, slotPasswordWorks: true });
    expect(logins.filter((login) => login.includes('_b'))).to.have.lengthOf(2);
  });
});
