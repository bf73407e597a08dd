import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Database, Row } from './mysqlServer';
import { ServerError } from './mysqlServer';

/** An account of the fake server. */
export interface FakeAccount {
  username: string;
  host: string;
  password: string;
  /** The second password that it still takes. */
  older?: string | undefined;
  /** As mysql.user has it: ANY for REQUIRE SSL. */
  requires: '' | 'ANY';
  /** What it may do, without "TO …": `GRANT SELECT ON … `. */
  grants: string[];
  locked: boolean;
}

/** A client of somebody else: OpenEMR, or a tool with a copy of the login. */
interface OtherSession {
  id: number;
  username: string;
  host: string;
}

/** A statement that changes something. */
const isWrite = /^(CREATE|ALTER|DROP|GRANT|REVOKE|SET DEFAULT ROLE|RENAME|FLUSH)\b/i;

/**
 * A MySQL that knows accounts, passwords, grants, named locks and counts of logins, and answers the statements of the
 * product. A statement that it does not know fails, and is kept in `unknown`.
 */
export class FakeDatabase implements Database {
  readonly accounts: FakeAccount[] = [];
  /** Named locks, and the connections that hold them. */
  readonly locks = new Map<string, number>();
  readonly others: OtherSession[] = [];
  readonly unknown: string[] = [];
  /** Statements that are answered by the number of an error. */
  readonly refusals: { matches: RegExp; errno: number; times: number }[] = [];
  /** Statements that are answered with success and have no effect, as at a server that then loses them. */
  swallows: RegExp | undefined;
  /** The account that a user name is served as, where it is another one. */
  readonly servedAs = new Map<string, string>();
  readonly variables: Record<string, string> = {
    performance_schema: 'ON',
    performance_schema_accounts_size: '-1',
    read_only: 'OFF',
    server_uuid: 'a-server',
    lower_case_table_names: '0',
  };
  private readonly logins = new Map<string, number>();
  private readonly turnedAway = new Map<string, number>();
  private readonly started = performance.now();

  /** @param tell notes what happens, in its order */
  constructor(
    readonly version: string,
    private readonly tell: (event: string) => void,
  ) {}

  add(username: string, password: string, more: Partial<FakeAccount> = {}): FakeAccount {
    const grants = ['GRANT USAGE ON *.*', 'GRANT ALL PRIVILEGES ON `openemr`.*'];
    const account = {
      username,
      host: '%',
      password,
      requires: 'ANY' as const,
      grants,
      locked: false,
      ...more,
    };
    this.accounts.push(account);
    return account;
  }

  account(username: string): FakeAccount | undefined {
    return this.accounts.find((account) => account.username === username);
  }

  /** Somebody else logs in and goes again. */
  somebodyLogsIn(username: string): void {
    this.count(username);
  }

  /** Somebody else tries to log in; MySQL 9 counts that, too (tried with 9.7). */
  somebodyIsRefused(username: string): void {
    if (this.version.startsWith('9.'))
      this.turnedAway.set(username, (this.turnedAway.get(username) ?? 0) + 1);
  }

  accepts(username: string, password: string): boolean {
    const account = this.account(username);
    return account !== undefined && [account.password, account.older].includes(password);
  }

  passwordsOf(username: string): string[] {
    const account = this.account(username);
    if (account?.locked === true) throw new ServerError(3118);
    return account === undefined
      ? []
      : [account.password, ...(account.older === undefined ? [] : [account.older])];
  }

  loggedIn({ username }: Client): void {
    this.count(username);
    this.tell(`login ${username}`);
  }

  refused(username: string): void {
    this.tell(`login ${username} refused`);
  }

  ended({ id }: Client): void {
    for (const [name, holder] of this.locks) if (holder === id) this.locks.delete(name);
  }

