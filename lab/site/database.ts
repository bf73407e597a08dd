import { escapeId } from 'mysql2';
import { z } from 'zod';
import type { DatabaseServer } from '../servers/database';
import type { Login, Logins, Start } from './start';

const TABLES = `
CREATE TABLE patient_data (pid BIGINT AUTO_INCREMENT PRIMARY KEY, fname VARCHAR(255) NOT NULL, lname VARCHAR(255) NOT NULL, DOB DATE);
CREATE TABLE log (id BIGINT AUTO_INCREMENT PRIMARY KEY, date TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, event VARCHAR(255), user VARCHAR(255));
INSERT INTO patient_data (fname, lname, DOB) VALUES ('Phil', 'Belford', '1972-02-09'), ('Susan', 'Underwood', '1967-02-08');`;

/** Makes the schema, the accounts of a starting point, and the site's admin. */
export async function seedDatabase(
  database: DatabaseServer,
  schema: string,
  start: Start,
  logins: Logins,
): Promise<void> {
  const name = escapeId(schema);
  const tables = TABLES.replace(/(CREATE TABLE|INSERT INTO) (\w+)/g, `$1 ${name}.$2`);
  await database.root(`CREATE DATABASE ${name} CHARACTER SET utf8mb4;${tables}`);
  for (const account of start.accounts) {
    await createUser(database, account);
    await database.root(`GRANT ALL PRIVILEGES ON ${name}.* TO ?@'%'`, [account.user]);
  }
  await createAdmin(database, name, logins.admin);
}

async function createUser(database: DatabaseServer, { user, password }: Login): Promise<void> {
  await database.root("CREATE USER ?@'%' IDENTIFIED BY ? REQUIRE SSL", [user, password]);
}

/**
 * A master user as RDS makes one, cut down to what a rotation needs: to make users, to hand on the rights on the
 * schema, and to see accounts and sessions.
 */
async function createAdmin(database: DatabaseServer, schema: string, admin: Login): Promise<void> {
  await createUser(database, admin);
  const connections = database.flavour === 'mysql' ? 'CONNECTION_ADMIN' : 'CONNECTION ADMIN';
  const statements = [
    "GRANT CREATE USER, RELOAD, PROCESS ON *.* TO ?@'%' WITH GRANT OPTION",
    `GRANT ${connections} ON *.* TO ?@'%'`,
    "GRANT SELECT ON mysql.* TO ?@'%'",
    "GRANT SELECT ON performance_schema.* TO ?@'%'",
    `GRANT ALL PRIVILEGES ON ${schema}.* TO ?@'%' WITH GRANT OPTION`,
  ];
  for (const statement of statements) await database.root(statement, [admin.user]);
}

/**
 * Drops the schema and every account of the site: its own, and those of the default names of a bootstrap where they have
 * rights on the schema. The next bootstrap on this server would take them for somebody else's.
 */
export async function dropDatabase(database: DatabaseServer, schema: string, logins: Logins): Promise<void> {
  await database.root(`DROP DATABASE IF EXISTS ${escapeId(schema)}`);
  for (const { user } of Object.values(logins) as Login[]) {
    await database.root("DROP USER IF EXISTS ?@'%'", [user]);
  }
  // Of a schema's name, MySQL stores its "_" with a backslash where the grant had one.
  const made = await database.root(
    "SELECT User AS user FROM mysql.db WHERE REPLACE(Db, '\\\\', '') = ? AND User IN ('openemr_a', 'openemr_b')",
    [schema],
  );
  for (const { user } of z.array(z.object({ user: z.string() })).parse(made)) {
    await database.root("DROP USER IF EXISTS ?@'%'", [user]);
  }
}
