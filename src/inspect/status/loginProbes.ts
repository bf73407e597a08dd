import type { Failure } from '../../base/failure';
import type { DatabaseLogin } from '../../rotation/slot';
import type { LoginAnswer } from '../../mysql/database';
import { partOf } from '../../base/part';

/** Connections at once; with the admin's there are three. */
const mostAtOnce = 2;

/** Asks the database about logins: the same one only once, however many places name it. */
export class LoginProbes {
  private readonly asked = new Map<string, Promise<LoginAnswer | undefined>>();
  private readonly running = new Set<Promise<unknown>>();
  /** Why the database gave no answer; the first reason. */
  failure: Failure | undefined;

  constructor(private readonly tryLogin: (login: DatabaseLogin) => Promise<LoginAnswer>) {}

  /** What the database says of this login; undefined when it gives no answer. */
  ask(login: DatabaseLogin): Promise<LoginAnswer | undefined> {
    const { host, port, username, password, dbname } = login;
    const key = JSON.stringify([host, port, username, password, dbname]);
    const answer = this.asked.get(key) ?? this.whenThereIsRoom(login);
    this.asked.set(key, answer);
    return answer;
  }

  private async whenThereIsRoom(login: DatabaseLogin): Promise<LoginAnswer | undefined> {
    while (this.running.size >= mostAtOnce) await Promise.race(this.running);
    const trying = partOf(this.tryLogin(login));
    this.running.add(trying);
    const part = await trying;
    this.running.delete(trying);
    if (part.kind === 'read') return part.value;
    this.failure ??= part.failure;
    return undefined;
  }
}
