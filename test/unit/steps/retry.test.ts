import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { withRetries } from '../../../src/steps/retry';
import { connectFailure, LoginTriesUsedUp, statementFailure } from '../../../src/mysql/databaseErrors';

const login = { host: 'db', port: '3306', username: 'u', password: 'p', dbname: 'd' };

/** Runs an action that fails with these errors, one after the other; time passes only in pauses. */
async function attempt(
  errors: (Error | undefined)[],
  eachTakesMs = 0,
): Promise<{ tries: number; waitedMs: number }> {
  let [tries, clock, waitedMs] = [0, 0, 0];
  const ended = await withRetries(
    async () => {
      clock += eachTakesMs;
      const error = errors[tries];
      tries += 1;
      if (error !== undefined) throw error;
    },
    {
      now: () => clock,
      pause: async (ms: number) => {
        clock += ms;
        waitedMs += ms;
      },
    },
  ).catch((error: unknown) => error);
  expect(ended).to.equal(errors[tries - 1]);
  return { tries, waitedMs };
}

const statement = (errno: number): Failure => statementFailure({ errno }, 'ALTER USER x', login);
const connection = (cause: unknown): Failure => connectFailure(cause, login);

describe('withRetries', () => {
  const passing = [1040, 1203, 1053, 1205, 1290, 1836, 1927, 3024].map(statement);
  const lost = ['ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'ECONNREFUSED', 'ETIMEDOUT'].map((code) =>
    connection({ code }),
  );
  for (const error of [...passing, ...lost, statementFailure({ fatal: true }, 'SELECT 1', login)])
    it(`tries again: ${/\(([^)]*)\)/.exec(error.message)?.[1]}`, async () =>
      expect((await attempt([error, error, error])).tries).to.equal(4));

  const refusals = [1044, 1045, 1142, 1227, 1396, 1819, 3638].map(statement);
  const others = [
    connection({ errno: 1045 }),
    connection({ errno: 1129 }),
    connection({ code: 'ENOTFOUND' }),
  ];
  const foreign = [
    new Failure('database-unreachable', 'in use'),
    new Failure('lock-held', 'lost', { cause: { errno: 1040 } }),
  ];
  for (const error of [...refusals, ...others, ...foreign, new Error('a fault')])
    it(`does not try again: ${error.message.slice(0, 60)}`, async () =>
      expect(await attempt([error])).to.deep.equal({ tries: 1, waitedMs: 0 }));

  it('gives up after four tries and at most half a minute of pauses', async () => {
    const error = statement(1290);
    const { tries, waitedMs } = await attempt([error, error, error, error, undefined]);
    expect(tries).to.equal(4);
    expect(waitedMs).to.be.within(14_000, 24_000);
  });

  it('a statement that hangs for 20 s each time is tried twice', async () =>
    expect((await attempt(Array<Error>(4).fill(statement(1205)), 20_000)).tries).to.equal(2));

  it('login tries that are used up by the retries: the first reason is told', async () => {
    const [reason, used] = [statement(1290), new LoginTriesUsedUp(login)];
    const failing = [reason, used];
    const ended = await withRetries(() => Promise.reject(failing.shift() ?? used), {
      pause: async () => undefined,
    }).catch((error: unknown) => error);
    expect(ended).to.equal(reason);
  });

  it('a refusal after a retry ends it', async () =>
    expect((await attempt([statement(1290), statement(1227)])).tries).to.equal(2));
});

describe('messages of the database', () => {
  it('a password policy: where to look, and that the next run makes another one', () =>
    expect(statement(1819).message)
      .to.include('SHOW VARIABLES')
      .and.to.include('32 characters')
      .and.to.include('then another password is generated'));
  it('a statement is named by two words, its password and the error text are not', () => {
    const cause = Object.assign(new Error("near 'secret'"), { errno: 1064, code: 'ER_PARSE_ERROR' });
    const { message } = statementFailure(cause, "ALTER USER 'a' IDENTIFIED BY 'secret'", login);
    expect(message).to.include('ALTER USER …').and.not.to.include('secret');
  });
  it('a limit of the account: which', () =>
    expect(connection({ errno: 1226 }).message)
      .to.include('no connection left for u')
      .and.to.include('ALTER USER'));
});
