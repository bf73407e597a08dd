import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { sleep } from '../../base/errors';
import type { LoginLook } from '../../mysql/logins';
import { lookAtLogins, onlyRefused } from '../../mysql/logins';
import { isRdsProxy } from '../../mysql/rdsProxy';
import type { DatabaseLogin } from '../../rotation/slot';
import type { WorldContext } from '../../target/context';
import { asAdmin } from '../adminSession';

/** Whether the server let somebody in from a pod; `unknown`: it counts no logins, and none was met. */
export type LoginSeen = 'seen' | 'not-seen' | 'unknown';

/** Pauses between two looks, in ms: what is counted waits for us, a session that comes and goes does not. */
const pausesMs = { counted: 300, sampled: 10 };

/** Looks from the server's side who logs in as one user; this process's own logins do not count. */
export class LoginWatch {
  private seen = false;
  private last: LoginLook;
  private going = true;
  private looking: Promise<void> | undefined;
  private readonly names = new Map<string, boolean>();

  private constructor(
    private readonly context: WorldContext,
    private readonly login: Pick<DatabaseLogin, 'username' | 'host'>,
    private readonly first: LoginLook,
  ) {
    this.last = first;
  }

  /** The first look, before whoever is looked for can be there. */
  static async begin(
    context: WorldContext,
    login: Pick<DatabaseLogin, 'username' | 'host'>,
  ): Promise<LoginWatch> {
    const first = await asAdmin(context, (session) => lookAtLogins(session, login.username));
    return new LoginWatch(context, login, first);
  }

  /** Looks on, for logins from these addresses, until {@link end}. */
  from(addresses: readonly string[]): void {
    this.looking ??= this.lookOn(addresses).catch(() => undefined);
  }

  /** One last look, and what was seen in all. Never throws. */
  async end(addresses: readonly string[]): Promise<LoginSeen> {
    await this.stop();
    try {
      if (!this.seen) await this.look(addresses);
    } catch {
      return this.seen ? 'seen' : 'unknown';
    }
    if (this.seen) return 'seen';
    // A pod that ended without an address that anybody saw: whose logins they are is open.
    if (addresses.length === 0 && newHosts(this.first, this.last).length > 0) return 'unknown';
    const [from, to] = [this.first.counted, this.last.counted];
    // A server that began to count anew has nothing to say.
    return from !== undefined && to !== undefined && from.server === to.server && to.total >= from.total
      ? 'not-seen'
      : 'unknown';
  }

  /** Looks no more, whatever was seen. Never throws. */
  async stop(): Promise<void> {
    this.going = false;
    await this.looking;
  }

  private async lookOn(addresses: readonly string[]): Promise<void> {
    while (this.going && !this.seen) {
      await this.look(addresses);
      await sleep(this.last.counted === undefined ? pausesMs.sampled : pausesMs.counted);
    }
  }

  private async look(addresses: readonly string[]): Promise<void> {
    const { username } = this.login;
    const why = this.last.whySampled;
    this.last = await asAdmin(this.context, (session) => lookAtLogins(session, username, why));
    for (const host of newHosts(this.first, this.last)) {
      if (await this.isFrom(host, addresses)) this.seen = true;
    }
  }

  /** A host without a name is of a server that does not tell hosts apart, and a proxy has logged in for whoever asked it. */
  private async isFrom(host: string, addresses: readonly string[]): Promise<boolean> {
    const bare = host.replace(/^::ffff:/i, '');
    if (bare === '' || isRdsProxy(this.login.host) || addresses.includes(bare)) return true;
    if (isIP(bare) !== 0) return false;
    const known = this.names.get(bare) ?? (await leadsTo(bare, addresses));
    this.names.set(bare, known);
    return known;
  }
}

/** A server that looks names up tells a name in place of the address. */
async function leadsTo(name: string, addresses: readonly string[]): Promise<boolean> {
  const found = await Promise.race([lookup(name, { all: true }).catch(() => undefined), sleep(2000)]);
  // Nobody else has this login, and the server's names may mean nothing here.
  return !Array.isArray(found) || found.some(({ address }) => addresses.includes(address));
}

/**
 * Where logins came from between two looks: open sessions, and counts that grew. Who is refused shows in both for a moment
 * (tried with MySQL 9.7), and was not let in. Pure.
 */
export function newHosts(first: LoginLook, later: LoginLook): string[] {
  const sessions = [...later.sessions]
    .filter(([id]) => !first.sessions.has(id) && later.loggingIn?.has(id) !== true)
    .map(([, host]) => host);
  const [from, to] = [first.counted, later.counted];
  if (from === undefined || to === undefined || from.server !== to.server || to.total <= from.total)
    return sessions;
  if (onlyRefused(first, later)) return sessions;
  const grown = [...to.byHost].filter(([host, total]) => total > (from.byHost.get(host) ?? 0));
  return [...sessions, ...grown.map(([host]) => host)];
}