  async query(client: Client, sql: string): Promise<Row[]> {
    const refusal = this.refusals.find(({ matches, times }) => times > 0 && matches.test(sql));
    if (refusal !== undefined) {
      refusal.times -= 1;
      this.tell(`sql refused (${refusal.errno}) ${sql}`);
      throw new ServerError(refusal.errno);
    }
    if (sql.includes('credential_rotation_probe')) throw new ServerError(1146);
    if (isWrite.test(sql)) {
      this.tell(`sql ${sql}`);
      if (this.swallows?.test(sql) !== true) this.write(sql.trim());
      return [];
    }
    const answer =
      (await this.lockAnswer(client, sql)) ?? this.accountAnswer(client, sql) ?? this.serverAnswer(sql);
    if (answer !== undefined) return answer;
    this.unknown.push(sql);
    throw new ServerError(1064, `the fake server does not know: ${sql}`);
  }

  private count(username: string): void {
    this.logins.set(username, (this.logins.get(username) ?? 0) + 1);
  }

  private write(sql: string): void {
    const created = /^CREATE USER '([^']+)'@'([^']+)' IDENTIFIED(?: WITH `\w+`)? BY '([^']+)' ?(.*)$/.exec(
      sql,
    );
    if (created) {
      const [, username = '', host = '', password = '', clauses = ''] = created;
      if (this.account(username)) throw new ServerError(1396);
      this.accounts.push({
        ...{ username, host, password, locked: false, grants: ['GRANT USAGE ON *.*'] },
        requires: /REQUIRE SSL/.test(clauses) ? 'ANY' : '',
      });
      return;
    }
    const altered = /^ALTER USER ['`]([^'`]+)['`]@['`][^'`]+['`] (.*)$/.exec(sql);
    if (altered) return this.alter(altered[1] ?? '', altered[2] ?? '');
    const granted = /^(GRANT .*) TO `([^`]+)`@`[^`]+`(.*)$/.exec(sql);
    if (granted) {
      this.existing(granted[2] ?? '').grants.push(`${granted[1]}`);
      return;
    }
    this.unknown.push(sql);
    throw new ServerError(1064);
  }

  private alter(username: string, clause: string): void {
    const account = this.existing(username);
    const password = /^IDENTIFIED BY '([^']+)'( RETAIN CURRENT PASSWORD)?$/.exec(clause);
    if (password) {
      if (password[2] !== undefined) account.older = account.password;
      account.password = password[1] ?? '';
    } else if (clause === 'DISCARD OLD PASSWORD') account.older = undefined;
    else if (clause.startsWith('REQUIRE SSL')) account.requires = 'ANY';
    else {
      this.unknown.push(clause);
      throw new ServerError(1064);
    }
  }

  private existing(username: string): FakeAccount {
    const account = this.account(username);
    if (account === undefined) throw new ServerError(1396);
    return account;
  }

  /** Statements about named locks. */
  private async lockAnswer(client: Client, sql: string): Promise<Row[] | undefined> {
    const names = [...sql.matchAll(/IS_USED_LOCK\('([^']+)'\)(?: AS (\w+))?/g)];
    if (names.length > 0 && sql.includes('CONNECTION_ID() AS ours')) {
      const holder = this.locks.get(names[0]?.[1] ?? '');
      this.tell('guard of the admin secret');
      return [{ ours: holder === undefined ? null : Number(holder === client.id) }];
    }
    if (names.length > 0) {
      return [Object.fromEntries(names.map(([, name = '', as = '']) => [as, this.locks.get(name) ?? null]))];
    }
    const got = /GET_LOCK\('([^']+)', (\d+)\)/.exec(sql);
    if (got) return [{ taken: Number(await this.take(client, got[1] ?? '', Number(got[2]))) }];
    const released = /RELEASE_LOCK\('([^']+)'\)/.exec(sql);
    if (!released) return undefined;
    const name = released[1] ?? '';
    if (this.locks.get(name) === client.id) this.locks.delete(name);
    return [{ released: 1 }];
  }

  private async take({ id }: Client, name: string, seconds: number): Promise<boolean> {
    const until = performance.now() + seconds * 1000;
    for (;;) {
      const holder = this.locks.get(name);
      if (holder === undefined || holder === id) {
        this.locks.set(name, id);
        return true;
      }
      if (performance.now() >= until) return false;
      await sleep(5);
    }
  }

  private accountAnswer(client: Client, sql: string): Row[] | undefined {
    const named = (text: string): FakeAccount[] => {
      const found = /User = '([^']+)'/i.exec(text)?.[1];
      return this.accounts.filter(({ username }) => username === found);
    };
    if (sql.includes('JSON_CONTAINS_PATH'))
      return named(sql).map(({ older }) => ({ second: older === undefined ? 0 : 1 }));
    if (sql.includes('FROM mysql.user u'))
      return named(sql).map(({ host, requires, locked }) => ({
        ...{ host, plugin: 'mysql_native_password', ssl_type: requires, ssl_cipher: '', x509_issuer: '' },
        ...{
          x509_subject: '',
          max_questions: 0,
          max_updates: 0,
          max_connections: 0,
          max_user_connections: 0,
        },
        ...{ password_expired: 'N', locked: locked ? 'Y' : 'N' },
      }));
    if (sql.includes('mysql.default_roles')) return [];
    const grants = /^SHOW GRANTS FOR '([^']+)'/.exec(sql)?.[1];
    if (grants !== undefined) {
      const account = this.existing(grants);
      return account.grants.map((grant) => ({ Grants: `${grant} TO \`${grants}\`@\`${account.host}\`` }));
    }
    if (sql.includes("USER(), '@'")) return [{ host: '127.0.0.1' }];
    if (sql.includes('CURRENT_USER()'))
      return [{ account: `${this.servedAs.get(client.username) ?? client.username}@%` }];
    if (sql.includes('performance_schema.status_by_account')) {
      const username = /USER = '([^']+)'/.exec(sql)?.[1] ?? '';
      return [{ questions: this.logins.get(username) ?? 0, countedFor: this.uptime() }];
    }
    if (sql.includes('performance_schema.accounts')) {
      const username = /USER = '([^']+)'/.exec(sql)?.[1] ?? '';
      return [
        { host: '10.0.0.7', total: (this.logins.get(username) ?? 0) + (this.turnedAway.get(username) ?? 0) },
      ];
    }
    if (!sql.includes('information_schema.PROCESSLIST WHERE USER')) return undefined;
    const username = /USER = '([^']+)'/.exec(sql)?.[1];
    return this.others
      .filter((other) => other.username === username)
      .map(({ id, host }) => ({ id, host: `${host}:1` }));
  }

  private uptime(): number {
    return Math.round((performance.now() - this.started) / 1000) + 100;
  }

  private serverAnswer(sql: string): Row[] | undefined {
    if (/^SET (SESSION|ROLE)\b/.test(sql)) return [];
    if (sql === 'SELECT 1') return [{ 1: 1 }];
    if (sql.includes('replica_host_status')) throw new ServerError(1109);
    if (sql.startsWith('SHOW GLOBAL VARIABLES')) {
      const known: Record<string, string> = { ...this.variables, version: this.version };
      const names = [...sql.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
      return names
        .filter((name) => name in known)
        .map((name) => ({ Variable_name: name, Value: known[name] ?? '' }));
    }
    if (sql.includes('accounts_lost')) return [{ Variable_name: 'lost', Value: '0' }];
    if (sql.includes("'Uptime'")) return [{ Variable_name: 'Uptime', Value: this.uptime() }];
    if (sql.includes('information_schema.SCHEMATA')) return [{ name: 'openemr' }];
    if (sql.includes('CURRENT_ROLE()')) return [{ roles: 'NONE' }];
    return undefined;
  }
}
