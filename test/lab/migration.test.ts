import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Slot } from '../../src/rotation/slot';
import { otherSlot } from '../../src/rotation/slot';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { PythonTool, pythonPassword } from './support/pythonTool';
import { forgetOwnLabels } from './support/secrets';
import { expectCode, expectHealthy, expectNoSecret, filesBelow } from './support/world';

/** Taking over from the Python tool, from each state that it leaves, in place: no state of ours is there. */
describe('taking over from the Python tool', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  let python: PythonTool;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
  });
  afterEach(async function () {
    expectNoSecret(python.passwords, filesBelow(site.environment['CREDENTIAL_ROTATION_HOME'] ?? ''));
  });

  async function open(options: Parameters<Lab['createSite']>[0]): Promise<void> {
    site = await lab.createSite(options);
    python = new PythonTool(lab, site);
  }
  async function close(): Promise<void> {
    python.close();
    await site.remove();
  }

  let stacks = 0;
  /** Nothing of our own is left: no stack, no label. */
  async function asNew(): Promise<void> {
    stacks += 1;
    site.environment['CREDENTIAL_ROTATION_STACK'] = `${site.name}-${stacks}`;
    await forgetOwnLabels(site);
  }

  /**
   * Takes over with ours: a run of that kind. Nothing that worked before stops to work.
   * @param broken the place whose login the Python tool left broken
   */
  async function takeOver(
    kind: 'rotate' | 'reconcile' | 'bootstrap',
    { before, broken }: { before?: () => Promise<void>; broken?: 'Kubernetes Secret' } = {},
  ): Promise<void> {
    const on: Slot = (await site.sqlconf()).login === site.users.A ? 'A' : 'B';
    const to = { rotate: otherSlot(on), reconcile: on, bootstrap: 'A' as const }[kind];
    const canary = site.canary();
    const load = site.load({ ratePerSecond: 20 });
    const rotated = (before?.() ?? Promise.resolve()).then(() => run(site, ['--log-json']));
    await Promise.allSettled([rotated]);
    const [served, logins] = [await load.stop(), await canary.stop()];
    const result = await rotated;
    expectCode(result, 0);
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')).to.include({ kind, to });
    expect(served.failed, JSON.stringify(served)).to.equal(0);
    const failures = logins.failures.filter((line) => broken === undefined || !line.includes(broken));
    expect(failures, failures.join('\n')).to.deep.equal([]);
    const world = await expectHealthy(site, to);
    // The slot that is live now may have the password that it had; the other one and the admin are renewed.
    const renewed = [world[to === 'A' ? 'B' : 'A'], world.admin];
    for (const { username, password } of renewed)
      expect(python.passwords.includes(password), `${username} has a password of that tool`).to.equal(false);
  }

  describe('an OpenEMR on slot A or B', () => {
    before(() => open({ replicas: 1 }));
    after(close);
    beforeEach(() => asNew());

    it('a finished rotation, and beside the file what an earlier killed one left', async () => {
      await python.rotate('temporary file');
      await python.rotate('store admin');
      await python.rotate('temporary file');
      await takeOver('rotate');
      expect(existsSync(python.temporary), 'the file beside').to.equal(false);
    });

    it('killed after sqlconf.php', async () => {
      await python.rotate('sqlconf.php');
      await takeOver('reconcile');
    });

    it('killed in the rolling restart @long', async () => {
      await python.rotate('restart');
      await takeOver('reconcile');
    });

    it('killed after the flip and the ALTER of the old slot: nobody knows its password', async () => {
      await python.rotate('ALTER old slot');
      await takeOver('rotate');
    });

    it('killed in its way back: the file is the old one, the Secret is not @long', async () => {
      await python.rotate('Kubernetes Secret');
      await python.restoreFile();
      await takeOver('rotate');
    });

    it('its own repair of a killed run: the Secret has a password that is no more @long', async () => {
      await python.rotate('sqlconf.php');
      await python.reconcile('store admin');
      await takeOver('rotate', { broken: 'Kubernetes Secret' });
    });

    it('that repair, killed after the ALTER: a rotation sets it again, since the login of the Secret is dead @long', async () => {
      await python.rotate('sqlconf.php');
      await python.reconcile('ALTER old slot');
      await takeOver('rotate', { broken: 'Kubernetes Secret' });
    });

    it("killed after the ALTER of the admin: exit 3, and a rotation once somebody set the master's password", async () => {
      await python.rotate('ALTER admin');
      const refused = await run(site);
      expectCode(refused, 3);
      expect(refused.stderr).to.include('with every password in the admin secret');
      await python.alterAdmin(String((await site.adminDocument())['password']));
      await takeOver('rotate');
    });
  });

  describe('an OpenEMR on the admin user, with the placeholders of Terraform in the slot secret', () => {
    beforeEach(async () => {
      await open({ start: 'empty-secret', replicas: 1 });
      const { host, port, dbase: dbname } = await site.sqlconf();
      const slot = (username: string): Record<string, string> => ({
        username,
        password: 'PLACEHOLDER_SEEDED_BY_DEPLOY_SCRIPT',
        host,
        port,
        dbname,
      });
      await python.store({ active_slot: 'A', A: slot(site.users.A), B: slot(site.users.B) });
      await asNew();
    });
    afterEach(close);

    /** Both slots with the passwords that its bootstrap made. */
    async function bootstrapped(): Promise<
      Record<'A' | 'B', Parameters<PythonTool['makeUsers']>[0][number]>
    > {
      const { host, port, dbase: dbname } = await site.sqlconf();
      const slot = (username: string): Parameters<PythonTool['makeUsers']>[0][number] => ({
        username,
        password: pythonPassword(),
        host,
        port,
        dbname,
      });
      const slots = { A: slot(site.users.A), B: slot(site.users.B) };
      await python.makeUsers([slots.A, slots.B]);
      return slots;
    }

    it('killed after it made the users: the secret still has the placeholders', async () => {
      await bootstrapped();
      await takeOver('bootstrap');
    });

    it('killed after sqlconf.php: pods still start as the admin @long', async () => {
      await python.store({ active_slot: 'A', ...(await bootstrapped()) });
      await python.rotate('sqlconf.php');
      await takeOver('reconcile');
    });
  });
});
