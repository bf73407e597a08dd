import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { Cluster } from '../lab/support/cluster';
import { run } from '../lab/support/command';
import { dropDefaultUsers, expectCode, expectHealthy, snapshot } from '../lab/support/world';
import { followAdvice, messageOf } from './advice';
import type { FaultResult } from './cases';
import { siteOf } from './scenarios';

/** What such a scenario came to. */
export type KeeperResult = Pick<FaultResult, 'codes' | 'canaryLogins'>;

/** A reader that logs in with one login until it is told to read it again. */
class Keeper {
  logins = 0;
  readonly failures: string[] = [];
  private kept: { user: string; password: string } | undefined;
  private readonly ended = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly site: Site,
    private readonly read: () => Promise<{ user: string; password: string }>,
    private readonly everyMs: number,
  ) {}

  /** Reads the login as at its start: a restart of it. */
  async restart(): Promise<void> {
    this.kept = await this.read();
    this.running ??= this.go();
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.running;
  }

  private async go(): Promise<void> {
    for (; !this.ended.signal.aborted; await new Promise((resolve) => setTimeout(resolve, this.everyMs))) {
      const { user, password } = this.kept ?? { user: '', password: '' };
      this.logins += 1;
      const accepted = await this.site.canLogin(user, password).catch(() => false);
      if (!accepted) this.failures.push(`${new Date().toISOString()} ${user} is refused`);
    }
  }
}

/** Seconds that a run waits for the old account to be idle, where somebody keeps it in use. */
const shortIdleLimit = { CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS: '5' };

/** Held at step 10, and never cut off; restarted, the next run ends it. */
async function neverLetsGo(lab: Lab, everyMs: number): Promise<KeeperResult> {
  const site = await siteOf(lab, 'a-active');
  const keeper = new Keeper(
    site,
    async () => {
      const { 'mysql-user': user = '', 'mysql-password': password = '' } = await site.kubernetesSecretData();
      return { user, password };
    },
    everyMs,
  );
  try {
    const before = await snapshot(site);
    await keeper.restart();
    const held = await run(site, [], shortIdleLimit);
    expectCode(held, 12);
    expect(messageOf(held), 'the idle message').to.match(/still in use|keeps logging in|logged in/);
    const again = await run(site, [], shortIdleLimit);
    expectCode(again, 12);
    expect((await snapshot(site)).A.password, 'nothing was renewed').to.equal(before.A.password);
    await keeper.restart();
    // Its last login with the old one is over; the grace begins now.
    const { done, last } = await followAdvice(lab, site, again, async () => keeper.restart());
    await expectHealthy(site, 'B');
    await keeper.stop();
    expect(keeper.failures, keeper.failures.slice(0, 3).join('\n')).to.deep.equal([]);
    return {
      codes: [held, again, last].map(({ code }) => code ?? -1).concat(done.length),
      canaryLogins: keeper.logins,
    };
  } finally {
    await keeper.stop();
    await site.remove();
  }
}

/** Strategy Recreate: refused until its downtime is accepted. */
async function recreate(lab: Lab): Promise<KeeperResult> {
  const site = await siteOf(lab, 'a-active');
  const cluster = new Cluster(lab, site);
  try {
    await cluster.patchDeployment({ spec: { strategy: { type: 'Recreate', rollingUpdate: null } } });
    const before = await snapshot(site);
    const refused = await run(site);
    expectCode(refused, 2);
    expect(refused.stderr).to.include('--accept-downtime');
    expectCode(await run(site, ['--dry-run']), 2);
    expect(await snapshot(site)).to.deep.equal(before);
    const accepted = await run(site, ['--accept-downtime']);
    expectCode(accepted, 0);
    await expectHealthy(site, 'B');
    return { codes: [2, 2, 0], canaryLogins: 0 };
  } finally {
    cluster.close();
    await site.remove();
  }
}

/** The page is ill before: nothing is moved; well again, it rotates. */
async function illBefore(lab: Lab): Promise<KeeperResult> {
  const site = await siteOf(lab, 'a-active');
  const canary = site.canary();
  try {
    await site.podFault('health-500');
    await site.restart();
    const before = await snapshot(site);
    const refused = await run(site);
    expectCode(refused, 4);
    expect(refused.stderr).to.include('already, before anything is changed');
    expect(await snapshot(site), 'nothing was moved').to.deep.equal(before);
    await site.podFault('none');
    await site.restart();
    expectCode(await run(site), 0);
    await expectHealthy(site, 'B');
    const { failed, failures, logins } = await canary.stop();
    expect(failed, failures.join('\n')).to.equal(0);
    return { codes: [4, 0], canaryLogins: logins };
  } finally {
    await canary.stop();
    await site.remove();
  }
}

/** A rotation is made while the clock is a month ahead; the next ones, on time, are not misled by it. */
async function clockAhead(lab: Lab): Promise<KeeperResult> {
  const site = await siteOf(lab, 'a-active');
  const canary = site.canary();
  try {
    const ahead = {
      NODE_OPTIONS: `--require ${path.join(__dirname, 'clock.js')}`,
      CLOCK_AHEAD_MS: String(30 * 24 * 3_600_000),
    };
    expectCode(await run(site, [], ahead), 0);
    await expectHealthy(site, 'B');
    // The engine dates its history by its own clock, which was right: the schedule waits, and a plain run rotates.
    const early = await run(site, ['--if-older-than', '1d']);
    expectCode(early, 0);
    expect(early.stdout).to.match(/The last rotation was \d+ minutes ago .*nothing to do yet/);
    expectCode(await run(site), 0);
    await expectHealthy(site, 'A');
    const { failed, failures, logins } = await canary.stop();
    expect(failed, failures.join('\n')).to.equal(0);
    return { codes: [0, 0, 0], canaryLogins: logins };
  } finally {
    await canary.stop();
    await site.remove();
  }
}

const keepers: Record<string, (lab: Lab) => Promise<KeeperResult>> = {
  'a second Deployment on the same Secret': (lab) => neverLetsGo(lab, 500),
  // One login in four fifths of the grace that the runs are given.
  'a script with the login by value': (lab) => neverLetsGo(lab, 800),
  'strategy Recreate': recreate,
  'the page was ill before': illBefore,
  'the clock was ahead once': clockAhead,
};

/** The names of these scenarios. */
export const keeperNames = Object.keys(keepers);

/** Carries one out. @throws when it does not end as it should */
export async function carryOutKeeper(lab: Lab, name: string): Promise<KeeperResult> {
  const keeper = keepers[name];
  if (!keeper) throw new Error(`there is no "${name}"`);
  return keeper(lab).finally(() => dropDefaultUsers(lab));
}
