import { randomBytes } from 'node:crypto';
import type { Lab } from '../../../lab';

/**
 * Makes MySQL refuse a password for an account from now on, as one that it had before; the account itself stays as it is.
 * The server compares with what a user that had the password is stored as.
 */
export async function refusePassword({ database }: Lab, username: string, password: string): Promise<void> {
  const had = `had_${randomBytes(4).toString('hex')}`;
  await database.root("CREATE USER ?@'%' IDENTIFIED BY ?", [had, password]);
  await database.root(
    'INSERT INTO mysql.password_history (Host, User, Password_timestamp, Password) ' +
      "SELECT '%', ?, NOW(6), authentication_string FROM mysql.user WHERE User = ?",
    [username, had],
  );
  await database.root("DROP USER ?@'%'", [had]);
  await database.root("ALTER USER ?@'%' PASSWORD HISTORY 50", [username]);
}

/** The server takes any password for the account again. */
export async function takeAnyPassword({ database }: Lab, username: string): Promise<void> {
  await database.root("ALTER USER ?@'%' PASSWORD HISTORY 0", [username]);
}
