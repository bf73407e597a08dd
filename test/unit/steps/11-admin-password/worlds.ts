import { LoginTriesUsedUp } from '../../../../src/mysql/databaseErrors';
import { parseAdminDocument } from '../../../../src/rotation/secretDocument';
import type { AdminWorld } from '../../../../src/steps/11-admin-password/world';
import { candidates } from '../../../../src/mysql/adminCredentials';
import type { SecretVersion } from '../../../../src/aws/secretsManager';

const passwordOf = (text: string): string => {
  const document = parseAdminDocument(text);
  if (!document.ok) throw new Error(document.problems.join('; '));
  return document.value.login.password;
};

/** A secret as Secrets Manager keeps it: a label is on one version, and a version without labels is deleted. */
export class FakeSecret {
  readonly versions = new Map<string, string>();
  readonly labels = new Map<string, string>();

  constructor(text: string) {
    this.versions.set('v0', text);
    this.labels.set('AWSCURRENT', 'v0');
  }

  put(text: string, labels: readonly string[], id: string): void {
    const before = this.versions.get(id);
    if (before !== undefined && before !== text) throw new Error(`version ${id} has another value`);
    this.versions.set(id, text);
    for (const label of labels) this.labels.set(label, id);
    this.forget();
  }

  move(label: string, from: string | undefined, to: string | undefined): void {
    const holder = this.labels.get(label);
    if (holder === to && to !== undefined) return;
    if (holder !== from) throw new Error(`${label} is on ${holder}, not on ${from}`);
    if (to === undefined) this.labels.delete(label);
    else this.labels.set(label, to);
    if (label === 'AWSCURRENT' && from !== undefined) this.labels.set('AWSPREVIOUS', from);
    this.forget();
  }

  stages(): Record<string, string[]> {
    const found: Record<string, string[]> = {};
    for (const [label, id] of this.labels) (found[id] ??= []).push(label);
    return found;
  }

  version(id: string | undefined): SecretVersion | undefined {
    const text = id === undefined ? undefined : this.versions.get(id);
    return id === undefined || text === undefined ? undefined : { arn: 'arn', versionId: id, text };
  }

  /** The passwords in the versions that have a label. */
  passwords(): string[] {
    return [...this.versions.values()].map(passwordOf);
  }

  private forget(): void {
    const kept = new Set(this.labels.values());
    for (const id of this.versions.keys()) if (!kept.has(id)) this.versions.delete(id);
  }
}

/** A server with one admin user; MySQL keeps the password before for as long as nobody discards it. */
export class FakeServer {
  older: string | undefined;

  constructor(
    readonly retains: boolean,
    public newer: string,
  ) {}

  accepts(password: string): boolean {
    return password === this.newer || password === this.older;
  }

  set(password: string): void {
    this.older = this.retains ? this.newer : undefined;
    this.newer = password;
  }
}

/** What a run does to the outside; it waits for its turn before each read, or before each write only. */
export interface Turns {
  read(): Promise<void>;
  write(name: string): Promise<void>;
}

/** The logins of one process: after three that are refused it tries only what worked, or what it has set itself. */
class Tries {
  private inVain = 0;
  private readonly expected = new Set<string>();

  constructor(private readonly server: FakeServer) {}

  expect(password: string): void {
    this.expected.add(password);
  }

  /** @throws LoginTriesUsedUp */
  logIn(password: string): boolean {
    if (this.inVain >= 3 && !this.expected.has(password))
      throw new LoginTriesUsedUp({ username: 'admin', password, host: 'db', port: '3306', dbname: '' });
    const works = this.server.accepts(password);
    if (works) this.expect(password);
    else this.inVain += 1;
    return works;
  }
}

let opened = 0;

/** Opens a run's session as `openAdmin` does, and gives it the world. */
export function adminWorld(secret: FakeSecret, server: FakeServer, turns: Turns): AdminWorld {
  const tries = new Tries(server);
  const logsIn = async (text: string): Promise<boolean> => {
    await turns.read();
    return tries.logIn(passwordOf(text));
  };
  const labelled = (stage: string): SecretVersion | undefined => secret.version(secret.labels.get(stage));
  let writing = '';
  const secrets: AdminWorld['secrets'] = {
    async describe() {
      await turns.read();
      return { arn: 'arn', stages: secret.stages() };
    },
    async read(_, which) {
      await turns.read();
      return 'stage' in which ? labelled(which.stage) : secret.version(which.versionId);
    },
    async put(_, text, labels, id) {
      await turns.write(writing);
      secret.put(text, labels, id);
      await turns.write(`after ${writing}`);
      return id;
    },
    async moveStage(_, label, from, to) {
      await turns.write(writing);
      secret.move(label, from, to);
      if (label === 'AWSCURRENT') await turns.write(`after ${writing}`);
    },
  };
  // By chance in the product; here one after the other, so that each run of the test is the same.
  const inTurn = (count: number): number => (opened += 1) % count;
  const open = async (): ReturnType<AdminWorld['found']> => {
    const current = secret.labels.get('AWSCURRENT') ?? '';
    const refused: string[] = [];
    const atOnce: Pick<AdminWorld['secrets'], 'describe' | 'read'> = {
      describe: async () => ({ arn: 'arn', stages: secret.stages() }),
      read: async (_, which) => ('stage' in which ? labelled(which.stage) : secret.version(which.versionId)),
    };
    for await (const { stage, version } of candidates(atOnce, 'admin', undefined, inTurn)) {
      if (tries.logIn(passwordOf(version.text)))
        return { stage, version, known: { works: version.versionId, current, refused } };
      refused.push(version.versionId);
    }
    throw new Error('the admin is locked out');
  };
  const opening = open();
  return {
    secretId: 'admin',
    secrets,
    found: () => opening,
    logsIn,
    mayHave: logsIn,
    async write(name, action) {
      writing = name;
      return action();
    },
    async setPassword(login, check) {
      await check();
      await turns.write('database: ALTER USER of the admin');
      server.set(login.password);
      tries.expect(login.password);
      await turns.write('after the ALTER');
    },
    hasTwo: async () => server.older !== undefined,
    async discardOld() {
      await turns.write('database: discard the old password of the admin');
      server.older = undefined;
    },
  };
}
