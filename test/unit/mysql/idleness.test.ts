import { expect } from 'chai';
import type { Idleness, IdleRules } from '../../../src/mysql/idleness';
import { waitForIdle } from '../../../src/mysql/idleness';
import type { LoginLook } from '../../../src/mysql/logins';

/** How an account is used: a session open from and to, in ms; a login is counted at its beginning. */
type Logins = [from: number, to: number][];

/** Proves on a clock of its own; a look takes 5 ms. */
async function prove(
  logins: Logins,
  rules: IdleRules,
  server: { counts?: boolean; restartsAt?: number; truncatedAt?: number } = {},
): Promise<{ found: Idleness; at: number }> {
  const { counts = true, restartsAt = Infinity, truncatedAt = 0 } = server;
  let now = 1_000_000;
  const began = now;
  const look = async (): Promise<LoginLook> => {
    const asked = now;
    now += 5;
    const at = now - began;
    const open = logins.flatMap(([from, to], index) =>
      from <= at && at < to ? [[String(index), '10.0.0.9'] as const] : [],
    );
    const whole = { sessions: new Map(open), asked, answered: now };
    if (!counts) return { ...whole, whySampled: 'it counts nothing' };
    const restarted = at >= restartsAt;
    const since = Math.max(restarted ? restartsAt : -Infinity, at >= truncatedAt ? truncatedAt : 0);
    const total = logins.filter(([from]) => from <= at && from >= since).length;
    const uptime = Math.floor((restarted ? at - restartsAt : at + 60_000_000) / 1000);
    return { ...whole, counted: { total, byHost: new Map([['10.0.0.9', total]]), server: 'one', uptime } };
  };
  const pause = async (ms: number): Promise<void> => void (now += ms);
  const found = await waitForIdle({ look, pause, now: () => now }, rules);
  return { found, at: now - began };
}

/** A client that logs in repeatedly for so long, each login of 30 ms. */
function client(everyMs: number, untilMs: number): Logins {
  const count = Math.floor(untilMs / everyMs);
  return Array.from({ length: count }, (_, index) => [7 + index * everyMs, 37 + index * everyMs]);
}

const rules = { graceMs: 5000, limitMs: 60_000 };

describe('waitForIdle', () => {
  it('nobody there: idle after the grace', async () => {
    const { found, at } = await prove([], rules);
    expect(found.idle).to.equal(true);
    expect(at).to.be.within(5000, 5600);
  });

  for (const everyMs of [62, 125, 500, 1000, 4990])
    it(`a login of 30 ms each ${everyMs} ms is seen with certainty where logins are counted`, async () => {
      const { found } = await prove(client(everyMs, 300_000), rules);
      expect(found).to.deep.equal({ idle: false, from: '10.0.0.9' });
    });

  it('the last login ends: idle a whole grace later', async () => {
    const { found, at } = await prove(client(500, 10_000), rules);
    expect(found.idle).to.equal(true);
    expect(at).to.be.greaterThan(9507 + 5000 - 1);
  });

  it('a session that stays hinders, and one that ends does so for the grace from then on', async () => {
    expect((await prove([[-1, 400_000]], rules)).found).to.deep.equal({ idle: false, from: '10.0.0.9 (1)' });
    const { found, at } = await prove([[-1, 8000]], rules);
    expect(found.idle).to.equal(true);
    expect(at).to.be.greaterThan(13_000);
  });

  it('for an account that others have, a standing session is no hindrance, a new login is', async () => {
    expect((await prove([[-1, 400_000]], { ...rules, loginsOnly: true })).found.idle).to.equal(true);
    expect((await prove(client(900, 400_000), { ...rules, loginsOnly: true })).found.idle).to.equal(false);
  });

  it('a count that fell, or a server that restarted, begins anew', async () => {
    const [restarted, truncated] = [
      await prove([[-9, -8]], rules, { restartsAt: 3000 }),
      await prove([[1, 2]], rules, { truncatedAt: 3000 }),
    ];
    for (const { found, at } of [restarted, truncated]) {
      expect(found.idle).to.equal(true);
      expect(at).to.be.greaterThan(8000);
    }
  });

  it('what was idle before the old login was gone does not count', async () => {
    const { at } = await prove([], { ...rules, notBefore: 1_000_000 + 4000 });
    expect(at).to.be.within(9000, 9600);
  });

  it('where nobody waits, the first new login or a session that stays ends it', async () => {
    const at = async (logins: Logins): Promise<[boolean, number]> => {
      const proved = await prove(logins, { graceMs: 5000, limitMs: 0 });
      return [proved.found.idle, proved.at];
    };
    const [login, loginAt] = await at(client(3000, 300_000).slice(1));
    expect(login).to.equal(false);
    expect(loginAt).to.be.within(3007, 3600);
    const [session, sessionAt] = await at([[-1, 300_000]]);
    expect(session).to.equal(false);
    expect(sessionAt).to.be.within(2000, 2600);
    // Our own try of a password, which has ended, is in the list for a moment more.
    expect((await at([[-1, 300]]))[0]).to.equal(true);
  });

  it('where the server counts nothing, it looks often, four times as long, and says so', async () => {
    const { found, at } = await prove([], rules, { counts: false });
    expect(found.idle).to.equal(true);
    expect(at).to.be.within(20_000, 20_100);
    const used = await prove(client(500, 300_000), rules, { counts: false });
    expect(used.found).to.deep.include({ idle: false, whySampled: 'it counts nothing' });
  });
});
